import * as pulumi from "@pulumi/pulumi";
import { drawMac } from "../node/mac";
import { macsIn } from "../node/nics";
import { isCloned } from "../state/recorded";
import { NOT_DRAWN, withIdentities } from "../state/identities";
import type { Substrate, Tenant } from "../substrate/substrate";
import type { Survey } from "./survey";

/**
 * A substrate with the MAC of each VM, which is known before it is made, so that DHCP and DNS have it from its first boot. An up draws
 * those of new VMs; a preview leaves them unknown.
 */
export function identified(substrate: Substrate, { inventories, recorded }: Survey): Substrate {
    const configs = [...inventories.values()].flatMap((inventory) => [...inventory.configs.values()]);
    const on = ({ hypervisor }: Tenant) => inventories.get(hypervisor);
    return withIdentities(substrate, recorded, {
        isMade: (tenant, vm) => isCloned(vm, on(tenant)?.guests ?? new Map(), recorded),
        found: (tenant, { vmid }) =>
            recorded.vms.has(vmid) ? undefined : macsIn(on(tenant)?.configs.get(vmid) ?? {})[0],
        taken: configs.flatMap(macsIn),
        draw: pulumi.runtime.isDryRun() ? () => NOT_DRAWN : drawMac,
    });
}

/** A MAC as an input: unknown where only the up draws it. */
export function asInput(mac: string): pulumi.Input<string> {
    return mac === NOT_DRAWN ? pulumi.output(pulumi.unknown as unknown as string) : mac;
}
