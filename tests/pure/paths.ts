import { BlockList } from "node:net";
import type { CheckedTenant } from "../../definitions/places";
import { checkAllowances } from "../../substrate/check/allowances";
import type { AllowanceDefinition, SubstrateDefinition, TenantDefinition } from "../../definitions/definitions";
import { inboundOf } from "../../firewall/inbound";
import { formatAddress, networkOf, parseAddress } from "../../substrate/network";
import {
    inboundFilter,
    PACKET_PROTOCOLS,
    routerFilter,
    type Packet,
    type PacketFilter,
} from "../../firewall/packetFilter";
import { resolve } from "../../substrate/resolve";
import { networkDefinition } from "../fixtures";
import { resolvePlan } from "../../substrate/resolvePlan";
import { routerRecordsOf } from "../../router/records";
import type { RouterRules } from "../../firewall/rules";
import type { Inbound, Substrate, Tenant } from "../../substrate/substrate";

/** Walls as the tests know them: by a tenant's declarations, and by nothing that the rules are rendered with. */

const SITE = 20;

const DEFINITION: SubstrateDefinition = {
    site: SITE,
    status: "active",
    domain: "deevnet.net",
    macPolicy: "automatic",
    timeZone: "UTC",
    coreRouter: { mode: "export", vlanParent: "re0" },
    hypervisors: {},
    network: networkDefinition(),
};

const PLAN = resolvePlan(DEFINITION, true);

export function definitionOf(vlan: number, allow: readonly AllowanceDefinition[] = []): TenantDefinition {
    return {
        name: nameOf(vlan),
        description: "",
        vlan,
        hypervisor: "hv02",
        allow: [...allow],
        isolate: false,
        keep: false,
        vms: [],
    };
}

export function nameOf(vlan: number): string {
    return `tenant-on-${vlan}`;
}

/** Faults of the allowances, as `tenants validate` tells them. */
export function faultsOf(tenants: readonly TenantDefinition[]) {
    return checkAllowances(
        { plan: PLAN, elsewhere: [], macPolicy: DEFINITION.macPolicy, unread: [] },
        tenants.map(checkedOf),
    );
}

export function substrateOf(tenants: readonly TenantDefinition[]): Substrate {
    return resolve("dvntm", DEFINITION, PLAN, tenants.map(checkedOf));
}

function checkedOf(value: TenantDefinition): CheckedTenant {
    const file = `tenants/dvntm/${value.name}.yaml`;
    return { file, value, lineOf: () => undefined };
}

/** The walls of a substrate as they are rendered; a control changes them. */
export interface Walls {
    readonly rules: ReadonlyMap<string, RouterRules>;
    readonly inbound: ReadonlyMap<string, readonly Inbound[]>;
}

export function wallsOf(substrate: Substrate): Walls {
    const { tenants } = substrate;
    return {
        rules: new Map(tenants.map((tenant) => [tenant.name, routerRecordsOf(substrate, tenant).rules])),
        inbound: new Map(tenants.map((tenant) => [tenant.name, inboundOf(tenant.segment)])),
    };
}

export interface Verdict {
    /** Packets that are open and not declared, or declared and not open; one line each. */
    readonly wrong: string[];
    open: number;
    closed: number;
}

/** Sends packets from every tenant to every place that matters, and compares what passes with what is declared. */
export function compare(substrate: Substrate, walls: Walls, further: readonly number[] = []): Verdict {
    const verdict: Verdict = { wrong: [], open: 0, closed: 0 };
    const addresses = [...new Set([...boundaries(substrate), ...further])];
    const itself = [...LAB_VLANS, ...substrate.tenants.map(({ segment }) => segment.vlan)].map(
        (vlan) => `10.${SITE}.${vlan}.1`,
    );
    const inbound = new Map([...walls.inbound].map(([name, rules]) => [name, inboundFilter(rules)]));
    for (const tenant of substrate.tenants) {
        const gateway = tenant.segment.subnet.gateway;
        const router = routerFilter(walls.rules.get(tenant.name)!, { gateway, itself });
        for (const packet of packetsOf(tenant, addresses)) {
            const passes = router.first(packet)?.action === "pass" && enters(substrate, inbound, packet);
            const expected = isDeclared(tenant, itself, packet);
            verdict[passes ? "open" : "closed"]++;
            if (passes !== expected) {
                verdict.wrong.push(`${passes ? "open" : "closed"}: ${show(packet)}`);
            }
        }
    }
    return verdict;
}

function show({ protocol, source, destination, port }: Packet): string {
    return `${protocol} ${formatAddress(source)} -> ${formatAddress(destination)}:${port}`;
}

