import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { routerRecordsOf } from "../../router/records";
import type { Substrate } from "../../substrate/substrate";
import { RouterClient } from "../../router/client";
import { routerDrift } from "../../router/drift";
import { morePrivileges, privileges } from "../../router/privileges";
import { readInventory } from "../../router/read";
import { rowsOf } from "../../report/drift";
import { unreadWords } from "../../report/routerWords";
import { writeAsCollection } from "../drift/collection";
import { besides, doors } from "../drift/doorChanges";
import { contentChanges, strictChanges, type RouterChange } from "../drift/routerChanges";
import { removeProjects } from "../fixtures";
import { managed, startRouter, upAll, uuidOf } from "./managed";
import { substrateIn } from "./substrateIn";

jest.setTimeout(60_000);
afterAll(removeProjects);

/** Words of the rows as a look at the router gives them. */
async function driftOf(router: SimulatedRouter, substrate: Substrate) {
    const { endpoint, apiKey, apiSecret } = router.ready;
    const inventory = await readInventory(new RouterClient(endpoint, { key: apiKey, secret: apiSecret }));
    const rows = rowsOf(substrate, routerDrift(substrate, inventory));
    return rows.map(({ tenant, where, what, declared, found, settle }) => ({
        tenant,
        where,
        what,
        declared,
        found,
        settle,
    }));
}

/** Makes a change, gives back the rows, and puts the router back as it was. */
async function changed(router: SimulatedRouter, substrate: Substrate, change: RouterChange) {
    const before = await router.whole();
    const uuid = change.record === undefined ? [] : [await uuidOf(router, change.section, change.record)];
    if (change.first !== undefined) {
        await router.byHand(change.first.path, change.first.body);
        expect(await driftOf(router, substrate)).toEqual([]);
    }
    await router.byHand([change.path, ...uuid].join("/"), change.body);
    const rows = await driftOf(router, substrate);
    await router.restore(before);
    return rows;
}

function expectRow(
    rows: Awaited<ReturnType<typeof driftOf>>,
    { row: [what, declared, found], tenant }: RouterChange,
): void {
    const text = (value: string | RegExp): unknown =>
        typeof value === "string" ? value : expect.stringMatching(value);
    expect(rows).toEqual([
        {
            tenant: tenant ?? "grooveiq",
            where: "router",
            what,
            declared: text(declared),
            found: text(found),
            settle: expect.stringMatching(/^(tenants |by hand, on the router: )/) as unknown,
        },
    ]);
}

describe("where the stack writes the router", () => {
    const substrate = substrateIn("api");
    let router: SimulatedRouter;

    beforeAll(async () => {
        router = await startRouter();
        for (const tenant of substrate.tenants) {
            const records = routerRecordsOf(substrate, tenant);
            await upAll(managed(router, tenant.name, tenant.segment.vlan, records));
        }
    });
    afterAll(() => router.stop());

    test("a router as declared has no drift, and looking writes nothing", async () => {
        await router.forgetAudit();
        const before = await router.state();
        expect(await driftOf(router, substrate)).toEqual([]);
        expect(await router.state()).toEqual(before);
        expect(await router.audit()).toEqual([]);
        // Control: the audit does see a write.
        await router.byHand("unbound/settings/addHostOverride", {
            host: { hostname: "printer", domain: "dvntm.deevnet.net", server: "10.20.10.9" },
        });
        expect(await router.audit()).toHaveLength(1);
        // And what is outside the tenants' ranges is nobody's drift.
        expect(await driftOf(router, substrate)).toEqual([]);
    });

    test.each([...contentChanges, ...doors, ...strictChanges])("$what: one row, and no other", async (change) => {
        expectRow(await changed(router, substrate, change), change);
    });

    test("control: as the router was before, it has none again", async () => {
        expect(await driftOf(router, substrate)).toEqual([]);
    });

    test("what a person has beside the tenants is no drift", async () => {
        const before = await router.whole();
        await router.byHand("firewall/group/addItem", { group: { ifname: "outer", members: "opt1,opt2" } });
        for (const { path, body } of besides) {
            await router.byHand(path, body);
        }
        expect(await driftOf(router, substrate)).toEqual([]);
        await router.restore(before);
    });

    test("doors that the key's user may not see are told once each, with the privilege; the rest is looked at", async () => {
        const before = await router.whole();
        await router.byHand("firewall/group/addItem", { group: { ifname: "inner", members: "opt8" } });
        const rule = { interface: "inner", sequence: "5", protocol: "ICMP", destination_net: "10.20.99.0/24" };
        await router.byHand("firewall/filter/addRule", { rule: { ...rule, description: "by hand" } });
        await router.set({ privileges: privileges() });
        const { endpoint, apiKey, apiSecret } = router.ready;
        const client = new RouterClient(endpoint, { key: apiKey, secret: apiSecret });
        const names = ["rules of interface groups", "port forwards", "outbound NAT", "one-to-one NAT"];
        const { doors: seen } = await readInventory(client);
        expect(seen.unread.map(unreadWords)).toEqual(
            names.map(
                (name, at) =>
                    `router: not looked at: ${name}; give the key's user the privilege "${morePrivileges()[at]}" (docs/core-router.md)`,
            ),
        );
        expect(await driftOf(router, substrate)).toEqual([]);
        // Control: with the privileges nothing is left out, and the rule is found.
        await router.set({ privileges: [...privileges(), ...morePrivileges()] });
        expect((await readInventory(client)).doors.unread).toEqual([]);
        expect(await driftOf(router, substrate)).toHaveLength(1);
        await router.set({ privileges: null });
        await router.restore(before);
    });

    test("a tenant whose file is gone is told by its mark", async () => {
        const alone = { ...substrate, tenants: substrate.tenants.slice(0, 1) };
        const rows = await driftOf(router, alone);
        expect(new Set(rows.map(({ tenant }) => tenant))).toEqual(new Set(["vintronics"]));
        expect(rows.map(({ what }) => what)).toEqual([
            "DHCP scope 10.20.51.0/24",
            "reservation 10.20.51.10",
            "name api-vm01.vintronics.dvntm.deevnet.net",
            ...Array.from(
                { length: 24 },
                () => expect.stringMatching(/^rule tenant-hypervisors: vintronics: /) as string,
            ),
        ]);
    });

    test("a service that was stopped, and an interface that was taken away", async () => {
        const { interfaces } = await router.state();
        const opt8 = interfaces["opt8"] as { device: string; addr4: string };
        await router.unassign("opt8");
        expect(await driftOf(router, substrate)).toEqual([
            expect.objectContaining({ what: "VLAN 50: interface of vlan0.50", found: "not assigned" }),
        ]);
        await router.assign("opt8", opt8.device, "10.20.50.2/24");
        const [first, ...others] = await driftOf(router, substrate);
        expect(first).toMatchObject({ declared: "10.20.50.1/24", found: "10.20.50.2/24" });
        expect(others).toEqual([]);
        await router.assign("opt8", opt8.device, opt8.addr4);
    });
});

