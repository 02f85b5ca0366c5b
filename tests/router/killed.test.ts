import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { rowsOf } from "../../report/drift";
import { RouterClient } from "../../router/client";
import { routerDrift } from "../../router/drift";
import { MARK } from "../../router/mark";
import { readInventory } from "../../router/read";
import { routerRecordsOf } from "../../router/records";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";
import { destroyAll, managed, Moment, startRouter, upAll, type Managed, type Resources } from "./managed";

jest.setTimeout(60_000);
afterAll(removeProjects);

const ROOT = join(__dirname, "../..");
const ALLOW = `allow:\n  - {to: iot, protocol: tcp, ports: "99", why: for a moment}\n`;

function substrateWith(more: string) {
    const root = project({
        "Pulumi.dvntm.yaml":
            `${STACK}  tenant-hypervisors:macPolicy: deterministic\n` +
            `  tenant-hypervisors:coreRouter: {mode: api, endpoint: "https://router.example/"}\n`,
        "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}    aliases: [api]\n${more}`,
    });
    return loadSubstrate({ root, substrate: "dvntm" });
}

describe("a run that is killed after it wrote and before a service took it over", () => {
    const [open, shut] = [substrateWith(ALLOW), substrateWith("")];
    let router: SimulatedRouter;
    let tenant: Resources;
    let before: Moment;

    beforeAll(async () => {
        router = await startRouter();
        tenant = managed(router, "grooveiq", 50, routerRecordsOf(open, open.tenants[0]!));
        await upAll(tenant);
        before = await Moment.of(router, tenant);
    });
    afterAll(() => router.stop());
    beforeEach(async () => {
        tenant = await before.restore(router);
        const { rules, names } = managed(router, "grooveiq", 50, routerRecordsOf(shut, shut.tenants[0]!));
        tenant.rules.inputs = rules.inputs;
        tenant.names.inputs = { ...names.inputs, hosts: [] };
        await router.forgetRequests();
        await router.forgetAudit();
    });

    /** Runs a resource's `up` in a process that is killed when it asks for a path, of which no answer comes. */
    async function killedAt(path: string, { kind, inputs, props, identifier: id }: Managed): Promise<void> {
        await router.fail({ method: "POST", path, timeout: true });
        const args = ["--require", "./start/typescript", "tests/router/runToKill.ts"];
        const run = spawn(process.execPath, args, {
            cwd: ROOT,
            env: process.env,
            stdio: ["pipe", "inherit", "inherit"],
        });
        const ended = once(run, "exit");
        run.stdin.end(JSON.stringify({ kind, id, inputs, props }));
        while (!(await router.requests()).some((request) => request.path === `/api${path}`)) {
            expect(run.exitCode).toBeNull();
            await delay(20);
        }
        run.kill("SIGKILL");
        expect((await ended)[1]).toBe("SIGKILL");
        await router.clearFaults();
    }

    async function drift() {
        const { endpoint, apiKey, apiSecret } = router.ready;
        const client = new RouterClient(endpoint, { key: apiKey, secret: apiSecret });
        const wanted = { ...shut, tenants: shut.tenants };
        const rows = rowsOf(wanted, routerDrift(wanted, await readInventory(client)));
        return rows.map(({ tenant: of, what, declared, found, settle }) => [of, what, declared, found, settle]);
    }

    const UNENDED = [
        "",
        "records of a run that did not end, or is still on its way",
        "active",
        "saved, perhaps not active",
        "tenants up dvntm",
    ];

    async function unequal(): Promise<string[]> {
        const { saved, active } = await router.state();
        return Object.keys(saved).filter(
            (section) => JSON.stringify(saved[section]) !== JSON.stringify(active[section]),
        );
    }

    test.each([
        ["a rule that was deleted goes on passing", "rules", "/firewall/filter/apply", "rule"],
        ["a name that was deleted is answered", "names", "/unbound/service/reconfigure", "host"],
    ] as const)("%s: drift says so, and the next up mends it", async (_what, kind, path, section) => {
        await killedAt(path, tenant[kind]);
        expect(await unequal()).toContain(section);
        if (kind === "rules") {
            expect(await drift()).toEqual([UNENDED]);
        }
        // The state is the one of before, as where nothing came back to the engine; nobody else knows of the kill.
        expect(await tenant[kind].up()).toBe(true);
        expect(await unequal()).toEqual([]);
        expect(await tenant[kind].up()).toBe(false);
    });

    test("what another kind wrote is made up for by whichever resource is worked on next", async () => {
        await killedAt("/firewall/filter/apply", tenant.rules);
        await tenant.names.up();
        expect(await unequal()).toEqual([]);
        expect(await tenant.rules.up()).toBe(false);
    });

    test("a teardown makes up for it, too", async () => {
        await killedAt("/firewall/filter/apply", tenant.rules);
        await destroyAll(tenant);
        expect(await unequal()).toEqual([]);
    });

    test("control: a run that ends makes its mark first, takes it away last, and leaves nothing to do", async () => {
        expect(await tenant.rules.up()).toBe(true);
        const writes = await router.audit();
        const marks = writes.map(({ before: was, after }) => (was ?? after)!["name"] === MARK);
        expect(marks).toEqual([true, ...writes.slice(2).map(() => false), true]);
        expect(await unequal()).toEqual([]);
        expect(await drift()).toEqual([]);
        expect(await tenant.rules.up()).toBe(false);
    });

    test("control: where nothing is written, nothing is marked", async () => {
        tenant = await before.restore(router);
        await router.forgetAudit();
        expect(await upAll(tenant)).toEqual([false, false, false, false]);
        expect(await router.audit()).toEqual([]);
    });
});
