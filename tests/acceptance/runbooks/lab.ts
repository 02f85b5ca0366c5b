import { SimulatedNode } from "../../../lab/simulatedNode";
import { COMMANDS, Runbook } from "./runbook";

const ENDPOINT = /endpoint: https:\/\/hv02\.\S+/;

/** A clone whose substrate dvntm is on a simulated node, with the variables that a person sourced before. */
export function clone(node: SimulatedNode, keyService = false): Runbook {
    const { apiToken, caFile } = node.ready;
    const runbook = new Runbook({ PROXMOX_VE_API_TOKEN: apiToken, SSL_CERT_FILE: caFile }, keyService);
    reach(runbook, node, "dvntm");
    return runbook;
}

/** Has a substrate's stack file name a simulated node in place of its hypervisor. */
export function reach(runbook: Runbook, node: SimulatedNode, substrate: string): void {
    runbook.edit(`Pulumi.${substrate}.yaml`, (text) => text.replace(ENDPOINT, `endpoint: ${node.ready.endpoint}`));
}

/** A clone on a simulated node of its own, both there from the first test of a file on. */
export interface Site {
    node: SimulatedNode;
    runbook: Runbook;
}

/**
 * Has the tests of a file begin with a clone on a fresh node and with the pages opened, and end without them.
 *
 * @param prepare what the pages take for done.
 * @param options version of the node, missing: as SimulatedNode.start has it; and whether a key service encrypts the secrets.
 */
export function siteOf(
    pages: readonly string[],
    prepare?: (site: Site) => Promise<unknown>,
    { pve, keyService }: { readonly pve?: string; readonly keyService?: boolean } = {},
): Site {
    const site = {} as Site;
    beforeAll(async () => {
        site.node = await SimulatedNode.start(undefined, undefined, pve);
        site.runbook = clone(site.node, keyService);
        // The page that says how is run itself.
        if (!pages.includes(COMMANDS)) {
            await site.runbook.find();
        }
        await prepare?.(site);
        pages.forEach((page) => site.runbook.open(page));
    });
    afterAll(async () => {
        site.runbook.remove();
        await site.node.stop();
    });
    return site;
}
