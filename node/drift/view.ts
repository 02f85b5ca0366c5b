import { isDeepStrictEqual } from "node:util";
import type { Properties } from "../../state/preview/client";
import type { Finding, Key } from "../../substrate/findings";
import { hypervisorOf } from "../../substrate/owners";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";

/** Kinds of change that PVE's task log knows, by the types of their tasks. */
export const TASKS = {
    config: ["qmconfig", "qmmove", "qmtemplate", "qmrollback"],
    size: ["resize"],
    power: ["qmstart", "qmstop", "qmshutdown", "qmreboot", "qmsuspend", "qmpause", "hastop"],
    removed: ["qmdestroy"],
    created: ["qmcreate", "qmrestore", "vzcreate", "vzrestore"],
} as const;

/** A finding on a node, with the kind of change that the task log is asked for. */
export type NodeFinding = Finding & { readonly task?: keyof typeof TASKS };

/** A VM of the tenants' files, or one that only the state or the node knows. */
export interface Named {
    readonly tenant: string | undefined;
    readonly node: string;
    readonly vmid: number;
    readonly name: string;
    /** Missing for a VM that is in no file. */
    readonly vm?: WorkloadVm;
}

/** The tenants' files, as findings on nodes are looked up in them. */
export interface NodeView {
    readonly substrate: Substrate;
    /** VMs of the tenants' files, by VMID. */
    readonly vms: ReadonlyMap<number, Named>;
}

export function viewOf(substrate: Substrate): NodeView {
    const named = substrate.tenants.flatMap((tenant) =>
        tenant.vms.map((vm): Named => ({
            ...{ tenant: tenant.name, node: nodeOf(substrate, tenant), vmid: vm.vmid, name: vm.name },
            vm,
        })),
    );
    return { substrate, vms: new Map(named.map((one) => [one.vmid, one])) };
}

/** PVE node that a tenant's VMs are on. */
export function nodeOf(substrate: Substrate, tenant: Tenant): string {
    return hypervisorOf(substrate, tenant).node;
}

/** A VM by what a resource says of it: its file's, else, where no file has it, by its pool. */
export function namedVm({ vms }: NodeView, properties: Properties): Named {
    const vmid = Number(properties["vmId"]);
    const [pool, node, name] = ["poolId", "nodeName", "name"].map((key) => plainText(properties[key]));
    return vms.get(vmid) ?? { tenant: pool || undefined, node: node!, vmid, name: name! };
}

/** A plain value as text; empty for nothing. */
export function plainText(value: unknown): string {
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Keys of a VM in its tenant's file, by the field that each declares alone. */
const KEYS: Readonly<Record<string, string>> = {
    "cpu.cores": "cores",
    "cpu.type": "cpu",
    "memory.dedicated": "memory",
    "memory.floating": "balloon",
    name: "name",
    rebuild: "rebuild",
    onBoot: "onBoot",
    protection: "protection",
    tags: "tags",
    "disks[scsi0].size": "disk",
    "disks[scsi0].datastoreId": "datastore",
};

/** Fields of a VM's devices: the provider's lists, and PVE's settings. */
const DEVICE = /^(hostpcis|usbs|hostpci\d+|usb\d+)$/;

const DISK_OPTION = /^disks\[scsi\d+\]\.(discard|ssd|iothread|cache|backup)$/;

/** Key of a VM in its tenant's file that declares a field; undefined where it is not one key alone, or no file has the VM. */
export function keyOf({ vm }: Named, field: string): Key | undefined {
    const ofSeveral = DISK_OPTION.test(field) ? "diskOptions" : DEVICE.test(field) ? "devices" : undefined;
    const key = KEYS[field] ?? ofSeveral;
    return vm && key ? keyAt(vm, key) : undefined;
}

/** A key of a tenant or VM; at the line of the whole where the file leaves it out. */
export function keyAt({ definedAt: { file, lines } }: Pick<WorkloadVm | Tenant, "definedAt">, key: string): Key {
    return { file, line: lines[key] ?? lines[""] ?? 1, key };
}

/** The parts of a finding about a VM that are its own. */
export type Told = Pick<NodeFinding, "field" | "declared" | "found" | "settle" | "task">;

/** A finding about a VM. */
export function vmFinding(named: Named, told: Told): NodeFinding {
    const { tenant, node, vmid, name, vm } = named;
    const { field = "" } = told;
    const declares = vm && told.declared !== undefined;
    return {
        ...(tenant !== undefined && { tenant }),
        place: { kind: "node", name: node },
        subject: { kind: "vm", id: String(vmid), ...(name !== "" && { name }) },
        ...(vm && { vmid }),
        ...(declares && { definedAt: keyOf(named, field) ?? keyAt(vm, "name") }),
        ...told,
    };
}

/** Whether two values are the same; the provider writes nothing as an empty text, too. */
export function isSame(one: unknown, other: unknown): boolean {
    return isDeepStrictEqual(one ?? "", other ?? "");
}
