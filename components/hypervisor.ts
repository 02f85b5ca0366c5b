import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { NOTHING_RECORDED, type NodeFacts, type Recorded } from "../model/nodeFacts";
import type { Hypervisor, Substrate, WorkloadVm } from "../model/substrate";
import { chooseTemplate } from "../model/template";
import { CloneSlots } from "./cloneSlots";
import type { Ground } from "./ground";

/** Never accepted by a node: lets the provider start where there is no node yet, in the preview of a planned substrate. */
const PLANNED_TOKEN = "planned@pve!none=00000000-0000-0000-0000-000000000000";

/** A hypervisor as components use it: what the model, its node and the state say of it, and its provider. */
export class ConnectedHypervisor {
    readonly provider: proxmoxve.Provider;
    private readonly facts: NodeFacts | undefined;
    private readonly recorded: Recorded;
    private readonly slots: CloneSlots;

    /**
     * The API token comes from the environment (PROXMOX_VE_API_TOKEN) and stays out of the state, so that a rotated
     * token is used by refresh and destroy at once; TLS is verified.
     */
    constructor(
        substrate: Substrate,
        readonly model: Hypervisor,
        { facts, recorded }: Ground = { facts: new Map(), recorded: NOTHING_RECORDED },
    ) {
        this.facts = facts.get(model.name);
        this.recorded = recorded;
        this.slots = new CloneSlots(model.clones);
        this.provider = new proxmoxve.Provider(model.name, {
            endpoint: model.endpoint,
            insecure: false,
            ...(substrate.status === "planned" && { apiToken: PLANNED_TOKEN }),
        });
    }

    /**
     * VMID of the template that a VM is cloned from, known when it is the VM's turn to be cloned; unknown while the
     * substrate is only planned. A VM that is on the node has no turn to wait for.
     */
    templateFor(vm: WorkloadVm): pulumi.Output<number> {
        if (this.facts === undefined) {
            return pulumi.output(pulumi.unknown as unknown as number);
        }
        if (!this.clones(vm)) {
            return pulumi.output(this.templateVmid(vm));
        }
        return pulumi.output(this.slots.enter().then(() => this.templateVmid(vm)));
    }

    /** Ends the turn of a VM once it is declared, made or not. */
    done(vm: WorkloadVm, declared: pulumi.Resource): void {
        if (this.facts !== undefined && this.clones(vm)) {
            declared.urn.apply(() => this.slots.leave());
        }
    }

    /**
     * MAC that a VM is declared with: the deterministic one, or the one that PVE picked when the VM was first made;
     * missing for a VM that is new. It is written as the node has it, since the provider takes another case for another
     * MAC; a new one in upper case, as PVE itself writes them.
     */
    macOf(vm: WorkloadVm): string | undefined {
        const mac = vm.mac ?? this.recorded.macs.get(vm.vmid);
        const now = this.recorded.vms.get(vm.vmid)?.mac;
        return mac !== undefined && now?.toLowerCase() === mac ? now : mac?.toUpperCase();
    }

    /** How often a VM was made: what goes with a VM on the node, and is not seen to be gone with it, is keyed by it. */
    generationOf(component: string, vm: WorkloadVm): number {
        const known = this.recorded.generations.get(component) ?? 1;
        const gone = this.recorded.generations.has(component) && this.facts?.guests.has(vm.vmid) === false;
        return gone ? known + 1 : known;
    }

    /** Names that the resources of a renamed VM had: the VM stays, and only its name changes. None for any other VM. */
    aliasesOf(vm: WorkloadVm, component: string): { readonly name: string }[] {
        const former = this.recorded.vms.get(vm.vmid)?.component;
        return former === undefined || former === component ? [] : [{ name: former }];
    }

    private clones(vm: WorkloadVm): boolean {
        return this.facts?.guests.has(vm.vmid) === false || vm.rebuild !== undefined;
    }

    /** The template that new VMs are cloned from; for a VM that is there the number counts for nothing. */
    private templateVmid(vm: WorkloadVm): number {
        const { templates } = this.facts!;
        return this.clones(vm) || templates.length > 0
            ? chooseTemplate(templates, vm.template ?? this.model.template, this.model.node).vmid
            : 0;
    }
}
