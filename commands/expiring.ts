import { aligned } from "../report/table";
import { endsWithin, isHeld, isOver, type Ending } from "../substrate/expiry";
import { declaredAt, endText } from "../substrate/expiryWords";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { EXIT } from "./cli/exit";
import { answer, complain, width } from "./cli/terminal";
import { lifetimesIfAny, type Lifetimes } from "./shared/lifetimes";
import { loadAll } from "./shared/substrates";

/** How far something is from its end: `gone` is over, and not there any more. */
type Standing = "later" | "soon" | "over" | "gone";

const WORDS: Readonly<Record<Standing, string>> = { later: "", soon: "soon", over: "OVER", gone: "gone" };

interface Row {
    readonly substrate: string;
    readonly tenant: string;
    readonly vm?: string;
    readonly expires: string;
    readonly ends?: string;
    readonly standing: Standing;
    readonly file: string;
    readonly line: number;
}

export const command = defineCommand({
    name: "expiring",
    group: "look",
    summary: "list tenants and VMs that end, and when",
    details:
        "Lists every `expires` of the tenants' files that counts, the soonest first, of one substrate or of all. An age counts from " +
        "when the state says that it was made. What is over stays until `tenants reap` removes it.",
    arguments: [{ ...SUBSTRATE, optional: true }],
    options: {
        within: {
            says: "end with 2, too, where something ends within so many days",
            value: "days",
            kind: "number",
            bounds: [1, 3650],
        },
    },
    output: "expiring",
    needs: ["pulumi"],
    example: "tenants expiring dvntm --within 7",
    exits: {
        1: "the definitions of a substrate have faults",
        2: "something is over and there, or ends --within the days",
    },
    run({ args, options: { within } }) {
        compareWithFiles();
        const now = new Date();
        const loaded = loadAll(args["substrate"] === undefined ? [] : [args["substrate"]]);
        loaded.forEach(({ text }) => text !== undefined && complain(text));
        const found = loaded.flatMap(({ substrate }) =>
            substrate === undefined ? [] : [{ substrate, lifetimes: lifetimesIfAny(substrate) }],
        );
        const days = within === undefined ? undefined : Number(within);
        const rows = found.flatMap(({ substrate, lifetimes }) => rowsOf(substrate, lifetimes, now, days));
        answer(rows, () => tableOf(found, now, days));
        const due = rows.some(({ standing }) => standing === "over" || (days !== undefined && standing === "soon"));
        return loaded.some(({ text }) => text !== undefined) ? EXIT.failed : due ? EXIT.differences : EXIT.done;
    },
});

/** @param days before its end from which something ends soon; without them a week. */
function standingOf(ending: Ending, held: Lifetimes["held"], now: Date, days: number | undefined): Standing {
    if (isOver(ending, now)) {
        return held === undefined || isHeld(ending, held) ? "over" : "gone";
    }
    return endsWithin(ending, now, days) ? "soon" : "later";
}

function rowsOf({ name }: Substrate, { endings, held }: Lifetimes, now: Date, days: number | undefined): Row[] {
    return endings.map((ending) => {
        const { tenant, vm, expires, ends, definedAt } = ending;
        return {
            ...{ substrate: name, tenant },
            ...(vm && { vm: vm.name }),
            expires,
            ...(ends && { ends: ends.toISOString() }),
            standing: standingOf(ending, held, now, days),
            ...{ file: definedAt.file, line: definedAt.lines["expires"] ?? definedAt.lines[""]! },
        };
    });
}

function tableOf(
    found: readonly { readonly substrate: Substrate; readonly lifetimes: Lifetimes }[],
    now: Date,
    days: number | undefined,
): string {
    const groups = found.flatMap(({ substrate, lifetimes: { endings, held } }) => {
        const rows = endings.map((ending) => [
            ending.tenant,
            ending.vm?.name ?? "all of it",
            endText(ending, substrate.timeZone),
            WORDS[standingOf(ending, held, now, days)],
            declaredAt(ending),
        ]);
        return rows.length === 0 ? [] : [[substrate.name, rows] as const];
    });
    return groups.length === 0
        ? `nothing ends: no tenant of ${found.map(({ substrate }) => substrate.name).join(", ")} has \`expires\``
        : aligned(["tenant", "VM", "ends", "", "declared"], groups, width());
}
