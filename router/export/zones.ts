import type { RouterVariables, ZoneVariables } from "../../definitions/definitions";
import { DefinitionError, type Fault, type Path } from "../../definitions/faults";
import { faultAt } from "../../definitions/places";
import { siteVars } from "./siteVars";
import { enclosingNetwork, networkOf, overlaps } from "../../substrate/network";
import { checkShape } from "../../definitions/shape";
import type { Substrate, Tenant } from "../../substrate/substrate";
import type { Source } from "../../definitions/yaml";

/** The site's variables before the tenants are in them: a file that was given, or what the site's table says. */
export interface GivenVars {
    readonly value: RouterVariables;
    /** A fault at a place of what was given. */
    readonly fault: (path: Path, message: string) => Fault;
}

/** Zone keys are of the site's making: letters, digits and underscores. */
const SET_ASIDE = /^tenant_[0-9]+$/;

/**
 * The variables that tenants are put into: those of all given files together.
 *
 * @throws DefinitionError with every fault of the given files' shape, a variable that stands in two of them, and one of the
 * lists that none of them has: what the site has on its router would be deleted by an empty one.
 *
 * @param lists the lists that are needed; missing: all of them.
 */
export function givenVars(
    { name, plan }: Substrate,
    given: readonly Source[],
    lists: readonly string[] = LISTS,
): GivenVars {
    const [first] = given;
    if (first === undefined) {
        const file = "the site's VLAN table";
        const fault = (path: Path, message: string) => faultAt({ file, lineOf: () => undefined }, path, message);
        return { value: siteVars(name, plan), fault };
    }
    const ownerOf = (key: string | number | undefined) => given.find(({ value }) => has(value, key)) ?? first;
    const value = Object.assign({}, ...given.map((one) => one.value)) as Record<string, unknown>;
    const missing = lists.filter((key) => !given.some((one) => has(one.value, key)));
    const faults = [...given.flatMap(notMapping), ...missing.map((key) => noList(given, key)), ...inTwo(given)];
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    const checked = checkShape<RouterVariables>("routerVars", {
        ...first,
        // Whoever needs them asks for them.
        value: { ...value, ...Object.fromEntries(LISTS.filter((key) => !has(value, key)).map((key) => [key, []])) },
        lineOf: (path) => ownerOf(path[0]).lineOf(path),
    });
    if (checked.faults.length > 0) {
        const inFile = (fault: Fault) => ({ ...fault, file: ownerOf(fault.path.split(/[.[]/)[0]).file });
        throw new DefinitionError(checked.faults.map(inFile));
    }
    return { value: checked.value, fault: (path, message) => faultAt(ownerOf(path[0]), path, message) };
}

/** Variables that Ansible replaces whole, and that a role deletes by. */
const LISTS = ["deevnet_vlans", "firewall_zone_policies", "firewall_internet_zones"] as const;

function has(value: unknown, key: string | number | undefined): boolean {
    return typeof value === "object" && value !== null && key !== undefined && Object.hasOwn(value, key);
}

function notMapping(source: Source): Fault[] {
    const { value } = source;
    const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
    return isMapping ? [] : [faultAt(source, [], "no mapping of variables")];
}

function noList(given: readonly Source[], key: string): Fault {
    const message =
        `${key} is missing. Give the file that sets it as a further --input: an empty one would have the site's collection delete ` +
        "what it made of the site's own";
    return { file: given.map(({ file }) => file).join(", "), path: "", message };
}

/** Of a variable that stands in two files Ansible takes one, whole. */
function inTwo(given: readonly Source[]): Fault[] {
    return given.flatMap((source, index) =>
        Object.keys(source.value ?? {}).flatMap((key) => {
            const earlier = given.slice(0, index).find(({ value }) => has(value, key));
            const message = `stands in ${earlier?.file}, too, and Ansible takes one of the two whole; leave it in one file`;
            return earlier === undefined ? [] : [faultAt(source, [key], message)];
        }),
    );
}

/** Every tenant's zone key, in the order of the tenants. */
export type ZoneKeys = ReadonlyMap<string, string>;

/**
 * The key that each tenant's zone has. A zone that the site set aside for a tenant (tenant_1, with the tenant's VLAN) is
 * taken over as it is, since switch profiles, policies and hosts refer to it by that key; any other tenant's key is its
 * own name, with underscores.
 *
 * @throws DefinitionError where the tenant's VLAN, subnet or key belongs to another zone.
 */
export function zoneKeysOf({ tenants }: Substrate, given: GivenVars): ZoneKeys {
    const keys = new Map(tenants.map((tenant) => [tenant.name, zoneKeyOf(given.value, tenant)]));
    const faults = [
        ...twice(given),
        ...tenants.flatMap((tenant) => conflictsOf(given, tenant, keys.get(tenant.name)!)),
    ];
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    return keys;
}

function zoneKeyOf({ deevnet_vlans }: RouterVariables, { name, segment }: Tenant): string {
    const own = name.replaceAll("-", "_");
    const setAside = Object.keys(deevnet_vlans).find(
        (key) => SET_ASIDE.test(key) && deevnet_vlans[key]!.vlan_id === segment.vlan,
    );
    return deevnet_vlans[own] === undefined ? (setAside ?? own) : own;
}

/** Two zones of one VLAN would be two sets of rules on one interface. */
function twice({ value, fault }: GivenVars): Fault[] {
    const zones = Object.entries(value.deevnet_vlans);
    return zones.flatMap(([key, { vlan_id }], i) => {
        const [earlier] = zones.slice(0, i).find(([, zone]) => zone.vlan_id === vlan_id) ?? [];
        const message = `VLAN ${vlan_id} is the zone ${earlier}'s already; one zone has it`;
        return earlier === undefined ? [] : [fault(["deevnet_vlans", key, "vlan_id"], message)];
    });
}

function conflictsOf({ value, fault }: GivenVars, { name, segment }: Tenant, own: string): Fault[] {
    const { vlan, subnet } = segment;
    const claim = `tenant ${name} has VLAN ${vlan} (${subnet.cidr})`;
    return Object.entries(value.deevnet_vlans).flatMap(([key, zone]) => {
        const at = (field: string) => ["deevnet_vlans", key, field];
        if (key === own && zone.vlan_id !== vlan) {
            return [fault(at("vlan_id"), `${zone.vlan_id} is not the tenant's VLAN: ${claim}. Correct one of the two`)];
        }
        if (key === own && zone.subnet !== undefined && zone.subnet !== subnet.cidr) {
            return [fault(at("subnet"), `${zone.subnet} is not the tenant's subnet: ${claim}. Correct this one`)];
        }
        if (key !== own && zone.vlan_id === vlan) {
            const mend = `Give the tenant another VLAN, or this zone the key ${own}`;
            return [fault(at("vlan_id"), `${vlan} is taken by the zone ${key}, and ${claim}. ${mend}`)];
        }
        return key !== own && isOver(zone, subnet.cidr)
            ? [fault(at("subnet"), `${zone.subnet} overlaps a tenant's segment: ${claim}. Correct this one`)]
            : [];
    });
}

function isOver({ subnet }: ZoneVariables, cidr: string): boolean {
    const network = enclosingNetwork(subnet ?? "");
    return network !== undefined && overlaps(network, networkOf(cidr));
}

/** All zones: those that were given, as they were, and the tenants', each with its DHCP pool. */
export function mergeZones(
    { tenants }: Substrate,
    { value }: GivenVars,
    keys: ZoneKeys,
): Readonly<Record<string, ZoneVariables>> {
    const own = tenants.map(({ name, segment: { vlan, subnet } }) => {
        const key = keys.get(name)!;
        const zone = {
            vlan_id: vlan,
            subnet: subnet.cidr,
            gateway: subnet.gateway,
            dhcp_range_start: subnet.poolStart,
            dhcp_range_end: subnet.poolEnd,
            dhcp_enabled: true,
        };
        return [key, { ...value.deevnet_vlans[key], ...zone }] as const;
    });
    return { ...value.deevnet_vlans, ...Object.fromEntries(own) };
}

/** Zones of tenants' VLANs that no tenant here has: a tenant that is gone, or one that the site only set aside. */
export function unclaimed({ plan }: Substrate, { value }: GivenVars, keys: ZoneKeys): string[] {
    const claimed = new Set(keys.values());
    return Object.entries(value.deevnet_vlans)
        .filter(([key, { vlan_id: vlan }]) => plan.vlans.includes(vlan) && !claimed.has(key))
        .map(([key]) => key)
        .filter((key) => !SET_ASIDE.test(key));
}
