import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CommandDefinition } from "../../commands/cli/definition";
import { GROUPS } from "../../commands/cli/definition";
import { allCommands } from "../../commands/cli/table";

const ROOT = resolve(__dirname, "..", "..");
const PAGE = join(ROOT, "docs", "commands.md");

/** Parts of the page that are made from the commands' definitions. */
const MADE = /(<!-- commands: [^\n]*-->\n)[^]*(<!-- end of commands -->)/;

/** A row of the page's table. */
function rowOf({ name, arguments: args, summary, options, further, exits, output }: CommandDefinition): string {
    const dots = ({ several = false }: { several?: boolean }) => (several ? "..." : "");
    const operands = args
        .map((one) => (one.optional ? ` [${one.name}${dots(one)}]` : ` <${one.name}${dots(one)}>`))
        .join("");
    const own = Object.entries(options).map(([option, { value }]) => `\`--${option}${value ? ` <${value}>` : ""}\``);
    const schema = output === undefined ? "" : `[${output}](../schemas/output/${output}.schema.json)`;
    const cells = [
        `\`${name}${operands}\``,
        summary,
        [...own, ...(further ? ["`-- ...`"] : [])].join(", "),
        exits[1] ?? "",
        exits[2] ?? "",
        schema,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

test("docs/commands.md has every command as it is defined; WRITE_COMMANDS=1 writes it", async () => {
    const head = ["| Command | Does | Options | 1 means | 2 means | `--json` |", "|---|---|---|---|---|---|"];
    const table = `${[...head, ...(await allCommands()).map(rowOf)].join("\n")}\n`;
    const page = readFileSync(PAGE, "utf8");
    const made = page.replace(MADE, (_, begin: string, end: string) => `${begin}${table}${end}`);
    if (process.env["WRITE_COMMANDS"] === "1") {
        writeFileSync(PAGE, made);
    }
    expect(page).toMatch(MADE);
    expect(readFileSync(PAGE, "utf8")).toBe(made);
});

test("docs/commands.md names every command in its group", async () => {
    const rows = [...readFileSync(PAGE, "utf8").matchAll(/^\| [^|]+ \| ((?:`[a-z-]+`(?:, )?)+) \|$/gm)].map(
        ([, names]) => names,
    );
    const groups = GROUPS.map((group) => allCommandsOf(group));
    const named = (await Promise.all(groups)).filter((names) => names.length > 0);
    expect(rows).toEqual(named.map((names) => names.map((name) => `\`${name}\``).join(", ")));
});

async function allCommandsOf(group: CommandDefinition["group"]): Promise<string[]> {
    return (await allCommands()).filter((one) => one.group === group).map(({ name }) => name);
}
