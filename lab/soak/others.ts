import type { SimulatedNode } from "../simulatedNode";
import type { SimulatedRouter } from "../simulatedRouter";

/** Puts more of somebody else's beside the tenants, next to what the simulated machines have from the start. */
export async function addOthers(node: SimulatedNode, router: SimulatedRouter): Promise<void> {
    const vms = `/nodes/${node.ready.node}/qemu`;
    await node.byHand("POST", "/pools", { poolid: "office", comment: "not a tenant" });
    for (const vmid of ["4999", "6000"]) {
        await node.byHand("POST", vms, { vmid, name: `nas${vmid}`, pool: "office", scsi0: "local-lvm:4" });
        await node.byHand("POST", `${vms}/${vmid}/firewall/ipset`, { name: "ipfilter-net0" });
        await node.byHand("POST", `${vms}/${vmid}/firewall/rules`, { type: "in", action: "ACCEPT", enable: "1" });
    }
    const host = { hostname: "nas", domain: "dvntm.deevnet.net", server: "10.20.25.9", description: "by hand" };
    await router.byHand("unbound/settings/addHostOverride", { host });
    await router.byHand("unbound/service/reconfigure");
    const alias = { name: "office", type: "network", content: "10.20.10.0/24", description: "by hand" };
    await router.byHand("firewall/alias/addItem", { alias });
    await router.byHand("firewall/alias/reconfigure");
}
