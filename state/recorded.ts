import type { HostOutput } from "../definitions/definitions";
import type { VmOutput } from "../substrate/outputs";
import { placesOf } from "../substrate/datastores";
import type { OwnFirmware } from "../substrate/firmware";
import { deviceSettings, hasDevices } from "../substrate/devices";
import type { DiskOptions } from "../substrate/diskOptions";
import type { ExtraDisk, WorkloadVm } from "../substrate/substrate";
import type { Template } from "../substrate/template";
import { macsIn, nicMacsIn } from "./macs";
import { disksIn, type RecordedDisk } from "./recordedDisks";
import { IPSET, listed, nameOf, OPTIONS, ROUTER, RULES, TENANT_VM, VM, vmidOf, type StateResource } from "./deployment";

/** The stack's own state before a run, as far as a run must know it: plain values. */
export interface Recorded {
    /** VMs in the state, by VMID. */
    readonly vms: ReadonlyMap<number, RecordedVm>;
    /** Names of each VM's component, by VMID: more than one where a run broke off that renamed some of its resources. */
    readonly names: ReadonlyMap<number, ReadonlySet<string>>;
    /** VMIDs of those whose firewall rules the state has. */
    readonly ruled: ReadonlySet<number>;
    /** History of each VM, by the name of its component. */
    readonly history: ReadonlyMap<string, VmHistory>;
    /** MAC of each VM as it was last declared, lower case, by VMID: also of one that was deleted by hand. */
    readonly macs: ReadonlyMap<number, string>;
    /** MACs of each VM's NICs beside the first, in their order, as they were last declared, lower case, by VMID. */
    readonly nicMacs: ReadonlyMap<number, readonly string[]>;
    /** MACs that the router's reservations are for, by reservationKey(): also of a VM that a run broke off before it made. */
    readonly reservations: ReadonlyMap<string, string>;
    /** Baselines of hosts, by the name of the component. */
    readonly baselines: ReadonlyMap<string, RecordedBaseline>;
}

/** A host's baseline in the state. */
export interface RecordedBaseline {
    /** The run that last ended well; missing before the first. */
    readonly applied?: { readonly digest: string; readonly generation: number };
    /** Facts that the host told before that run. */
    readonly facts?: Readonly<HostOutput>;
    /** Name of the run that was last begun, whether it ended or not. */
    readonly begun?: string;
}

export interface RecordedVm {
    /** Name of its component, {tenant}-{vm}. */
    readonly component: string;
    readonly node: string;
    /** MAC of the NIC in the case that the node has it; missing where it has none. */
    readonly mac?: string;
    /** MACs of those beside the first, in their order and as `mac`, empty where it has none; missing where there is no such NIC. */
    readonly nicMacs?: readonly string[];
    /** PVE storages that its disks lie on, by PVE name, as it was last read; missing where it has none yet. */
    readonly datastores?: Readonly<Record<string, string>>;
    /** Its disks as they were last read, by PVE name; missing where it has none yet. */
    readonly disks?: Readonly<Record<string, RecordedDisk>>;
}

/** How a VM came to be as it is: outputs of its component, kept from run to run. */
export interface VmHistory {
    /** How often the VM was made; grows when one that was deleted by hand is made anew. */
    readonly generation: number;
    /** Word in `rebuild` that it was last made by; empty for none. */
    readonly rebuild: string;
    /** Word of the rotation that last rebuilt it; missing for none. */
    readonly rotation?: string;
    /** Template that it was cloned from; missing for one that an earlier release made. */
    readonly clonedFrom?: Template;
    /** The settings that count only after a restart, as it was last declared with them; missing for a VM that is new. */
    readonly restartSettings?: RestartSettings;
    /** PID of the QEMU process that began with another address than the one declared since, if it still ran then. */
    readonly addressWaitsFor?: number;
    /** Disks that it was last declared with beside its system disk, by PVE name. */
    readonly extraDisks?: readonly string[];
    /** Options that its disks had from its template when it was made, by PVE name; missing for none. */
    readonly diskOptions?: Readonly<Record<string, DiskOptions>>;
    /** PVE's type of its guest system, where its template had another one than l26 when it was made. */
    readonly ostype?: string;
    /** Settings that it had from its template when it was made, by PVE's names; missing for one that an earlier release made. */
    readonly template?: Readonly<Record<string, string | number | undefined>>;
    /** Firmware and machine that it was made with beside its template's; missing for none. */
    readonly firmware?: OwnFirmware;
    /** Whether it was made with a MAC that DHCP keeps an address for; missing for one that an earlier release made. */
    readonly reserved?: true;
}

/** PVE's type of a guest system where its template has none. */
export const LINUX = "l26";

