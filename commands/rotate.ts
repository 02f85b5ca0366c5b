import type { Standing } from "../node/standing";
import { aligned } from "../report/table";
import type { Deployment } from "../state/deployment";
import { dependents, holdingsOfVm, type Holdings } from "../state/holdings";
import { identifiedBy } from "../state/identities";
import { recordedOf, historyOf } from "../state/recorded";
import { suggestion } from "../definitions/suggest";
import { hypervisorOf, tenantOf } from "../substrate/owners";
import type { Substrate, WorkloadVm } from "../substrate/substrate";
import { confirm, requireName } from "./cli/confirm";
import { defineCommand, POLICY, SUBSTRATE, TENANT, type Request } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { answer, complain, note, tell, width } from "./cli/terminal";
import { reasonsAgainst } from "./shared/destroyHoldings";
import { hasGate } from "./shared/health";
import { lifetimesIn } from "./shared/lifetimes";
import { guardsOf, holdings } from "./shared/release";
import { dueOf, rotateAll, type Outcome } from "./shared/rotation";
import { RotationSteps } from "./shared/rotationSteps";
import { standingsIn } from "./shared/standings";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";
import { withoutReaped } from "../substrate/expiry";
import { nameOfVm } from "../substrate/identity";

const OPTIONS = {
    list: { says: "say which VM stands on which template, and change nothing" },
    parallel: {
        says: "VMs that are rebuilt side by side",
        value: "number",
        kind: "number",
        bounds: [1, 20],
        default: "1",
    },
    backup: {
        says: "back each VM up before it is rebuilt, and bring it back from that where it fails",
    },
    yes: { says: "say the tenant's name, or the substrate's, without being asked", value: "name", kind: "text" },
    policy: POLICY,
} as const;

export const command = defineCommand({
    name: "rotate",
    group: "daily",
    summary: "rebuild VMs that stand on an older template than the newest, one after the other",
    details:
        "Replaces each VM whose template is not the newest by a fresh clone, with the same VMID, MAC, address and names, and waits for " +
        "its `health` gate before the next one. All data on its disks is lost. Where one fails, the rest is left alone; called again, it " +
        "waits for those that it rebuilt, and goes on. With --backup the one that failed is brought back on what it was; a VM with `snapshot` is " +
        "backed up at any rate, since PVE deletes its snapshots with it. What `keep` or `protection` holds is named and stays.",
    arguments: [SUBSTRATE, { ...TENANT, optional: true }],
    options: OPTIONS,
    output: "rotated",
    needs: ["pulumi"],
    example: "tenants rotate dvntm grooveiq --yes=grooveiq",
    exits: {
        1: "it was refused, something is kept or protected, Pulumi could not, or a VM did not become healthy",
        2: "with --list: a VM stands on an older template",
    },
    async run(request) {
        const { args, options } = request;
        const { tenant } = args;
        requireName(tenant ?? args["substrate"]!, options.yes);
        compareWithFiles();
        const loaded = loadOne(args["substrate"]!);
        requireTenant(loaded, tenant);
        const deployment = await prepareChange(loaded);
        const { endings, held } = lifetimesIn(loaded, deployment);
        const substrate = identifiedBy(withoutReaped(loaded, endings, held, new Date()), deployment);
        const all = (await standingsIn(substrate, deployment)).filter(
            ({ vm }) => tenant === undefined || vm.tenant === tenant,
        );
        const rotation = new Rotation(request, substrate, deployment, all);
        return options.list ? rotation.list() : rotation.run(tenant ?? substrate.name, options);
    },
});

function requireTenant({ name, tenants }: Substrate, tenant: string | undefined): void {
    const names = tenants.map((one) => one.name);
    if (tenant !== undefined && !names.includes(tenant)) {
        throw new Refusal(`${name} has no tenant ${tenant}${suggestion(tenant, names)}`);
    }
}

/** The options that a rotation goes by. */
interface Options {
    readonly yes: string | undefined;
    readonly parallel: string;
    readonly policy: string;
    readonly backup: boolean;
}

/** A VM that is not rebuilt, and why. */
interface Left {
    readonly standing: Standing;
    readonly why: readonly string[];
}

const NOTHING_DONE: Outcome = { rotated: [], failed: [], left: [] };

/** One call of the command. */
class Rotation {
    constructor(
        private readonly request: Request,
        private readonly substrate: Substrate,
        private readonly deployment: Deployment,
        private readonly standings: readonly Standing[],
    ) {}

    /** Prints which VM stands on which template. */
    list(): number {
        answer(this.asJson([], NOTHING_DONE), () => tableOf(this.substrate, this.standings));
        return this.standings.some(({ stands }) => stands === "older") ? EXIT.differences : EXIT.done;
    }

