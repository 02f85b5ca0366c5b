import type { RouterClient } from "../client";
import { RouterError } from "../errors";
import type { Writer } from "../queue";

const DHCP = "kea/dhcpv4";

/** The interfaces that Kea serves: one list that all of the router's segments share. */
export async function served(client: RouterClient): Promise<string[]> {
    const answer = (await client.get(`${DHCP}/get`)) as {
        dhcpv4?: { general?: { interfaces?: Record<string, { selected?: unknown }> } };
    } | null;
    const options = answer?.dhcpv4?.general?.interfaces;
    if (typeof options !== "object" || options === null || Object.keys(options).length === 0) {
        throw new RouterError(
            `GET ${DHCP}/get: the answer lists no interface; taken for incomplete, so nothing was changed; run it again.`,
        );
    }
    return Object.keys(options).filter((name) => Number(options[name]?.selected) === 1);
}

/** Makes Kea serve an interface beside those that it serves. */
export async function serve(writer: Writer, name: string): Promise<void> {
    await set(writer, [...(await served(writer.client)), name]);
}

/** Takes an interface off Kea's list and leaves the others on it. */
export async function stopServing(writer: Writer, name: string): Promise<void> {
    const names = await served(writer.client);
    if (names.includes(name)) {
        await set(
            writer,
            names.filter((other) => other !== name),
        );
    }
}

async function set(writer: Writer, names: readonly string[]): Promise<void> {
    writer.dirty("kea");
    await writer.client.set(`${DHCP}/set`, { dhcpv4: { general: { interfaces: names.join(",") } } });
}
