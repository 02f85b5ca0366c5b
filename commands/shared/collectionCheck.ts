import type { RouterVariables } from "../../definitions/definitions";
import type { Row } from "../../router/client";
import { routerRecordsOf } from "../../router/records";
import { goneRules } from "../../router/export/collection/effect";
import type { RouterCollection } from "../../router/export/collection/understood";
import { ruleFindings } from "../../router/rules/drift";
import { descriptionOf } from "../../router/rows";
import { rowsOf } from "../../report/drift";
import type { Substrate } from "../../substrate/substrate";

/** Differences between what a collection makes of the variables and what the tenants' files declare, a line each. */
export interface CheckOutcome {
    /** Rules of others that are gone, and openings that no file declares: the router would be worse than it was. */
    readonly worse: readonly string[];
    /** Declared openings that do not arise. */
    readonly closed: readonly string[];
}

/** The collection's role, and what it is run with. */
export interface Checked {
    readonly collections: string;
    readonly collection: RouterCollection;
    readonly site: RouterVariables;
    readonly variables: RouterVariables;
    readonly signal?: AbortSignal;
}

/**
 * Runs the collection's own role against the simulated router, and compares what the router holds then with what
 * `tenants reachability` prints.
 *
 * @throws Error where the simulated router does not come up.
 */
export async function checkCollection(substrate: Substrate, checked: Checked): Promise<CheckOutcome> {
    const [{ runRole }, { PARENT }] = await Promise.all([import("../../lab/roleRun"), import("../../lab/siteRouter")]);
    const { collection, collections, site, variables, signal } = checked;
    const { before, after, failure } = await runRole({
        ...{ collections, role: collection.role, site, variables },
        ...(signal && { signal }),
    });
    // The stand-in has a NIC of its own name.
    const there: Substrate = { ...substrate, coreRouter: { ...substrate.coreRouter, vlanParent: PARENT } };
    const findings = there.tenants.flatMap((tenant) =>
        ruleFindings({ substrate: there, tenant, records: routerRecordsOf(there, tenant), inventory: after }),
    );
    const rows = rowsOf(there, findings).map((row) => ({ ...row, opens: row.subject.kind === "rule" }));
    const words = rows.map(({ tenant, what, declared, found, opens }) => ({
        opens,
        line: `${tenant}: ${what}: declared ${declared}, and there is ${found}`,
    }));
    return {
        worse: [
            ...(failure === undefined ? [] : [`${collection.role} failed: ${failure}`]),
            ...goneRules(before, after.rules).map(goneWords),
            ...words.filter(({ opens }) => opens).map(({ line }) => line),
        ],
        closed: words.filter(({ opens }) => !opens).map(({ line }) => line),
    };
}

function goneWords(row: Row): string {
    return `a rule of the site is gone: ${descriptionOf(row)}`;
}