    async run(name: string, options: Options): Promise<number> {
        const due = dueOf(this.standings);
        const refused = await this.refusedOf(due, options.backup);
        refused.forEach(({ standing, why }) => complain(`${nameOfVm(standing.vm)} is not rebuilt: ${why.join("; ")}`));
        const going = due.filter((standing) => !refused.some((one) => one.standing === standing));
        this.standings
            .filter(({ stands }) => stands === "unknown")
            .forEach((one) =>
                note(`${nameOfVm(one.vm)}: nobody knows its template; a new word in \`rebuild\` rebuilds it`),
            );
        if (going.length > 0) {
            tell("these are rebuilt, and all that is on their disks goes:");
            tell(tableOf(this.substrate, going));
            await confirm(`${going.length} of ${this.standings.length} VMs are rebuilt.`, name, options.yes);
        }
        const steps = new RotationSteps(this.request, this.substrate, this.deployment, options);
        const outcome = await rotateAll(this.rebuiltEarlier(), going, Number(options.parallel), steps);
        outcome.failed.forEach(({ name: vm, why }) => complain(`${vm} is not healthy: ${why}`));
        outcome.left.forEach((one) => complain(`${one} is left as it is`));
        const done = outcome.failed.length + refused.length === 0;
        if (going.length === 0 && done) {
            tell("nothing to do: every VM stands on the newest template");
        }
        answer(this.asJson(refused, outcome));
        return done ? EXIT.done : EXIT.failed;
    }

    /** VMs that may not be replaced, by file, state and node. */
    private async refusedOf(due: readonly Standing[], backup: boolean): Promise<Left[]> {
        const tenants = new Set(due.map(({ vm }) => vm.tenant));
        const held = await holdings(this.substrate, this.deployment, (name) => tenants.has(name));
        return due.flatMap((standing) => {
            const { vm, stands } = standing;
            const tenant = held.find((one) => one.tenant === vm.tenant);
            const own = tenant && stands !== "missing" ? holdingsOfVm(tenant, vm.vmid) : undefined;
            const why = [
                ...(own === undefined ? [] : this.keptBy(vm, own)),
                ...this.blindGate(vm),
                ...(backup || vm.snapshot !== undefined ? this.notKept(vm) : []),
            ];
            return why.length > 0 ? [{ standing, why }] : [];
        });
    }

    /** Reasons not to replace a VM that is there: those of the state, else of its file, and of the node. */
    private keptBy(vm: WorkloadVm, own: Holdings): string[] {
        const told = reasonsAgainst(own, dependents(this.deployment, own), this.substrate.name);
        const word = vm.keep ? "keep" : vm.protection ? "protection" : undefined;
        const inFile = word === undefined ? [] : [`its file has ${word}: true; set it to false`];
        return [...(told.length > 0 ? told : inFile), ...guardsOf(own)];
    }

    private blindGate(vm: WorkloadVm): string[] {
        return vm.health === undefined || hasGate(this.substrate, vm)
            ? []
            : ["its health gate needs an address, and none is known; give it `address: fixed`, or health.agent"];
    }

    /** Reasons why a backup of a VM would not bring all of it back. */
    private notKept(vm: WorkloadVm): string[] {
        const { name, backup } = hypervisorOf(this.substrate, tenantOf(this.substrate, vm));
        const { diskOptions = {} } = historyOf(vm, recordedOf(this.deployment.resources ?? [], [])) ?? {};
        const without = ["scsi0", ...vm.extraDisks.map((disk) => disk.interface)].filter(
            (disk) => (vm.diskOptions.backup ?? diskOptions[disk]?.backup) === false,
        );
        return [
            ...(backup === undefined
                ? [
                      `hypervisors.${name}.backup does not say which PVE storage backups go to; set it, and grant what \`tenants role\` prints then`,
                  ]
                : []),
            ...(without.length > 0
                ? [
                      `no backup has its disk ${without.join(", ")} (backup: false), which is lost by a rebuild; rotate it without --backup, and with snapshot: never`,
                  ]
                : []),
        ];
    }

    /** VMs with a health gate that an earlier call rebuilt, and that may never have become healthy. */
    private rebuiltEarlier(): WorkloadVm[] {
        const recorded = recordedOf(this.deployment.resources ?? [], []);
        return this.standings
            .filter(({ vm, stands }) => stands === "newest" && historyOf(vm, recorded)?.rotation !== undefined)
            .map(({ vm }) => vm)
            .filter(({ health }) => health !== undefined);
    }

    private asJson(refused: readonly Left[], { rotated, failed, left }: Outcome) {
        return {
            substrate: this.substrate.name,
            standings: this.standings.map(({ vm, from, newest, stands }) => ({
                ...{ tenant: vm.tenant, vm: vm.name, vmid: vm.vmid, stands, newest: newest.name },
                ...(from?.name !== undefined && { template: from.name }),
            })),
            ...{ rotated, failed },
            refused: refused.map(({ standing, why }) => ({ name: nameOfVm(standing.vm), why })),
            left,
        };
    }
}

/** Words for where a VM stands. */
const WORDS: Readonly<Record<Standing["stands"], string>> = {
    newest: "newest",
    older: "OLDER",
    unknown: "unknown",
    missing: "not there",
};

function tableOf({ name }: Substrate, standings: readonly Standing[]): string {
    if (standings.length === 0) {
        return `${name}: no VMs`;
    }
    const rows = standings.map(({ vm, from, newest, stands }) => [
        ...[vm.tenant, vm.name, String(vm.vmid)],
        from === undefined ? "-" : `${from.name ?? "gone"} (${from.vmid})`,
        `${newest.name} (${newest.vmid})`,
        WORDS[stands],
    ]);
    return aligned(["tenant", "VM", "VMID", "stands on", "newest", ""], [[name, rows]], width());
}
