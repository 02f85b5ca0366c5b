import { withEachNode } from "../../node/client";
import type { Inventory } from "../../node/inventory";
import { readInventory, vmsOn } from "../../node/read";
import { standingsOn, type Standing } from "../../node/standing";
import type { OlderTemplate } from "../../report/row";
import type { Deployment } from "../../state/deployment";
import { recordedOf } from "../../state/recorded";
import type { Substrate } from "../../substrate/substrate";
import { Refusal } from "../cli/errors";

/**
 * Which template each VM of a substrate stands on, in the order of the files.
 *
 * @throws Refusal where a template cannot be chosen; NodeError where a node cannot be asked.
 */
export async function standingsIn(substrate: Substrate, { resources = [] }: Deployment): Promise<Standing[]> {
    const recorded = recordedOf(resources, []);
    const configs = (guests: Inventory["guests"]) => [...guests.keys()];
    const all = await withEachNode(substrate, async (client, hypervisor) => {
        const vms = vmsOn(substrate, hypervisor);
        const inventory = await readInventory(client, hypervisor, { configs });
        try {
            return standingsOn(vms, hypervisor, inventory, recorded, resources);
        } catch (error) {
            throw error instanceof RangeError ? new Refusal(error.message) : error;
        }
    });
    return all.flat();
}

/** VMs on an older template than the newest, and why that is not known of a node's. */
export interface Older {
    readonly templates: readonly OlderTemplate[];
    readonly untold: readonly string[];
}

/**
 * VMs of a substrate that stand on an older template than the newest, by inventories that have the settings of every guest. That a
 * template cannot be chosen is the next run's to refuse, and told here.
 */
export function olderIn(
    substrate: Substrate,
    inventories: readonly Inventory[],
    { resources = [] }: Deployment,
): Older {
    const recorded = recordedOf(resources, []);
    const told = inventories.map((inventory): Older => {
        const hypervisor = substrate.hypervisors.find(({ node }) => node === inventory.node)!;
        try {
            const all = standingsOn(vmsOn(substrate, hypervisor), hypervisor, inventory, recorded, resources);
            return { templates: all.filter(({ stands }) => stands === "older").map(olderOf), untold: [] };
        } catch (error) {
            if (error instanceof RangeError) {
                const untold = [`node ${inventory.node}: templates of its VMs were not looked at: ${error.message}`];
                return { templates: [], untold };
            }
            throw error;
        }
    });
    return {
        templates: told.flatMap(({ templates }) => templates),
        untold: told.flatMap(({ untold }) => untold),
    };
}

function olderOf({ vm, from, newest }: Standing): OlderTemplate {
    return {
        ...{ tenant: vm.tenant, vm: vm.name, vmid: vm.vmid, newest: newest.name },
        ...(from?.name !== undefined && { template: from.name }),
    };
}
