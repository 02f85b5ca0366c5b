import type { RouterClient } from "./client";
import { RouterError } from "./errors";

/** Oldest version of OPNsense that the program writes to. */
export const OLDEST = "26.1.3";

const HOST = "unbound/settings/getHostOverride";

/**
 * Refuses a router that is too old, before anything is written to it. No privilege of the program's shows the version; what the
 * router's blank records have does. A host override has `addptr` from 26.1.3 on (OPNsense/Unbound/Unbound.xml). Before 26.1.1 a
 * search lists no rule that stands on exactly one interface (Firewall/Api/FilterController.php:102), so that each run would
 * write all rules again; 26.1.1 and 26.1.2 keep no setting of reverse records.
 *
 * @throws RouterError with the version to update to.
 */
export async function requireSupported(client: RouterClient): Promise<void> {
    const blank = (await client.get(HOST)) as { host?: Readonly<Record<string, unknown>> } | null;
    if (typeof blank?.host !== "object" || blank.host === null) {
        throw new RouterError(
            `GET ${HOST}: the answer has no blank host override; taken for incomplete, so nothing was changed; run it again.`,
        );
    }
    if (!("addptr" in blank.host)) {
        throw new RouterError(
            `the router at ${client.endpoint} is older than OPNsense ${OLDEST}, and its API does not list what was written to ` +
                "it; nothing was written. Update it under System > Firmware, then run it again.",
        );
    }
}