/** The wall around the VMs, where the destination is another tenant's; the router has none. */
function enters(substrate: Substrate, inbound: ReadonlyMap<string, PacketFilter<Inbound>>, packet: Packet): boolean {
    const to = tenantAt(substrate, packet.destination);
    const isRouter = to !== undefined && textOf(packet.destination) === to.segment.subnet.gateway;
    return to === undefined || isRouter || inbound.get(to.name)!.first(packet) !== undefined;
}

function tenantAt({ tenants }: Substrate, address: number): Tenant | undefined {
    return tenants.find(({ segment }) => isIn(address, segment.subnet.cidr));
}

const LAB_VLANS = [10, 20, 25, 30, 31, 35, 40, 99];

const PLACES = [...LAB_VLANS.map((vlan) => `10.${SITE}.${vlan}.0/24`), "10.20.60.0/24", "10.10.99.0/24"];

const PRIVATE = [
    ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"],
    // For documentation and benchmarks (RFC 5737, RFC 2544), and what IANA keeps for protocols.
    ...["192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
];

const privateNetworks = new BlockList();
[...PRIVATE, "0.0.0.0/8", "224.0.0.0/3"].forEach((cidr) => {
    const [address = "", prefix] = cidr.split("/");
    privateNetworks.addSubnet(address, Number(prefix));
});

/** The same few networks and addresses are asked about for millions of packets. */
const isPrivate = remembered((address: number) => privateNetworks.check(textOf(address)));
const network = remembered(networkOf);
const textOf = remembered(formatAddress);

function remembered<K, V>(answer: (key: K) => V): (key: K) => V {
    const answers = new Map<K, V>();
    return (key) => {
        if (!answers.has(key)) {
            answers.set(key, answer(key));
        }
        return answers.get(key)!;
    };
}

/** The first and last addresses of every network that matters, those beside them, the router's and one in the middle. */
function boundaries({ tenants }: Substrate): number[] {
    const declared = tenants.flatMap(({ allow, segment }) => [segment.subnet.cidr, ...allow.map(({ cidr }) => cidr)]);
    const edges = [...declared, ...PLACES, ...PRIVATE].map(network).flatMap(({ first, last }) => {
        const middle = Math.floor((first + last) / 2);
        return [first - 1, first, first + 1, first + 2, middle, last, last + 1];
    });
    return [...edges, ...["8.8.8.8", "224.0.0.251", "255.255.255.255"].map((text) => parseAddress(text)!)];
}

function packetsOf(tenant: Tenant, addresses: readonly number[]): Packet[] {
    const { subnet, vlan } = tenant.segment;
    const bounds = tenant.allow.flatMap(({ ports }) => ports.flatMap((range) => range.split(":").map(Number)));
    const ports = [53, 67, 123, 443, ...bounds.flatMap((port) => [port - 1, port, port + 1])];
    const kept = [...new Set(ports)].filter((port) => port >= 1 && port <= 65_535);
    // A VM's own address, none yet, and one that is another tenant's.
    const sources = [subnet.poolStart, "0.0.0.0", `10.${SITE}.${vlan + 1}.5`].map((text) => parseAddress(text)!);
    const outside = addresses.filter(
        (address) => !isIn(address, subnet.cidr) || address === parseAddress(subnet.gateway),
    );
    return sources.flatMap((source) =>
        outside.flatMap((destination) =>
            PACKET_PROTOCOLS.flatMap((protocol) =>
                (protocol === "tcp" || protocol === "udp" ? kept : [0]).map((port) => ({
                    protocol,
                    source,
                    destination,
                    port,
                })),
            ),
        ),
    );
}

/** Whether a tenant may send a packet, by the site's matrix and its own file. */
function isDeclared({ segment, allow }: Tenant, itself: readonly string[], packet: Packet): boolean {
    const { protocol, port } = packet;
    const to = textOf(packet.destination);
    const own = isIn(packet.source, segment.subnet.cidr);
    if (to === "255.255.255.255") {
        return protocol === "udp" && port === 67 && (own || packet.source === 0);
    }
    if (!own) {
        return false;
    }
    if (itself.includes(to)) {
        const service = protocol === "udp" ? [53, 67, 123] : protocol === "tcp" ? [53] : [];
        return to === segment.subnet.gateway && service.includes(port);
    }
    const declared = allow.some(
        (one) =>
            isIn(packet.destination, one.cidr) &&
            (one.protocol === "any" || one.protocol === protocol) &&
            (one.ports.length === 0 || one.ports.some((range) => inRange(port, range))),
    );
    return declared || isIn(packet.destination, `10.${SITE}.25.0/24`) || !isPrivate(packet.destination);
}

function inRange(port: number, range: string): boolean {
    const [first, last = first] = range.split(":").map(Number);
    return first! <= port && port <= last!;
}

function isIn(address: number, cidr: string): boolean {
    const { first, last } = network(cidr);
    return first <= address && address <= last;
}
