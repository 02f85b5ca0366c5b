import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { NodeState } from "../../lab/expect";
import { killProcess, processesIn } from "../../lab/processes";
import { SimulatedRouter, type RouterState } from "../../lab/simulatedRouter";
import { journalFile } from "../../lab/stateFile";
import { ROUTER, type StateResource } from "../../state/deployment";
import { recordWrites } from "../routerWrites";
import { AcceptanceLab, CHECKPOINTS, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const UP = ["up", "dvntm", "--yes", "--policy", "off", "--", "--skip-preview"];

const DONE = { exitCode: 0 };

/** A VLAN, walls, a scope and names of each of two tenants. */
const ON_ROUTER = 8;

let router: SimulatedRouter;
let lab: AcceptanceLab;
let before: { readonly node: NodeState; readonly router: RouterState };

beforeAll(async () => {
    router = await SimulatedRouter.start();
    lab = await AcceptanceLab.start(router, CHECKPOINTS);
    for (const [name, variable] of Object.entries({ routerApiKey: "KEY", routerApiSecret: "SECRET" })) {
        const set = `pulumi config set --secret tenant-hypervisors:${name} --stack dvntm`;
        expect(await lab.workspace.shell(`printf %s "$OPNSENSE_API_${variable}" | ${set}`)).toMatchObject(DONE);
    }
    before = { node: await lab.state(), router: await router.state() };
});
afterAll(async () => {
    await lab.stop();
    await router.stop();
});

const journal = () => journalFile(lab.workspace);

/** Resources on the router that the journal has as made. */
function madeOnRouter(): string[] {
    const lines = existsSync(journal()) ? readFileSync(journal(), "utf8").split("\n") : [];
    return lines.filter((line) => line.includes("$pulumi-nodejs:dynamic/router:") && line.includes('"made":'));
}

/** An up of which everything is killed at once when it has made all that is on the router, and goes on with the VMs. */
async function killedUp(): Promise<void> {
    await lab.node.set({ latency: 0.2 });
    let ended = false;
    const running = lab.workspace.command(...(UP as [string, ...string[]])).finally(() => (ended = true));
    while (!ended && madeOnRouter().length < ON_ROUTER) {
        await pause(20);
    }
    if (ended) {
        throw new Error(`up ended before it was killed:\n${(await running).output}`);
    }
    for (let left = processesIn(lab.workspace.root); left.length > 0; left = processesIn(lab.workspace.root)) {
        left.forEach(({ pid }) => killProcess(pid));
        await pause(50);
    }
    expect((await running).exitCode).not.toBe(0);
    await lab.node.set({ latency: 0 });
}

const onRouter = async () => (await lab.deployment()).resources?.filter(({ type }) => type.startsWith(ROUTER)) ?? [];

/** The router's records by their uuids, by the resource's URN. */
const recordsIn = (resources: readonly StateResource[]) =>
    Object.fromEntries(resources.map(({ urn, outputs }) => [urn, outputs!["uuids"]]));

test("what a killed run made on the router is its own, and the next one makes nothing of it again", async () => {
    await killedUp();
    expect(await onRouter()).toEqual([]);
    const { output } = await lab.recover();
    expect(output).toMatch(/grooveiq-network-vlan: the journal of the run that was killed has it as made/);
    expect((await onRouter()).map(({ urn }) => urn)).toHaveLength(ON_ROUTER);
    const known = await onRouter();
    for (const { type, outputs, provider, dependencies } of known) {
        expect(provider).toMatch(/pulumi:providers:pulumi-nodejs::default::[0-9a-f-]{36}$/);
        if (!type.endsWith("RouterVlan")) {
            expect([type, Object.keys(outputs!["uuids"] as object)]).not.toEqual([type, []]);
            expect([type, dependencies]).not.toEqual([type, []]);
        }
    }
    await router.forgetAudit();
    await lab.up();
    expect(await recordWrites(router)).toEqual([]);
    expect(recordsIn(await onRouter())).toEqual(recordsIn(known));
    await lab.succeed("preview", "--expect-no-changes");
    await lab.succeed("destroy", "--yes", "--skip-preview");
    expect([await lab.state(), await router.state()]).toEqual([before.node, before.router]);
});

test("it goes with a destroy right after it, which has the router's key from the configuration", async () => {
    await killedUp();
    const destroy = "env -u OPNSENSE_API_KEY -u OPNSENSE_API_SECRET bin/tenants destroy dvntm --yes=dvntm";
    const { exitCode, output } = await lab.workspace.shell(destroy);
    expect([exitCode, output]).toEqual([0, expect.not.stringContaining("written by a run that was killed")]);
    expect(output).toMatch(/\d+ deleted/);
    expect([await lab.state(), await router.state()]).toEqual([before.node, before.router]);
});

test("control: without its journal nothing of it is in the state", async () => {
    await killedUp();
    rmSync(journal());
    await lab.recover();
    expect(await onRouter()).toEqual([]);
});
