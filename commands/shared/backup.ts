import type { Holdings } from "../../state/holdings";
import type { Substrate } from "../../substrate/substrate";
import { backUpVm } from "../../node/backup";
import { withNodes } from "../../node/client";
import { Refusal } from "../cli/errors";
import { note } from "../cli/terminal";

/**
 * Backs every VM of a tenant up, one after the other, so that one disk at a time is read.
 *
 * @throws Refusal where one fails, or the stack file does not say where backups go; nothing was taken away then.
 */
export async function backUp(substrate: Substrate, { tenant, vms }: Holdings): Promise<void> {
    const storages = new Map(substrate.hypervisors.map(({ node, backup }) => [node, backup]));
    const nowhere = vms.filter(({ node }) => storages.get(node) === undefined).map(({ node }) => node);
    if (nowhere.length > 0) {
        const keys = substrate.hypervisors
            .filter(({ node }) => nowhere.includes(node))
            .map(({ name }) => `hypervisors.${name}.backup`);
        throw new Refusal(
            `${tenant} is not torn down: ${keys.join(", ")} does not say which PVE storage backups go to; set it, such as ` +
                `local, and grant what \`tenants role\` prints then`,
        );
    }
    try {
        await withNodes(substrate, async (nodes) => {
            for (const vm of vms) {
                note(`backup of VM ${vm.vmid} ${vm.name} to ${storages.get(vm.node)!}`);
                const to = { storage: storages.get(vm.node)!, tenant, why: "before its teardown" };
                await backUpVm(nodes.get(vm.node)!, vm, to);
            }
        });
    } catch (error) {
        if (error instanceof Refusal) {
            throw new Refusal(`${tenant} is not torn down, since a backup failed: ${error.message}`);
        }
        throw error;
    }
}
