import type { WorkloadVm } from "../substrate/substrate";
import type { NodeClient } from "./client";
import type { Settings } from "./inventory";

/**
 * PVE's names of the addresses that cloud-init has for NICs which a VM's file does not declare. The provider writes those of declared NICs
 * and takes none out (vmGetCloudInitConfig of vm.go in bpg v0.111.1, custom_cloud_init.go:80), but reads them all back, so that
 * every preview would show a change.
 */
export function leftAddresses({ nics }: Pick<WorkloadVm, "nics">, settings: Settings = {}): string[] {
    return Object.keys(settings).filter((key) => {
        const number = /^ipconfig(\d+)$/.exec(key)?.[1];
        return number !== undefined && Number(number) > nics.length;
    });
}

/** Takes them out of a VM; cloud-init hears of it when the VM is started anew. @throws NodeError where the node refuses it. */
export async function removeAddresses(
    client: NodeClient,
    node: string,
    vmid: number,
    names: readonly string[],
): Promise<void> {
    await client.put(`/nodes/${node}/qemu/${vmid}/config`, { delete: names.join(",") });
}
