import type { Row } from "../../router/client";
import { reservationFields, subnetFields } from "../../router/dhcp/fields";
import { routerDrift } from "../../router/drift";
import { isAsDeclared, recordOf, valuesOf, type Field } from "../../router/fields";
import type { RouterInventory } from "../../router/inventory";
import { aliasFields as hostAliasFields, hostFields } from "../../router/names/fields";
import { routerRecordsOf } from "../../router/records";
import { ruleFields } from "../../router/rules/fields";
import { vlanFields } from "../../router/vlan/fields";
import type { Finding } from "../../substrate/findings";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const FILE = "tenants/dvntm/grooveiq.yaml";
const root = project({
    "Pulumi.dvntm.yaml":
        `${STACK}  tenant-hypervisors:macPolicy: deterministic\n` +
        `  tenant-hypervisors:coreRouter: {mode: api, endpoint: "https://router.example/"}\n`,
    [FILE]: `${smallTenant("grooveiq", 50)}    aliases: [api]\n`,
    "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
});
const substrate = loadSubstrate({ root, substrate: "dvntm" });

type Records = "vlans" | "subnets" | "reservations" | "hosts" | "hostAliases" | "aliases" | "rules";
type Rows = Record<Records, Record<string, string>[]>;

function rowOf<R>(fields: readonly Field<R>[], record: R, uuid: string): Record<string, string> & Row {
    return { ...valuesOf(fields, record), uuid };
}

/** A router that has what the files declare. */
function rowsAsDeclared(): Rows {
    const rows: Rows = { vlans: [], subnets: [], reservations: [], hosts: [], hostAliases: [], aliases: [], rules: [] };
    for (const tenant of substrate.tenants) {
        const { vlan, dhcp, names, rules } = routerRecordsOf(substrate, tenant);
        const { tag } = vlan;
        rows.vlans.push(rowOf(vlanFields, { ...vlan, device: `vlan0.${tag}` }, `vlan ${tag}`));
        rows.subnets.push(rowOf(subnetFields, dhcp, `subnet ${tag}`));
        dhcp.reservations.forEach((one) => {
            rows.reservations.push(rowOf(reservationFields(`subnet ${tag}`), one, `reservation ${one.address}`));
        });
        names.hosts.forEach((host) => {
            const uuid = `host ${host.address}`;
            rows.hosts.push(rowOf(hostFields, host, uuid));
            host.aliases.forEach((hostname) => {
                rows.hostAliases.push(rowOf(hostAliasFields(uuid), { ...host, hostname }, `alias ${hostname}`));
            });
        });
        rules.rules.forEach((rule) => rows.rules.push(rowOf(ruleFields(`opt${tag}`), rule, `rule ${rule.sequence}`)));
    }
    return rows;
}

function findings(change: (rows: Rows) => void): Finding[] {
    const rows = rowsAsDeclared();
    change(rows);
    const interfaces = substrate.tenants.map(({ segment: { vlan, subnet } }) => ({
        identifier: `opt${vlan}`,
        device: `vlan0.${vlan}`,
        enabled: true,
        address: `${subnet.gateway}/24`,
    }));
    const served = interfaces.map(({ identifier }) => identifier);
    const doors = { groups: [], forwards: [], outbound: [], oneToOne: [], unread: [] };
    return routerDrift(substrate, { interfaces, served, stopped: [], doors, ...rows } as unknown as RouterInventory);
}

test("control: a router that has what is declared has no drift", () => {
    expect(findings(() => {})).toEqual([]);
});

test("a field of a VM's reservation: of which VM, and where that is defined", () => {
    const changed = findings(({ reservations }) => (reservations[0]!["hw_address"] = "02:DE:20:50:00:09"));
    expect(changed).toEqual([
        {
            tenant: "grooveiq",
            place: { kind: "router" },
            subject: { kind: "reservation", id: "10.20.50.10", name: "api-vm01" },
            vmid: 5001,
            field: "MAC",
            declared: "02:de:20:50:00:01",
            found: "02:de:20:50:00:09",
            settle: { by: "up" },
            definedAt: { file: FILE, line: substrate.tenants[0]!.vms[0]!.definedAt.lines[""], key: "name" },
        },
    ]);
});

