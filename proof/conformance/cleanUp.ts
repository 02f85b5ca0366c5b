import { Refusal } from "../../definitions/refusal";
import { withEachNode } from "../../node/client";
import { readInventory, TEARDOWN_PARTS } from "../../node/read";
import { remainsOf } from "../../node/teardown";
import type { Credentials, RouterClient } from "../../router/client";
import { RESERVATIONS, SUBNETS } from "../../router/dhcp/fields";
import { stopServing } from "../../router/dhcp/keaInterfaces";
import { carrierOf, carrierOfVlan, type RouterInventory } from "../../router/inventory";
import { HOST_ALIASES, HOSTS } from "../../router/names/fields";
import { RECORD_PARTS, readInventory as readRouter } from "../../router/read";
import { tenantsRows } from "../../router/rows";
import { ALIASES, RULES } from "../../router/rules/fields";
import { reconfigure, type Service } from "../../router/services";
import { VLANS } from "../../router/vlan/fields";
import { remove } from "../../router/write";
import { routerLeftovers } from "../../router/leftovers";
import { vmidOf } from "../../substrate/plan";
import { loadSubstrate } from "../../substrate/load";
import type { Substrate } from "../../substrate/substrate";
import type { Throwaway } from "./client";
import { TENANT } from "./place";

/** Kinds of records in the order in which they go: what refers to another one first. */
const SECTIONS = [
    ["rules", RULES],
    ["aliases", ALIASES],
    ["hostAliases", HOST_ALIASES],
    ["hosts", HOSTS],
    ["reservations", RESERVATIONS],
    ["subnets", SUBNETS],
] as const;

/**
 * Takes the throwaway tenant away, whatever is left of it, and its stack with it.
 *
 * @throws Refusal where something stays, which is named; the folder stays, too, and the next try goes on with it.
 */
export async function cleanUp(
    throwaway: Throwaway,
    router: { readonly client: RouterClient; readonly key: Credentials } | undefined,
    signal: AbortSignal,
): Promise<void> {
    throwaway.take();
    if (throwaway.isDefined) {
        const destroy = ["destroy", throwaway.stack, `--yes=${throwaway.stack}`, "--", "--skip-preview"];
        const { code } = await throwaway.run(destroy, router?.key, signal);
        const substrate = loadSubstrate({ root: throwaway.project, substrate: throwaway.stack });
        if (router !== undefined) {
            await removeRecords(router.client, substrate);
        }
        const left = await leftOf(substrate, router?.client);
        if (code !== 0 || left.length > 0) {
            const what = left.length === 0 ? "" : `; this is left:\n${left.map((line) => `  ${line}`).join("\n")}`;
            throw new Refusal(
                `${throwaway.lastSaid()}\nthe throwaway tenant could not be taken away${what}\n` +
                    "mend that, then `--clean-up` goes on with it",
            );
        }
    }
    throwaway.remove();
}

/** Records on the router that a run which was killed made and its state never heard of. */
async function removeRecords(client: RouterClient, substrate: Substrate): Promise<void> {
    const dirty = new Map<Service, RouterClient>();
    const writer = { client, dirty: (service: Service) => void dirty.set(service, client) };
    const inventory = await readRouter(client, RECORD_PARTS);
    for (const [part, section] of SECTIONS) {
        await remove(writer, section, tenantsRows(inventory[part], TENANT));
    }
    for (const vlan of vlansOf(substrate)) {
        const carrier = carrierOfVlan(inventory, substrate.coreRouter.vlanParent, vlan);
        if (carrier !== undefined) {
            // Before the run it was not served: else the VLAN was not free.
            await stopServing(writer, carrier.identifier);
        }
    }
    await remove(writer, VLANS, doubles(inventory));
    const failures = await reconfigure(dirty);
    if (failures.size > 0) {
        throw new Refusal([...failures.values()].join("\n"));
    }
}

/** VLANs that bear the tenant's mark and have no interface: one that has stays for the next tenant. */
function doubles(inventory: Pick<RouterInventory, "vlans" | "interfaces">) {
    return tenantsRows(inventory.vlans, TENANT).filter((row) => carrierOf(inventory, row) === undefined);
}

function vlansOf({ tenants }: Substrate): number[] {
    return tenants.map(({ segment }) => segment.vlan);
}

/** Leftovers of the throwaway tenant on node and router, in words. */
async function leftOf(substrate: Substrate, router: RouterClient | undefined): Promise<string[]> {
    const vlans = vlansOf(substrate);
    const nodes = await withEachNode(substrate, (client, one) => readInventory(client, one, TEARDOWN_PARTS));
    const vms = nodes.flatMap(({ node }) => vlans.map((vlan) => ({ node, vmid: vmidOf(substrate.plan, vlan, 1) })));
    const gone = { tenant: TENANT, vms, vlans };
    const records = router && routerLeftovers(await readRouter(router, RECORD_PARTS), substrate, gone).records;
    return [...remainsOf(gone, nodes), ...(records ?? []).map(({ kind, id }) => `router: ${kind} ${id}`)];
}
