import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { isAsKept } from "../../router/asKept";
import { RouterClient } from "../../router/client";
import { mark, unmark } from "../../router/mark";
import { routerRecordsOf } from "../../router/records";
import { ROUTER, type StateResource } from "../../state/deployment";
import { contentChanges, strictChanges } from "../drift/routerChanges";
import { removeProjects } from "../fixtures";
import { KINDS, managed, startRouter, upAll, uuidOf, type KindName, type Resources } from "./managed";
import { substrateIn } from "./substrateIn";

jest.setTimeout(60_000);
afterAll(removeProjects);

/** A tenant's resources as the state has them after a refresh. */
async function keptIn(tenant: Resources): Promise<StateResource[]> {
    await Promise.all(KINDS.map((kind) => tenant[kind].refresh()));
    return KINDS.map((kind) => ({
        urn: `urn:${kind}`,
        type: typeOf(kind),
        inputs: { ...tenant[kind].found },
        outputs: { ...tenant[kind].props, __provider: "code" },
    }));
}

function typeOf(kind: KindName): string {
    return `${ROUTER}Router${kind[0]!.toUpperCase()}${kind.slice(1)}`;
}

describe("a router beside the state", () => {
    const substrate = substrateIn("api");
    let router: SimulatedRouter;
    let client: RouterClient;
    let tenant: Resources;
    let kept: StateResource[];

    beforeAll(async () => {
        router = await startRouter();
        client = new RouterClient(router.ready.endpoint, { key: router.ready.apiKey, secret: router.ready.apiSecret });
        const [grooveiq] = substrate.tenants;
        tenant = managed(router, "grooveiq", 50, routerRecordsOf(substrate, grooveiq!));
        await upAll(tenant);
        kept = await keptIn(tenant);
    });
    afterAll(() => router.stop());

    test("is as the state has it right after an up, and the look writes nothing", async () => {
        await router.forgetAudit();
        expect(await isAsKept(client, kept)).toBe(true);
        expect(await router.audit()).toEqual([]);
    });

    test.each([...contentChanges, ...strictChanges].map((change) => [change.what, change] as const))(
        "differs wherever a refresh of the provider finds a difference: %s",
        async (_, { first, path, body, section, record }) => {
            const before = await router.whole();
            if (first !== undefined) {
                await router.byHand(first.path, first.body);
            }
            const uuid = record === undefined ? [] : [await uuidOf(router, section, record)];
            await router.byHand([path, ...uuid].join("/"), body);
            const asKept = await isAsKept(client, kept);
            const found = JSON.stringify(await keptIn(copyOf(tenant))) !== JSON.stringify(kept);
            await router.restore(before);
            expect(asKept).toBe(!found);
        },
    );

    test("control: the changes are such that a refresh finds", async () => {
        const before = await router.whole();
        const [{ path, section, record, body }] = contentChanges as [(typeof contentChanges)[number]];
        await router.byHand(`${path}/${await uuidOf(router, section, record!)}`, body);
        expect(await isAsKept(client, kept)).toBe(false);
        await router.restore(before);
        expect(await isAsKept(client, kept)).toBe(true);
    });

    test("differs while a run that wrote has not ended, for another router, and with a resource of a kind not known here", async () => {
        await mark(client);
        expect(await isAsKept(client, kept)).toBe(false);
        await unmark(client);
        expect(await isAsKept(client, kept)).toBe(true);
        const elsewhere = kept.map((one) => ({
            ...one,
            outputs: { ...one.outputs, endpoint: "https://other.example" },
        }));
        expect(await isAsKept(client, elsewhere)).toBe(false);
        expect(await isAsKept(client, [{ urn: "u", type: `${ROUTER}RouterGate`, outputs: {} }])).toBe(false);
    });

    test("is asked each thing once, however many tenants there are", async () => {
        const asked = jest.spyOn(RouterClient.prototype, "ask");
        await isAsKept(client, kept);
        const once = asked.mock.calls.length;
        asked.mockClear();
        await isAsKept(client, [...kept, ...kept, ...kept]);
        expect(asked.mock.calls.length).toBe(once);
        asked.mockRestore();
    });
});

function copyOf(tenant: Resources): Resources {
    return Object.fromEntries(KINDS.map((kind) => [kind, tenant[kind].copy()])) as Resources;
}
