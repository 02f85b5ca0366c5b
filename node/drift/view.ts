import { NOTHING, type DriftRow } from "../../report/drift";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { Properties } from "../../state/preview";

/** Kinds of change that PVE's task log knows, by the types of their tasks. */
export const TASKS = {
    config: ["qmconfig", "qmmove", "qmtemplate", "qmrollback"],
    size: ["resize"],
    power: ["qmstart", "qmstop", "qmshutdown", "qmreboot", "qmsuspend", "hastop"],
    gone: ["qmdestroy"],
    made: ["qmcreate", "qmrestore", "vzcreate", "vzrestore"],
} as const;

export type TaskKind = keyof typeof TASKS;

/** A row about a node, with the VM and the kind of change that the task log is asked for. */
export type NodeRow = DriftRow & { readonly vmid?: number; readonly task?: TaskKind };

/** A VM of the tenants' files, or one that only the state or the node knows. */
export interface Named {
    readonly tenant: string;
    readonly node: string;
    readonly vmid: number;
    readonly name: string;
    /** Missing for a VM that is in no file. */
    readonly vm?: WorkloadVm;
}

/** What the rows of a node are worded by. */
export interface NodeView {
    readonly substrate: Substrate;
    /** VMs of the tenants' files, by VMID. */
    readonly vms: ReadonlyMap<number, Named>;
}

export function viewOf(substrate: Substrate): NodeView {
    const named = substrate.tenants.flatMap((tenant) =>
        tenant.vms.map((vm): Named => ({
            tenant: tenant.name,
            node: nodeOf(substrate, tenant),
            vmid: vm.vmid,
            name: vm.name,
            vm,
        })),
    );
    return { substrate, vms: new Map(named.map((one) => [one.vmid, one])) };
}

/** PVE node that a tenant's VMs are on. */
export function nodeOf({ hypervisors }: Substrate, { hypervisor }: Tenant): string {
    return hypervisors.find(({ name }) => name === hypervisor)!.node;
}

/** A VM by what a resource says of it: its file's, else, where no file has it, by its pool. */
export function namedVm({ vms }: NodeView, properties: Properties): Named {
    const vmid = Number(properties["vmId"]);
    return (
        vms.get(vmid) ?? {
            tenant: text(properties["poolId"], ""),
            node: text(properties["nodeName"], ""),
            vmid,
            name: text(properties["name"], ""),
        }
    );
}

/** What is said of a VM: `VM 5001 api-vm01`. */
export function vmText({ vmid, name }: Pick<Named, "vmid" | "name">): string {
    return `VM ${vmid} ${name}`.trim();
}

/** One row about a VM. */
export function vmRow(
    named: Named,
    what: string,
    { declared = NOTHING, found = NOTHING, settle }: { declared?: string; found?: string; settle: string },
    task?: TaskKind,
): NodeRow {
    const { tenant, node, vmid } = named;
    const about = what === "" ? vmText(named) : `${vmText(named)}: ${what}`;
    return { tenant, where: `node ${node}`, what: about, declared, found, settle, vmid, ...(task && { task }) };
}

/** The command that makes everything as declared. */
export function up({ name }: Substrate): string {
    return `tenants up ${name}`;
}

/** A value as a person reads it: one without content is NOTHING. */
export function text(value: unknown, nothing = NOTHING): string {
    if (value === undefined || value === null || value === "") {
        return nothing;
    }
    if (Array.isArray(value)) {
        return value.length === 0 ? nothing : value.map((one) => text(one)).join(", ");
    }
    if (typeof value === "object") {
        const parts = Object.entries(value).filter(([key, one]) => key !== "__defaults" && text(one, "") !== "");
        return parts.length === 0 ? nothing : parts.map(([key, one]) => `${key} ${text(one)}`).join(" ");
    }
    const plain = value as string | number | boolean;
    return String(plain);
}
