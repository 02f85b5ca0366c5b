import { basename, extname } from "node:path";
import { faultAt, unique, type CheckedTenant, type Place } from "../../definitions/places";
import type { SubstrateDefinition, VmDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import {
    fixedAddressOf,
    fixedInstances,
    givenAddress,
    pooledAddressOf,
    pooledInstances,
    vlansText,
    type NetworkPlan,
} from "../plan";
import { knownAddressOf } from "../within";
import { chosenFault } from "./chosenAddress";
import { nicAddresses } from "./networkInterfaces";
import { suggestion } from "../../definitions/suggest";
import { PLACES } from "../places";

/**
 * Names that mean something else on every substrate, beside the site's own segments: the places of reachability, words that read
 * as every place or none in `allow`, and words of PVE, of the site and of this program.
 */
const RESERVED: readonly string[] = [
    ...PLACES,
    ...["all", "any", "none"],
    ...["blackhole", "deevnet", "fedora", "template", "tenant", "tenants"],
];

/** Names that no tenant of a site may have. */
export function reservedNames({ segments }: NetworkPlan): string[] {
    return [...RESERVED, ...segments.map(({ name }) => name.replaceAll("_", "-"))].sort();
}

/** Zone that the site sets aside for a tenant, as a name: tenant_1 in `tenants router-vars`. */
const SET_ASIDE = /^tenant-[0-9]+$/;

/** Checks names, VLANs, instances and addresses, in each file and across files. */
export function checkIdentity(
    substrateName: string,
    substrate: SubstrateDefinition,
    plan: NetworkPlan,
    tenants: readonly CheckedTenant[],
    sites: readonly string[],
): Fault[] {
    const machines = machinesOf(substrateName, substrate);
    const reserved = reservedNames(plan);
    return [
        ...tenants.flatMap((tenant) => [
            ...checkName(tenant, [...sites, ...machines], reserved),
            ...checkFormerly(tenant, tenants),
            ...checkHypervisor(substrateName, substrate, tenant),
            ...checkVms(substrate, plan, tenant),
            ...checkAddresses(substrate, plan, tenant),
        ]),
        ...unique(
            tenants.map((tenant) => ({ tenant, path: ["name"], value: tenant.value.name })),
            "tenant",
        ),
        ...checkVlans(substrateName, plan, tenants),
    ];
}

/** Names that the substrate's machines have in its zone, where a tenant's own zone of that name would hide them. */
function machinesOf(substrateName: string, { hypervisors, coreRouter, domain }: SubstrateDefinition): string[] {
    const nodes = Object.entries(hypervisors).flatMap(([name, { node }]) => [name, node.toLowerCase()]);
    const endpoints = [...Object.values(hypervisors), coreRouter].flatMap(({ endpoint }) => endpoint ?? []);
    const hosts = [
        ...endpoints.filter((endpoint) => URL.canParse(endpoint)).map((endpoint) => new URL(endpoint).hostname),
        ...Object.values(hypervisors).map(({ ssh }) => ssh.host),
    ];
    const zone = `.${substrateName}.${domain}`;
    return [...nodes, ...hosts.filter((host) => host.endsWith(zone)).map((host) => host.slice(0, -zone.length))];
}

function checkName(tenant: CheckedTenant, taken: readonly string[], reserved: readonly string[]): Fault[] {
    const { name } = tenant.value;
    const fileName = basename(tenant.file, extname(tenant.file));
    if (taken.includes(name)) {
        return [faultAt(tenant, ["name"], `${name} is the name of a substrate, hypervisor or router; choose another`)];
    }
    if (reserved.includes(name) || SET_ASIDE.test(name)) {
        return [faultAt(tenant, ["name"], `${name} is reserved: ${reserved.join(", ")}, tenant-<number>`)];
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

function checkVms(substrate: SubstrateDefinition, plan: NetworkPlan, tenant: CheckedTenant): Fault[] {
    const { vms } = tenant.value;
    const names = vms.map((vm, i): Place => ({ tenant, path: ["vms", i, "name"], value: vm.name }));
    const aliases = vms.flatMap((vm, i) =>
        vm.aliases.map((alias, j): Place => ({ tenant, path: ["vms", i, "aliases", j], value: alias })),
    );
    const instances = vms.map((vm, i): Place => ({ tenant, path: ["vms", i, "instance"], value: vm.instance }));
    const addresses = vms.map((vm, i) => checkAddress(plan, tenant, i, vm.address, vm.instance));
    const pooled = vms.map((vm, i) => checkPooled(substrate, plan, tenant, i, vm));
    return [
        ...unique([...names, ...aliases], "name"),
        ...unique(instances, "instance"),
        ...addresses.flat(),
        ...pooled.flat(),
    ];
}

/** An address that a VM has whatever DHCP says is one of its tenant's subnet that nothing else has. */
function checkAddress(
    plan: NetworkPlan,
    tenant: CheckedTenant,
    index: number,
    address: string,
    instance: number,
): Fault[] {
    const refuse = (message: string) => [faultAt(tenant, ["vms", index, "address"], message)];
    if (address === "dhcp") {
        return [];
    }
    if (address === "fixed") {
        return instance > fixedInstances(plan) ? refuse(noFixedAddress(plan, tenant.value.vlan, instance)) : [];
    }
    const wrong = chosenFault(plan, tenant.value.vlan, address);
    return wrong === undefined ? [] : refuse(wrong);
}

/** A VM that asks by DHCP has an address of its own of the pool; on a flat network the pool is somebody else's. */
function checkPooled(
    { macPolicy, coreRouter }: SubstrateDefinition,
    plan: NetworkPlan,
    tenant: CheckedTenant,
    index: number,
    vm: VmDefinition,
): Fault[] {
    const { vlan } = tenant.value;
    const last = pooledInstances(plan);
    const known = knownAddressOf({ plan, macPolicy }, vlan, vm) ?? pooledAddressOf(plan, vlan, vm.instance);
    if (coreRouter.mode === "none" || known !== undefined || vm.address !== "dhcp") {
        return [];
    }
    const [from, to] = [last, 1].map((one) => pooledAddressOf(plan, vlan, one));
    const message =
        `${vm.instance} has no address of the DHCP pool: ${from} to ${to} are for instances 1 to ${last}. ` +
        "Use a lower instance, or address: with one of your choice";
    return [faultAt(tenant, ["vms", index, "instance"], message)];
}

function noFixedAddress(plan: NetworkPlan, vlan: number, instance: number): string {
    const last = fixedInstances(plan);
    const [from, to] = [1, last].map((one) => fixedAddressOf(plan, vlan, one));
    return (
        `fixed addresses are ${from} to ${to}, for instances 1 to ${last}; instance ${instance} has none. ` +
        "Use address: dhcp, an address of your choice, or a lower instance"
    );
}

/** Addresses that two VMs of a tenant have: a chosen one may be another's fixed one, or the one that is reserved for its MAC. */
function checkAddresses({ macPolicy }: SubstrateDefinition, plan: NetworkPlan, tenant: CheckedTenant): Fault[] {
    const { vlan, vms } = tenant.value;
    const places = vms.flatMap((vm, i): Place[] => {
        const value = knownAddressOf({ plan, macPolicy }, vlan, vm);
        const given = givenAddress(plan, vlan, vm) !== undefined;
        // Of two VMs of one instance that is told.
        const again = vms.slice(0, i).some(({ instance }) => instance === vm.instance);
        const key = given ? "address" : "instance";
        return value === undefined || (again && !given) ? [] : [{ tenant, path: ["vms", i, key], value }];
    });
    return unique([...places, ...nicAddresses(tenant, (segment) => segment === undefined)], "address");
}

/** Each tenant has a VLAN of its own; one tenant too many is told that there is none left, rather than whose it took. */
function checkVlans(substrateName: string, plan: NetworkPlan, tenants: readonly CheckedTenant[]): Fault[] {
    const room = plan.vlans.length;
    const full = tenants.slice(room).map((tenant) => faultAt(tenant, ["vlan"], noVlanLeft(substrateName, plan)));
    const places = tenants
        .slice(0, room)
        .map((tenant): Place => ({ tenant, path: ["vlan"], value: tenant.value.vlan }));
    return [...unique(places, "VLAN"), ...full];
}

function noVlanLeft(substrateName: string, plan: NetworkPlan): string {
    return (
        `${substrateName} has ${plan.vlans.length} tenants already, one on each VLAN of ${vlansText(plan)}. ` +
        "Tear one down first, or put this one on another substrate"
    );
}

/**
 * Faults of a tenant's file in what the network plan says of VLANs and instances. It takes a file whose shape may be wrong, so
 * that one run tells both.
 */
export function checkPlaces(plan: NetworkPlan, tenant: CheckedTenant): Fault[] {
    const { vlan, vms } = tenant.value as { readonly vlan?: unknown; readonly vms?: unknown };
    const outside = Number.isInteger(vlan) && !plan.vlans.includes(Number(vlan));
    const most = plan.vmids.step - 1;
    const instances = (Array.isArray(vms) ? (vms as ({ readonly instance?: unknown } | null)[]) : []).flatMap(
        (vm, i) => {
            const instance = vm?.instance;
            return typeof instance === "number" && instance > most
                ? [faultAt(tenant, ["vms", i, "instance"], `${instance} is out of range; allowed: 1 to ${most}`)]
                : [];
        },
    );
    const message = `${String(vlan)} is no VLAN of tenants; allowed: ${vlansText(plan)} (network.vlans)`;
    return [...(outside ? [faultAt(tenant, ["vlan"], message)] : []), ...instances];
}
