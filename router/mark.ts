import type { RouterClient, Row } from "./client";
import { ALIASES } from "./rules/fields";
import { text } from "./rows";

/**
 * Name of the alias that stands on the router from before the first write of a run until all that it wrote is active. OPNsense
 * has no API that tells what a service works with, so a run that is killed between a write and its reconfigure leaves no other
 * trace. The alias is disabled and has no address: it means nothing to the router, and needs no reconfigure itself.
 */
export const MARK = "tenant_hypervisors_unapplied";

/** Description of it: ours, and no tenant's. */
const DESCRIPTION = "tenant-hypervisors: (a run writes here; this goes once all of it is active)";

/** The mark of a run that writes, or that did not end, among the router's aliases. */
export function markIn(aliases: readonly Row[]): Row | undefined {
    return aliases.find((row) => text(row, "name") === MARK);
}

/** Questions on their way, by endpoint: what reads many records at once asks once. */
const asked = new Map<string, Promise<boolean>>();

/** Whether a run wrote to the router and has not ended: it may be killed, or may still be on its way. */
export function isMarked(client: RouterClient): Promise<boolean> {
    const known = asked.get(client.endpoint);
    if (known !== undefined) {
        return known;
    }
    const answer = client
        .search(ALIASES.endpoint("search"))
        .then((aliases) => markIn(aliases) !== undefined)
        .finally(() => asked.delete(client.endpoint));
    asked.set(client.endpoint, answer);
    return answer;
}

/** Sets the mark. */
export async function mark(client: RouterClient): Promise<void> {
    const alias = { name: MARK, enabled: "0", type: "host", content: "", description: DESCRIPTION };
    await client.add(ALIASES.endpoint("add"), { [ALIASES.record]: alias });
}

/** Takes the mark away. */
export async function unmark(client: RouterClient): Promise<void> {
    for (const { uuid } of (await client.search(ALIASES.endpoint("search"))).filter((row) => markIn([row]))) {
        await client.delete(`${ALIASES.endpoint("del")}/${uuid}`, DESCRIPTION);
    }
}
