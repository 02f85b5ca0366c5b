import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Database } from "../../lab/backends/database";
import type { NodeState } from "../../lab/expect";
import { LAB_KEY, PASSPHRASE } from "../../lab/keys";
import { ObjectStore } from "../../lab/backends/objectStore";
import type { StateBackend } from "../../lab/backends/stateBackend";
import { databaseMissing } from "../../tools/labSystem";
import { AcceptanceLab, CHECKPOINTS } from "./lab";

jest.setTimeout(900_000);

const UP = ["up", "--yes", "--skip-preview"];
const DESTROY = ["destroy", "--yes", "--skip-preview"];
const OURS = ["5001", "5002"];
const DOCUMENT = readFileSync(resolve(__dirname, "../../docs/state.md"), "utf8");

/** The shell lines below a heading of docs/state.md. */
function linesOf(heading: string): string[] {
    const section = DOCUMENT.split(/^## /m).find((text) => text.startsWith(heading))!;
    return [...section.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, lines]) => lines!);
}

const missing = databaseMissing();
if (missing !== undefined) {
    process.stderr.write(`state.test.ts: PostgreSQL is not run, ${missing}\n`);
}
/** One with its secrets encrypted by a key service, one by a passphrase. */
type Backend = readonly [name: string, start: () => Promise<StateBackend>, key: Readonly<Record<string, string>>];
const POSTGRESQL: Backend = ["PostgreSQL", () => Database.start(), {}];
const S3: Backend = ["S3", () => ObjectStore.start(), PASSPHRASE];
const backends = missing === undefined ? [POSTGRESQL, S3] : [S3];

