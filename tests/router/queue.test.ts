import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { RouterClient } from "../../router/client";
import { credentials } from "../../router/credentials";
import { queueOf, WriteQueue } from "../../router/queue";
import { partOf, Run, type KindName } from "../../router/run";
import type { Service } from "../../router/services";
import { startRouter } from "./managed";

jest.setTimeout(60_000);

/**
 * How long nothing may be heard: a moment where that is what a test waits for, and elsewhere longer than anything takes on a
 * loaded machine.
 */
const SETTLE_MS = 20;
const PATIENT_MS = 500;
const NEVER_MS = 60_000;

describe("the queue of writes", () => {
    let router: SimulatedRouter;
    let client: RouterClient;
    let coming: Run;
    let queue: WriteQueue;
    const unforeseen = { part: partOf("rules", "grooveiq"), removes: false };

    beforeAll(async () => {
        router = await startRouter();
        client = new RouterClient(
            router.ready.endpoint,
            credentials(() => undefined),
        );
    });
    afterAll(() => router.stop());
    beforeEach(async () => {
        coming = new Run();
        queue = new WriteQueue(coming, SETTLE_MS);
        await router.clearFaults();
        await router.forgetRequests();
    });

    async function reconfigures(): Promise<string[]> {
        return (await router.requests()).map(({ path }) => path).filter((path) => /reconfigure|apply/.test(path));
    }

    /** A piece of work that takes a moment, with a note of when it began and ended. */
    function work(name: string, log: string[], services: readonly Service[] = []) {
        return queue.run(client, unforeseen, async (writer) => {
            log.push(`${name} begins`);
            await delay(20);
            services.forEach((service) => writer.dirty(service));
            log.push(`${name} ends`);
            return name;
        });
    }

    test("work is done one after another, in the order in which it came", async () => {
        const log: string[] = [];
        expect(await Promise.all([work("a", log), work("b", log), work("c", log)])).toEqual(["a", "b", "c"]);
        expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    });

    test("each service is reconfigured once for all that waits, in the order that they need", async () => {
        const log: string[] = [];
        await Promise.all([
            work("a", log, ["filter", "alias"]),
            work("b", log, ["kea", "filter"]),
            work("c", log, ["vlan", "unbound"]),
        ]);
        expect(await reconfigures()).toEqual([
            "/api/interfaces/vlan_settings/reconfigure",
            "/api/kea/service/reconfigure",
            "/api/unbound/service/reconfigure",
            "/api/firewall/alias/reconfigure",
            "/api/firewall/filter/apply",
        ]);
    });

    test("work that comes while others are done is waited for", async () => {
        const log: string[] = [];
        const first = work("a", log, ["kea"]);
        while (!log.includes("a ends")) {
            await setImmediate();
        }
        // Within the same turn, before any timer: however slow the machine, the first one is still held.
        await Promise.all([first, work("b", log, ["kea"])]);
        expect(await reconfigures()).toEqual(["/api/kea/service/reconfigure"]);
    });

    test("work that changed nothing reconfigures nothing", async () => {
        await work("a", []);
        expect(await reconfigures()).toEqual([]);
    });

    test("nobody hears of it before it is active", async () => {
        const log: string[] = [];
        const heard = work("a", log, ["kea"]).then(async () =>
            log.push(`heard after ${(await reconfigures()).length}`),
        );
        await heard;
        expect(log.at(-1)).toBe("heard after 1");
    });

    test("work that fails lets the others' be applied, and what it wrote itself", async () => {
        const failing = queue.run(client, unforeseen, (writer) => {
            writer.dirty("unbound");
            return Promise.reject(new Error("no"));
        });
        const other = work("b", [], ["kea"]);
        await expect(failing).rejects.toThrow("no");
        expect(await other).toBe("b");
        expect((await reconfigures()).sort()).toEqual([
            "/api/kea/service/reconfigure",
            "/api/unbound/service/reconfigure",
        ]);
    });

    test("a service that fails fails those who wrote for it, and no others", async () => {
        await router.fail({ method: "POST", path: "/kea/service/reconfigure", status: 500, message: "busy" });
        const done = await Promise.allSettled([work("a", [], ["kea"]), work("b", [], ["unbound"]), work("c", [])]);
        expect(done.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
        expect((done[0] as PromiseRejectedResult).reason).toMatchObject({ unapplied: ["kea"] });
    });

    test("the queue goes on after failures", async () => {
        await expect(queue.run(client, unforeseen, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
        expect(await work("a", [])).toBe("a");
    });

    describe("in a run that is known", () => {
        beforeEach(() => {
            queue = new WriteQueue(coming, NEVER_MS);
        });

        const parts = (kinds: Readonly<Record<string, readonly KindName[]>>) =>
            Object.entries(kinds).flatMap(([tenant, own]) => own.map((kind) => partOf(kind, tenant)));

        /** A program announces its resources with the first check. */
        function announce(resources: readonly string[], parallel = 8): void {
            coming.checked(resources[0]!, { resources, parallel });
        }

        /** A resource is written, or deleted, and the services must take it over. */
        function on(kind: KindName, tenant: string, services: readonly Service[], removes = false): Promise<unknown> {
            return queue.run(client, { part: partOf(kind, tenant), removes }, (writer) => {
                services.forEach((service) => writer.dirty(service));
                return Promise.resolve();
            });
        }

        /** Whether a piece of work still waits, once another one, of which nothing more is to come, is through. */
        async function waits(work: Promise<unknown>): Promise<boolean> {
            let through = false;
            void work.then(() => (through = true));
            await on("vlan", "of its own", []);
            await delay(0);
            return !through;
        }

        test("a service waits for all that is declared of its kind, and for nothing else", async () => {
            announce(parts({ a: ["vlan", "names", "rules", "dhcp"], b: ["vlan", "names", "rules", "dhcp"] }));
            const names = on("names", "a", ["unbound"]);
            await on("vlan", "a", []);
            expect(await waits(names)).toBe(true);
            await Promise.all([names, on("names", "b", ["unbound"])]);
            expect(await reconfigures()).toEqual(["/api/unbound/service/reconfigure"]);
            const devices = [on("vlan", "b", ["vlan"])];
            await Promise.all(devices);
            expect(await reconfigures()).toHaveLength(2);
        });

        test("what is unchanged, or fails, is not waited for", async () => {
            queue = new WriteQueue(coming, PATIENT_MS);
            announce(parts({ a: ["rules"], b: ["rules"], c: ["rules"] }));
            const rules = on("rules", "a", ["filter"]);
            coming.unchanged(partOf("rules", "b"));
            expect(await waits(rules)).toBe(true);
            await expect(
                queue.run(client, { part: partOf("rules", "c"), removes: false }, () =>
                    Promise.reject(new Error("no")),
                ),
            ).rejects.toThrow("no");
            await rules;
            expect(await reconfigures()).toEqual(["/api/firewall/filter/apply"]);
        });

        test("nothing more comes after a failure: what waits is made active", async () => {
            queue = new WriteQueue(coming, PATIENT_MS);
            announce(parts({ a: ["rules"], b: ["rules"] }));
            const rules = on("rules", "a", ["filter"]);
            expect(await waits(rules)).toBe(true);
            coming.fail();
            await rules;
        });

        test("what waits is made active where the engine has no room for more", async () => {
            announce(parts({ a: ["dhcp"], b: ["dhcp"], c: ["dhcp"] }), 2);
            await Promise.all([on("dhcp", "a", ["kea"]), on("dhcp", "b", ["kea"])]);
            await on("dhcp", "c", ["kea"]);
            expect(await reconfigures()).toHaveLength(2);
        });

        test("what waits is made active where nothing is heard of the rest", async () => {
            queue = new WriteQueue(coming, SETTLE_MS);
            announce(parts({ a: ["dhcp"], b: ["dhcp"] }));
            await on("dhcp", "a", ["kea"]);
            expect(await reconfigures()).toEqual(["/api/kea/service/reconfigure"]);
        });

        test("what is deleted waits for all that was read and is not declared", async () => {
            parts({ a: ["dhcp"], b: ["dhcp"], c: ["dhcp"] }).forEach((part) => coming.read(part));
            announce(parts({ c: ["dhcp"] }));
            const first = on("dhcp", "a", ["kea"], true);
            expect(await waits(first)).toBe(true);
            await Promise.all([first, on("dhcp", "b", ["kea"], true)]);
            expect(await reconfigures()).toEqual(["/api/kea/service/reconfigure"]);
        });
    });

    test("there is one queue for each router in the process", () => {
        expect(queueOf("https://one")).toBe(queueOf("https://one"));
        expect(queueOf("https://one")).not.toBe(queueOf("https://other"));
    });
});
