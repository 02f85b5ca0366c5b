import type { SimulatedNode } from "../../../lab/simulatedNode";
import { Runbook } from "./runbook";

const ENDPOINT = /endpoint: https:\/\/hv02\.\S+/;

/** A clone whose substrate is on a simulated node, with the variables that a person sourced before. */
export function clone(node: SimulatedNode, substrate = "dvntm"): Runbook {
    const { apiToken, caFile } = node.ready;
    const runbook = new Runbook({ PROXMOX_VE_API_TOKEN: apiToken, SSL_CERT_FILE: caFile });
    reach(runbook, node, substrate);
    return runbook;
}

/** Has a substrate's stack file name a simulated node in place of its hypervisor. */
export function reach(runbook: Runbook, node: SimulatedNode, substrate: string): void {
    runbook.edit(`Pulumi.${substrate}.yaml`, (text) => text.replace(ENDPOINT, `endpoint: ${node.ready.endpoint}`));
}
