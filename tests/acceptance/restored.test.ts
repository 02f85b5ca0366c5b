import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import { LAB_DEFINITIONS } from "../../lab/definitions";
import { SimulatedNode } from "../../lab/simulatedNode";
import { labSite } from "../../lab/site";
import { Workspace, type CliResult } from "../../lab/workspace";
import { loadSubstrate } from "../../substrate/load";
import schema from "../../schemas/output/restore-test.schema.json";
import { AcceptanceLab, CHECKPOINTS, RUN_TIMEOUT_MS } from "./lab";
import { grantsIn } from "../../lab/pveum";

jest.setTimeout(RUN_TIMEOUT_MS);

const STACK = "Pulumi.dvntm.yaml";
const FILE = "tenants/dvntm/grooveiq.yaml";
const VMIDS = ["5001", "5002"];

/** Everything of a node, as far as archives and disks are concerned. */
interface Whole {
    readonly storages: Record<string, { volumes?: Record<string, { size: number; ctime?: number; archive?: object }> }>;
}

let lab: AcceptanceLab;

beforeAll(async () => {
    lab = await AcceptanceLab.start(undefined, CHECKPOINTS);
    rmSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"));
    lab.edit(STACK, (text) => text.replace(/^( +)datastore: .*$/m, "$&\n$1backup: local"));
    lab.edit(FILE, (text) => text.replace(/\n*$/, "\n    disks: [{ slot: 1, size: 8GiB }]\nhealth: { agent: true }\n"));
    await lab.node.set({ agents_answer: true });
    await lab.grantRole();
    await lab.up();
});
afterAll(() => lab.stop());

const backUp = (vmid: string) =>
    lab.node.byHand("POST", "/nodes/pve2/vzdump", { vmid, storage: "local", compress: "zstd" });
const restore = (...words: string[]) => lab.workspace.command("restore", "dvntm", ...words);

async function expectDone(run: Promise<CliResult>): Promise<string> {
    const { exitCode, output } = await run;
    expect([output, exitCode]).toEqual([output, 0]);
    return output;
}

/** GiB of a volume on local-lvm. */
async function sizeOf(volume: string): Promise<number> {
    const { storages } = (await lab.node.whole()) as Whole;
    return storages["local-lvm"]!.volumes![volume]!.size / 2 ** 30;
}

test("--replace KEEPS a disk that the backup has not, says so before, and attaches it again", async () => {
    const { scsi1 } = (await lab.state()).vms["5002"]!.config;
    const left = `${scsi1!.replace(/,backup=\d/, "")},backup=0`;
    await lab.node.byHand("PUT", "/nodes/pve2/qemu/5002/config", { scsi1: left });
    await backUp("5002");
    // Both grow behind the backup: what is kept stays grown, and what came back is grown again.
    lab.edit(FILE, (text) => text.replace("size: 8GiB", "size: 9GiB"));
    await lab.up();
    const volume = scsi1!.split(",")[0]!.split(":")[1]!;
    expect(await sizeOf(volume)).toBe(9);
    const without = await restore("grooveiq/db-vm01", "--replace", "--yes=api-vm01");
    expect(without.exitCode).toBe(64);

    await lab.node.forgetRequests();
    const output = await expectDone(restore("grooveiq/db-vm01", "--replace", "--yes=db-vm01"));
    expect(output).toMatch(/not in the backup of db-vm01, so that it stays as it is now: scsi1\n/);
    const { config } = (await lab.state()).vms["5002"]!;
    expect(config["scsi1"]).toMatch(new RegExp(`^local-lvm:${volume},`));
    expect(Object.keys(config).filter((key) => key.startsWith("unused"))).toEqual([]);
    expect(await sizeOf(volume)).toBe(9);
    expect(await lab.nakedStarts()).toEqual([]);
    await lab.expectSettled(VMIDS);
    expect(await standings()).toEqual(["newest", "newest"]);
});

