import { stateOf, type PreviewStep, type Properties } from "../../state/preview/client";
import { TENANT_VM, VM } from "../../state/deployment";
import type { VmHistory } from "../../state/recorded";
import type { Inventory, Settings } from "../inventory";
import { tagsIn, templateFor } from "../inventory";
import { hypervisorOf, tenantOf } from "../../substrate/owners";
import { keptTags } from "../../substrate/tags";
import { configurationFindings } from "./configuration";
import { firewallFindings } from "./firewall";
import type { Named, NodeFinding, NodeView } from "./view";

/** A preview of the nodes, and what it told of. */
export interface Previewed {
    readonly steps: readonly PreviewStep[];
    readonly changes: readonly NodeFinding[];
}

/**
 * Differences of the VMs on a node that no preview tells of, since the provider does not read them back: settings that nobody
 * declared and their templates did not have, and of their firewalls options that were deleted, and ipsets.
 */
export function unseenFindings(view: NodeView, inventory: Inventory, previewed: Previewed): NodeFinding[] {
    return [...view.vms.values()].flatMap((named) => {
        const { vmid } = named;
        const settings = inventory.configs.get(vmid);
        const options = inventory.firewalls.get(vmid);
        const tagged = view.substrate.tenants.find(({ name }) => name === named.tenant)!.segment.tagged;
        const told = new Set(
            previewed.changes
                .filter(({ subject }) => subject.kind === "vm" && subject.id === String(vmid))
                .map(({ field = "" }) => field),
        );
        return [
            ...(settings === undefined ? [] : settingFindings(view, inventory, { named, settings, told }, previewed)),
            ...(options === undefined
                ? []
                : firewallFindings(named, options, inventory.ipsets.get(vmid) ?? [], { told, tagged })),
        ];
    });
}

interface SettingsOfVm {
    readonly named: Named;
    readonly settings: Settings;
    readonly told: ReadonlySet<string>;
}

function settingFindings(
    { substrate }: NodeView,
    inventory: Inventory,
    { named, settings, told }: SettingsOfVm,
    { steps }: Previewed,
): NodeFinding[] {
    const vm = named.vm!;
    const tenant = tenantOf(substrate, vm);
    const hypervisor = hypervisorOf(substrate, tenant);
    const own = steps.filter((step) => stateOf(step).type === VM && Number(inputsOf(step)["vmId"]) === named.vmid);
    const devices = own.flatMap(({ newState }) => (newState?.inputs?.["networkDevices"] ?? []) as Properties[]);
    const macs = devices.map(({ macAddress }) => (typeof macAddress === "string" ? macAddress : undefined));
    const { diskOptions, firmware, ostype, template: recorded } = (outputsOf(named, steps) ?? {}) as Partial<VmHistory>;
    const chosen = () => templateFor(vm, hypervisor, inventory.guests).vmid;
    const template = recorded ?? templateNow(named, inventory, steps, chosen);
    return configurationFindings({
        ...{ vm, tenant, hypervisor, named, settings, told },
        macs,
        ...(template && { template }),
        ...(diskOptions && { diskOptions }),
        ...(firmware && { firmware }),
        ...(ostype !== undefined && { ostype }),
        keptTags: keptTags(substrate, hypervisor, vm, tagsIn(String(settings["tags"] ?? ""))),
        written: new Set(own.flatMap(({ op, detailedDiff }) => (op === "update" ? topsOf(detailedDiff) : []))),
    });
}

function inputsOf(step: PreviewStep): Properties {
    return stateOf(step).inputs ?? {};
}

function topsOf(diff: PreviewStep["detailedDiff"]): string[] {
    return Object.keys(diff ?? {}).map((path) => /^[^.[]+/.exec(path)?.[0] ?? path);
}

/** Outputs of a VM's component, by the state. */
function outputsOf({ vmid }: Named, steps: readonly PreviewStep[]): Properties | undefined {
    const states = steps.map(({ oldState }) => oldState).filter((state) => state !== undefined);
    return states.find(({ type, outputs = {} }) => type === TENANT_VM && Number(outputs["vmid"]) === vmid)?.outputs;
}

/**
 * Settings that the template has now that a VM was cloned from, by the state, or would be: where they were not recorded when the VM
 * was made. Undefined where there is no such template.
 */
function templateNow(
    named: Named,
    { configs }: Inventory,
    steps: readonly PreviewStep[],
    chosen: () => number,
): Settings | undefined {
    const states = steps.map(({ oldState }) => oldState).filter((state) => state !== undefined);
    const machine = states.find(({ type, inputs = {} }) => type === VM && Number(inputs["vmId"]) === named.vmid);
    const source = Number((machine?.inputs?.["clone"] as Properties | undefined)?.["vmId"]);
    return [() => source, chosen].map((which) => templateAt(configs, which)).find((one) => one !== undefined);
}

/** Settings of a template on the node; undefined where there is none there. */
function templateAt(configs: Inventory["configs"], which: () => number): Settings | undefined {
    try {
        const settings = configs.get(which());
        return Number(settings?.["template"] ?? 0) === 1 ? settings : undefined;
    } catch (error) {
        // A choice that means none or several is the check's to tell.
        if (error instanceof RangeError) {
            return undefined;
        }
        throw error;
    }
}
