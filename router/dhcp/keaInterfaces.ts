import type { RouterClient } from "../client";
import { RouterError } from "../errors";
import type { Writer } from "../queue";

const DHCP = "kea/dhcpv4";

/** Settings of Kea that all of the router's segments share. */
interface General {
    readonly enabled: boolean;
    /** Identifiers of the interfaces that it serves. */
    readonly interfaces: readonly string[];
}

/** The interfaces that Kea serves: one list that all of the router's segments share. */
export async function served(client: RouterClient): Promise<readonly string[]> {
    return (await generalOf(client)).interfaces;
}

/** Makes Kea serve an interface beside those that it serves; it is switched on with the first one. */
export async function serve(writer: Writer, name: string): Promise<void> {
    const { enabled, interfaces } = await generalOf(writer.client);
    await set(writer, [...interfaces, name], !enabled && interfaces.length === 0 ? { enabled: "1" } : {});
}

/**
 * Takes an interface off Kea's list and leaves the others on it. It is switched off with the last one: OPNsense takes Kea without
 * an interface for one that is off, and leaves its file as it was, but starts it with that file all the same, so that a scope that
 * was deleted would be served on (opnsense/core 26.7.2, models/OPNsense/Kea/KeaDhcpv4.php:101, plugins.inc.d/kea.inc:177,
 * templates/OPNsense/Kea/keactrl.conf:31).
 */
export async function stopServing(writer: Writer, name: string): Promise<void> {
    const { interfaces } = await generalOf(writer.client);
    if (interfaces.includes(name)) {
        const left = interfaces.filter((other) => other !== name);
        await set(writer, left, left.length === 0 ? { enabled: "0" } : {});
    }
}

async function generalOf(client: RouterClient): Promise<General> {
    const answer = (await client.get(`${DHCP}/get`)) as {
        dhcpv4?: { general?: { enabled?: unknown; interfaces?: Record<string, { selected?: unknown }> } };
    } | null;
    const { enabled, interfaces } = answer?.dhcpv4?.general ?? {};
    if (typeof interfaces !== "object" || interfaces === null || Object.keys(interfaces).length === 0) {
        throw new RouterError(
            `GET ${DHCP}/get: the answer lists no interface; taken for incomplete, so nothing was changed; run it again.`,
        );
    }
    return {
        enabled: Number(enabled) === 1,
        interfaces: Object.keys(interfaces).filter((name) => name !== "" && Number(interfaces[name]?.selected) === 1),
    };
}

async function set(writer: Writer, names: readonly string[], more: { readonly enabled?: string }): Promise<void> {
    writer.dirty("kea");
    await writer.client.set(`${DHCP}/set`, { dhcpv4: { general: { interfaces: names.join(","), ...more } } });
}
