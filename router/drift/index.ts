import { THERE, type Finding } from "../../substrate/findings";
import type { Substrate } from "../../substrate/substrate";
import { scopeFindings } from "../dhcp/drift";
import type { RouterInventory } from "../inventory";
import { nameFindings } from "../names/drift";
import { routerRecordsOf } from "../records";
import { ruleFindings } from "../rules/drift";
import { markIn } from "../mark";
import { vlanFindings } from "../vlan/drift";
import { natFindings } from "./doors";
import { undeclaredFindings } from "./undeclared";

/**
 * Everything in which a core router differs from what the tenants' files say of it, and what it has in the tenants' ranges
 * that no file declares. Empty on a flat network, of which the router knows nothing.
 *
 * In mode api a record must be the stack's own to the letter; in mode export, where the site's collection writes in words
 * of its own, content decides: whether the VLAN, scope, reservation and name are there, and what the rules let through.
 */
export function routerDrift(substrate: Substrate, inventory: RouterInventory): Finding[] {
    if (substrate.coreRouter.mode === "none") {
        return [];
    }
    const findings = substrate.tenants.flatMap((tenant) => {
        const view = { substrate, tenant, records: routerRecordsOf(substrate, tenant), inventory };
        return [
            ...vlanFindings(view),
            ...scopeFindings(view),
            ...nameFindings(view),
            ...ruleFindings(view),
            ...natFindings(view),
        ];
    });
    return [
        ...eachOnce(findings),
        ...undeclaredFindings(substrate, inventory),
        ...inventory.stopped.map(notRunning),
        ...unended(inventory),
    ];
}

/** A run that wrote and has not ended: until an `up`, the router may work with other records than those that it lists. */
function unended({ aliases }: RouterInventory): Finding[] {
    const mark = markIn(aliases);
    return mark === undefined
        ? []
        : [
              {
                  place: { kind: "router" },
                  subject: { kind: "run", id: mark.uuid },
                  declared: "active",
                  found: "saved",
                  settle: { by: "up" },
              },
          ];
}

/** A rule for several interfaces is one thing that somebody did, whatever number of tenants it concerns. */
function eachOnce(findings: readonly Finding[]): Finding[] {
    const told = new Set<string>();
    return findings.flatMap((one) => {
        const { uuid = "" } = one.subject;
        const all = uuid === "" ? [] : findings.filter(({ subject }) => subject.uuid === uuid);
        if (new Set(all.map(({ tenant }) => tenant)).size < 2) {
            return [one];
        }
        const { tenant: _, ...shared } = one;
        const found = all.map(({ tenant, found }) => ({ tenant, found }));
        return told.has(uuid) ? [] : [(told.add(uuid), { ...shared, found })];
    });
}

function notRunning(service: string): Finding {
    return {
        place: { kind: "router" },
        subject: { kind: "service", id: service },
        declared: THERE,
        settle: { by: "start" },
    };
}
