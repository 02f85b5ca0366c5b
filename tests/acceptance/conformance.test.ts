import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Ajv2020 from "ajv/dist/2020";
import { killProcess, processesIn } from "../../lab/processes";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import type { ConformanceReport } from "../../report/conformance";
import schema from "../../schemas/output/conformance.schema.json";
import { AcceptanceLab, CHECKPOINTS, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const ROOT = resolve(__dirname, "../..");
const RECORD = join(ROOT, "proof/conformance/expected.json");

/** Answers of the simulators, written anew with WRITE_CONFORMANCE=1. */
const WRITES = process.env["WRITE_CONFORMANCE"] === "1";

let router: SimulatedRouter;
let lab: AcceptanceLab;

beforeAll(async () => {
    router = await SimulatedRouter.start();
    lab = await AcceptanceLab.start(router, CHECKPOINTS);
});
afterAll(async () => {
    await lab.stop();
    await router.stop();
});

async function machines(): Promise<unknown> {
    return { node: await lab.node.state(), router: await router.state() };
}

/** Ends every process of the workspace at once, as a machine that loses its power does; none of them does anything after it. */
async function loseThePower(): Promise<void> {
    // One that was started meanwhile is killed in the next turn; one that has ended has no command.
    for (let left = processesIn(lab.workspace.root); left.length > 0;) {
        left.forEach(({ pid }) => killProcess(pid));
        await pause(20);
        left = processesIn(lab.workspace.root).filter(({ command }) => command !== "");
    }
}

async function conformance(...args: readonly string[]) {
    return lab.workspace.command("conformance", "dvntm", ...args);
}

test("without a word of a person nothing is touched", async () => {
    await lab.node.forgetRequests();
    const { exitCode, output } = await conformance();
    expect([exitCode, output]).toEqual([64, expect.stringContaining("nothing was touched: --yes says it")]);
    const writes = (await lab.node.requests()).filter(({ method }) => method !== "GET");
    expect(writes).toEqual([]);
    expect(existsSync(join(lab.workspace.root, ".conformance"))).toBe(false);
});

test("Ctrl-C ends it with 130, and takes away what was made", async () => {
    const before = await machines();
    await lab.node.forgetRequests();
    const run = conformance("--yes");
    await lab.wrote(2);
    const itself = processesIn(lab.workspace.root).find(({ command }) => / conformance dvntm /.test(command));
    process.kill(itself!.pid, "SIGINT");
    const { exitCode, output } = await run;
    expect([exitCode, output]).toEqual([130, expect.stringContaining("removing what was made first")]);
    expect(await machines()).toEqual(before);
    expect(existsSync(join(lab.workspace.root, ".conformance/dvntm"))).toBe(false);
});

test("a check that was killed is made up for by the next; the simulators are as the record says, and node and router then as before; WRITE_CONFORMANCE=1 writes it", async () => {
    const before = await machines();
    await lab.node.forgetRequests();
    await lab.node.set({ latency: 0.03 });
    const killed = conformance("--yes");
    // Clone, its settings and its firewall are under way then.
    await lab.wrote(6);
    await loseThePower();
    await killed;
    await lab.node.set({ latency: 0 });
    expect(existsSync(join(lab.workspace.root, ".conformance/dvntm/project/Pulumi.conformance-dvntm.yaml"))).toBe(true);
    expect(await machines()).not.toEqual(before);

    const record = join(lab.workspace.root, "record.json");
    const run = WRITES ? { TENANTS_RECORD_CONFORMANCE: record } : {};
    const { exitCode, output } = await lab.workspace.shell("bin/tenants conformance dvntm --yes --json 2>said", run);
    if (WRITES) {
        writeFileSync(RECORD, readFileSync(record));
        spawnSync(join(ROOT, "node_modules/.bin/prettier"), ["--write", RECORD]);
    }
    const said = readFileSync(join(lab.workspace.root, "said"), "utf8");
    expect([said, output]).toEqual([
        expect.stringMatching(/removing what an earlier check left[^]*torn down/),
        expect.stringContaining("{"),
    ]);
    const report = JSON.parse(output) as ConformanceReport;
    expect(new Ajv2020().compile(schema)(report)).toBe(true);
    expect(WRITES ? [] : report.differences).toEqual([]);
    expect(report.compared).toBe(Object.keys(JSON.parse(readFileSync(RECORD, "utf8")) as object).length);
    expect(exitCode).toBe(WRITES ? 2 : 0);
    expect(report.versions).toMatchObject({
        PVE: expect.stringMatching(/^8\.4\.\d+$/) as string,
        OPNsense: expect.stringMatching(/^26\./) as string,
    });
    expect(await machines()).toEqual(before);
    expect(existsSync(join(lab.workspace.root, ".conformance/dvntm"))).toBe(false);
    expect(await conformance("--clean-up")).toMatchObject({
        ...{ exitCode: 0, output: expect.stringContaining("no check left anything") as string },
    });
});

test("a node that differs is named, and nothing of the site; a router that the stack does not write to is not asked", async () => {
    lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("mode: api", "mode: export"));
    const before = await machines();
    await router.forgetRequests();
    const text = "grooveiq on pve2 at 10.20.50.1 has no cpu nonsense";
    const config = "/nodes/{node}/qemu/{vmid}/config";
    await lab.node.fail({ method: "PUT", path: config, body: "cpu=nonsense", status: 500, message: text });
    const { exitCode, stdout } = await conformance("--yes");
    await lab.node.clearFaults();
    const asked = `PUT ${config} (a CPU that is none)`;
    expect(stdout.split("\n").filter((line) => line.startsWith("| "))).toEqual([
        "| Where | When | Asked | Value | Expected | Here |",
        "| --- | --- | --- | --- | --- | --- |",
        `| node | refusals | ${asked} | status | 400 | 500 |`,
        expect.stringContaining(`| node | refusals | ${asked} | errors.cpu | "invalid format`),
        `| node | refusals | ${asked} | reason | "Parameter verification failed." | "{word} on {node} at {address} has no cpu nonsense" |`,
    ]);
    expect(exitCode).toBe(2);
    expect(stdout).toContain("* not compared: the router, since coreRouter.mode is export\n");
    expect(stdout).not.toMatch(/grooveiq|vintronics|pve2|hv02|vmbr0|local-lvm|deevnet|dvntm|10\.20\.|127\.0\.0\.1/);
    expect(await router.requests()).toEqual([]);
    expect(await machines()).toEqual(before);
});
