import * as pulumi from "@pulumi/pulumi";
import type { RecordedTenant, RecordedTenants } from "../components/checkClaims";
import { vlanOf } from "../substrate/identity";
import type { Recorded, RecordedBaseline, RecordedMaking, RecordedVm } from "../node/nodeFacts";
import type { VmOutput } from "../substrate/outputs";
import { IPSET, nameOf, OPTIONS, RULES, TENANT_VM, VM } from "./repair";

type Outputs = Readonly<Record<string, unknown>>;

/** A resource as the state holds it. */
interface StateResource {
    readonly type: string;
    readonly outputs?: Outputs;
}

/**
 * Reads what the stack's own state knows, through the two functions that Pulumi's StackReference is made of. It says
 * which VMs are ours already, and which MAC each had: an automatic MAC is PVE's choice once, and is kept from then on.
 */
export async function readRecorded(): Promise<{ recorded: Recorded; tenants: RecordedTenants }> {
    const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const [resources, outputs] = await Promise.all([
        builtin("readStackResourceOutputs", { stackName: stack }),
        builtin("readStackOutputs", { name: stack }),
    ]);
    const vms = (outputs["vms"] ?? []) as readonly VmOutput[];
    const state = resources as Record<string, StateResource>;
    return { recorded: recordedOf(state, vms), tenants: recordedTenants(state) };
}

async function builtin(name: string, args: Record<string, string>): Promise<Record<string, unknown>> {
    const answer = (await pulumi.runtime.invoke(`pulumi:pulumi:${name}`, args)) as { outputs?: object };
    return (answer.outputs ?? {}) as Record<string, unknown>;
}

/**
 * @param resources every resource of the state, by URN.
 * @param vms the stack's output `vms` of the last up that ended well.
 */
export function recordedOf(resources: Readonly<Record<string, StateResource>>, vms: readonly VmOutput[]): Recorded {
    const recorded = new Map<number, RecordedVm>();
    const names = namesOf(resources);
    const made = new Map<string, RecordedMaking>();
    const baselines = new Map<string, RecordedBaseline>();
    for (const [urn, { type, outputs = {} }] of Object.entries(resources)) {
        const name = nameOf({ urn });
        if (type === VM) {
            const vm = vmOf(name, outputs);
            recorded.set(vm.vmid, vm);
        } else if (type === TENANT_VM) {
            made.set(name, makingOf(outputs));
        } else if (type === "deevnet:tenant:HostBaseline") {
            baselines.set(name, { ...outputs, ...baselines.get(name) });
        } else if (type === "command:remote:Command" && name.endsWith(FIRST_STEP)) {
            const component = name.slice(0, -FIRST_STEP.length);
            baselines.set(component, { ...baselines.get(component), ...begunOf(outputs) });
        }
    }
    for (const [vmid, { component }] of recorded) {
        const making = [...names.get(vmid)!].flatMap((name) => made.get(name) ?? [])[0];
        if (making !== undefined && !made.has(component)) {
            made.set(component, making);
        }
    }
    return { vms: recorded, names, made, macs: new Map(vms.map(({ vmid, mac }) => [vmid, mac])), baselines };
}

/** Names of the component that each VM's resources are named after, by VMID. */
function namesOf(resources: Readonly<Record<string, StateResource>>): ReadonlyMap<number, ReadonlySet<string>> {
    const names = new Map<number, Set<string>>();
    for (const [urn, { type, outputs = {} }] of Object.entries(resources)) {
        const end = ENDS[type];
        if (end !== undefined) {
            const vmid = Number(outputs["vmId"] ?? outputs["vmid"]);
            const name = nameOf({ urn });
            names.set(vmid, (names.get(vmid) ?? new Set()).add(name.slice(0, name.length - end.length)));
        }
    }
    return names;
}

/** What the names of a VM's resources end with after the name of its component, by their type. */
const ENDS: Readonly<Record<string, string>> = {
    [TENANT_VM]: "",
    [VM]: "-vm",
    [OPTIONS]: "-firewall",
    [RULES]: "-rules",
    [IPSET]: "-ipfilter",
};

/** The first step of a baseline, whose command ends with the name of its run as a comment. */
const FIRST_STEP = "-reachable";

function begunOf({ create }: Outputs): RecordedBaseline {
    const run = / # (\S+)$/.exec(String(create))?.[1];
    return run === undefined ? {} : { begun: run };
}

function makingOf(outputs: Outputs): RecordedMaking {
    const { generation = 1, rebuild = "", ...others } = outputs as Partial<RecordedMaking>;
    const { restartSettings, extraDisks, addressWaitsFor } = others;
    return {
        generation,
        rebuild,
        ...(restartSettings && { restartSettings }),
        ...(extraDisks && { extraDisks }),
        ...(addressWaitsFor !== undefined && { addressWaitsFor }),
    };
}

function vmOf(name: string, outputs: Outputs): RecordedVm & { vmid: number } {
    const [device] = (outputs["networkDevices"] ?? []) as { macAddress?: string }[];
    return {
        vmid: Number(outputs["vmId"]),
        component: name.replace(/-vm$/, ""),
        node: String(outputs["nodeName"]),
        ...(device?.macAddress && { mac: device.macAddress }),
    };
}

/**
 * Tenants that the state has, with the VLANs of what is left of them: a run that broke off may have left a VM without its
 * component, or a VLAN on the router without a VM.
 */
export function recordedTenants(resources: Readonly<Record<string, StateResource>>): RecordedTenants {
    const all = Object.entries(resources);
    const ofType = (end: string) => all.filter(([, { type }]) => type.endsWith(end));
    const vms = ofType(":VmLegacy").map(([urn, { outputs = {} }]) => ({ ...vmOf(nameOf({ urn }), outputs), outputs }));
    const names = ofType(":tenant:Tenant").map(([urn]) => nameOf({ urn }));
    const tenants = new Map<string, RecordedTenant>();
    for (const name of names) {
        const own = vms.filter(({ component, outputs }) => tenantOf(component, outputs, names) === name);
        const routed = ofType(":RouterVlan").filter(([, { outputs = {} }]) => outputs["tenant"] === name);
        const vlans = [
            ...own.map(({ vmid }) => vlanOf(vmid)),
            ...routed.map(([, { outputs = {} }]) => Number(outputs["tag"])),
        ];
        const kept = own.map(({ vmid, component }) => ({ vmid, component }));
        tenants.set(name, { vlans: [...new Set(vlans)].sort(), vms: kept.sort((a, b) => a.vmid - b.vmid) });
    }
    return tenants;
}

/** Tenant of a VM: its pool's, else, where somebody took it out of the pool, the longest name that its component begins with. */
function tenantOf(component: string, outputs: Outputs, names: readonly string[]): string | undefined {
    const begins = names.filter((name) => component.startsWith(`${name}-`)).sort((a, b) => b.length - a.length);
    return begins.find((name) => name === outputs["poolId"]) ?? begins[0];
}
