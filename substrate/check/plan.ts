import type { NetworkDefinition, SegmentDefinition, SubstrateDefinition } from "../../definitions/definitions";
import type { Fault, Path } from "../../definitions/faults";
import { faultAt } from "../../definitions/places";
import { suggestion } from "../../definitions/suggest";
import type { Source } from "../../definitions/yaml";
import { covers, enclosingNetwork, formatAddress, networkOf, overlaps, parseAddress, type Range } from "../network";
import { cidrOf, prefixOf, TENANTS, vmidOf, type NetworkPlan } from "../plan";
import { listedSubnets, parseHosts, parseVlans, resolvePlan } from "../resolvePlan";
import { PLACES } from "../places";
import { checkOpened } from "./opened";
import { PRIVATE_NETWORKS } from "../privateNetworks";

/** VLANs that IEEE 802.1Q leaves to use. */
const LAST_VLAN = 4094;

/** PVE takes VMIDs from 100 to 999999999 (pve-common, PVE::JSONSchema, pve-vmid). */
const VMIDS: Range = { first: 100, last: 999_999_999 };

/** Names that destinations and reachability have for something else. */
const TAKEN = [...PLACES, TENANTS];

const INSIDE = PRIVATE_NETWORKS.map(networkOf);

export type FaultOf = (path: Path, message: string) => Fault;

/**
 * Checks a site's network plan: its VLANs, that every one of them has a subnet with room for gateway, pool and fixed addresses,
 * and that nothing in it collides with anything else.
 */
export function checkPlan(stack: Source, definition: SubstrateDefinition): Fault[] {
    const fault: FaultOf = (path, message) => faultAt(stack, ["network", ...path], message);
    const { network } = definition;
    const ranges = [...checkVlans(network.vlans, fault), ...checkSegments(definition, fault)];
    if (ranges.length > 0) {
        return ranges;
    }
    const plan = resolvePlan(definition);
    const tagged = definition.coreRouter.mode !== "none";
    return [
        ...checkSubnets(plan, network, tagged, fault),
        ...checkHosts(plan, network.pool, network.fixed, fault),
        ...checkVmids(plan, fault),
        ...checkServers(plan, fault),
        ...checkReach(plan, fault),
        ...checkOpened(plan, definition, fault),
    ];
}

function checkVlans(text: string, fault: FaultOf): Fault[] {
    return text.split(",").flatMap((part) => {
        const [first, last = first] = part.split("-").map(Number);
        const right = first! >= 1 && last! <= LAST_VLAN && first! <= last!;
        return right
            ? []
            : [fault(["vlans"], `${part.trim()} is no range of VLANs; allowed: 1 to ${LAST_VLAN}, the lower first`)];
    });
}

/** A segment has a VLAN or a subnet of its own, and a VLAN that no tenant may have. */
function checkSegments({ site, network }: SubstrateDefinition, fault: FaultOf): Fault[] {
    const vlans = parseVlans(network.vlans);
    const rules = { site, rule: network.subnet, listed: listedSubnets(network) };
    const holders = new Map<number, string>();
    return Object.entries(network.segments).flatMap(([name, segment]) => {
        const { vlan } = segment;
        if (TAKEN.includes(name)) {
            return [
                fault(["segments", name], `${name} is a place of every site: ${TAKEN.join(", ")}; rename the segment`),
            ];
        }
        const at = (key: keyof SegmentDefinition): Path => ["segments", name, key];
        if (vlan === undefined) {
            return segment.subnet === undefined ? [fault(["segments", name], "vlan or subnet is missing")] : [];
        }
        const holder = holders.get(vlan);
        holders.set(vlan, name);
        return [
            ...(vlans.includes(vlan)
                ? [fault(at("vlan"), `${vlan} is in network.vlans (${network.vlans}), which are the tenants'`)]
                : []),
            ...(holder === undefined
                ? []
                : [fault(at("vlan"), `VLAN ${vlan} is taken by network.segments.${holder}.vlan`)]),
            ...(segment.subnet === undefined && cidrOf(rules, vlan) === undefined
                ? [
                      fault(
                          ["segments", name],
                          `subnet is missing: network.subnet (${network.subnet}) gives none for VLAN ${vlan}`,
                      ),
                  ]
                : []),
        ];
    });
}

/** Where a network of the plan stands, and which it is. */
interface Placed {
    readonly path: Path;
    readonly name: string;
    readonly cidr: string;
}

/** Every tenant's VLAN has a subnet, and no two networks overlap; on a flat network tenants share one. */
function checkSubnets(plan: NetworkPlan, network: NetworkDefinition, tagged: boolean, fault: FaultOf): Fault[] {
    const pathOf = (vlan: number): Path => (plan.listed[vlan] === undefined ? ["subnet"] : ["subnets", String(vlan)]);
    const without = plan.vlans.filter((vlan) => cidrOf(plan, vlan) === undefined);
    const missing = without
        .slice(0, 1)
        .map((vlan) =>
            fault(
                ["subnet"],
                `${plan.rule} gives no subnet for VLAN ${vlan}: an octet is 0 to 255; write {vlan-100}, or list it in network.subnets`,
            ),
        );
    const unused = Object.keys(plan.listed).filter((vlan) => !plan.vlans.includes(Number(vlan)));
    const tenants = plan.vlans.flatMap((vlan): Placed[] => {
        const cidr = cidrOf(plan, vlan);
        return cidr === undefined ? [] : [{ path: pathOf(vlan), name: `VLAN ${vlan}`, cidr }];
    });
    const segments = plan.segments.map(({ name, cidr }): Placed => {
        const own = network.segments[name]!.subnet !== undefined;
        return { path: own ? ["segments", name, "subnet"] : ["subnet"], name, cidr };
    });
    const all = [...tenants, ...segments];
    const odd = oncePerPath(all.map((one) => [one.path, oddNetwork(one)] as const)).map(([path, why]) =>
        fault(path, why),
    );
    return [
        ...missing,
        ...unused.map((vlan) => fault(["subnets", vlan], `VLAN ${vlan} is not in network.vlans, so no tenant has it`)),
        ...odd,
        ...(odd.length === 0 && tagged ? overlapping(all, fault) : []),
    ];
}

