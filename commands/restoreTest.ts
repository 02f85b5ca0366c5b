import { suggestion } from "../definitions/suggest";
import { newestOf, readBackups, type Backup } from "../node/backups";
import { withEachNode, type NodeClient } from "../node/client";
import { vmsOn } from "../node/read";
import { removeLeft, testBackup, type Answer } from "../node/restoreTest";
import { aligned } from "../report/table";
import { nameOfVm } from "../substrate/identity";
import type { Hypervisor, Substrate, WorkloadVm } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { Refusal, shown } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { answer, note, tell, width } from "./cli/terminal";
import { partlySeen } from "./shared/returns";
import { loadOne } from "./shared/substrates";

const DAY_MS = 24 * 3600 * 1000;

/** Days that stand for the age of a backup that there is none of. */
const NEVER = Number.MAX_SAFE_INTEGER;

const OPTIONS = {
    "max-age": {
        says: "end with 2 where the newest backup is older than so many days",
        value: "days",
        kind: "number",
        bounds: [1, 3650],
    },
    timeout: {
        says: "seconds that each VM's guest agent is waited for",
        value: "seconds",
        kind: "number",
        bounds: [1, 3600],
        default: "300",
    },
} as const;

export const command = defineCommand({
    name: "restore-test",
    group: "set up",
    summary: "try whether the newest backup of each VM comes back, beside the VM that it is of",
    details:
        "Restores the newest backup of each VM of the files, or of one tenant or VM, into a VMID that is free, takes its NICs out, " +
        "boots it, waits for its guest agent, and deletes it; one after the other. The VM itself is not touched. Tells the oldest backup first. " +
        "What a run that was killed left is taken away by the next.",
    arguments: [SUBSTRATE, { name: "vm", kind: "vm", says: "tenant/vm, or a tenant, alone", optional: true }],
    options: OPTIONS,
    output: "restore-test",
    needs: [],
    writes: true,
    example: "tenants restore-test dvntm --max-age 7",
    exits: {
        1: "a backup did not come back, or the node cannot be asked",
        2: "a VM has no backup, or none that is new enough",
    },
    async run({ args, options }) {
        const substrate = loadOne(args["substrate"]!);
        if (substrate.status === "planned") {
            throw new Refusal(`${substrate.name} is only planned: it has no node that could have backups`);
        }
        const wanted = wantedIn(substrate, args["vm"]);
        const now = new Date();
        const found = await withEachNode(substrate, (client, hypervisor) =>
            testNode(client, substrate, hypervisor, { wanted, now, seconds: Number(options.timeout) }),
        );
        const tests = found.flatMap((one) => one.rows).sort((a, b) => (b.ageDays ?? NEVER) - (a.ageDays ?? NEVER));
        answer({ substrate: substrate.name, removed: found.flatMap((one) => one.removed), tests }, () =>
            textOf(substrate, tests),
        );
        return exitOf(tests, options["max-age"] === undefined ? Infinity : Number(options["max-age"]));
    },
});

/** The test of a VM's newest backup, as it is told. */
interface Row {
    readonly tenant: string;
    readonly vm: string;
    readonly vmid: number;
    /** none: it has no backup. */
    readonly result: Answer | "failed" | "none";
    readonly volid?: string;
    readonly at?: string;
    readonly ageDays?: number;
    readonly seconds?: number;
    readonly why?: string;
}

interface Asked {
    readonly wanted: ReadonlySet<WorkloadVm>;
    readonly now: Date;
    readonly seconds: number;
}

/** Tests the newest backups of a hypervisor's VMs, one after the other, so that one disk at a time is written. */
async function testNode(
    client: NodeClient,
    substrate: Substrate,
    hypervisor: Hypervisor,
    asked: Asked,
): Promise<{ readonly removed: string[]; readonly rows: Row[] }> {
    const removed = await removeLeft(client, substrate, hypervisor);
    removed.forEach((one) => tell(`${one} is removed: a test that was killed left it`));
    const { backups, partly } = await readBackups(client, hypervisor);
    const rows: Row[] = [];
    for (const vm of vmsOn(substrate, hypervisor).filter((one) => asked.wanted.has(one))) {
        rows.push(await testOf(client, substrate, hypervisor, { vm, backup: newestOf(backups, vm.vmid), ...asked }));
    }
    if (rows.some(({ result }) => result === "none")) {
        partlySeen(hypervisor.name, partly).forEach(note);
    }
    return { removed, rows };
}

async function testOf(
    client: NodeClient,
    substrate: Substrate,
    hypervisor: Hypervisor,
    { vm, backup, now, seconds }: Asked & { readonly vm: WorkloadVm; readonly backup: Backup | undefined },
): Promise<Row> {
    const { tenant, name, vmid } = vm;
    if (backup === undefined) {
        return { tenant, vm: name, vmid, result: "none" };
    }
    note(`${nameOfVm(vm)}: restoring ${backup.volid} beside it`);
    const ageDays = Math.max(0, Math.round(((now.getTime() - backup.at.getTime()) / DAY_MS) * 10) / 10);
    const about = { tenant, vm: name, vmid, volid: backup.volid, at: backup.at.toISOString(), ageDays };
    const began = Date.now();
    const took = () => Math.round((Date.now() - began) / 1000);
    try {
        const result = await testBackup(client, substrate, hypervisor, { vm, backup, seconds });
        return { ...about, result, seconds: took() };
    } catch (error) {
        if (error instanceof Refusal) {
            return { ...about, result: "failed", seconds: took(), why: error.message };
        }
        throw error;
    }
}

/** The VMs that a person named, or all. @throws Refusal where no file has them. */
function wantedIn({ name, tenants }: Substrate, named: string | undefined): ReadonlySet<WorkloadVm> {
    const all = tenants.flatMap((tenant) => tenant.vms);
    const wanted = all.filter((vm) => named === undefined || named === vm.tenant || named === nameOfVm(vm));
    if (named !== undefined && wanted.length === 0) {
        const known = [...tenants.map((tenant) => tenant.name), ...all.map(nameOfVm)];
        throw new Refusal(`${name} has no VM of ${shown(named)}${suggestion(named, known)}`);
    }
    return new Set(wanted);
}

function exitOf(tests: readonly Row[], maxAge: number): number {
    if (tests.some(({ result }) => result === "failed")) {
        return EXIT.failed;
    }
    return tests.some(({ ageDays = NEVER, result }) => result === "none" || ageDays > maxAge)
        ? EXIT.differences
        : EXIT.done;
}

const WORDS: Readonly<Record<Row["result"], string>> = {
    agent: "boots, its guest agent answers",
    runs: "boots; it has no guest agent to ask",
    unasked:
        "boots; the token may not ask its guest agent (`agent.wait` or `health.agent` of its file, then tenants role)",
    failed: "FAILED",
    none: "NO BACKUP",
};

function textOf({ name }: Substrate, tests: readonly Row[]): string {
    if (tests.length === 0) {
        return `${name}: no VMs`;
    }
    const cells = tests.map(({ tenant, vm, vmid, ageDays, seconds, result, why }) => [
        ...[tenant, vm, String(vmid), ageDays === undefined ? "-" : `${ageDays} d`],
        seconds === undefined ? "-" : `${seconds} s`,
        why === undefined ? WORDS[result] : `${WORDS[result]}: ${why}`,
    ]);
    return aligned(["tenant", "VM", "VMID", "age", "took", "its newest backup"], [[name, cells]], width());
}
