import { FILTER_IPSET } from "../node/addressFilter";
import type { SimulatedNode } from "./simulatedNode";
import type { SimulatedRouter } from "./simulatedRouter";

type Records = readonly Readonly<Record<string, unknown>>[];

/** Input of the data plane: answers of the node's and the router's APIs, and of the router's own name. */
export interface PlaneState {
    readonly node: {
        /** Options of the datacentre's firewall. */
        readonly firewall: Readonly<Record<string, unknown>>;
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
        readonly kea: { readonly interfaces: readonly string[]; readonly valid_lifetime: string };
        readonly running: Readonly<Record<"kea" | "unbound", string>>;
    };
}

/** Asks node and router through their APIs for everything that moves packets. */
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
        ipset: await addressSet((path) => get(`${folder}/${vmid}/firewall/ipset${path}`)),
    }));
    const firewall = (await get("/cluster/firewall/options")) as Record<string, unknown>;
    return { firewall, guests: await Promise.all(guests) };
}

/** Entries of a VM's address filter; null where it has none. */
async function addressSet(get: (path: string) => Promise<unknown>): Promise<unknown> {
    const sets = (await get("")) as { name: string }[];
    return sets.some(({ name }) => name === FILTER_IPSET) ? get(`/${FILTER_IPSET}`) : null;
}

async function readRouter(router: SimulatedRouter): Promise<PlaneState["router"]> {
    const rows = async (path: string) => (await router.byHand(path, { current: 1, rowCount: -1 }))["rows"] as Records;
    const running = async (service: string) => String((await router.byHand(`${service}/service/status`))["status"]);
    const { dhcpv4 } = (await router.read("kea/dhcpv4/get")) as {
        dhcpv4: { general: { interfaces: Record<string, { selected: number }>; valid_lifetime: string } };
    };
    const { interfaces, valid_lifetime } = dhcpv4.general;
    const served = Object.keys(interfaces).filter((name) => interfaces[name]?.selected === 1);
    return {
        interfaces: (await router.byHand("interfaces/overview/export")) as unknown as Records,
        subnets: await rows("kea/dhcpv4/search_subnet"),
        reservations: await rows("kea/dhcpv4/search_reservation"),
        hosts: await rows("unbound/settings/searchHostOverride"),
        own_names: await router.ownNames(),
        host_aliases: await rows("unbound/settings/searchHostAlias"),
        rules: await rows("firewall/filter/searchRule"),
        aliases: await rows("firewall/alias/searchItem"),
        kea: { interfaces: served, valid_lifetime },
        running: { kea: await running("kea"), unbound: await running("unbound") },
    };
}