/** Settings that a running VM takes over only when it is restarted. */
export type RestartSettings = Pick<WorkloadVm, "cores" | "cpuType" | "memoryMiB" | "balloonMiB"> & {
    readonly agent: boolean;
    readonly address: string;
    readonly user: string;
    /** Addresses of the NICs beside the first; missing for none. */
    readonly nics?: string;
    /** Missing for a VM without any, so that those that had none before there were any stay as they are. */
    readonly devices?: string;
};

/** A VM's settings that count only after a restart, in a form that compares. */
export function restartSettingsOf(vm: WorkloadVm): RestartSettings {
    const { cores, cpuType, memoryMiB, balloonMiB, agent, address = "dhcp", user, nics, devices } = vm;
    const account = user === undefined ? "" : [user.name, ...user.keys].join("\n");
    return {
        ...{ cores, cpuType, memoryMiB, balloonMiB, agent: agent.enabled, address, user: account },
        ...(nics.length > 0 && { nics: nics.map((nic) => nic.address).join(" ") }),
        ...(hasDevices(devices) && { devices: JSON.stringify(deviceSettings(devices)) }),
    };
}

export const NOTHING_RECORDED: Recorded = {
    vms: new Map(),
    names: new Map(),
    ruled: new Set(),
    history: new Map(),
    macs: new Map(),
    nicMacs: new Map(),
    reservations: new Map(),
    baselines: new Map(),
};

/**
 * Whether a VM's `rebuild`, or a rotation, asks for a replacement: a word that is not the one it was made by. None is no new word.
 */
export function asksRebuild(vm: WorkloadVm, recorded: Recorded): boolean {
    if (!recorded.vms.has(vm.vmid)) {
        return false;
    }
    const { rebuild = "", rotation = "" } = historyOf(vm, recorded) ?? {};
    return (vm.rebuild ?? rebuild) !== rebuild || (vm.rotation ?? rotation) !== rotation;
}

/** Whether a disk of a VM lay on another storage than the one declared now. */
export function movesDisk(vm: WorkloadVm, { vms }: Recorded): boolean {
    const lay = vms.get(vm.vmid)?.datastores ?? {};
    return placesOf(vm).some(({ name, datastore }) => (lay[name] ?? datastore) !== datastore);
}

/** Whether a run clones a VM: it is not on its node, or is to be replaced. @param guests VMIDs of the node's guests. */
export function isCloned(vm: WorkloadVm, guests: { has(vmid: number): boolean }, recorded: Recorded): boolean {
    return !guests.has(vm.vmid) || asksRebuild(vm, recorded);
}

/** History of a VM; undefined for one that is new. */
export function historyOf(vm: WorkloadVm, recorded: Recorded): VmHistory | undefined {
    return recorded.history.get(componentOf(vm, recorded));
}

/**
 * The disks of a VM beside its system disk in the order in which they are declared: those that it had first, as they were. The
 * provider keeps a disk's volume by its place in the list (path_in_datastore in disk.go of bpg v0.111.1), so that a new one in the
 * place of another would be attached to the other's volume.
 */
export function extraDisksInOrder(vm: WorkloadVm, recorded: Recorded): readonly ExtraDisk[] {
    const had = historyOf(vm, recorded)?.extraDisks ?? [];
    const known = had.flatMap((name) => vm.extraDisks.find((disk) => disk.interface === name) ?? []);
    return [...known, ...vm.extraDisks.filter((disk) => !known.includes(disk))];
}

/** Name of the component that a VM has in the state, which is another one while the VM is renamed. */
function componentOf(vm: WorkloadVm, { vms }: Recorded): string {
    return vms.get(vm.vmid)?.component ?? `${vm.tenant}-${vm.name}`;
}

/**
 * Reads what a run must know out of a state.
 *
 * @param vms the stack's output `vms` of the last up that ended well.
 */
export function recordedOf(resources: readonly StateResource[], vms: readonly VmOutput[]): Recorded {
    const machines = new Map(resources.filter(({ type }) => type === VM).map((one) => [vmidOf(one), recordedVm(one)]));
    const names = namesOf(resources);
    const components = resources.filter(({ type }) => type === TENANT_VM);
    const history = new Map(components.map((one) => [nameOf(one), historyIn(one)]));
    for (const [vmid, { component }] of machines) {
        const known = [...names.get(vmid)!].flatMap((name) => history.get(name) ?? [])[0];
        if (known !== undefined && !history.has(component)) {
            history.set(component, known);
        }
    }
    const [macs, nicMacs] = [macsIn(machines, components, vms), nicMacsIn(machines, components)];
    const ruled = new Set(resources.filter(({ type }) => type === RULES).map(vmidOf));
    const reservations = reservationsIn(resources);
    return { vms: machines, names, ruled, history, macs, nicMacs, reservations, baselines: baselinesIn(resources) };
}

