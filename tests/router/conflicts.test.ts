import type { RouterState, SimulatedRouter } from "../../lab/simulatedRouter";
import {
    destroyAll,
    KINDS,
    Moment,
    startRouter,
    tenantOn,
    upAll,
    uuidOf,
    type KindName,
    type Resources,
} from "./managed";
import { recordWrites } from "../routerWrites";

jest.setTimeout(60_000);

/** A record of somebody else that stands where one of grooveiq's would. */
interface Holder {
    readonly what: string;
    readonly kind: KindName;
    readonly add: string;
    readonly remove: string;
    readonly body: (router: SimulatedRouter) => Promise<Record<string, unknown>>;
    /** Names in the error for the thing that is held and for the holder's kind. */
    readonly held: string;
    readonly holder: string;
}

const ZONE = "grooveiq.dvntm.deevnet.net";
const IOT = { subnet: "10.20.30.0/24" };
const SUBNET = { add: "kea/dhcpv4/add_subnet", remove: "kea/dhcpv4/del_subnet", kind: "dhcp" } as const;
const RESERVATION = { add: "kea/dhcpv4/add_reservation", remove: "kea/dhcpv4/del_reservation", kind: "dhcp" } as const;
const HOST = {
    add: "unbound/settings/addHostOverride",
    remove: "unbound/settings/delHostOverride",
    kind: "names",
} as const;
const ALIAS = { add: "unbound/settings/addHostAlias", remove: "unbound/settings/delHostAlias", kind: "names" } as const;

/** Everybody's records but this tenant's: no mark, another tool's, another tenant's, one whose name begins alike. */
const OWNERS = [
    "",
    "Ansible managed - api-vm01",
    "Deevnet API - api",
    "tenant-hypervisors: vintronics api-vm01",
    "tenant-hypervisors: grooveiq2 api",
    "tenant-hypervisors:grooveiq api",
    " tenant-hypervisors: grooveiq api",
];

const holders = (description: string): readonly Holder[] => [
    {
        ...SUBNET,
        what: "the subnet",
        body: () => Promise.resolve({ subnet4: { subnet: "10.20.50.0/24", description } }),
        held: "subnet 10.20.50.0/24",
        holder: "Kea subnet",
    },
    {
        ...RESERVATION,
        what: "a MAC",
        body: async (router) => ({
            reservation: {
                subnet: await uuidOf(router, "subnet4", IOT),
                hw_address: "02:DE:20:50:00:01",
                ip_address: "10.20.30.12",
                description,
            },
        }),
        held: "MAC 02:de:20:50:00:01",
        holder: "reservation",
    },
    {
        ...HOST,
        what: "a name",
        body: () =>
            Promise.resolve({ host: { hostname: "API-vm01", domain: ZONE, server: "10.20.30.12", description } }),
        held: `name api-vm01.${ZONE}`,
        holder: "host override",
    },
    {
        ...ALIAS,
        what: "a name by an alias",
        body: async (router) => ({
            alias: {
                host: await uuidOf(router, "host", { hostname: "hv02" }),
                hostname: "mqtt",
                domain: ZONE,
                description,
            },
        }),
        held: `name mqtt.${ZONE}`,
        holder: "host alias",
    },
];

describe("what somebody else holds", () => {
    let router: SimulatedRouter;
    let found: RouterState;
    let tenant: Resources;

    beforeAll(async () => {
        router = await startRouter();
        found = await router.state();
    });
    afterAll(() => router.stop());
    beforeEach(() => {
        tenant = tenantOn(router, "grooveiq", 50);
    });

    const cases = holders("").flatMap((_, index) => OWNERS.map((owner) => ({ ...holders(owner)[index]!, owner })));
    test.each(cases)("$what, held by $owner, is a conflict that names the holder", async ({ owner, ...holder }) => {
        const { uuid } = await router.byHand(holder.add, await holder.body(router));
        const before = (await router.state()).saved;
        await expect(tenant[holder.kind].up()).rejects.toThrow(
            `${holder.held} is held by ${holder.holder} ${JSON.stringify(owner)} (${String(uuid)}), which is not this tenant's`,
        );
        expect((await router.state()).saved).toEqual(before);
        // Nothing is kept of it: once the holder is gone, an up is a first one.
        expect(tenant[holder.kind].props).toBeUndefined();
        await router.byHand(`${holder.remove}/${String(uuid)}`);
        expect((await router.state()).saved).toEqual(found.saved);
    });

    test("control: what nobody else holds is made", async () => {
        await upAll(tenant);
        for (const kind of KINDS) {
            expect(await tenant[kind].refresh()).toEqual([]);
        }
        await destroyAll(tenant);
        expect(await router.state()).toEqual(found);
    });
});