describe("where the site's collection writes the router", () => {
    const substrate = substrateIn("export");
    let router: SimulatedRouter;

    beforeAll(async () => {
        router = await startRouter();
        await writeAsCollection(router, substrate);
    });
    afterAll(() => router.stop());

    test("its records in its own words are no drift, and looking writes nothing", async () => {
        await router.forgetAudit();
        expect(await driftOf(router, substrate)).toEqual([]);
        expect(await router.audit()).toEqual([]);
    });

    test("control: as the stack's own they would be", async () => {
        const rows = await driftOf(router, substrateIn("api"));
        expect(rows.filter(({ what }) => what.endsWith(": description"))).not.toEqual([]);
    });

    const RENAMED: Readonly<Record<string, string>> = { "api-vm01": "api-vm01.grooveiq", api: "api.grooveiq" };
    const asCollection = [...contentChanges, ...doors].map((change): RouterChange => {
        const { hostname, ...record } = change.record ?? {};
        const body = JSON.stringify(change.body ?? {}).replace(/"hostname":"(other|www)"/, '"hostname":"$1.grooveiq"');
        return {
            ...change,
            body: JSON.parse(body) as Record<string, unknown>,
            ...(change.record && {
                record:
                    hostname === undefined ? record : { ...record, hostname: RENAMED[hostname]!, ...inSite(record) },
            }),
        };
    });

    test.each(asCollection)("$what: one row, and no other", async (change) => {
        expectRow(await changed(router, substrate, change), change);
    });

    test("control: as the router was before, it has none again", async () => {
        expect(await driftOf(router, substrate)).toEqual([]);
    });

    test("a wall that is missing, and one that lets through less than was declared", async () => {
        const rules = Object.entries((await router.state()).saved["rule"]!);
        const uuid = (description: string) => rules.find(([, rule]) => rule["description"] === description)![0];
        const told = async () =>
            (await driftOf(router, substrate)).map(({ what, declared, found }) => [what, declared, found]);
        await router.byHand(`firewall/filter/delRule/${uuid("ansible: grooveiq 4")}`);
        expect(await told()).toEqual([
            ["wall (iot_backend tcp 8883: sensors)", "open: tcp 8883 to iot_backend", "closed"],
        ]);
        await router.byHand(`firewall/filter/setRule/${uuid("ansible: grooveiq 5")}`, {
            rule: { destination_not: "0" },
        });
        expect(await told()).toEqual([
            [
                "rule 5005 (ansible: grooveiq 5)",
                "none",
                "opens any to gateway (10.20.50.1), router (in part), vintronics, trusted, storage, iot, iot_vendor, " +
                    "iot_backend, guest, management, elsewhere (in part)",
            ],
            ["wall (internet)", "open: any to internet", "closed"],
        ]);
    });
});

/** Names of tenants stand in the site's zone there. */
function inSite(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return "domain" in record ? { domain: "dvntm.deevnet.net" } : {};
}
