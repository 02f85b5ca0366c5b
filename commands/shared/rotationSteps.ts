import { backUpVm } from "../../node/backup";
import { newestOf, readBackups } from "../../node/backups";
import { withNodes, type NodeClient } from "../../node/client";
import { restoreVm } from "../../node/restore";
import type { Standing } from "../../node/standing";
import { exportStack } from "../../state/client";
import type { Deployment } from "../../state/deployment";
import { holdingsOf } from "../../state/holdings";
import { broughtIn, historyOf, recordedOf, type Brought } from "../../state/recorded";
import { nameOfVm } from "../../substrate/identity";
import { hypervisorOf, tenantOf } from "../../substrate/owners";
import { ROTATION, rotationOf } from "../../substrate/rotation";
import type { Hypervisor, Substrate, WorkloadVm } from "../../substrate/substrate";
import type { Request } from "../cli/definition";
import { Refusal } from "../cli/errors";
import { runPulumi } from "../cli/pulumi";
import { note, tell } from "../cli/terminal";
import { bringUpReturned } from "./bringUp";
import { healthOf } from "./health";
import { policyArguments } from "./policy";
import { choose } from "./returns";
import type { Steps } from "./rotation";

const PULUMI_COULD_NOT = "Pulumi could not, for the reason above";

/** A rotation's steps, by Pulumi and on the nodes. */
export class RotationSteps implements Steps {
    readonly keeping: NonNullable<Steps["keeping"]>;
    /** When the backup of each VM was begun, by VMID. */
    private readonly keptAt = new Map<number, Date>();

    /**
     * @param deployment the stack's state before the rotation.
     * @param backup whether each VM is backed up before it is rebuilt, and comes back from that where it fails; else those with `snapshot`.
     */
    constructor(
        private readonly request: Request,
        private readonly substrate: Substrate,
        private readonly deployment: Deployment,
        { policy, backup }: { readonly policy: string; readonly backup: boolean },
    ) {
        this.policy = policy;
        this.keeping = {
            // A rebuild deletes a VM's snapshots with it.
            keeps: ({ snapshot }) => backup || snapshot !== undefined,
            backUp: (one) => this.backUp(one),
            putBack: (one) => this.putBack(one),
        };
    }

    private readonly policy: string;

    /** Rebuilds VMs by an up of them alone, which writes the rotation's word into the state. */
    readonly rebuild = async (some: readonly Standing[]): Promise<string | undefined> => {
        const names = some.map(({ vm }) => nameOfVm(vm)).join(", ");
        tell(`${names}: rebuilt on ${[...new Set(some.map(({ newest }) => newest.name))].join(", ")}`);
        const word = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
        process.env[ROTATION] = rotationOf(
            word,
            some.map(({ vm }) => vm.vmid),
        );
        const flags = ["--stack", this.substrate.name, "--yes", "--skip-preview", "--suppress-outputs"];
        const targets = some.flatMap(({ vm }) => this.targetsOf(vm)).flatMap((target) => ["--target", target]);
        try {
            const words = [...flags, ...policyArguments(this.policy), ...targets];
            const { code } = await runPulumi(this.request, this.substrate, "up", ...words);
            return code === 0 ? undefined : PULUMI_COULD_NOT;
        } finally {
            delete process.env[ROTATION];
        }
    };

    readonly gate = (vm: WorkloadVm): Promise<string | undefined> => healthOf(this.substrate, vm);

    private backUp({ vm }: Standing): Promise<string | undefined> {
        const hypervisor = this.hypervisorOf(vm);
        const storage = hypervisor.backup!;
        note(`backup of ${nameOfVm(vm)} to ${storage}`);
        return this.onNode(hypervisor, async (client) => {
            const of = { vmid: vm.vmid, node: hypervisor.node };
            await backUpVm(client, of, { storage, tenant: vm.tenant, why: "before its rebuild" });
            const { backups } = await readBackups(client, hypervisor);
            const made = newestOf(backups, vm.vmid);
            if (made === undefined) {
                return `storage ${storage} lists no backup of it`;
            }
            this.keptAt.set(vm.vmid, made.at);
            return undefined;
        });
    }

    /** Puts the backup from before the rebuild in the VM's place, with the template that it stood on then. */
    private async putBack(standing: Standing): Promise<string | undefined> {
        const { vm } = standing;
        const hypervisor = this.hypervisorOf(vm);
        const held = holdingsOf(exportStack(this.substrate.name).deployment, this.substrate.plan).get(vm.tenant);
        const known = new Set((held?.vms ?? []).map(({ vmid }) => vmid));
        const wanted = { tenant: tenantOf(this.substrate, vm), hypervisor, vms: [vm], replace: true, known };
        tell(`${nameOfVm(vm)}: brought back from the backup before its rebuild`);
        const failed = await this.onNode(hypervisor, async (client) => {
            const { chosen, reasons } = await choose(client, { ...wanted, until: this.keptAt.get(vm.vmid)! });
            if (reasons.length > 0) {
                return reasons.join("; ");
            }
            await restoreVm(client, hypervisor, chosen[0]!);
            return undefined;
        });
        if (failed !== undefined) {
            return failed;
        }
        const origins = new Map([[vm.vmid, this.originOf(standing)]]);
        const { code } = await bringUpReturned(this.request, this.substrate, [vm], origins);
        return code === 0 ? undefined : PULUMI_COULD_NOT;
    }

    /** Everything that the VM had from its template before the rotation; an earlier release did not write the template down. */
    private originOf({ vm, from }: Standing): Brought {
        const history = historyOf(vm, recordedOf(this.deployment.resources ?? [], []));
        const clonedFrom = from && { vmid: from.vmid, name: from.name ?? "" };
        return { ...(clonedFrom && { clonedFrom }), ...(history && broughtIn(history)) };
    }

    /** Does something on a node; gives back what it or the node says against it. */
    private async onNode(
        { node }: Hypervisor,
        does: (client: NodeClient) => Promise<string | undefined>,
    ): Promise<string | undefined> {
        try {
            return await withNodes(this.substrate, (nodes) => does(nodes.get(node)!));
        } catch (error) {
            if (error instanceof Refusal) {
                return error.message;
            }
            throw error;
        }
    }

    /** Patterns of the URNs of a VM's component and all below it; of one that a broken run deleted, too. */
    private targetsOf(vm: WorkloadVm): string[] {
        const known = holdingsOf(this.deployment, this.substrate.plan).get(vm.tenant);
        const component = known?.vms.find(({ vmid }) => vmid === vm.vmid)?.component ?? `${vm.tenant}-${vm.name}`;
        return ["", "-vm", "-firewall", "-rules", "-ipfilter"].map((end) => `**::${component}${end}`);
    }

    private hypervisorOf(vm: WorkloadVm): Hypervisor {
        return hypervisorOf(this.substrate, tenantOf(this.substrate, vm));
    }
}