describe("restore-test", () => {
    const tried = (...words: string[]) => lab.workspace.command("restore-test", "dvntm", ...words);
    /** VMs of tests that are on the node. */
    const tests = async () =>
        Object.values((await lab.state()).vms).filter(({ config }) => config["tags"] === "restore-test");

    test("boots the newest backup WITHOUT a NIC beside the VM, asks its agent and leaves nothing", async () => {
        const before = await lab.state();
        const record = join(lab.workspace.root, "beside");
        writeFileSync(record, "");
        let run: CliResult | undefined;
        const writes = await lab.node.recorded(record, async () => (run = await tried("--json")));
        // 5001 has no backup.
        expect([run!.output, run!.exitCode]).toEqual([run!.output, 2]);
        const report: unknown = JSON.parse(run!.stdout);
        expect(new Ajv2020().compile(schema)(report)).toBe(true);
        expect(report).toMatchObject({
            removed: [],
            tests: [
                { vm: "api-vm01", result: "none" },
                { vm: "db-vm01", vmid: 5002, result: "agent", ageDays: 0 },
            ],
        });
        const starts = writes.filter(({ path }) => /\/status\/start$/.test(path));
        const booted = starts.map(({ path, before: moment }) => {
            const vmid = Number(/qemu\/(\d+)/.exec(path)![1]);
            const { vms } = moment.node as { vms: { vmid: number; config: Record<string, string> }[] };
            return vms.find((vm) => vm.vmid === vmid)!;
        });
        expect(
            booted.map(({ vmid, config }) => [vmid, Object.keys(config).filter((key) => key.startsWith("net"))]),
        ).toEqual([[expect.not.stringMatching(/^5/) as unknown, []]]);
        expect(booted[0]!.config["scsi0"]).toMatch(/^local-lvm:vm-/);
        expect(writes.filter(({ path }) => /\/qemu\/5\d\d\d(\/|$)/.test(path))).toEqual([]);
        expect(await lab.state()).toEqual(before);
    });

    test("one whose agent does not answer fails it, and goes away, too; an old one is told by its age", async () => {
        const before = await lab.state();
        await lab.node.set({ agents_answer: false });
        const { exitCode, output } = await tried("grooveiq/db-vm01", "--timeout", "1");
        await lab.node.set({ agents_answer: true });
        const agents = "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces";
        await lab.node.fail({ method: "GET", path: agents, status: 403, message: "Permission check failed" });
        const unasked = await tried("grooveiq/db-vm01");
        await lab.node.clearFaults();
        expect([unasked.exitCode, unasked.output]).toEqual([
            0,
            expect.stringMatching(/boots; the token may not ask its guest agent/),
        ]);
        expect([exitCode, output]).toEqual([
            1,
            expect.stringMatching(/FAILED: its guest agent did not answer within 1 s/),
        ]);
        expect(await lab.state()).toEqual(before);

        const whole = (await lab.node.whole()) as Whole;
        Object.values(whole.storages["local"]!.volumes!).forEach((one) => (one.ctime = (one.ctime ?? 0) - 10 * 86_400));
        await lab.node.restore(whole);
        const old = await tried("grooveiq/db-vm01", "--max-age", "7");
        expect([old.exitCode, old.output]).toEqual([2, expect.stringMatching(/5002 +10 d .*its guest agent answers/)]);
        expect((await tried("grooveiq/db-vm01", "--max-age", "11")).exitCode).toBe(0);
    });

    test("what a KILLED one left is taken away by the next, and nobody else's", async () => {
        await lab.node.set({ agents_answer: false });
        await lab.node.forgetRequests();
        const killed = tried("grooveiq/db-vm01");
        let ended = false;
        void killed.finally(() => (ended = true));
        const asked = async () => (await lab.node.requests()).some(({ path }) => path.includes("/agent/"));
        while (!ended && !(await asked())) {
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
        expect(ended).toBe(false);
        lab.workspace.kill();
        await killed;
        expect(await tests()).toHaveLength(1);
        await lab.node.set({ agents_answer: true });
        const other = { vmid: "140", name: "mine", tags: "restore-test", pool: "grooveiq", description: "mine" };
        await lab.node.byHand("POST", "/nodes/pve2/qemu", other);

        const { exitCode, stdout } = await tried("grooveiq/db-vm01", "--json");
        expect([exitCode, JSON.parse(stdout)]).toMatchObject([
            0,
            { removed: [expect.stringMatching(/^VM \d+ restore-test-\d+$/)], tests: [{ result: "agent" }] },
        ]);
        expect((await tests()).map(({ name }) => name)).toEqual(["mine"]);
        await lab.node.byHand("DELETE", "/nodes/pve2/qemu/140");
    });
});

test("a whole tenant comes back after its TEARDOWN, from its file and its backups", async () => {
    for (const vmid of VMIDS) {
        await backUp(vmid);
    }
    await expectDone(lab.workspace.command("teardown", "dvntm", "grooveiq", "--yes=grooveiq"));
    expect(Object.keys((await lab.state()).vms)).not.toContain("5001");
    await lab.up();
    const clones = await identities(lab.node);
    await lab.node.forgetRequests();
    const output = await expectDone(restore("grooveiq", "--replace", "--yes=grooveiq"));
    expect(output).toMatch(/api-vm01: VM 5001 comes back[^]*db-vm01: VM 5002 comes back/);
    // Each has the identity inside that its backup has, and not that of the fresh clone before it.
    const back = await identities(lab.node);
    expect(back.map((identity, at) => identity === clones[at])).toEqual([false, false]);
    expect(await lab.nakedStarts()).toEqual([]);
    await lab.expectSettled(VMIDS);
    expect((await lab.workspace.command("drift", "dvntm")).output).toMatch(/no drift/);
    // Of backups from before they were made anew nobody knows the template.
    expect(await standings()).toEqual(["unknown", "unknown"]);
});

test("a whole tenant comes back on ANOTHER node that is empty, from its file and its archives alone", async () => {
    const back = await identities(lab.node);
    const site = labSite(loadSubstrate({ root: LAB_DEFINITIONS, substrate: "dvntm" })).node;
    const node = await SimulatedNode.start(undefined, { ...site, node: "pve7" });
    const workspace = await Workspace.create("dvntm", node);
    try {
        rmSync(join(workspace.root, "tenants/dvntm/vintronics.yaml"));
        const text = (of: Workspace, file: string) => readFileSync(join(of.root, file), "utf8");
        const endpoint = /endpoint: .*/;
        const own = endpoint.exec(text(workspace, STACK))![0];
        const stack = text(lab.workspace, STACK).replace(endpoint, own).replace("node: pve2", "node: pve7");
        writeFileSync(join(workspace.root, STACK), stack);
        writeFileSync(join(workspace.root, FILE), text(lab.workspace, FILE));
        const { output } = await workspace.command("role", "dvntm");
        await node.set({ grants: grantsIn(output), agents_answer: true });
        await carryArchives(lab.node, node);

        await expectDone(workspace.pulumi(["up", "--yes", "--skip-preview"]));
        const fresh = await identities(node);
        await node.forgetRequests();
        await expectDone(workspace.command("restore", "dvntm", "grooveiq", "--replace", "--yes=grooveiq"));
        expect([await identities(node), fresh.map((one, at) => one === back[at])]).toEqual([back, [false, false]]);
        await expectDone(workspace.pulumi(["preview", "--expect-no-changes"]));
        expect((await workspace.command("drift", "dvntm")).output).toMatch(/no drift/);
    } finally {
        workspace.remove();
        await node.stop();
    }
});

/** Where both VMs stand. */
async function standings(): Promise<string[]> {
    const { stdout } = await lab.workspace.command("rotate", "dvntm", "--list", "--json");
    return (JSON.parse(stdout) as { standings: { stands: string }[] }).standings.map(({ stands }) => stands);
}

/** Identity that tells each VM's clone from any other: the UUID that its guest sees. */
async function identities(node: SimulatedNode): Promise<(string | undefined)[]> {
    const { vms } = (await node.state()) as { vms: Record<string, { config: Record<string, string> }> };
    return VMIDS.map((vmid) => vms[vmid]?.config["smbios1"]);
}

/** Carries the archives of one node's storage `local` to another's, as a disk that is put into it does. */
async function carryArchives(from: SimulatedNode, to: SimulatedNode): Promise<void> {
    const [before, after] = [(await from.whole()) as Whole, (await to.whole()) as Whole];
    const archives = Object.entries(before.storages["local"]!.volumes!).filter(([, { archive }]) => archive);
    expect(archives.length).toBeGreaterThan(1);
    const volumes = { ...after.storages["local"]!.volumes, ...Object.fromEntries(archives) };
    await to.restore({ ...after, storages: { ...after.storages, local: { ...after.storages["local"], volumes } } });
}