/** The first message of each path: a rule is wrong for all that it gives. */
function oncePerPath(
    all: readonly (readonly [path: Path, message: string | undefined])[],
): (readonly [Path, string])[] {
    const first = new Map<string, readonly [Path, string]>();
    for (const [path, message] of all) {
        const key = JSON.stringify(path);
        if (message !== undefined && !first.has(key)) {
            first.set(key, [path, message]);
        }
    }
    return [...first.values()];
}

/** Why a network is none that a site can have; undefined where it is one. */
function oddNetwork({ name, cidr }: Placed): string | undefined {
    const network = enclosingNetwork(cidr);
    if (network === undefined) {
        return `${cidr} (${name}) is no IPv4 network; octets are 0 to 255`;
    }
    const base = formatAddress(network.first);
    if (base !== cidr.split("/")[0]) {
        return `${cidr} (${name}) has host bits set; its network is ${base}/${prefixOf(cidr)}`;
    }
    return INSIDE.some((inside) => covers(inside, network))
        ? undefined
        : `${cidr} (${name}) is in the internet; allowed: private networks, such as 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16`;
}

/** One fault for each network that overlaps one before it, naming both. */
function overlapping(all: readonly Placed[], fault: FaultOf): Fault[] {
    const ranges = all.map(({ cidr }) => networkOf(cidr));
    const found = all.map(({ path, name, cidr }, i) => {
        const first = ranges.findIndex((range) => overlaps(range, ranges[i]!));
        const other = first < i ? all[first]! : undefined;
        const where = other && `${other.cidr} (${other.name}, network.${other.path.join(".")})`;
        return [path, where && `${cidr} (${name}) overlaps ${where}; give each a network of its own`] as const;
    });
    return oncePerPath(found).map(([path, message]) => fault(path, message));
}

/** Gateway, pool and fixed addresses lie in every tenant's subnet, and apart. */
function checkHosts(plan: NetworkPlan, pool: string, fixed: string, fault: FaultOf): Fault[] {
    const smallest = Math.max(...plan.vlans.flatMap((vlan) => prefixOf(cidrOf(plan, vlan) ?? "0.0.0.0/0")));
    const last = 2 ** (32 - smallest) - 2;
    const gateway: Range = { first: plan.gateway, last: plan.gateway };
    const ranges = [
        { key: "pool", text: pool, range: parseHosts(pool) },
        { key: "fixed", text: fixed, range: parseHosts(fixed) },
        { key: "gateway", text: String(plan.gateway), range: gateway },
    ];
    return ranges.flatMap(({ key, text, range }, i) => {
        const other = ranges.slice(i + 1).find((one) => overlaps(one.range, range));
        if (range.first < 1 || range.last > last || range.first > range.last) {
            return [
                fault(
                    [key],
                    `${text} is not in every subnet: a /${smallest} has the hosts 1 to ${last}, the lower first`,
                ),
            ];
        }
        return other === undefined
            ? []
            : [fault([key], `${text} overlaps network.${other.key} (${other.text}); part them`)];
    });
}

function checkVmids(plan: NetworkPlan, fault: FaultOf): Fault[] {
    const [first, last] = [plan.vlans[0]!, plan.vlans.at(-1)!];
    const used: Range = { first: vmidOf(plan, first, 1), last: vmidOf(plan, last, plan.vmids.step - 1) };
    return covers(VMIDS, used)
        ? []
        : [
              fault(
                  ["vmids"],
                  `VMIDs would be ${used.first} to ${used.last}; PVE takes ${VMIDS.first} to ${VMIDS.last}. Write from: ${VMIDS.first} or more`,
              ),
          ];
}

function checkServers({ resolvers, timeServers }: NetworkPlan, fault: FaultOf): Fault[] {
    const lists = { resolvers, timeServers };
    return Object.entries(lists).flatMap(([key, list]) =>
        list.flatMap((address, i) =>
            parseAddress(address) === undefined
                ? [fault([key, i], `${address} is no IPv4 address; octets are 0 to 255`)]
                : [],
        ),
    );
}

/** Segments that are reached are there. */
function checkReach({ segments, reach }: NetworkPlan, fault: FaultOf): Fault[] {
    const names = segments.map(({ name }) => name);
    const known = (path: Path, name: string, allowed: readonly string[]) =>
        allowed.includes(name)
            ? []
            : [
                  fault(
                      path,
                      `${name} is no segment of network.segments${suggestion(name, allowed)}; allowed: ${allowed.join(", ")}`,
                  ),
              ];
    return [
        ...reach.flatMap((name, i) => known(["reach", i], name, names)),
        ...segments.flatMap(({ name, reaches }) =>
            reaches.flatMap((to, i) =>
                known(["segments", name, "reaches", i], to, [
                    TENANTS,
                    "internet",
                    ...names.filter((one) => one !== name),
                ]),
            ),
        ),
    ];
}
