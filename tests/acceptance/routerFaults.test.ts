import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SimulatedRouter, type RouterState } from "../../lab/simulatedRouter";
import { recordsWithoutUuids } from "../router/managed";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";
import { pattern, TENANT, VLAN, type Cause, type Together } from "./routerCauses";
import { inCreation, inRemoval, inRepair } from "./routerFaults";

jest.setTimeout(RUN_TIMEOUT_MS);

/** Runs that fail wait less for what does not come any more, and for an answer. */
const HURRY = { ROUTER_SETTLE_MS: "300", OPNSENSE_API_TIMEOUT: "2" };
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
        expect(await settle(false)).toEqual(without);
    });
    afterAll(async () => {
        await lab.stop();
        await router.stop();
    });
    beforeEach(() => router.forgetAudit());
    // Whatever went wrong, nothing but the tenant's own records was touched.
    afterEach(async () => {
        const writes = (await router.audit()).filter(
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

    function titled(cases: readonly Together[]): [string, readonly Cause[]][] {
        return cases.map((together) => {
            const causes = together.filter((cause) => cause !== undefined);
            return [causes.map(({ what }) => what).join("; "), causes];
        });
    }

    /** The next up leaves the router as an up without a fault does. */
    async function expectWhole(): Promise<void> {
        expect(told(await router.state())).not.toEqual(told(whole));
        const state = await settle(true);
        expect(told(state)).toEqual(told(whole));
        expect(state.interfaces).toEqual(whole.interfaces);
    }

    /** What counts on the router: its records, whether they are what it runs with, and what runs. */
    function told(state: RouterState): unknown {
        const { saved, active, running } = state;
        return { records: recordsWithoutUuids(state), running, takenOver: isDeepStrictEqual(active, saved) };
    }

    describe("that meets all of a run", () => {
        /** The resources of the state. */
        function recorded(): unknown {
            const file = join(lab.workspace.root, "../state/.pulumi/stacks/tenant-hypervisors/dvntm.json");
            const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as { checkpoint: { latest: object } };
            const { resources } = checkpoint.latest as { resources: { urn: string; outputs?: unknown }[] };
            return resources.map(({ urn, outputs }) => [urn, outputs]);
        }

        const search = (path: string, fault: object) => ({ method: "POST", path, ...fault });

        test.each<[string, { fault?: object; env?: Record<string, string>; privileges?: string[] }, string]>([
            [
                "a wrong secret",
                { env: { OPNSENSE_API_SECRET: "quite-a-wrong-secret" } },
                "401 Authentication Failed: key or secret is wrong; set OPNSENSE_API_KEY and OPNSENSE_API_SECRET",
            ],
            [
                "no key",
                { env: { OPNSENSE_API_KEY: "", OPNSENSE_API_SECRET: "" } },
                "OPNSENSE_API_KEY and OPNSENSE_API_SECRET are not set: set the key that System > Access > Users on the router made",
            ],
            [
                "a certificate of an authority that nobody named",
                { env: { SSL_CERT_FILE: "node" } },
                "the certificate of 127.0.0.1 port … was refused (…): let SSL_CERT_FILE name the certificate of the authority",
            ],
            [
                "a privilege that the key's user lacks",
                { privileges: ["Status: Interfaces", "Services: DHCP: Kea(v4)", "Services: Unbound"] },
                'POST firewall/filter/searchRule: 403 Forbidden: the key\'s user lacks the privilege "Firewall: Rules [new]": select it',
            ],
            [
                "a router that does not answer",
                { fault: search("/kea/dhcpv4/search_subnet", { timeout: true }) },
                "POST kea/dhcpv4/search_subnet: no answer from 127.0.0.1 port … within 2 s; is the router up?",
            ],
            [
                "a router whose connections break",
                { fault: search(".*", { reset: true }) },
                "the connection to 127.0.0.1 port … broke (…); run it again.",
            ],
            [
                "an older router",
                { fault: search("/firewall/filter/.*", { status: 404, message: "Endpoint not found" }) },
                "404 Endpoint not found: the router does not have it; OPNsense 26.7 or newer is needed",
            ],
            [
                "a login page in place of an answer",
                { fault: search(".*", { answer: "<!DOCTYPE html>" }) },
                'the answer is no JSON: "<!DOCTYPE html>": does the endpoint lead to OPNsense itself?',
            ],
            [
                "a list that is cut short",
                { fault: search("/unbound/settings/searchHostOverride", { answer: '{"rows":[],"total":4}' }) },
                "POST unbound/settings/searchHostOverride: 0 of 4 records came back; taken for incomplete, so nothing was changed",
            ],
            [
                "interfaces that are not listed",
                { fault: { method: "GET", path: "/interfaces/overview/export", answer: "[]" } },
                "GET interfaces/overview/export: the answer lists no interface; taken for incomplete, so nothing was changed",
            ],
        ])(
            "%s is told, and changes nothing on the router nor in the state",
            async (_, { fault, env, privileges }, says) => {
                await startFrom(false);
                declare(true);
                const before = recorded();
                lab.workspace.addSecret("quite-a-wrong-secret");
                await router.set({ privileges: privileges ?? null });
                const cause = {
                    what: "",
                    at: "rules" as const,
                    says,
                    ...(fault && { fault: fault as Record<string, unknown> }),
                };
                const authority = env?.["SSL_CERT_FILE"] === "node" ? { SSL_CERT_FILE: lab.node.ready.caFile } : {};
                expect(await failing([cause], { ...env, ...authority })).toMatch(pattern(says));
                await router.set({ privileges: null });
                expect(await router.state()).toEqual(without);
                expect(recorded()).toEqual(before);
                there = false;
            },
        );

        test("the next up makes the tenant", () => expectWhole());

        test("an endpoint where nobody listens is told, and the next up goes on with the right one", async () => {
            const key = "tenant-hypervisors:coreRouter.endpoint";
            await lab.succeed("config", "set", "--path", key, "https://127.0.0.1:1");
            expect(await failing([])).toMatch(
                /127\.0\.0\.1 port 1 cannot be reached \(ECONNREFUSED\): check coreRouter's endpoint, and the network/,
            );
            const { saved, active } = await router.state();
            await lab.succeed("config", "set", "--path", key, router.ready.endpoint);
            await settle(true);
            expect(await router.state()).toEqual({ ...whole, saved, active });
        });
    });

    describe("in a repair", () => {
        test.each(titled(inRepair))("%s", async (_, causes) => {
            await startFrom(true);
            const output = await failing(causes);
            causes.forEach((cause) => expectTold(output, cause));
            await expectWhole();
        });
    });

    // What is made by one test is what the next one takes away.
    describe.each(inCreation.map((causes, index) => ({ causes, removal: inRemoval.slice(index, index + 1) })))(
        "while the tenant comes and goes",
        ({ causes: creation, removal }) => {
            test.each(titled([creation]))("made: %s", async (_, causes) => {
                await startFrom(false);
                declare(true);
                const output = await failing(causes);
                causes.forEach((cause) => expectTold(output, cause));
                await expectWhole();
            });

            for (const [what, causes] of titled(removal)) {
                test(`taken away: ${what}`, async () => {
                    await startFrom(true);
                    declare(false);
                    const output = await failing(causes);
                    causes.forEach((cause) => expectTold(output, cause));
                    expect(await router.state()).not.toEqual(without);
                    expect(await settle(false)).toEqual(without);
                });
            }
        },
    );

    test("no run said a secret, or put one into the state", () => lab.workspace.expectNoSecrets());
});