describe("what somebody else holds of a tenant that is there", () => {
    let router: SimulatedRouter;
    let found: RouterState;
    let made: Moment;
    let tenant: Resources;

    beforeAll(async () => {
        router = await startRouter();
        found = await router.state();
        tenant = tenantOn(router, "grooveiq", 50);
        await upAll(tenant);
        made = await Moment.of(router, tenant);
    });
    afterAll(() => router.stop());
    beforeEach(async () => {
        tenant = await made.restore(router);
    });
    afterEach(async () => {
        await destroyAll(tenant);
        expect(await router.state()).toEqual(found);
    });

    test("an address that another reservation has is a conflict", async () => {
        const subnet = await uuidOf(router, "subnet4", { subnet: "10.20.50.0/24" });
        const foreign = { subnet, hw_address: "02:de:20:50:00:99", ip_address: "10.20.50.12", description: "by hand" };
        const { uuid } = await router.byHand("kea/dhcpv4/add_reservation", { reservation: foreign });
        const { reservations } = tenant.dhcp.inputs as { reservations: object[] };
        const added = {
            mac: "02:de:20:50:00:03",
            address: "10.20.50.12",
            hostname: "web-vm01",
            description: "tenant-hypervisors: grooveiq web-vm01",
        };
        tenant.dhcp.inputs = { ...tenant.dhcp.inputs, reservations: [...reservations, added] };
        await expect(tenant.dhcp.up()).rejects.toThrow(/address 10\.20\.50\.12 is held by reservation "by hand"/);
        await router.byHand(`kea/dhcpv4/del_reservation/${String(uuid)}`);
        await tenant.dhcp.up();
    });

    test("a record of ours whose description was made somebody else's is read as gone, and left alone", async () => {
        const reservation = await uuidOf(router, "reservation", { ip_address: "10.20.50.10" });
        await router.byHand(`kea/dhcpv4/set_reservation/${reservation}`, { reservation: { description: "mine now" } });
        expect(await tenant.dhcp.refresh()).toEqual(["reservations"]);
        await expect(tenant.dhcp.up()).rejects.toThrow(/MAC 02:de:20:50:00:01 is held by reservation "mine now"/);
        await expect(tenant.dhcp.destroy()).rejects.toThrow(
            /subnet 10\.20\.50\.0\/24 cannot be deleted: it is held by reservation "mine now"/,
        );
        await router.byHand(`kea/dhcpv4/del_reservation/${reservation}`);
    });

    test("somebody else's alias of our host keeps the host from being deleted, since it would go with it", async () => {
        const host = await uuidOf(router, "host", { server: "10.20.50.10" });
        const { uuid } = await router.byHand("unbound/settings/addHostAlias", {
            alias: { host, hostname: "broker", domain: "dvntm.deevnet.net", description: "by hand" },
        });
        await expect(tenant.names.destroy()).rejects.toThrow(
            /host override api-vm01\..* cannot be deleted: it is held by host alias "by hand"/,
        );
        expect((await router.state()).saved["host_alias"]![String(uuid)]).toBeDefined();
        await router.byHand(`unbound/settings/delHostAlias/${String(uuid)}`);
    });

    test("an empty list of hosts deletes those that were declared before, and nobody else's", async () => {
        await router.forgetAudit();
        tenant.names.inputs = { ...tenant.names.inputs, hosts: [] };
        await tenant.names.up();
        const deleted = (await recordWrites(router)).map(({ before }) => before!["description"]);
        expect([...new Set(deleted)].sort()).toEqual([
            "tenant-hypervisors: grooveiq api-vm01",
            "tenant-hypervisors: grooveiq db-vm01",
        ]);
    });

    test("an empty list declared from the start deletes nothing, not even the tenant's own", async () => {
        await router.forgetAudit();
        const fresh = tenantOn(router, "grooveiq", 50);
        fresh.names.inputs = { ...fresh.names.inputs, hosts: [] };
        fresh.dhcp.inputs = { ...fresh.dhcp.inputs, reservations: [] };
        await Promise.all([fresh.names.createAnew(), fresh.dhcp.createAnew()]);
        expect(await router.audit()).toEqual([]);
    });

    test("no rules at all is refused before anything is asked", async () => {
        await router.forgetAudit();
        tenant.rules.inputs = { ...tenant.rules.inputs, rules: [] };
        await expect(tenant.rules.up()).rejects.toThrow("rules: there are no rules; nothing was changed");
        expect(await router.audit()).toEqual([]);
    });

    test("a description without the tenant's mark is refused before anything is asked", async () => {
        tenant.names.inputs = {
            ...tenant.names.inputs,
            hosts: [{ hostname: "a", domain: ZONE, address: "10.20.50.10", description: "api", aliases: [] }],
        };
        await expect(tenant.names.up()).rejects.toThrow(
            'description: "api" must begin with "tenant-hypervisors: grooveiq"',
        );
    });
});
