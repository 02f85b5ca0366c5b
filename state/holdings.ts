import { subnetOf, vlanOf } from "../substrate/identity";
import { nameOf, type Deployment, type StateResource } from "./repair";
import type { Substrate } from "../substrate/substrate";

/** What one tenant has on node and router, as the stack's state knows it. */
export interface Holdings {
    readonly tenant: string;
    /** Every resource of the tenant, its component first. */
    readonly resources: readonly StateResource[];
    readonly vms: readonly HeldVm[];
    /** PVE pool; missing where it is gone. */
    readonly pool?: string;
    readonly vlans: readonly number[];
    /** Missing where the stack writes nothing to the core router. */
    readonly router?: HeldRecords;
}

export interface HeldVm {
    readonly vmid: number;
    readonly name: string;
    /** PVE node. */
    readonly node: string;
    /** By PVE name; what was attached by hand is among them only once the node was asked. */
    readonly disks: readonly HeldDisk[];
    /** Whether PVE refuses to delete it. */
    readonly protection: boolean;
}

export interface HeldDisk {
    readonly name: string;
    readonly sizeGiB: number;
}

/** Records on the core router. */
export interface HeldRecords {
    /** Subnet of the DHCP scope; missing where there is none. */
    readonly scope?: string;
    readonly reservations: number;
    /** Full names, aliases among them. */
    readonly names: readonly string[];
    readonly rules: number;
    /** VLAN of the device that the stack made; missing where it uses one that was there. */
    readonly device?: number;
}

const TENANT = "deevnet:tenant:Tenant";

/** What each tenant in the state has, by name and in its order; resources of a tenant are those below its component. */
export function holdingsOf({ resources = [] }: Deployment): ReadonlyMap<string, Holdings> {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const tenantOf = (resource: StateResource | undefined): string | undefined =>
        resource === undefined || resource.type === TENANT
            ? resource && nameOf(resource)
            : tenantOf(byUrn.get(resource.parent ?? ""));
    const names = resources
        .filter(({ type }) => type === TENANT)
        .map(nameOf)
        .sort();
    return new Map(
        names.map((name) => [
            name,
            heldBy(
                name,
                resources.filter((resource) => tenantOf(resource) === name),
            ),
        ]),
    );
}

function heldBy(tenant: string, resources: readonly StateResource[]): Holdings {
    const ofType = (end: string) => resources.filter(({ type }) => type.endsWith(end));
    const vms = ofType(":VmLegacy").map(vmOf);
    const pool = ofType(":PoolLegacy").map(({ outputs = {} }) => String(outputs["poolId"]))[0];
    const tags = ofType(":RouterVlan").map(({ outputs = {} }) => Number(outputs["tag"]));
    const vlans = [...vms.map(({ vmid }) => vlanOf(vmid)), ...tags];
    const routed = resources.some(({ type }) => type.includes(":dynamic/router:"));
    return {
        tenant,
        resources,
        vms: vms.sort((a, b) => a.vmid - b.vmid),
        ...(pool !== undefined && { pool }),
        vlans: [...new Set(vlans)].sort((a, b) => a - b),
        ...(routed && { router: recordsOf(resources) }),
    };
}

function vmOf({ id, outputs = {}, inputs = {} }: StateResource): HeldVm {
    const disks = (outputs["disks"] ?? []) as ({ interface?: string; size?: number } | null)[];
    return {
        vmid: Number(id),
        name: String(outputs["name"] ?? inputs["name"]),
        node: String(outputs["nodeName"] ?? inputs["nodeName"]),
        disks: disks.flatMap((disk) =>
            disk?.interface ? [{ name: disk.interface, sizeGiB: Number(disk.size ?? 0) }] : [],
        ),
        protection: outputs["protection"] === true,
    };
}

interface Named {
    readonly hostname: string;
    readonly domain: string;
    readonly aliases: readonly string[];
}

function recordsOf(resources: readonly StateResource[]): HeldRecords {
    const outputs = (end: string) => resources.find(({ type }) => type.endsWith(end))?.outputs ?? {};
    const list = (end: string, key: string) => (outputs(end)[key] ?? []) as readonly unknown[];
    const hosts = list(":RouterNames", "hosts") as readonly Named[];
    const scope = outputs(":RouterDhcp")["subnet"] as string | undefined;
    const { created, tag } = outputs(":RouterVlan");
    return {
        ...(scope !== undefined && { scope }),
        reservations: list(":RouterDhcp", "reservations").length,
        names: hosts.flatMap(({ hostname, domain, aliases }) =>
            [hostname, ...aliases].map((label) => `${label}.${domain}`),
        ),
        rules: list(":RouterRules", "rules").length,
        ...(created === true && { device: Number(tag) }),
    };
}

/** Resources of others that need one of the tenant's: none, by design; teardown refuses to take them along. */
export function dependents({ resources = [] }: Deployment, held: Holdings): string[] {
    const own = new Set(held.resources.map(({ urn }) => urn));
    return resources
        .filter(({ urn }) => !own.has(urn))
        .filter(({ parent, dependencies = [], deletedWith }) =>
            [parent, deletedWith, ...dependencies].some((urn) => urn !== undefined && own.has(urn)),
        )
        .map(nameOf);
}

/** What a tenant has, one line for each thing, as `node pve2: VM 5101 web-vm01 (scsi0 32GiB)`. */
export function linesOf(
    { site, coreRouter }: Pick<Substrate, "site" | "coreRouter">,
    { vms, pool, vlans, router }: Holdings,
): string[] {
    const disks = ({ disks: all }: HeldVm) => all.map(({ name, sizeGiB }) => `${name} ${sizeGiB}GiB`).join(", ");
    return [
        ...(coreRouter.mode === "none" ? [] : vlans).map((vlan) => `VLAN ${vlan} (${subnetOf(site, vlan).cidr})`),
        ...vms.map((vm) => `node ${vm.node}: VM ${vm.vmid} ${vm.name} (${disks(vm) || "no disk"})`),
        ...(pool === undefined ? [] : [`node: pool ${pool}`]),
        ...(router === undefined ? [] : routerLines(router)),
    ];
}

function routerLines({ scope, reservations, names, rules, device }: HeldRecords): string[] {
    const lines = [
        scope === undefined ? undefined : `DHCP scope ${scope} with ${counted(reservations, "reservation")}`,
        names.length === 0 ? undefined : `${counted(names.length, "name")}: ${names.join(", ")}`,
        rules === 0 ? undefined : `${counted(rules, "rule")} and their alias`,
        device === undefined ? undefined : `VLAN device of VLAN ${device}, unless it is assigned to an interface`,
    ];
    return lines.filter((line) => line !== undefined).map((line) => `router: ${line}`);
}

/** The whole in one line: `3 VMs, 3 disks, 96GiB`. */
export function sumOf({ vms }: Holdings): string {
    const disks = vms.flatMap((vm) => vm.disks);
    const size = disks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
    return `${counted(vms.length, "VM")}, ${counted(disks.length, "disk")}, ${Math.round(size * 1000) / 1000}GiB`;
}

function counted(count: number, what: string): string {
    return `${count} ${what}${count === 1 ? "" : "s"}`;
}
