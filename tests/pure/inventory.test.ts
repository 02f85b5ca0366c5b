import { inventoryOf } from "../../router/export/inventory";
import { withIdentities } from "../../state/identities";
import { NOTHING_RECORDED } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK, USER_KEY } from "../fixtures";

afterAll(removeProjects);

const KEYS = new Map([
    ["grooveiq", "tenant_1"],
    ["tin-shop", "tin_shop"],
]);

function hosts(stack = STACK, address = "fixed") {
    const root = project({
        "Pulumi.dvntm.yaml": stack,
        "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}    address: ${address}\n    aliases: [mqtt, api]\n`,
        "tenants/dvntm/tin-shop.yaml": smallTenant("tin-shop", 51),
    });
    return inventoryOf(loadSubstrate({ root, substrate: "dvntm" }), KEYS);
}

/** Variables of the first host's NIC. */
function nic(stack: string, address: string) {
    const { env, infrastructure } = hosts(stack, address)[0]!.vars as Record<string, { interfaces: { ens18: object } }>;
    return { ...env!.interfaces.ens18, ...infrastructure!.interfaces.ens18 };
}

const DETERMINISTIC = `${STACK}  tenant-hypervisors:macPolicy: deterministic\n`;
const api = "  tenant-hypervisors:coreRouter: {mode: api, endpoint: https://core-rt02.dvntm.deevnet.net/}\n";
const none = "  tenant-hypervisors:coreRouter: {mode: none}\n";

test("two tenants' VMs of one name are two hosts, each with the name that it has in DNS", () => {
    const all = hosts();
    expect(all.map(({ id, group }) => [id, group])).toEqual([
        ["api-vm01.grooveiq", "tenant_grooveiq"],
        ["api-vm01.tin-shop", "tenant_tin_shop"],
    ]);
    // The lab's rule: deevnet_fqdn is identifier, substrate and root.
    expect(all.map(({ id }) => `${id}.dvntm.deevnet.net`)).toEqual(all.map(({ vars }) => vars["ansible_host"]));
});

test("a host of a fixed address, in full", () => {
    expect(hosts(DETERMINISTIC)[0]!.vars).toEqual({
        ansible_host: "api-vm01.grooveiq.dvntm.deevnet.net",
        infrastructure: { form: "vm", interfaces: { ens18: { mac: "02:de:20:50:00:01" } } },
        env: {
            interfaces: {
                ens18: {
                    ip: "10.20.50.10",
                    segment: "tenant_1",
                    gateway: "10.20.50.1",
                    prefix: 24,
                    dns_search: ["grooveiq.dvntm.deevnet.net"],
                    dns: { host_a_record: true, dhcp_reservation: true, cnames: ["api.grooveiq", "mqtt.grooveiq"] },
                },
            },
        },
    });
});

test.each([
    ["fixed, MAC unknown", STACK, "fixed", { ip: "10.20.50.10", mac: "UNKNOWN" }, true],
    ["DHCP, MAC unknown", STACK, "dhcp", { ip: "dhcp", mac: "UNKNOWN" }, false],
    ["DHCP, MAC known: reserved", DETERMINISTIC, "dhcp", { ip: "10.20.50.10", mac: "02:de:20:50:00:01" }, true],
    ["mode api: the stack writes the records", DETERMINISTIC + api, "fixed", { ip: "10.20.50.10" }, false],
    ["mode none: a flat network", DETERMINISTIC + none, "dhcp", { ip: "dhcp", mac: "02:de:20:50:00:01" }, false],
])("%s", (_, stack, address, expected, records) => {
    expect(nic(stack, address)).toMatchObject({ ...expected, dns: { host_a_record: records } });
});

test("a VM by DHCP whose MAC the state has: its address is reserved, and its name and account are known", () => {
    const root = project({
        "Pulumi.dvntm.yaml": STACK,
        "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}user: {name: ops, keys: [${USER_KEY}]}\n`,
    });
    const recorded = { ...NOTHING_RECORDED, macs: new Map([[5001, "bc:24:11:00:50:01"]]) };
    const substrate = withIdentities(loadSubstrate({ root, substrate: "dvntm" }), recorded, { isMade: () => false });
    const [host] = inventoryOf(substrate, KEYS);
    expect(host!.vars).toMatchObject({
        ansible_host: "api-vm01.grooveiq.dvntm.deevnet.net",
        ansible_user: "ops",
        infrastructure: { interfaces: { ens18: { mac: "bc:24:11:00:50:01" } } },
        env: { interfaces: { ens18: { ip: "10.20.50.200", dns: { host_a_record: true, dhcp_reservation: true } } } },
    });
});

test("a flat network has no segment and no gateway of the tenant's", () => {
    expect(nic(DETERMINISTIC + none, "dhcp")).not.toHaveProperty("segment");
    expect(nic(DETERMINISTIC, "dhcp")).toHaveProperty("segment", "tenant_1");
});
