import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { pattern, recordOf, refusal, stopped, untaken, type Cause } from "../routerCauses";
import { inCreation, inReading, inRemoval, inRepair, notTakenOver } from "./faults";
import {
    destroyAll,
    KINDS,
    Moment,
    recordsWithoutUuids,
    startRouter,
    tenantOn,
    upAll,
    useCredentials,
    type KindName,
    type Resources,
} from "./managed";
import { whileTimePasses } from "./timePasses";
import { recordWrites } from "../routerWrites";

jest.setTimeout(60_000);

const MARK = /^tenant-hypervisors: grooveiq /;

describe("a fault of the router", () => {
    let router: SimulatedRouter;
    let nothing: Moment;
    let made: Moment;
    let tenant: Resources;

    beforeAll(async () => {
        router = await startRouter();
        const fresh = tenantOn(router, "grooveiq", 50);
        nothing = await Moment.of(router, fresh);
        await upAll(fresh);
        made = await Moment.of(router, fresh);
    });
    afterAll(() => router.stop());
    // Whatever went wrong, nothing but the tenant's own records was touched.
    afterEach(async () => {
        const writes = (await recordWrites(router)).filter(
            ({ user, section }) => user === "deevnet" && section !== "kea_general",
        );
        const marks = writes.flatMap(({ before, after }) => [before, after]).filter((record) => record !== null);
        expect(marks.filter(({ description }) => !MARK.test(description!))).toEqual([]);
    });

    /** Goes back to a moment, and has a cause meet what follows. */
    async function from(moment: Moment, { byHand, fault }: Cause): Promise<void> {
        tenant = await moment.restore(router);
        await byHand?.(router);
        await router.forgetRequests();
        if (fault !== undefined) {
            await router.fail(fault);
        }
    }

    async function expectTold({ fault, says }: Cause, run: () => Promise<unknown>): Promise<void> {
        const told = expect("timeout" in fault! ? whileTimePasses(router, fault["path"] as string, run) : run());
        await told.rejects.toThrow(pattern(says));
    }

    /** Content of the state, whatever uuids the records have. */
    function kept(props: unknown): unknown {
        const { uuids, ...others } = props as { uuids: Record<string, string> };
        return { ...others, records: Object.values(uuids).sort() };
    }

    /** The records of one kind are as at one moment, the others' as at another, and the router runs with all of them. */
    async function expectRouter(kind: KindName, as: Moment, othersAs: Moment): Promise<void> {
        const state = await router.state();
        const others = KINDS.filter((one) => one !== kind);
        expect(recordsWithoutUuids(state, [kind])).toEqual(recordsWithoutUuids(as.state, [kind]));
        expect(recordsWithoutUuids(state, others)).toEqual(recordsWithoutUuids(othersAs.state, others));
        expect(state.active).toEqual(state.saved);
        expect(state.running).toEqual({ kea: true, unbound: true });
    }

    /**
     * The next run makes what one without a fault makes, on the router and in the state, so that a destroy from there on is
     * the same, too; the run after it does nothing.
     */
    async function expectConverged(kind: KindName, othersAs: Moment): Promise<void> {
        expect(await tenant[kind].up()).toBe(true);
        await expectRouter(kind, made, othersAs);
        expect(kept(tenant[kind].props)).toEqual(kept(made.kept(kind)));
        expect(await tenant[kind].up()).toBe(false);
    }

    test("control: without one a tenant comes and goes, and the router is as it was found", async () => {
        tenant = await nothing.restore(router);
        await upAll(tenant);
        KINDS.forEach((kind) => expect(kept(tenant[kind].props)).toEqual(kept(made.kept(kind))));
        expect(await upAll(tenant)).toEqual([false, false, false, false]);
        await destroyAll(tenant);
        expect(await router.state()).toEqual(nothing.state);
    });

    test.each([...inReading, ...inCreation])("in creation: $what is told, and the next up makes it", async (cause) => {
        await from(nothing, cause);
        await expectTold(cause, () => tenant[cause.at].up());
        await expectConverged(cause.at, nothing);
    });

    test.each(inReading)("in a refresh: $what is told, and nothing is changed", async (cause) => {
        await from(made, cause);
        await expectTold(cause, () => tenant[cause.at].refresh());
        expect(tenant[cause.at].props).toEqual(made.kept(cause.at));
        expect(await router.state()).toEqual(made.state);
        expect(await tenant[cause.at].refresh()).toEqual([]);
    });

    test.each(inRepair)("in a repair: $what is told, and the next up repairs it", async (cause) => {
        await from(made, cause);
        await expectTold(cause, () => tenant[cause.at].up());
        await expectConverged(cause.at, made);
    });

    test.each(inRemoval)("in a removal: $what is told, and the next one ends it", async (cause) => {
        await from(made, cause);
        await expectTold(cause, () => tenant[cause.at].destroy());
        expect(tenant[cause.at].props).toBeDefined();
        await tenant[cause.at].destroy();
        await expectRouter(cause.at, nothing, made);
    });

    test.each(notTakenOver)("in a removal: $what is told, and the resource stays until it took over", async (cause) => {
        await from(made, cause);
        await expectTold(cause, () => tenant[cause.at].destroy());
        expect(await tenant[cause.at].refresh()).toEqual(["missing"]);
        const { saved, active } = await router.state();
        expect(active).not.toEqual(saved);
        await tenant[cause.at].destroy();
        expect(tenant[cause.at].props).toBeUndefined();
        await expectRouter(cause.at, nothing, made);
    });

    test("what was deleted and not taken over is made anew where it is wanted again", async () => {
        const cause = untaken("", "dhcp", "kea/service/reconfigure", { status: 500, message: "busy" });
        await from(made, cause);
        await expectTold(cause, () => tenant.dhcp.destroy());
        await expectConverged("dhcp", made);
    });

    test("a failure of one resource leaves the others' writes applied, and the next up makes all of them", async () => {
        const cause = refusal("", "dhcp", "kea/dhcpv4/add_reservation", recordOf("grooveiq api-vm01"));
        await from(nothing, cause);
        const done = await Promise.allSettled(["dhcp", "names", "rules"].map((kind) => tenant[kind as KindName].up()));
        expect(done.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        expect(await upAll(tenant)).toEqual([true, true, false, false]);
        expect(recordsWithoutUuids(await router.state())).toEqual(recordsWithoutUuids(made.state));
        expect(await upAll(tenant)).toEqual([false, false, false, false]);
        await destroyAll(tenant);
        expect(await router.state()).toEqual(nothing.state);
    });

    test("one reconfigure that goes wrong once is tried again, and nobody has to see to it", async () => {
        const cause = stopped("", "names", "half");
        await from(nothing, { ...cause, fault: { ...cause.fault, times: 1 } });
        await tenant.names.up();
        await expectRouter("names", made, nothing);
    });

    test("an endpoint where nobody listens is told, and the next up goes on with the right one", async () => {
        tenant = await made.restore(router);
        const { inputs } = tenant.rules;
        tenant.rules.inputs = { ...inputs, endpoint: "https://127.0.0.1:1" };
        await expect(tenant.rules.up()).rejects.toThrow(
            /127\.0\.0\.1 port 1 cannot be reached \(ECONNREFUSED\): check coreRouter's endpoint, and the network/,
        );
        expect(tenant.rules.props).toEqual(made.kept("rules"));
        tenant.rules.inputs = inputs;
        expect(await tenant.rules.up()).toBe(false);
        expect(await router.state()).toEqual(made.state);
    });

    describe("that meets whatever is asked", () => {
        afterEach(() => {
            delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
            useCredentials(router);
        });

        /** In creation nothing is written and nothing kept; in a refresh the state stays as it is. */
        async function expectRefused(says: RegExp): Promise<void> {
            await nothing.restore(router);
            tenant = tenantOn(router, "grooveiq", 50);
            const failure = tenant.rules.up();
            await expect(failure).rejects.toThrow(says);
            await expect(failure).rejects.not.toThrow(/wrong-secret/);
            expect(tenant.rules.props).toBeUndefined();
            expect(await router.state()).toEqual(nothing.state);
            tenant = await made.restore(router);
            await expect(tenant.rules.refresh()).rejects.toThrow(says);
            expect(tenant.rules.props).toEqual(made.kept("rules"));
        }

        test("a wrong secret is told without it", async () => {
            process.env["OPNSENSE_API_SECRET"] = "wrong-secret";
            await expectRefused(
                /401 Authentication Failed: key or secret is wrong; set OPNSENSE_API_KEY and OPNSENSE_API_SECRET/,
            );
        });

        test("no key is told, and where to get one", async () => {
            process.env["OPNSENSE_API_KEY"] = process.env["OPNSENSE_API_SECRET"] = "";
            await expectRefused(
                /OPNSENSE_API_KEY and OPNSENSE_API_SECRET are not set: set the key that System > Access > Users on the router made/,
            );
        });

        test("a certificate that nobody vouches for is refused, and told how to mend", async () => {
            delete process.env["SSL_CERT_FILE"];
            await expectRefused(
                /the certificate of 127\.0\.0\.1 port \d+ was refused \(.*\): let SSL_CERT_FILE name the certificate of the authority/,
            );
        });

        test("NODE_TLS_REJECT_UNAUTHORIZED does not switch that check off", async () => {
            delete process.env["SSL_CERT_FILE"];
            process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
            await expectRefused(/the certificate of/);
        });

        test("control: with the right ones it is made", async () => {
            tenant = await nothing.restore(router);
            await expectConverged("rules", nothing);
        });
    });
});
