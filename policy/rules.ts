import { standaloneReason } from "../definitions/standalone";
import { siteSegment, slotOf, vmidsText } from "../substrate/plan";
import type { Hypervisor, Substrate } from "../substrate/substrate";
import { leavesOf } from "./inputs";
import { FIREWALL_OPTIONS, PROVIDER, VM } from "./types";

/** A resource as the engine is about to declare it. */
export interface Seen {
    readonly urn: string;
    readonly type: string;
    /** Inputs; what is unknown in a preview is there as undefined. */
    readonly inputs: Readonly<Record<string, unknown>>;
}

/** Inputs of a VM, as far as the rules look at them. */
export interface VmInputs {
    readonly vmId?: number;
    readonly poolId?: string;
    readonly nodeName?: string;
    readonly migrate?: boolean;
    readonly onBoot?: boolean;
    readonly cpu?: { readonly cores?: number; readonly sockets?: number };
    readonly memory?: { readonly dedicated?: number };
    readonly disks?: readonly { readonly datastoreId?: string; readonly size?: number }[];
    readonly networkDevices?: readonly Nic[];
}

interface Nic {
    readonly bridge?: string;
    readonly vlanId?: number;
    readonly firewall?: boolean;
    readonly trunks?: string;
}

/** Whether an input is known only after a preview; what is left out is known. */
export function isUnknown(inputs: object, key: string): boolean {
    return key in inputs && (inputs as Record<string, unknown>)[key] === undefined;
}

/** Firewall policies that let nothing in which no rule allows. */
const CLOSED = ["DROP", "REJECT"];

/** Faults of a VM's NICs: each is on its tenant's VLAN of the hypervisor's bridge, behind PVE's firewall. */
export function segmentFaults({ type, inputs }: Seen, substrate: Substrate): string[] {
    if (type !== VM) {
        return [];
    }
    const { vmId, nodeName, networkDevices = [] } = inputs as VmInputs;
    if (isUnknown(inputs, "vmId")) {
        return [];
    }
    const slot = vmId === undefined ? undefined : slotOf(substrate.plan, vmId);
    if (slot === undefined) {
        return [`VMID ${vmId ?? "left to PVE"} is no tenant's: VLAN x 100 + instance, ${vmidsText(substrate.plan)}`];
    }
    const hypervisor = substrate.hypervisors.find(({ node }) => node === nodeName);
    const tagged = substrate.coreRouter.mode !== "none";
    const { tenants, plan } = substrate;
    const vm = tenants.flatMap((tenant) => tenant.vms).find(({ vmid }) => vmid === vmId);
    return networkDevices.flatMap((nic, index) => {
        // A NIC in a segment of the site is where its tenant's file puts it, as the stack file opens it.
        const segment = siteSegment(plan, vm?.nics[index - 1]?.segment ?? "");
        const vlan = segment?.vlan ?? (tagged ? slot.vlan : 0);
        return nicFaults(nic, vlan, hypervisor, segment?.name).map((fault) => `networkDevices[${index}] ${fault}`);
    });
}

/** @param vlan of the tenant, or of the segment of the site; 0 on a flat network, whose NICs have no tag. */
function nicFaults(nic: Nic, vlan: number, hypervisor: Hypervisor | undefined, segment?: string): string[] {
    const { bridge, vlanId = 0, firewall, trunks = "" } = nic;
    const expected =
        vlan === 0 ? "the flat network has no VLAN (coreRouter.mode: none)" : `${segment ?? "its tenant"}'s is ${vlan}`;
    const faults = [
        vlanId !== vlan && `is on VLAN ${vlanId === 0 ? "none" : vlanId}: ${expected}`,
        firewall !== true && "has no firewall: set firewall: true, without which no rule of the VM counts",
        trunks !== "" && `takes in the VLANs ${trunks}: a tenant's NIC has its tenant's alone`,
        hypervisor !== undefined &&
            bridge !== hypervisor.bridge &&
            `is on ${bridge ?? "no bridge"}: the tenants' bridge of ${hypervisor.name} is ${hypervisor.bridge}`,
    ];
    return faults.filter((fault) => fault !== false);
}

/** Faults of the options of a VM's firewall: it is on, lets in what rules allow, and keeps the VM to its MAC. */
export function firewallFaults({ type, inputs }: Seen): string[] {
    if (type !== FIREWALL_OPTIONS) {
        return [];
    }
    const {
        enabled,
        inputPolicy = "",
        macfilter,
    } = inputs as {
        enabled?: boolean;
        inputPolicy?: string;
        macfilter?: boolean;
    };
    const faults = [
        enabled !== true && "the VM's firewall is off: set enabled: true",
        !CLOSED.includes(inputPolicy) && `inputPolicy ${inputPolicy || "left out"} lets everything in: set DROP`,
        macfilter !== true && "the VM may send with any MAC: set macfilter: true",
    ];
    return faults.filter((fault) => fault !== false);
}

/**
 * Faults of a hypervisor that does not stand alone: another node or API than the substrate's own, storage that is not the
 * hypervisor's, and migration. Replication is a type of its own, which is not allowed.
 */
export function standaloneFaults(seen: Seen, { hypervisors }: Substrate): string[] {
    const { type, inputs } = seen;
    const { nodeName } = inputs as VmInputs;
    const leaves = leavesOf(inputs);
    const valuesOf = (name: string) => leaves.filter(({ key }) => key === name);
    const nodes = hypervisors.map(({ node }) => node);
    // Of a VM the node says which datastore is its own; anything else may name any hypervisor's.
    const own = hypervisors.filter(({ node }) => type !== VM || node === nodeName || !nodes.includes(nodeName ?? ""));
    const stores = own.flatMap(({ datastore, datastores }) => [datastore, ...Object.keys(datastores)]);
    const elsewhere = valuesOf("nodeName").filter(({ value }) => !nodes.includes(String(value)));
    const shared = valuesOf("datastoreId").filter(({ value }) => !stores.includes(String(value)));
    return [
        ...elsewhere.map(
            ({ path, value }) => `${path} ${value} is no hypervisor of the substrate: ${nodes.join(", ")}`,
        ),
        ...shared.map(({ path, value }) => `${path} ${value}: ${standaloneReason("storage")}: ${stores.join(", ")}`),
        ...(type === VM && (inputs as VmInputs).migrate === true ? [`migrate: ${standaloneReason("migrate")}`] : []),
        ...(type === PROVIDER ? providerFaults(inputs, hypervisors) : []),
    ];
}

function providerFaults(inputs: Seen["inputs"], hypervisors: readonly Hypervisor[]): string[] {
    const endpoints = hypervisors.map(({ endpoint }) => endpoint);
    const { endpoint, insecure } = inputs as { endpoint?: string; insecure?: string | boolean };
    return [
        ...(endpoint !== undefined && !endpoints.includes(endpoint)
            ? [`endpoint ${endpoint} is no hypervisor's of the substrate: ${endpoints.join(", ")}`]
            : []),
        ...(String(insecure ?? false) === "false" ? [] : ["insecure: the hypervisor's certificate must be verified"]),
    ];
}