/** The same program with its state on a server; each test goes on where the one before it ended. */
describe.each(backends)("a state on %s", (_, start, key) => {
    let backend: StateBackend;
    let lab: AcceptanceLab;
    let found: NodeState;
    const folder = () => join(lab.workspace.root, "../state");

    beforeAll(async () => {
        backend = await start();
        lab = await AcceptanceLab.start(undefined, { ...backend.environment, ...key, ...CHECKPOINTS });
        lab.withoutVintronics();
        found = await lab.state();
    });
    afterAll(async () => {
        await lab.stop();
        await backend.stop();
    });

    /** Steps of make: settle, then up. */
    async function makeUp(): Promise<void> {
        await lab.recover();
        await lab.up();
        await lab.expectMade(OURS);
    }

    test("a server that is restarted in the middle: nothing is lost, and the next up converges", async () => {
        await lab.node.forgetRequests();
        await lab.node.set({ latency: 0.05 });
        const running = lab.workspace.pulumi(UP);
        await lab.wrote(8);
        await backend.restart();
        await running;
        await lab.node.set({ latency: 0 });
        await makeUp();
        await lab.succeed("preview", "--expect-no-changes");
    });

    test("while one runs, tenants says who holds the stack, before it starts another", async () => {
        await lab.node.forgetRequests();
        await lab.node.set({ latency: 0.3 });
        const running = lab.workspace.pulumi(DESTROY);
        await lab.wrote(1);
        // So that it lasts, however long the recovery takes to look.
        await lab.node.set({ latency: 5 });
        const { exitCode, output } = await lab.workspace.command("recover", "--quiet", "dvntm");
        expect(exitCode).toBe(1);
        expect(output).toMatch(/^dvntm is held by \S+@\S+ \(pid \d+, \d{4}-\S+\)\. Wait for that run to end/);
        await lab.node.set({ latency: 0 });
        expect((await running).exitCode).toBe(0);
        expect(await lab.state()).toEqual(found);
    });

    test("two ups at once: one of them at most runs, and the other says why it does not", async () => {
        await lab.node.forgetRequests();
        await lab.node.set({ latency: 0.05 });
        const runs = await Promise.all([lab.workspace.pulumi(UP), lab.workspace.pulumi(UP)]);
        await lab.node.set({ latency: 0 });
        const refused = runs.filter(({ exitCode }) => exitCode !== 0);
        expect(refused.length).toBeGreaterThanOrEqual(1);
        refused.forEach(({ output }) => expect(output).toMatch(/the stack is currently locked by 1 lock\(s\)/));
        const clones = (await lab.node.requests()).filter(({ path }) => path.endsWith("/clone"));
        expect(clones).toHaveLength(refused.length === 1 ? OURS.length : 0);
        await makeUp();
        expect(existsSync(folder()) ? readdirSync(folder()) : []).toEqual([]);
    });

    test("a CLI that was killed while it held the lock: tenants releases it, and the next up converges", async () => {
        await lab.killedAfter(5, DESTROY);
        expect((await lab.workspace.pulumi(UP)).output).toMatch(/the stack is currently locked by 1 lock\(s\)/);
        const { output } = await lab.recover();
        expect(output).toMatch(/recover: the lock of process \d+, which is gone since \S+, is released/);
        await lab.up();
        await lab.expectSettled(OURS);
    });

    test("control: where nothing holds the stack, tenants changes nothing of it", async () => {
        const file = join(lab.workspace.root, "Pulumi.dvntm.yaml");
        const before = [(await lab.succeed("stack", "export")).stdout, readFileSync(file, "utf8")];
        expect((await lab.recover()).output).toBe("recover: nothing to recover\n");
        expect([(await lab.succeed("stack", "export")).stdout, readFileSync(file, "utf8")]).toEqual(before);
    });

    test("a server that does not answer is told of, and nothing is touched", async () => {
        const { vms } = await lab.state();
        const nowhere = backend.environment["PULUMI_BACKEND_URL"]!.replace(/127\.0\.0\.1(:|%3A)\d+/, "127.0.0.1$11");
        const { exitCode, output } = await lab.workspace.command("recover", "dvntm");
        expect([exitCode, output]).toEqual([0, "recover: nothing to recover\n"]);
        const away = await lab.workspace.shell("bin/tenants recover dvntm", {
            PULUMI_BACKEND_URL: nowhere,
        });
        expect(away.exitCode).toBe(1);
        expect(away.output).toMatch(/connection refused/);
        expect((await lab.state()).vms).toEqual(vms);
    });

    test("docs/state.md: it moves to a folder and back, and a backup is restored", async () => {
        const here = backend.environment["PULUMI_BACKEND_URL"]!;
        const [move, ...others] = linesOf("Move");
        const [backUp, restore, ...further] = linesOf("Back up and restore");
        const expectDone = () => expect([...others, ...further]).toEqual([]);
        expectDone();
        const run = async (lines: string, variables: Readonly<Record<string, string>>) => {
            const result = await lab.workspace.shell(lines, { STACK: "dvntm", SECRETS: provider, ...variables });
            expect([result.exitCode, result.output]).toEqual([0, result.output]);
        };
        const stackFile = readFileSync(join(lab.workspace.root, "Pulumi.dvntm.yaml"), "utf8");
        const provider = /^secretsprovider: (.*)$/m.exec(stackFile)?.[1] ?? "passphrase";
        expect(provider).toBe(key === PASSPHRASE ? "passphrase" : LAB_KEY);
        await run(move!, { OLD: here, NEW: `file://${folder()}` });
        expect(readdirSync(folder())).toEqual([".pulumi"]);
        expect((await lab.workspace.pulumi(["stack", "export"])).output).toMatch(/no stack named 'dvntm' found/);
        await run(move!, { OLD: `file://${folder()}`, NEW: here });
        expect(readFileSync(join(lab.workspace.root, "Pulumi.dvntm.yaml"), "utf8")).toBe(stackFile);
        await lab.expectSettled(OURS);

        await run(backUp!, {});
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replaceAll("cores: 2", "cores: 3"));
        await lab.up();
        await run(restore!, {});
        await makeUp();
        await lab.succeed("preview", "--expect-no-changes");
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
    });
});
