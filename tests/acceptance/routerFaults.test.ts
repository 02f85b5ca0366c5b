import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SimulatedRouter, type RouterState } from "../../lab/simulatedRouter";
import { deploymentOf } from "../../lab/stateFile";
import { recordsWithoutUuids } from "../router/managed";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";
import { pattern, type Cause } from "../routerCauses";
import { inCreation, inRemoval, inRepair, TENANT, VLAN, type Together } from "./routerFaults";
import { MARK } from "../../router/mark";
import { recordWrites } from "../routerWrites";

jest.setTimeout(RUN_TIMEOUT_MS);

/** Runs that fail wait less for what does not come any more; an answer may take long on a loaded machine. */
const HURRY = { ROUTER_SETTLE_MS: "300", ROUTER_STATUS_MS: "50", OPNSENSE_API_TIMEOUT: "15" };
const UP = ["up", "--yes", "--skip-preview"];

/** A line of a trace, as in `    at Object.run (/a/b.js:1:2)`. */
const TRACE = /^\s+at .*:\d+(:\d+)?\)?$/m;

/** Faults of the router in runs of the whole program, at a small tenant that comes and goes beside one that stays. */
describe("a fault of the router", () => {
    let router: SimulatedRouter;
    let lab: AcceptanceLab;
    /** The router with the small tenant, and without it. */
    let whole: RouterState;
    let without: RouterState;
    /** Whether the last run left the tenant whole; undefined where it left neither. */
    let there: boolean | undefined;

    beforeAll(async () => {
        router = await SimulatedRouter.start();
        lab = await AcceptanceLab.start(router);
        await lab.succeed("config", "set", "macPolicy", "deterministic");
        rmSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"));
        without = await settle(false);
        whole = await settle(true);
    });
    afterAll(async () => {
        await lab.stop();
        await router.stop();
    });
    beforeEach(() => router.forgetAudit());
    // Whatever went wrong, nothing but the tenant's own records was touched.
    afterEach(async () => {
        const writes = (await recordWrites(router)).filter(
            ({ user, section }) => user === "deevnet" && section !== "kea_general",
        );
        const foreign = writes.filter(({ before, after }) => !marked(before) && !marked(after));
        expect(foreign).toEqual([]);
    });

    function marked(record: Readonly<Record<string, string>> | null): boolean {
        return record?.["description"]?.startsWith(`tenant-hypervisors: ${TENANT}: `) === true;
    }

    /** Declares the tenant, or not. */
    function declare(present: boolean): void {
        const file = join(lab.workspace.root, `tenants/dvntm/${TENANT}.yaml`);
        const vms = "vms:\n  - {name: api-vm01, instance: 1, memory: 1GiB, aliases: [api]}\n";
        rmSync(file, { force: true });
        if (present) {
            writeFileSync(file, `name: ${TENANT}\nvlan: ${VLAN}\n${vms}`);
        }
    }

    /** Brings the tenant up, or takes it away, without a fault. */
    async function settle(present: boolean): Promise<RouterState> {
        declare(present);
        await lab.up();
        there = present;
        return router.state();
    }

    async function startFrom(present: boolean): Promise<void> {
        if (there !== present) {
            await settle(present);
        }
        there = undefined;
    }

    /** Runs an up that fails, and gives back what it said; whatever a person did before is undone after it. */
    async function failing(causes: readonly Cause[], env: Readonly<Record<string, string>> = {}): Promise<string> {
        const undo = [];
        for (const { fault, byHand } of causes) {
            if (byHand !== undefined) {
                undo.push(await byHand(router));
            }
            if (fault !== undefined) {
                await router.fail(fault);
            }
        }
        // Where one resource fails, the other one must be tried as well.
        const both = causes.length > 1 ? ["--continue-on-error"] : [];
        const { exitCode, output } = await lab.workspace.pulumi([...UP, ...both], { ...HURRY, ...env });
        for (const undone of undo) {
            await undone();
        }
        await router.clearFaults();
        expect(exitCode).not.toBe(0);
        // With that, Pulumi's own runtime traces what it calls an exception of the program, under the stack.
        const ours =
            both.length === 0 ? output : output.replace(/^ {2}pulumi:pulumi:Stack \([^]*?(?=^ {2}\S+ \(|^\S)/m, "");
        expect(ours).not.toMatch(TRACE);
        return output;
    }

    function expectTold(output: string, { at, says }: Cause): void {
        const told = new RegExp(
            `\\(${TENANT}-network-${at}\\):\\n(?:.*\\n)*?\\s*(?:error: )?.*${pattern(says).source}`,
        );
        expect(output).toMatch(told);
    }

    function titled(causes: Together): string {
        return causes.map(({ what }) => what).join("; ");
    }

    /** The next up leaves the router as an up without a fault does. */
    async function expectWhole(): Promise<void> {
        expect(told(await router.state())).not.toEqual(told(whole));
        const state = await settle(true);
        expect(told(state)).toEqual(told(whole));
        expect(state.interfaces).toEqual(whole.interfaces);
    }

    /** State of the router that counts: its records, whether they are what it runs with, and what runs. */
    function told(state: RouterState): unknown {
        const { saved, active, running } = state;
        return { records: recordsWithoutUuids(state), running, takenOver: isDeepStrictEqual(active, saved) };
    }

    /** Without its VLAN a tenant has no VM that would have no network, and on the router nothing that needs it. */
    async function expectNothingWithoutVlan(): Promise<void> {
        const { saved } = await router.state();
        // The mark of a run that did not end stays, and tells the next one.
        const aliases = Object.values(saved["alias"]!).filter(({ name }) => name !== MARK);
        expect(aliases).toEqual(Object.values(without.saved["alias"]!));
        ["subnet4", "reservation", "rule"].forEach((section) => expect(saved[section]).toEqual(without.saved[section]));
        expect(Object.keys((await lab.state()).vms)).not.toContain(`${VLAN}01`);
    }

    function takenAway(causes: Together): void {
        test(`taken away: ${titled(causes)}`, async () => {
            await startFrom(true);
            declare(false);
            const output = await failing(causes);
            causes.forEach((cause) => expectTold(output, cause));
            expect(await router.state()).not.toEqual(without);
            expect(await settle(false)).toEqual(without);
        });
    }

    function made(causes: Together): void {
        test(`made: ${titled(causes)}`, async () => {
            await startFrom(false);
            declare(true);
            const output = await failing(causes);
            causes.forEach((cause) => expectTold(output, cause));
            if (causes.some(({ at }) => at === "vlan")) {
                await expectNothingWithoutVlan();
            }
            await expectWhole();
        });
    }

    function repaired(causes: Together): void {
        test(`repaired: ${titled(causes)}`, async () => {
            await startFrom(true);
            const output = await failing(causes);
            causes.forEach((cause) => expectTold(output, cause));
            await expectWhole();
        });
    }

    // In an order in which what one test leaves is what the next one starts from: the last creation alone has an up of its own.
    const [firstRemoval, ...removals] = inRemoval;
    takenAway(firstRemoval!);

    describe("that meets all of a run", () => {
        /** The resources of the state. */
        function recorded(): unknown {
            const resources = deploymentOf(lab.workspace).resources!;
            return resources.map(({ urn, outputs }) => [urn, outputs]);
        }

        const search = (path: string, fault: object) => ({ method: "POST", path, ...fault });

        test.each<[string, { fault?: object; env?: Record<string, string> }, string]>([
            [
                "a wrong secret",
                { env: { OPNSENSE_API_SECRET: "quite-a-wrong-secret" } },
                "401 Authentication Failed: key or secret is wrong; set OPNSENSE_API_KEY and OPNSENSE_API_SECRET",
            ],
            [
                "a certificate of an authority that nobody named",
                { env: { SSL_CERT_FILE: "node" } },
                "the certificate of 127.0.0.1 port … was refused (…): let SSL_CERT_FILE name the certificate of the authority",
            ],
            [
                "a list that is cut short",
                { fault: search("/unbound/settings/searchHostOverride", { answer: '{"rows":[],"total":4}' }) },
                "POST unbound/settings/searchHostOverride: 0 of 4 records came back; taken for incomplete, so nothing was changed",
            ],
        ])("%s is told, and changes nothing on the router nor in the state", async (_, { fault, env }, says) => {
            await startFrom(false);
            declare(true);
            const before = recorded();
            lab.workspace.addSecret("quite-a-wrong-secret");
            const cause = {
                what: "",
                at: "rules" as const,
                says,
                ...(fault && { fault: fault as Record<string, unknown> }),
            };
            const authority = env?.["SSL_CERT_FILE"] === "node" ? { SSL_CERT_FILE: lab.node.ready.caFile } : {};
            expect(await failing([cause], { ...env, ...authority })).toMatch(pattern(says));
            expect(await router.state()).toEqual(without);
            expect(recorded()).toEqual(before);
            there = false;
        });
    });

    inCreation.forEach((creation, index) => {
        made(creation);
        inRepair.slice(index, index + 1).forEach(repaired);
        removals.slice(index, index + 1).forEach(takenAway);
    });

    test("no run said a secret, or put one into the state", () => lab.workspace.expectNoSecrets());
});
