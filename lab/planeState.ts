import { filterSet, isFilterSet } from "../node/addressFilter";
import type { SimulatedNode } from "./simulatedNode";
import type { RouterState, SimulatedRouter } from "./simulatedRouter";

type Records = readonly Readonly<Record<string, unknown>>[];

/**
 * Input of the data plane: answers of the node's and the router's APIs, the records that the router's services work with, which no
 * API tells, and those of the router's own name.
 */
export interface PlaneState {
    readonly node: {
        /** Options of the datacentre's firewall. */
        readonly firewall: Readonly<Record<string, unknown>>;
        /** Options of the node's own firewall, which say which of PVE's two makes the rules. */
        readonly host?: Readonly<Record<string, unknown>>;
        readonly guests: Records;
    };
    readonly router: {
        readonly interfaces: Records;
        readonly subnets: Records;
        readonly reservations: Records;
        readonly hosts: Records;
        /** Records of the router's own name, which Unbound makes itself and no API tells. */
        readonly own_names: Records;
        readonly host_aliases: Records;
        readonly rules: Records;
        readonly aliases: Records;
        readonly groups: Records;
        readonly dnat: Records;
        readonly source_nat: Records;
        readonly one_to_one: Records;
        readonly kea: { readonly interfaces: readonly string[]; readonly valid_lifetime: string };
        readonly running: Readonly<Record<"kea" | "unbound", string>>;
    };
}

/** Asks node and router for everything that moves packets. */
export async function readPlaneState(node: SimulatedNode, router: SimulatedRouter): Promise<PlaneState> {
    return { node: await readNode(node), router: await readRouter(router) };
}

async function readNode(node: SimulatedNode): Promise<PlaneState["node"]> {
    const get = (path: string) => node.byHand("GET", path);
    const folder = `/nodes/${node.ready.node}/qemu`;
    const list = (await get(folder)) as { vmid: number; status: string }[];
    const guests = list.map(async ({ vmid, status }) => ({
        vmid,
        status,
        config: await get(`${folder}/${vmid}/config?current=1`),
        options: await get(`${folder}/${vmid}/firewall/options`),
        rules: await get(`${folder}/${vmid}/firewall/rules`),
        ipsets: await addressSets((path) => get(`${folder}/${vmid}/firewall/ipset${path}`)),
    }));
    const firewall = (await get("/cluster/firewall/options")) as Record<string, unknown>;
    const host = (await get(`/nodes/${node.ready.node}/firewall/options`)) as Record<string, unknown>;
    return { firewall, host, guests: await Promise.all(guests) };
}

/** Entries of the address filter of each of a VM's NICs that has one, by PVE's name of the NIC. */
async function addressSets(get: (path: string) => Promise<unknown>): Promise<Record<string, unknown>> {
    const sets = (await get("")) as { name: string }[];
    const filters = sets.filter(({ name }) => isFilterSet(name));
    const entries = filters.map(async ({ name }) => [name.slice(filterSet("").length), await get(`/${name}`)] as const);
    return Object.fromEntries(await Promise.all(entries));
}

/** Asks the router alone. */
export async function readRouter(router: SimulatedRouter): Promise<PlaneState["router"]> {
    const running = async (service: string) => String((await router.byHand(`${service}/service/status`))["status"]);
    const { saved, active } = await router.state();
    const records = (section: string) => Object.entries(active[section] ?? {}).map(([uuid, one]) => ({ ...one, uuid }));
    const { interfaces, valid_lifetime } = active["kea_general"]!["general"]!;
    return {
        interfaces: (await router.byHand("interfaces/overview/export")) as unknown as Records,
        subnets: records("subnet4"),
        reservations: records("reservation"),
        hosts: records("host"),
        own_names: await router.ownNames(),
        host_aliases: records("host_alias"),
        rules: [...records("rule"), ...(await ownRules(router))],
        aliases: [...records("alias"), ...emptyTables(saved["alias"]!, active["alias"]!)],
        groups: records("group"),
        dnat: records("dnat"),
        source_nat: records("source_nat"),
        one_to_one: records("one_to_one"),
        kea: { interfaces: interfaces!.split(","), valid_lifetime: valid_lifetime! },
        running: { kea: await running("kea"), unbound: await running("unbound") },
    };
}

/** Rules that OPNsense makes itself. */
async function ownRules(router: SimulatedRouter): Promise<Records> {
    const found = await router.byHand("firewall/filter/searchRule", { current: 1, rowCount: -1 });
    return (found["rows"] as Records).filter(({ is_automatic }) => is_automatic === true);
}

type Section = RouterState["saved"][string];

/** Aliases whose tables the router has made and not filled yet. */
function emptyTables(saved: Section, active: Section): Records {
    const filled = new Set(Object.values(active).map(({ name }) => name));
    return Object.values(saved)
        .filter(({ name }) => !filled.has(name))
        .map((alias) => ({ ...alias, content: "" }));
}
