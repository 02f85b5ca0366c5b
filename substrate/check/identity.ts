import { basename, extname } from "node:path";
import { faultAt, unique, type CheckedTenant, type Place } from "../../definitions/places";
import type { SubstrateDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import { FIXED_INSTANCES, TENANT_VLANS } from "../identity";
import { suggestion } from "../../definitions/suggest";
import { ELSEWHERE, GATEWAY, INTERNET, ROUTER } from "../places";
import { SITE_SEGMENT_KEYS } from "../siteSegments";

/**
 * Names that mean something else on every substrate: the site's own segments, the places of reachability, words that read as
 * every place or none in `allow`, and words of PVE, of the site and of this program.
 */
export const RESERVED: readonly string[] = [
    ...SITE_SEGMENT_KEYS.map((key) => key.replaceAll("_", "-")),
    ...[ELSEWHERE, GATEWAY, INTERNET, ROUTER],
    ...["all", "any", "none"],
    ...["blackhole", "deevnet", "fedora", "template", "tenant", "tenants"],
].sort();

/** Zone that the site sets aside for a tenant, as a name: tenant_1 in `tenants router-vars`. */
const SET_ASIDE = /^tenant-[0-9]+$/;

/** Checks names, VLANs, instances and addresses, in each file and across files. */
export function checkIdentity(
    substrateName: string,
    substrate: SubstrateDefinition,
    tenants: readonly CheckedTenant[],
    sites: readonly string[],
): Fault[] {
    const machines = machinesOf(substrateName, substrate);
    return [
        ...tenants.flatMap((tenant) => [
            ...checkName(tenant, [...sites, ...machines]),
            ...checkFormerly(tenant, tenants),
            ...checkHypervisor(substrateName, substrate, tenant),
            ...checkVms(tenant),
        ]),
        ...unique(
            tenants.map((tenant) => ({ tenant, path: ["name"], value: tenant.value.name })),
            "tenant",
        ),
        ...checkVlans(substrateName, tenants),
    ];
}

/** Names that the substrate's machines have in its zone, where a tenant's own zone of that name would hide them. */
function machinesOf(substrateName: string, { hypervisors, coreRouter, domain }: SubstrateDefinition): string[] {
    const nodes = Object.entries(hypervisors).flatMap(([name, { node }]) => [name, node.toLowerCase()]);
    const endpoints = [...Object.values(hypervisors), coreRouter].flatMap(({ endpoint }) => endpoint ?? []);
    const hosts = [
        ...endpoints.map((endpoint) => new URL(endpoint).hostname),
        ...Object.values(hypervisors).map(({ ssh }) => ssh.host),
    ];
    const zone = `.${substrateName}.${domain}`;
    return [...nodes, ...hosts.filter((host) => host.endsWith(zone)).map((host) => host.slice(0, -zone.length))];
}

function checkName(tenant: CheckedTenant, taken: readonly string[]): Fault[] {
    const { name } = tenant.value;
    const fileName = basename(tenant.file, extname(tenant.file));
    if (taken.includes(name)) {
        return [faultAt(tenant, ["name"], `${name} is the name of a substrate, hypervisor or router; choose another`)];
    }
    if (RESERVED.includes(name) || SET_ASIDE.test(name)) {
        return [faultAt(tenant, ["name"], `${name} is reserved: ${RESERVED.join(", ")}, tenant-<number>`)];
    }
    if (fileName !== name) {
        return [faultAt(tenant, ["name"], `${name} is not the file's name; allowed: ${fileName}, or rename the file`)];
    }
    return [];
}

function checkFormerly(tenant: CheckedTenant, all: readonly CheckedTenant[]): Fault[] {
    const { name, formerly } = tenant.value;
    const holder = all.find((other) => other.value.name === formerly);
    if (formerly === name) {
        return [faultAt(tenant, ["formerly"], `${name} is the tenant's name now; take formerly out`)];
    }
    const message = `${formerly} is a tenant still, in ${holder?.file}; one of the two is wrong`;
    return holder === undefined ? [] : [faultAt(tenant, ["formerly"], message)];
}

function checkHypervisor(substrateName: string, substrate: SubstrateDefinition, tenant: CheckedTenant): Fault[] {
    const { hypervisor } = tenant.value;
    const known = Object.keys(substrate.hypervisors);
    const allowed = `allowed: ${known.join(", ")}`;
    if (hypervisor === undefined) {
        const several = `hypervisor is missing: ${substrateName} has several, and nothing moves by itself; ${allowed}`;
        return known.length > 1 ? [faultAt(tenant, [], several)] : [];
    }
    const near = suggestion(hypervisor, known);
    return known.includes(hypervisor)
        ? []
        : [faultAt(tenant, ["hypervisor"], `${hypervisor} is not on ${substrateName}${near}; ${allowed}`)];
}

function checkVms(tenant: CheckedTenant): Fault[] {
    const { vms } = tenant.value;
    const names = vms.map((vm, i): Place => ({ tenant, path: ["vms", i, "name"], value: vm.name }));
    const aliases = vms.flatMap((vm, i) =>
        vm.aliases.map((alias, j): Place => ({ tenant, path: ["vms", i, "aliases", j], value: alias })),
    );
    const instances = vms.map((vm, i): Place => ({ tenant, path: ["vms", i, "instance"], value: vm.instance }));
    const addresses = vms.flatMap((vm, i) =>
        vm.address === "fixed" && vm.instance > FIXED_INSTANCES
            ? [faultAt(tenant, ["vms", i, "address"], noFixedAddress(vm.instance))]
            : [],
    );
    return [...unique([...names, ...aliases], "name"), ...unique(instances, "instance"), ...addresses];
}

function noFixedAddress(instance: number): string {
    return (
        `fixed addresses are .10 to .49, for instances 1 to ${FIXED_INSTANCES}; instance ${instance} has none. ` +
        "Use address: dhcp, or a lower instance"
    );
}

/** Each tenant has a VLAN of its own; the eleventh is told that there is none left, rather than whose it took. */
function checkVlans(substrateName: string, tenants: readonly CheckedTenant[]): Fault[] {
    const room = TENANT_VLANS.last - TENANT_VLANS.first + 1;
    const full = tenants.slice(room).map((tenant) => faultAt(tenant, ["vlan"], noVlanLeft(substrateName, room)));
    const places = tenants
        .slice(0, room)
        .map((tenant): Place => ({ tenant, path: ["vlan"], value: tenant.value.vlan }));
    return [...unique(places, "VLAN"), ...full];
}

function noVlanLeft(substrateName: string, room: number): string {
    return (
        `${substrateName} has ${room} tenants already, one on each VLAN from ${TENANT_VLANS.first} to ` +
        `${TENANT_VLANS.last}. Tear one down first, or put this one on another substrate`
    );
}
