import { ownerOfRecord } from "../../substrate/recordOwnership";
import { expectSame } from "../expect";
import type { RouterState, SavedRecord } from "../simulatedRouter";

/** Devices of the tenants' VLANs are made in the one-time step, and are nobody's: what a tenant marks, it gives back. */
const TENANT_VLANS = /^5\d$/;

function isOurs(record: SavedRecord): boolean {
    return [record["description"], record["descr"]].some((text) => ownerOfRecord(text) !== undefined);
}

/** All on the router that is not the tenants', to be compared before and after. */
export function othersOnRouter({ saved, interfaces }: RouterState): unknown {
    const sections = Object.entries(saved).map(([section, records]) => [
        section,
        Object.entries(records)
            .filter(([, record]) => !isOurs(record) && !TENANT_VLANS.test(record["tag"] ?? ""))
            .map(([uuid, record]) => [uuid, section === "kea_general" ? { ...record, interfaces: undefined } : record]),
    ]);
    return { records: Object.fromEntries(sections) as unknown, interfaces };
}

/** @throws UnexpectedError where a service does not run, or runs on with other records than those that are saved. */
export function expectTakenOver({ saved, active, running }: RouterState): void {
    for (const [service, runs] of Object.entries(running)) {
        expectSame(`${service} runs`, runs, true);
    }
    for (const section of ["subnet4", "reservation", "host", "host_alias", "rule", "alias"]) {
        expectSame(`records of ${section} that the router works with`, active[section], saved[section]);
    }
}
