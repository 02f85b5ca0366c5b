import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { readPlaneState } from "../../lab/planeState";
import { PRIVATE_NETWORKS } from "../../substrate/privateNetworks";
import { INTERNET } from "../../substrate/places";
import { describe as describeRule } from "../../substrate/recordOwnership";
import type { Tenant } from "../../substrate/substrate";
import { type Check } from "../proof";
import type { Finding, Measured } from "../findings";
import type { Site } from "./controls";
import { measureMatrix } from "./measure";
import { changeRule, removeRule } from "./site";
import { nameOfVm } from "../../substrate/identity";

/** Longer than any proof takes: the tables stay empty until they are filled on purpose. */
const NEVER_SECONDS = 86_400;
/** Alias of the control: every network that is private. */
const PRIVATE_ALIAS = "proof_private";

/**
 * Boots the router and stays in the time in which its rules hold and the tables of its aliases are empty
 * (opnsense/core 26.7.2, src/etc/rc.bootup:92): nothing that is closed to a tenant may open in it. What an alias opens may be shut.
 */
export async function measureBoot(site: Site): Promise<Finding> {
    const { tenants } = site.substrate;
    const measured = await duringBoot(site, closedTo(tenants));
    const through = measured.filter(({ ok }) => !ok);
    return {
        what: "the router boots, with its tables still empty",
        expected: "no probe through a wall",
        measured: `${through.length} of ${measured.length} probes through a wall`,
        ok: measured.length > 0 && through.length === 0,
    };
}

/**
 * The same with a tenant's way to the internet as a rule by an inverted alias, in place of a block for each private network: closed
 * while its table is filled, open while it is empty. The tenant's rules are as they were afterwards.
 */
export async function bootControl(site: Site): Promise<Finding> {
    const { router, substrate } = site;
    const [tenant] = substrate.tenants;
    const putBack = await internetByAlias(router, tenant!);
    const closed = closedTo([tenant!]);
    const filled = redOf(await measuredNow(site, closed));
    const empty = redOf(await duringBoot(site, closed));
    await putBack();
    return {
        what: `the router boots, with ${tenant!.name}'s way to the internet by an alias`,
        expected: "probes through a wall while its table is empty, and none once it is filled",
        measured: `${empty} probes through a wall, ${filled} once it is filled`,
        ok: empty > 0 && filled === 0,
    };
}

/** Probes from the first VM of each tenant that the files open nothing for. */
function closedTo(tenants: readonly Tenant[]): (check: Check) => boolean {
    const asking = new Set(tenants.flatMap(({ vms }) => vms.slice(0, 1).map(nameOfVm)));
    return ({ from, open }) => !open && asking.has(from);
}

/** Probes between a boot and the first table that is filled; all is filled again afterwards. */
async function duringBoot(site: Site, chosen: (check: Check) => boolean): Promise<Measured[]> {
    const { plane, node, router } = site;
    await router.set({ table_seconds: NEVER_SECONDS });
    await router.reboot();
    const measured = await measuredNow(site, chosen);
    await router.set({ table_seconds: 0 });
    await router.reboot();
    await plane.apply(await readPlaneState(node, router));
    return measured;
}

async function measuredNow(
    { plane, substrate, node, router, leases }: Site,
    chosen: (check: Check) => boolean,
): Promise<Measured[]> {
    await plane.apply(await readPlaneState(node, router));
    return measureMatrix(plane, substrate, leases, chosen);
}

function redOf(measured: readonly Measured[]): number {
    return measured.filter(({ ok }) => !ok).length;
}

/** Lets a tenant out to all that is in no private network by an alias of these; gives back what makes its rules as they were. */
async function internetByAlias(router: SimulatedRouter, { name }: Tenant): Promise<() => Promise<void>> {
    const alias = { name: PRIVATE_ALIAS, type: "network", content: PRIVATE_NETWORKS.join("\n"), description: "proof" };
    const { uuid } = await router.byHand("firewall/alias/addItem", { alias });
    const out = { destination_net: PRIVATE_ALIAS, destination_not: "1" };
    const undo = [await changeRule(router, describeRule(name, INTERNET), out)];
    for (const network of PRIVATE_NETWORKS) {
        undo.push(await removeRule(router, describeRule(name, `block ${network}`)));
    }
    await router.byHand("firewall/alias/reconfigure");
    return async () => {
        for (const one of undo) {
            await one();
        }
        await router.byHand(`firewall/alias/delItem/${String(uuid)}`);
        await router.byHand("firewall/alias/reconfigure");
    };
}
