import type { RouterState, SimulatedRouter } from "../../lab/simulatedRouter";
import { broken, inCreation, inDestruction, inUpdate, KEA, refused, twice, UNBOUND } from "./faults";
import {
    destroyAll,
    recordsWithoutUuids,
    startRouter,
    tenantOn,
    upAll,
    useCredentials,
    uuidOf,
    type KindName,
} from "./managed";

jest.setTimeout(60_000);

describe("a fault of the router", () => {
    let router: SimulatedRouter;
    let found: RouterState;
    let whole: RouterState;
    let tenant: ReturnType<typeof tenantOn>;

    beforeAll(async () => {
        router = await startRouter();
        found = await router.state();
        tenant = tenantOn(router, "grooveiq", 50);
        await upAll(tenant);
        whole = await router.state();
        await destroyAll(tenant);
    });
    afterAll(() => router.stop());
    beforeEach(() => {
        tenant = tenantOn(router, "grooveiq", 50);
    });
    // Whatever happened, a destroy leaves the router as it was found: every test shows it.
    afterEach(async () => {
        await router.clearFaults();
        await destroyAll(tenant);
        expect(await router.state()).toEqual(found);
    });

    /** Meets a fault; the router gets little time for an answer only where it gives none. */
    async function meeting(
        fault: Readonly<Record<string, unknown>>,
        operation: () => Promise<unknown>,
    ): Promise<unknown> {
        await router.fail(fault);
        process.env["OPNSENSE_API_TIMEOUT"] = "timeout" in fault ? "2" : "";
        try {
            return await operation();
        } finally {
            process.env["OPNSENSE_API_TIMEOUT"] = "";
        }
    }

    async function expectConverged(): Promise<void> {
        await upAll(tenant);
        const state = await router.state();
        expect(recordsWithoutUuids(state)).toEqual(recordsWithoutUuids(whole));
        expect(state.active).toEqual(state.saved);
        expect(state.running).toEqual({ kea: true, unbound: true });
        expect(await upAll(tenant)).toEqual([false, false, false, false]);
    }

    test.each(inCreation)("in creation: $what is told, and the next up converges", async ({ kind, fault, says }) => {
        await expect(meeting(fault, () => tenant[kind].up())).rejects.toThrow(says);
        await expectConverged();
    });

    test.each(inUpdate)("in an update: $what is told, and the next up converges", async (change) => {
        await upAll(tenant);
        await router.byHand(`${change.path}/${await uuidOf(router, change.section, change.record)}`, change.body);
        await router.fail(change.fault);
        await expect(tenant[change.kind].up()).rejects.toThrow(change.says);
        await expectConverged();
    });

    test.each(inDestruction)("in a destroy: $what is told, and the next one ends it", async ({ kind, fault, says }) => {
        await upAll(tenant);
        await expect(meeting(fault, () => tenant[kind].destroy())).rejects.toThrow(says);
    });

    test.each([
        ["does not run afterwards", "dhcp", { path: KEA, half: true }, /Kea DHCPv4 does not run/],
        ["refuses its reconfigure and runs on", "dhcp", { path: KEA, status: 500, message: "busy" }, /500 busy/],
        ["refuses its reconfigure and runs on", "names", { path: UNBOUND, answer: "{}" }, /answered nothing/],
        ["is no process", "rules", { path: "/firewall/alias/reconfigure", status: 500, message: "busy" }, /500 busy/],
    ] as const)(
        "in a destroy: a service that %s (%s) keeps the resource until it took over",
        async (_, kind, what, says) => {
            await upAll(tenant);
            await router.fail({ ...twice, ...what });
            await expect(tenant[kind].destroy()).rejects.toThrow(says);
            expect(await tenant[kind].refresh()).toEqual(["missing"]);
            const { saved, active } = await router.state();
            expect(active).not.toEqual(saved);
            await tenant[kind].destroy();
            expect(tenant[kind].props).toBeUndefined();
        },
    );

    test("what was deleted and not taken over is made anew where it is wanted again", async () => {
        await upAll(tenant);
        await router.fail({ ...twice, path: KEA, status: 500, message: "busy" });
        await expect(tenant.dhcp.destroy()).rejects.toThrow(/500 busy/);
        await expectConverged();
    });

    test("a failure of one resource leaves the others' writes applied", async () => {
        await router.fail(refused("/kea/dhcpv4/add_reservation"));
        const done = await Promise.allSettled(["dhcp", "names", "rules"].map((kind) => tenant[kind as KindName].up()));
        expect(done.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        await expectConverged();
    });

    test("one reconfigure that goes wrong once is tried again, and nobody has to see to it", async () => {
        await router.fail({ ...broken, path: UNBOUND, half: true });
        await tenant.names.up();
        await expectConverged();
    });

    test("a wrong secret is told without it, and nothing is written", async () => {
        process.env["OPNSENSE_API_SECRET"] = "wrong-secret";
        await router.forgetAudit();
        const failure = tenant.rules.up();
        await expect(failure).rejects.toThrow(
            /401 Authentication Failed: key or secret is wrong; set OPNSENSE_API_KEY and OPNSENSE_API_SECRET/,
        );
        await expect(failure).rejects.not.toThrow(/wrong-secret/);
        expect(await router.audit()).toEqual([]);
        useCredentials(router);
        await expectConverged();
    });

    test("a certificate that nobody vouches for is refused, and told how to mend", async () => {
        delete process.env["SSL_CERT_FILE"];
        await expect(tenant.rules.up()).rejects.toThrow(
            /the certificate of 127\.0\.0\.1 port \d+ was refused \(.*\): let SSL_CERT_FILE name/,
        );
        useCredentials(router);
        await expectConverged();
    });

    test("NODE_TLS_REJECT_UNAUTHORIZED does not switch the check off", async () => {
        delete process.env["SSL_CERT_FILE"];
        process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
        await expect(tenant.rules.up()).rejects.toThrow(/the certificate of/);
        delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
        useCredentials(router);
    });
});
