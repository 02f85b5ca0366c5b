import type { AuditedWrite, SimulatedRouter } from "../lab/simulatedRouter";
import { MARK } from "../router/mark";

/**
 * Every write of records since the last forgetAudit, oldest first: all but those of the mark, which each run that writes sets
 * first and takes away last (tests/router/killed.test.ts shows that it does).
 */
export async function recordWrites(router: SimulatedRouter): Promise<AuditedWrite[]> {
    return (await router.audit()).filter(({ before, after }) => (before ?? after)?.["name"] !== MARK);
}
