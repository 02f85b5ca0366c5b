import { rmSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import snapshotsSchema from "../../schemas/output/snapshots.schema.json";
import rollbackSchema from "../../schemas/output/rollback.schema.json";
import { AcceptanceLab, NOT_OURS, RUN_TIMEOUT_MS } from "./lab";
import { commandsOf } from "./runbooks/pages";

jest.setTimeout(RUN_TIMEOUT_MS);

const FILE = "tenants/dvntm/grooveiq.yaml";
const OWN = /^tenants-\d{8}T\d{6}$/;
const commands = commandsOf("docs/snapshots.md");

const expectDone = () => expect(commands).toEqual([]);

let lab: AcceptanceLab;

beforeAll(async () => {
    lab = await AcceptanceLab.start();
    rmSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"));
    lab.edit(FILE, (text) =>
        text
            .replaceAll(/^( +)cores: 2$/gm, "$1cores: 2\n$1reboot: when-needed")
            .replace("    aliases: [api]\n", "    aliases: [api]\n    snapshot: before-change\n")
            .replace(/\n*$/, "\nhealth: { agent: true, timeout: 10 }\n"),
    );
    await lab.node.set({ agents_answer: true });
    await lab.grantRole();
    await lab.up();
});
afterAll(() => lab.stop());

/** Names of the snapshots of a VM on the node. */
async function snapshotsOf(vmid: string): Promise<string[]> {
    const { snapshots } = (await lab.state()).vms[vmid] as unknown as { snapshots: Record<string, unknown> };
    return Object.keys(snapshots);
}

const memoryOf = async (vmid: string) => (await lab.state()).vms[vmid]!.config["memory"];
const setMemory = (memory: string) => lab.edit(FILE, (text) => text.replaceAll(/memory: \S+/g, `memory: ${memory}`));

/** Runs the next block of the page. */
function next(begins: string) {
    const { text } = commands.shift()!;
    expect(text).toMatch(new RegExp(`^${begins}`));
    return lab.workspace.shell(`PATH="$PWD/bin:$PATH"; ${text}`);
}

/** The JSON of a command, which fits its schema. */
async function printed(schema: object, ...words: [string, ...string[]]): Promise<Record<string, unknown>> {
    const { stdout } = await lab.workspace.command(...words, "--json");
    const json = JSON.parse(stdout) as Record<string, unknown>;
    expect(new Ajv2020({ strict: false }).validate(schema, json)).toBe(true);
    return json;
}

test("a bare pulumi up takes one before a change that restarts the VM, of that VM alone, and the next preview is empty", async () => {
    lab.edit(FILE, (text) => text.replace("    aliases: [api]\n", "    aliases: [api]\n    description: in front\n"));
    await lab.up();
    expect([await snapshotsOf("5001"), await snapshotsOf("5002")]).toEqual([[], []]);
    setMemory("3GiB");
    const { output } = await lab.up();
    expect(output).toMatch(/grooveiq\/api-vm01: snapshot tenants-\d{8}T\d{6}, before a change of memory\n/);
    expect(await snapshotsOf("5001")).toEqual([expect.stringMatching(OWN)]);
    // The control: restarted as well, and its file asks for none.
    expect(await snapshotsOf("5002")).toEqual([]);
    expect([await memoryOf("5001"), await memoryOf("5002")]).toEqual(["3072", "3072"]);
    await lab.expectSettled(["5001", "5002"]);
});

test("rollback goes back behind the wall, the preview shows the change again, and an up makes it", async () => {
    await lab.node.byHand("POST", "/nodes/pve2/qemu/5001/snapshot", { snapname: "by-hand" });
    const { exitCode, output } = await next("tenants snapshots");
    expect(exitCode).toBe(0);
    expect(output).toMatch(/tenants-\d{8}T\d{6} +a run's +tenant-hypervisors: dvntm, before a change of memory\n/);
    expect(output).toMatch(/by-hand +others'/);
    const { snapshots } = await printed(snapshotsSchema, "snapshots", "dvntm");
    expect(snapshots).toMatchObject([
        { own: true, vmid: 5001 },
        { own: false, name: "by-hand" },
    ]);
    const drift = await lab.workspace.command("drift", "dvntm");
    expect([drift.exitCode, drift.output]).toEqual([0, expect.stringMatching(/grooveiq\/api-vm01: by-hand/)]);
    expect(drift.output).not.toMatch(/tenants-\d/);

    await lab.node.forgetRequests();
    const back = await next("tenants rollback");
    expect([back.output, back.exitCode]).toEqual([
        expect.stringMatching(/its settings too: `tenants preview dvntm`/),
        0,
    ]);
    expect([await memoryOf("5001"), await lab.nakedStarts()]).toEqual(["4096", []]);
    await lab.expectMade(["5001", "5002"]);
    expect((await next("tenants preview")).output).toMatch(/memory[^]*~ 1 to update|1 to update/);
    expectDone();
    const again = await lab.workspace.command("up", "dvntm", "--yes", "--", "--skip-preview");
    expect([again.output, again.exitCode]).toEqual([again.output, 0]);
    expect(await memoryOf("5001")).toBe("3072");
    await lab.expectSettled(["5001", "5002"]);
    const told = await printed(
        rollbackSchema,
        "rollback",
        "dvntm",
        "grooveiq/api-vm01",
        "--to",
        "by-hand",
        "--yes=api-vm01",
    );
    expect(told).toMatchObject({ snapshot: "by-hand", healthy: true });
});

test("where the gate stays closed after a change, the run puts the VM back and ends with 1", async () => {
    setMemory("2GiB");
    await lab.node.set({ agents_answer: false });
    const run = lab.workspace.command("up", "dvntm", "--yes", "--json", "--", "--skip-preview");
    const answersAgain = async () => {
        while (!(await lab.node.requests()).some(({ path }) => /snapshot\/tenants-\w+\/rollback/.test(path))) {
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await lab.node.set({ agents_answer: true });
    };
    await lab.node.forgetRequests();
    const [{ exitCode, stdout, output }] = await Promise.all([run, answersAgain()]);
    expect([exitCode, output]).toEqual([
        1,
        expect.stringMatching(/api-vm01 is not healthy after its change: its guest agent/),
    ]);
    const { rolledBack } = JSON.parse(stdout) as Record<string, unknown>;
    expect(rolledBack).toEqual([
        {
            name: "grooveiq/api-vm01",
            snapshot: expect.stringMatching(OWN) as string,
            why: expect.any(String) as string,
            back: true,
        },
    ]);
    // It is on what it was; the other one, which has no snapshot, has the change.
    expect([await memoryOf("5001"), await memoryOf("5002")]).toEqual(["3072", "2048"]);
    await lab.expectMade(["5001", "5002"]);
});

test("a rebuild, which takes snapshots along, needs a place for its backup, and makes one before", async () => {
    setMemory("3GiB");
    await lab.up();
    const own = (await snapshotsOf("5001")).length;
    lab.edit(FILE, (text) => text.replace("    aliases: [api]\n", "    aliases: [api]\n    rebuild: anew\n"));
    const rebuilt = await lab.workspace.pulumi(["preview"]);
    expect(rebuilt.exitCode).not.toBe(0);
    expect(rebuilt.output).toMatch(
        /rebuild: a new word deletes the VM with its snapshots[^]*hypervisors\.hv02\.backup/,
    );
    lab.edit("Pulumi.dvntm.yaml", (text) => text.replace(/^( +)datastore: .*$/m, "$&\n$1backup: local"));
    await lab.grantRole();
    expect(await snapshotsOf("5001")).toHaveLength(own);
    await lab.up();
    const { storages } = (await lab.state()) as unknown as { storages: Record<string, { volumes: object }> };
    expect(Object.keys(storages["local"]!.volumes)).toEqual([expect.stringMatching(/vzdump-qemu-5001-/)]);
    expect(await snapshotsOf("5001")).toEqual([]);
});

test("teardown names snapshots of others, and leaves nothing", async () => {
    await lab.node.byHand("POST", "/nodes/pve2/qemu/5002/snapshot", { snapname: "by-hand" });
    const { exitCode, output } = await lab.workspace.command("teardown", "dvntm", "grooveiq", "--yes=grooveiq");
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/db-vm01[^\n]*1 snapshot that no run took: by-hand/)]);
    const { vms, storages } = (await lab.state()) as unknown as {
        vms: object;
        storages: Record<string, { volumes: object }>;
    };
    expect(Object.keys(vms).sort()).toEqual([...NOT_OURS]);
    expect(Object.keys(storages["local-lvm"]!.volumes).filter((name) => /-500\d-/.test(name))).toEqual([]);
});
