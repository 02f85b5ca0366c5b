import { RouterError } from "../errors";
import type { Kept, Kind } from "../kind";
import type { Writer } from "../queue";
import { readInventory } from "../read";
import { OLDEST } from "../version";
import { RULES } from "./fields";

/**
 * A kind of resource that looks, once its rules are written, whether the router lists them: what it does not list would be
 * written again by each run. Versions before 26.1.1 list no rule that stands on exactly one interface
 * (Firewall/Api/FilterController.php:102 of opnsense/core 25.7).
 *
 * @throws RouterError, after it took the new rules back, where they are not listed.
 */
export function requiringListed<I extends { readonly endpoint: string; readonly tenant: string }, S extends Kept>(
    kind: Kind<I, S>,
): Kind<I, S> {
    return {
        ...kind,
        async write(writer, inputs, state) {
            const before = new Set(Object.keys(state.uuids));
            await kind.write(writer, inputs, state);
            const added = Object.keys(state.uuids).filter((uuid) => !before.has(uuid));
            if (added.length > 0) {
                await requireListed(writer, state, added);
            }
        },
    };
}

async function requireListed(writer: Writer, state: Kept, added: readonly string[]): Promise<void> {
    const { rules } = await readInventory(writer.client, ["rules"]);
    const listed = new Set(rules.map(({ uuid }) => uuid));
    const lost = added.filter((uuid) => !listed.has(uuid));
    for (const uuid of lost) {
        writer.dirty(RULES.service);
        await writer.client.delete(`${RULES.endpoint("del")}/${uuid}`, state.uuids[uuid]!);
        delete state.uuids[uuid];
    }
    if (lost.length > 0) {
        throw new RouterError(
            `${lost.length} of ${added.length} records were written to the router, and it does not list them; they were taken ` +
                `back. OPNsense ${OLDEST} or newer lists them: update it under System > Firmware, then run it again.`,
        );
    }
}