/** Key of a VM's reservation. It has the address, so that a VM that takes over another's name does not take over its MAC. */
export function reservationKey(tenant: string, hostname: string, address: string): string {
    return `${tenant} ${hostname} ${address}`;
}

function reservationsIn(resources: readonly StateResource[]): ReadonlyMap<string, string> {
    interface Reserved {
        readonly mac: string;
        readonly address: string;
        readonly hostname: string;
    }
    const scopes = resources.filter(({ type }) => type === `${ROUTER}RouterDhcp`);
    return new Map(
        scopes.flatMap(({ outputs = {} }) => {
            const tenant = String(outputs["tenant"]);
            const reserved = listed<Reserved>(outputs["reservations"]);
            return reserved.map(
                ({ hostname, address, mac }) =>
                    [reservationKey(tenant, `${hostname}`, `${address}`), `${mac}`] as const,
            );
        }),
    );
}

/** Names of the component that each VM's resources are named after, by VMID. */
function namesOf(resources: readonly StateResource[]): ReadonlyMap<number, ReadonlySet<string>> {
    const names = new Map<number, Set<string>>();
    for (const resource of resources) {
        const end = ENDS[resource.type];
        if (end !== undefined) {
            const [name, vmid] = [nameOf(resource), vmidOf(resource)];
            names.set(vmid, (names.get(vmid) ?? new Set()).add(name.replace(end, "")));
        }
    }
    return names;
}

/** Ends of the names of a VM's resources after the name of its component, by their type. */
const ENDS: Readonly<Record<string, RegExp>> = {
    [TENANT_VM]: /$/,
    [VM]: /-vm$/,
    [OPTIONS]: /-firewall$/,
    [RULES]: /-rules$/,
    [IPSET]: /-ipfilter(-net\d+)?$/,
};

function recordedVm(resource: StateResource): RecordedVm {
    const { outputs = {} } = resource;
    const macs = listed<{ macAddress: string }>(outputs["networkDevices"]).map(({ macAddress = "" }) =>
        String(macAddress),
    );
    const [mac, ...nicMacs] = macs;
    return {
        component: nameOf(resource).replace(/-vm$/, ""),
        node: String(outputs["nodeName"]),
        ...(mac && { mac }),
        ...(nicMacs.length > 0 && { nicMacs }),
        ...disksIn(outputs["disks"]),
    };
}

function historyIn({ outputs = {} }: StateResource): VmHistory {
    const { generation = 1, rebuild = "", ...others } = outputs as Partial<VmHistory>;
    const { restartSettings, extraDisks, addressWaitsFor, rotation } = others;
    // One without a VMID is of a run that broke off before its VM was made, or was heard of.
    const reserved = others.reserved === true || outputs["vmid"] === undefined;
    return {
        generation,
        rebuild,
        ...(rotation !== undefined && { rotation }),
        ...(restartSettings && { restartSettings }),
        ...(extraDisks && { extraDisks }),
        ...(addressWaitsFor !== undefined && { addressWaitsFor }),
        ...broughtIn(others),
        ...(reserved && { reserved }),
    };
}

/** Everything that a VM has since it was made, from its template and beside it. */
export type Brought = Pick<VmHistory, "diskOptions" | "firmware" | "ostype" | "template" | "clonedFrom">;

/** Record of it, from when a VM was made. */
export function broughtIn({ diskOptions, firmware, ostype, template, clonedFrom }: Partial<VmHistory>): Brought {
    return {
        ...(diskOptions && { diskOptions }),
        ...(firmware && { firmware }),
        ...(ostype !== undefined && { ostype }),
        ...(template && { template }),
        ...(clonedFrom && { clonedFrom }),
    };
}

/** The first step of a baseline, whose command ends with the name of its run as a comment. */
const FIRST_STEP = "-reachable";

function baselinesIn(resources: readonly StateResource[]): ReadonlyMap<string, RecordedBaseline> {
    const baselines = new Map<string, RecordedBaseline>();
    const add = (name: string, known: RecordedBaseline) => baselines.set(name, { ...baselines.get(name), ...known });
    for (const resource of resources) {
        const { type, outputs = {} } = resource;
        const name = nameOf(resource);
        if (type === "deevnet:tenant:HostBaseline") {
            add(name, outputs);
        } else if (type === "command:remote:Command" && name.endsWith(FIRST_STEP)) {
            const begun = / # (\S+)$/.exec(String(outputs["create"]))?.[1];
            add(name.slice(0, -FIRST_STEP.length), begun === undefined ? {} : { begun });
        }
    }
    return baselines;
}
