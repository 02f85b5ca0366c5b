import { setTimeout as delay } from "node:timers/promises";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { RouterClient } from "../../router/client";
import { credentials } from "../../router/credentials";
import { queueOf, WriteQueue } from "../../router/queue";
import type { Service } from "../../router/services";
import { startRouter } from "./managed";

jest.setTimeout(60_000);

describe("the queue of writes", () => {
    let router: SimulatedRouter;
    let client: RouterClient;
    let queue: WriteQueue;

    beforeAll(async () => {
        router = await startRouter();
        client = new RouterClient(
            router.ready.endpoint,
            credentials(() => undefined),
        );
    });
    afterAll(() => router.stop());
    beforeEach(async () => {
        queue = new WriteQueue();
        await router.clearFaults();
        await router.forgetRequests();
    });

    async function reconfigures(): Promise<string[]> {
        return (await router.requests()).map(({ path }) => path).filter((path) => /reconfigure|apply/.test(path));
    }

    /** A piece of work that takes a moment, with a note of when it began and ended. */
    function work(name: string, log: string[], services: readonly Service[] = []) {
        return queue.run(client, async (writer) => {
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
        await delay(60);
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
        const failing = queue.run(client, (writer) => {
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
        await expect(queue.run(client, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
        expect(await work("a", [])).toBe("a");
    });

    test("there is one queue for each router in the process", () => {
        expect(queueOf("https://one")).toBe(queueOf("https://one"));
        expect(queueOf("https://one")).not.toBe(queueOf("https://other"));
    });
});