test("an alias that is gone is of the VM of its host", () => {
    expect(findings((rows) => rows.hostAliases.pop())).toEqual([
        expect.objectContaining({
            subject: { kind: "name", id: "api.grooveiq.dvntm.deevnet.net", name: "api-vm01" },
            vmid: 5001,
            declared: { aliasOf: "api-vm01.grooveiq.dvntm.deevnet.net" },
        }),
    ]);
});

test("a scope is of no VM, and defined with its tenant", () => {
    const [scope, ...others] = findings(({ subnets }) => (subnets[0]!["option_data.routers"] = ""));
    expect(scope).toMatchObject({ subject: { kind: "scope" }, field: "gateway", declared: "10.20.50.1", found: "" });
    expect(scope).toMatchObject({ definedAt: { file: FILE, line: 1, key: "name" } });
    expect([scope, ...others].map((one) => one!.vmid)).toEqual([undefined]);
});

test("a rule that is in no file is one finding for all tenants that it concerns, defined nowhere", () => {
    const ping = { uuid: "ping", interface: "", sequence: "1", action: "pass", protocol: "ICMP", description: "ping" };
    expect(findings(({ rules }) => rules.push(ping))).toEqual([
        {
            place: { kind: "router" },
            subject: { kind: "rule", id: "1", name: "ping", uuid: "ping" },
            found: [
                { tenant: "grooveiq", found: { opens: expect.stringContaining("icmp to ") as string } },
                { tenant: "vintronics", found: { opens: expect.stringContaining("icmp to ") as string } },
            ],
            settle: { by: "menu", menu: "Firewall > Rules" },
        },
    ]);
});

test("a record that bears the mark of a tenant without a file is that tenant's", () => {
    const lost = { uuid: "lost", interface: "lan", sequence: "1", description: "tenant-hypervisors: gone: dns" };
    expect(findings(({ rules }) => rules.push({ ...lost, action: "pass" }))).toEqual([
        expect.objectContaining({
            tenant: "gone",
            subject: { kind: "rule", id: "1", name: lost.description },
            settle: { by: "menu", menu: "Firewall > Rules", remove: true },
        }),
    ]);
    // Control: a description that only begins alike is nobody's.
    expect(findings(({ rules }) => rules.push({ ...lost, description: "tenant-hypervisors: " }))).toEqual([]);
});

describe("a record is read back as it is written", () => {
    const { dhcp, names, rules } = routerRecordsOf(substrate, substrate.tenants[0]!);
    const { reservations, ...subnet } = dhcp;
    const [{ aliases, ...host }] = names.hosts as [(typeof names.hosts)[0]];

    function expectRead<R extends object>(fields: readonly Field<R>[], records: readonly object[]): void {
        for (const record of records as R[]) {
            const row = rowOf(fields, record, "uuid");
            expect(recordOf(fields, row)).toEqual(record);
            expect(isAsDeclared(fields, record, row)).toBe(true);
            // Control: each field counts, and one that is no part of the record is kept as changed by hand.
            for (const { field, read } of fields) {
                const changed = { ...row, [field]: "changed" };
                expect(isAsDeclared(fields, record, changed)).toBe(false);
                expect("byHand" in recordOf(fields, changed)).toBe(read === undefined || field.endsWith("search"));
            }
        }
    }

    test("subnet", () => expectRead(subnetFields, [subnet]));
    test("reservation", () => expectRead(reservationFields("subnet"), reservations));
    test("host override", () => expectRead(hostFields, [host]));
    test("host alias", () => {
        const [hostname] = aliases;
        const { domain, description } = host;
        expectRead(hostAliasFields("host"), [{ hostname, domain, description }]);
    });
    test("rule", () => expectRead(ruleFields("opt8"), rules.rules));
});
