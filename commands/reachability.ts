import { openingText, type Opening } from "../firewall/openings";
import { reachabilityOf, type Cell } from "../firewall/reachability";
import { OWNER_PREFIX } from "../substrate/recordOwnership";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { answer } from "./cli/terminal";
import { loadOne } from "./shared/substrates";

const FLAT = "the tenants share a flat network (coreRouter.mode: none), and nothing keeps them apart";

export const command = defineCommand({
    name: "reachability",
    group: "look",
    summary: "say who may reach whom, with the rule that allows it",
    details:
        "Prints who may reach whom, as the rules are rendered, with the rule that lets it through. From a tenant both walls are " +
        "evaluated: the router's rules, and PVE's firewall at another tenant. Into a tenant from elsewhere it is PVE's alone.",
    arguments: [SUBSTRATE],
    options: {
        format: {
            says: "text, or a matrix as a Markdown table",
            value: "text|markdown",
            choices: ["text", "markdown"],
            default: "text",
        },
    },
    output: "reachability",
    needs: [],
    example: "tenants reachability dvntm --format markdown",
    exits: { 1: "the definitions have faults" },
    run({ args, options: { format } }) {
        const substrate = loadOne(args["substrate"]!);
        const cells = reachabilityOf(substrate);
        const render = format === "markdown" ? asMarkdown : asText;
        answer(asJson(substrate, cells), () =>
            substrate.coreRouter.mode === "none" ? `${substrate.name}: ${FLAT}` : render(cells),
        );
    },
});

function asJson({ name, coreRouter: { mode } }: Substrate, cells: readonly Cell[]) {
    return { substrate: name, mode, ...(mode === "none" && { note: FLAT }), cells };
}

/** One block for each source, one line for each opening; what it reaches nothing of stands in one line. */
function asText(cells: readonly Cell[]): string {
    return sourcesOf(cells)
        .map((from) => {
            const own = cells.filter((cell) => cell.from === from);
            const open = own.flatMap(({ to, openings }) => openings.map((opening) => line(to, opening)));
            const closed = own.filter(({ openings }) => openings.length === 0).map(({ to }) => to);
            const denied = closed.length === 0 ? [] : [`  denied: ${closed.join(", ")}`];
            return [from, ...open, ...denied].join("\n");
        })
        .join("\n");
}

function line(to: string, opening: Opening): string {
    return `  ${to.padEnd(14)}${openingText(opening).padEnd(28)}${why(opening)}`;
}

/** A matrix: sources down, destinations across. */
function asMarkdown(cells: readonly Cell[]): string {
    const columns = [...new Set(cells.map(({ to }) => to))];
    const rows = sourcesOf(cells).map((from) => [
        from,
        ...columns.map((to) => inTable(cells.find((cell) => cell.from === from && cell.to === to))),
    ]);
    const lines = [["from \\ to", ...columns], columns.map(() => "---").concat("---"), ...rows];
    return lines.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Empty where it is not the tenants' business: what the site's own segments reach of each other. */
function inTable(cell: Cell | undefined): string {
    if (cell === undefined) {
        return "";
    }
    const openings = cell.openings.map((opening) => `${openingText(opening)} (${why(opening)})`.replaceAll("|", "\\|"));
    return openings.length === 0 ? "denied" : openings.join("<br>");
}

/** The rule without what every rule of ours begins with; and the other wall's rule, where there is one. */
function why({ rule, inbound }: Opening): string {
    const short = rule.startsWith(OWNER_PREFIX) ? rule.slice(OWNER_PREFIX.length) : rule;
    return inbound === undefined ? short : `${short}; PVE: ${inbound}`;
}

function sourcesOf(cells: readonly Cell[]): string[] {
    return [...new Set(cells.map(({ from }) => from))];
}
