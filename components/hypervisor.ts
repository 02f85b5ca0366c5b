import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { filterWaits, waitsFor } from "../node/addressFilter";
import { templateFor, type Inventory, type TemplateDetails } from "../node/inventory";
import { connect, type NodeClient } from "../node/client";
import { leftAddresses, removeAddresses } from "../node/leftAddresses";
import { backsUpFirst } from "../node/checkSnapshots";
import { growsFirst } from "../node/restart";
import { hasAddress, isWalled, startWalled } from "../node/start";
import {
    asksRebuild,
    broughtIn,
    extraDisksInOrder,
    historyOf,
    isCloned,
    LINUX,
    restartSettingsOf,
    type Brought,
    type Recorded,
    type VmHistory,
} from "../state/recorded";
import type { DiskOptions } from "../substrate/diskOptions";
import type { OwnFirmware } from "../substrate/firmware";
import type { ExtraDisk, Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import { isReserved, NOT_DRAWN } from "../state/identities";
import { keptTags, tagsOf } from "../substrate/tags";
import { broughtFrom } from "./brought";
import { asInput } from "./identities";
import { NEVER_MADE, type NewHistory } from "./newHistory";
import { asErrorOf } from "./refusal";
import { backUpBefore, snapshotHooks } from "./snapshots";
import { TaskProgress } from "./taskProgress";
import { clonesInWords, shutdownsInWords } from "./underWay";
import { Turns } from "./turns";
import type { Survey } from "./survey";
import { nameOfVm } from "../substrate/identity";

/** Never accepted by a node: lets the provider start where there is no node yet, in the preview of a planned substrate. */
const PLANNED_TOKEN = "planned@pve!none=00000000-0000-0000-0000-000000000000";

/** Stands where a VM is there already: what it was cloned from counts no more, and its template may be long gone. */
const NO_TEMPLATE = 0;

/** A hypervisor as components use it: what the model, its node and the state say of it, and its provider. */
export class ConnectedHypervisor {
    readonly provider: proxmoxve.Provider;
    private readonly inventory: Inventory | undefined;
    private readonly recorded: Recorded;
    private readonly comparesOnly: boolean;
    private readonly turns: Turns;
    private readonly clones: TaskProgress;
    private readonly shutdowns: TaskProgress;

    /**
     * The API token comes from the environment (PROXMOX_VE_API_TOKEN) and stays out of the state, so that a rotated
     * token is used by refresh and destroy at once; TLS is verified.
     */
    constructor(
        private readonly substrate: Substrate,
        readonly model: Hypervisor,
        { inventories, recorded, comparesOnly }: Survey,
        /** The host's baseline, which comes before a VM is made; missing where none is declared. */
        readonly baseline?: pulumi.Resource,
    ) {
        this.inventory = inventories.get(model.name);
        this.recorded = recorded;
        this.comparesOnly = comparesOnly;
        this.turns = new Turns(model.clones);
        this.clones = new TaskProgress(model, clonesInWords, 5000);
        this.shutdowns = new TaskProgress(model, shutdownsInWords, 10_000);
        this.provider = new proxmoxve.Provider(model.name, {
            endpoint: model.endpoint,
            insecure: false,
            ...(substrate.status === "planned" && { apiToken: PLANNED_TOKEN }),
        });
    }

    /**
     * VMID of the template that a VM is cloned from, known when it is the VM's turn to be cloned; unknown while the
     * substrate is only planned, and where nothing is cloned. A VM that is on the node has no turn to wait for. One whose file asks for
     * snapshots is backed up in its turn, before it is replaced.
     */
    templateFor(vm: WorkloadVm): pulumi.Output<number> {
        if (this.inventory === undefined) {
            return pulumi.output(pulumi.unknown as unknown as number);
        }
        const cloned = this.isCloned(vm);
        if (this.comparesOnly && (cloned || !this.recorded.vms.has(vm.vmid))) {
            return pulumi.output(pulumi.unknown as unknown as number);
        }
        if (!cloned) {
            return pulumi.output(NO_TEMPLATE);
        }
        const { vmid } = templateFor(vm, this.model, this.inventory.guests);
        const turn = this.turns.of(vm.vmid);
        const replaced = this.inventory.guests.has(vm.vmid) && backsUpFirst(vm) && !pulumi.runtime.isDryRun();
        return pulumi.output((replaced ? turn.then(() => backUpBefore(vm, this.model)) : turn).then(() => vmid));
    }

    /** Hooks of a VM's resource; undefined for none. In a preview nothing is changed, and no hook is called. */
    hooksOf(vm: WorkloadVm): pulumi.ResourceHookBinding | undefined {
        return pulumi.runtime.isDryRun() ? undefined : snapshotHooks(vm, this.model, this.substrate.name);
    }

    /**
     * Ends the turn of a VM once it is declared, made or not; until then its component tells how far the clone is, or that its
     * guest is waited for.
     */
    done(vm: WorkloadVm, component: pulumi.Resource, declared: pulumi.Resource): void {
        if (this.inventory === undefined || this.comparesOnly) {
            return;
        }
        const cloned = this.isCloned(vm);
        if (cloned) {
            declared.urn.apply(() => this.turns.end(vm.vmid));
        }
        if (!pulumi.runtime.isDryRun() && (cloned || vm.reboot === "when-needed")) {
            (cloned ? this.clones : this.shutdowns).watch(vm, component, declared);
        }
    }

    /**
     * Whether a VM is not started by the provider, but by startBehind: one that is cloned, and one that is stopped and has no
     * firewall, or not all of it, as a run leaves it that broke off in between.
     */
    heldBack(vm: WorkloadVm): boolean {
        const stopped = this.inventory?.guests.get(vm.vmid)?.status === "stopped";
        const walled = () => isWalled(vm, this.inventory?.firewalls.get(vm.vmid)) && this.recorded.ruled.has(vm.vmid);
        return !this.comparesOnly && (this.isCloned(vm) || (stopped && !walled()));
    }

    /**
     * Starts a VM that is held back, in an up, once it and its firewall are made. It is no resource of its own: an existing stack
     * would get one for each VM, and its state has nothing to say that the VM's does not. What goes wrong fails the run beside the
     * VM, once all else is made; what is to be deleted then goes with the next up, which starts the VM as well.
     *
     * @param walls all of its firewall.
     */
    startBehind(vm: WorkloadVm, machine: pulumi.CustomResource, walls: readonly pulumi.CustomResource[]): void {
        if (pulumi.runtime.isDryRun() || this.inventory === undefined) {
            return;
        }
        pulumi.all([machine, ...walls].map(({ id }) => id)).apply(async () => {
            try {
                await this.start(vm, machine);
            } catch (error) {
                // An error that is logged alone leaves the run with 0 (log.error of @pulumi/pulumi 3.259.0 only counts it).
                throw asErrorOf(machine, error);
            }
        });
    }

    private async start(vm: WorkloadVm, machine: pulumi.Resource): Promise<void> {
        const { node } = this.model;
        await this.onNode(async (client) => {
            await startWalled(client, node, vm);
            if (vm.agent.wait && !(await hasAddress(client, node, vm))) {
                const told = `its guest agent told no address within ${vm.agent.timeoutSeconds} s; the VM runs`;
                await pulumi.log.warn(`${nameOfVm(vm)}: ${told}`, machine);
            }
        });
    }

    private async onNode(work: (client: NodeClient) => Promise<void>): Promise<void> {
        const client = connect(this.model);
        try {
            await work(client);
        } finally {
            client.close();
        }
    }

    /**
     * MAC that a VM is declared with, as the node has it, since the provider takes another case for another MAC; a new one in upper
     * case, as PVE itself writes them.
     *
     * @param nic that has the MAC: the VM itself for its first one. @param index its number, as net0.
     */
    macOf({ vmid }: WorkloadVm, { mac }: { readonly mac?: string }, index = 0): pulumi.Input<string> | undefined {
        const had = this.recorded.vms.get(vmid);
        const now = index === 0 ? had?.mac : had?.nicMacs?.[index - 1];
        if (mac === undefined || mac === NOT_DRAWN) {
            return mac && asInput(mac);
        }
        return now?.toLowerCase() === mac ? now : mac.toUpperCase();
    }

    /** Cloud-init's addresses of a VM, given once an up has taken those out of it that no NIC declares any more. */
    withoutLeft<T>(vm: WorkloadVm, declared: T[]): pulumi.Input<T[]> {
        const { node } = this.model;
        const left = leftAddresses(vm, this.inventory?.configs.get(vm.vmid));
        const stays = pulumi.runtime.isDryRun() || this.comparesOnly || this.isCloned(vm) || this.growsFirst(vm);
        return stays || left.length === 0
            ? declared
            : this.onNode((client) => removeAddresses(client, node, vm.vmid, left)).then(() => declared);
    }

    /** Address that DHCP keeps for a VM since it was made, by which its name resolves. */
    reservedFor(vm: WorkloadVm): string | undefined {
        return isReserved(vm, this.recorded) || this.isCloned(vm) ? vm.reserved : undefined;
    }

    /**
     * History of the VM after this run, to be kept for the next one: a VM that was deleted by hand has a further generation, a
     * new word in `rebuild` replaces it, and no word leaves it as it was made.
     */
    historyOf(vm: WorkloadVm): NewHistory {
        const { restartSettings } = historyOf(vm, this.recorded) ?? NEVER_MADE;
        const kept = this.growsFirst(vm) ? restartSettings : undefined;
        const waitsForEnd = waitsFor(vm, this.inventory?.guests.get(vm.vmid), this.recorded);
        return {
            ...this.madeBy(vm),
            restartSettings: kept ?? restartSettingsOf(vm),
            extraDisks: this.extraDisksOf(vm).map((disk) => disk.interface),
            ...(waitsForEnd !== undefined && { addressWaitsFor: waitsForEnd }),
            ...(this.reservedFor(vm) !== undefined && { reserved: true }),
            ...this.broughtBy(vm),
        };
    }

    /** How often a VM was made, and by which words. */
    private madeBy(vm: WorkloadVm): Pick<VmHistory, "generation" | "rebuild" | "rotation"> {
        const known = historyOf(vm, this.recorded);
        const gone = known !== undefined && this.inventory?.guests.has(vm.vmid) === false;
        const { generation, rebuild, rotation: before } = known ?? NEVER_MADE;
        const rotation = vm.rotation ?? before;
        return {
            generation: generation + (gone ? 1 : 0),
            rebuild: vm.rebuild ?? rebuild,
            ...(rotation !== undefined && { rotation }),
        };
    }

    /** Everything that a VM has from its template and that a run or drift must know later: recorded when the VM is made. */
    private broughtBy(vm: WorkloadVm): Brought {
        if (!this.isCloned(vm)) {
            return broughtIn(historyOf(vm, this.recorded) ?? NEVER_MADE);
        }
        const details = this.templateOf(vm);
        return details === undefined ? {} : broughtFrom(details, vm);
    }

    /** Firmware and machine of the VM beside its template's, as it was made or is made now; `made` where this run makes it. */
    firmwareOf(vm: WorkloadVm): OwnFirmware & { readonly made: boolean } {
        return { ...this.broughtBy(vm).firmware, made: this.isCloned(vm) };
    }

    /** PVE's type of the VM's guest system: its template's, as it was when the VM was made. */
    ostypeOf(vm: WorkloadVm): string {
        return this.broughtBy(vm).ostype ?? LINUX;
    }

    /** Tags of a VM: its file's, and those of other tools that it has and that stay. */
    tagsOf(vm: WorkloadVm): string[] {
        const found = this.inventory?.guests.get(vm.vmid)?.tags ?? [];
        return tagsOf([...vm.tags, ...keptTags(this.substrate, this.model, vm, found)]);
    }

    /** Options of the VM's disks, by PVE name: its file's, else those that its template gave to a disk when the VM was made. */
    diskOptionsOf(vm: WorkloadVm): (name: string) => DiskOptions {
        const { diskOptions } = this.broughtBy(vm);
        return (name) => ({ ...diskOptions?.[name], ...vm.diskOptions });
    }

    /** Details of the template that a VM is cloned from; undefined where the run only compares, or there is no node yet. */
    private templateOf(vm: WorkloadVm): TemplateDetails | undefined {
        if (this.inventory === undefined || this.comparesOnly) {
            return undefined;
        }
        const { vmid } = templateFor(vm, this.model, this.inventory.guests);
        return this.inventory.templates.get(vmid);
    }

    /** The VM's disks beside its system disk, in the order in which the provider has them. */
    extraDisksOf(vm: WorkloadVm): readonly ExtraDisk[] {
        return extraDisksInOrder(vm, this.recorded);
    }

    /** Whether the VM's disks grow in this run, and what needs a restart waits for the next. */
    growsFirst(vm: WorkloadVm): boolean {
        return growsFirst(vm, this.inventory?.guests.get(vm.vmid), this.recorded);
    }

    /** Whether the VM still runs with another address than the declared one, which PVE's address filter waits for. */
    filterWaits(vm: WorkloadVm): boolean {
        return filterWaits(vm, this.inventory?.guests.get(vm.vmid), this.recorded);
    }

    /** Names that the resources of a renamed VM had: the VM stays, and only its name changes. None for any other VM. */
    aliasesOf(vm: WorkloadVm, component: string): { readonly name: string }[] {
        const had = [...(this.recorded.names.get(vm.vmid) ?? [])];
        return had.filter((name) => name !== component).map((name) => ({ name }));
    }

    private isCloned(vm: WorkloadVm): boolean {
        return this.inventory === undefined
            ? asksRebuild(vm, this.recorded)
            : isCloned(vm, this.inventory.guests, this.recorded);
    }
}
