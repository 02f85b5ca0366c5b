import { clonesUnderWay, shutdownsUnderWay } from "../node/clones";
import type { NodeClient } from "../node/client";

/** Seconds that the provider waits for a guest to shut down before PVE stops it; its own default is half an hour. */
export const SHUTDOWN_SECONDS = 180;

/** How far each clone of a node is, by VMID. */
export async function clonesInWords(client: NodeClient, node: string): Promise<ReadonlyMap<number, string>> {
    const clones = await clonesUnderWay(client, node);
    return new Map([...clones].map(([vmid, percent]) => [vmid, `cloning: ${percent} % copied`]));
}

/** Guests of a node that are asked to shut down, by VMID. */
export async function shutdownsInWords(client: NodeClient, node: string): Promise<ReadonlyMap<number, string>> {
    const words =
        `its guest is asked to shut down, and waited for: ${SHUTDOWN_SECONDS} s at most, then PVE stops it. One that never does ` +
        "ignores ACPI; it lacks acpid or the guest agent";
    return new Map((await shutdownsUnderWay(client, node)).map((vmid) => [vmid, words]));
}
