import { Refusal } from "../../definitions/refusal";
import type { Guest, Settings } from "../../node/inventory";
import { liesIn, networkOf } from "../../substrate/network";
import { carrierOfVlan, type RouterInventory } from "../../router/inventory";
import { text } from "../../router/rows";
import { freeVlans, prefixOf, slotOf, subnetOf, vlansText } from "../../substrate/plan";
import { ownerOf } from "../../substrate/guestOwnership";
import type { Substrate } from "../../substrate/substrate";

/** Everything that is on a substrate before a check: what its files declare, and what its machines have. */
export interface Occupied {
    /** Of every node. */
    readonly guests: readonly Guest[];
    readonly settings: readonly Settings[];
    readonly pools: readonly string[];
    /** Missing where the stack writes to no router. */
    readonly router?: RouterInventory;
}

/** The throwaway tenant's name: of its pool and its tag, and in the mark of its records. */
export const TENANT = "conformance";

/**
 * The VLAN of the plan that the throwaway tenant takes: one that no file, no guest and no record has, and that the router carries.
 * The last such one, since `tenants new` gives the first to people.
 *
 * @throws Refusal where there is none, or where something has the throwaway tenant's name already.
 */
export function freeVlan(substrate: Substrate, occupied: Occupied): number {
    requireName(substrate, occupied);
    const declared = substrate.tenants.map(({ segment }) => segment.vlan);
    const guests = occupied.guests.flatMap(({ vmid }) => slotOf(substrate.plan, vmid)?.vlan ?? []);
    const tags = occupied.settings.flatMap(tagsOf);
    const free = freeVlans(substrate.plan, [...declared, ...guests, ...tags]);
    const { router } = occupied;
    const usable = router === undefined ? free : free.filter((vlan) => isReady(substrate, router, vlan));
    const vlan = usable.at(-1);
    if (vlan === undefined) {
        const why =
            free.length === 0
                ? `each of VLAN ${vlansText(substrate.plan)} has a tenant's file or a guest`
                : `VLAN ${free.join(", ")} ${free.length === 1 ? "has" : "have"} no tenant, but on the router records of ` +
                  "somebody else's, or no interface with the gateway's address: prepare one as docs/core-router.md says in 2";
        throw new Refusal(
            `no VLAN of ${substrate.name} is free for the throwaway tenant, so nothing was touched: ${why}`,
        );
    }
    return vlan;
}

function requireName(substrate: Substrate, { guests, pools, router }: Occupied): void {
    const { name, tenants } = substrate;
    const { rules = [], aliases = [], hosts = [], subnets = [], reservations = [] } = router ?? {};
    const records = [...rules, ...aliases, ...hosts, ...subnets, ...reservations];
    const marked = records.some((row) => isMarked((row as Record<string, unknown>)["description"]));
    const holder = tenants.some((one) => one.name === TENANT)
        ? "a tenant's file"
        : pools.includes(TENANT)
          ? "a pool on the node"
          : guests.some((guest) => ownerOf(guest, substrate)?.tenant === TENANT)
            ? "a guest on the node"
            : marked
              ? "a record on the router"
              : undefined;
    if (holder !== undefined) {
        throw new Refusal(
            `${holder} of ${name} is named ${TENANT}, which is the throwaway tenant's name, so nothing was touched: ` +
                `what an earlier check left, \`tenants conformance ${name} --clean-up\` takes away where its folder is still there`,
        );
    }
}

function isMarked(description: unknown): boolean {
    return typeof description === "string" && description.startsWith(`tenant-hypervisors: ${TENANT}:`);
}

/** VLAN tags of a guest's NICs. */
function tagsOf(settings: Settings): number[] {
    return Object.entries(settings).flatMap(([key, value]) => {
        const tag = /^net\d+$/.test(key) ? /\btag=(\d+)/.exec(String(value))?.[1] : undefined;
        return tag === undefined ? [] : [Number(tag)];
    });
}

/** Whether the router carries a VLAN, as the one-time step leaves it, and has nothing on it. */
function isReady({ plan, coreRouter }: Substrate, router: RouterInventory, vlan: number): boolean {
    const { cidr, gateway } = subnetOf(plan, vlan)!;
    const carrier = carrierOfVlan(router, coreRouter.vlanParent, vlan);
    const network = networkOf(cidr);
    const inside = (address: string) => liesIn(address, [network]);
    return (
        carrier?.enabled === true &&
        carrier.address === `${gateway}/${prefixOf(cidr)}` &&
        !router.subnets.some((row) => inside(text(row, "subnet"))) &&
        !router.reservations.some((row) => inside(`${text(row, "ip_address")}/32`)) &&
        !router.hosts.some((row) => inside(`${text(row, "server")}/32`)) &&
        !router.rules.some((row) => text(row, "interface").split(",").includes(carrier.identifier)) &&
        !router.served.includes(carrier.identifier)
    );
}
