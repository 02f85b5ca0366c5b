import { dump } from "js-yaml";
import type { AllowanceDefinition } from "../../definitions/definitions";
import { parseYaml } from "../../definitions/yaml";
import { routerVars } from "../../router/export/routerVars";
import { definitionOf, nameOf, substrateOf } from "./paths";
import { fail, GIVEN, key, merge, messageOf } from "./routerVars";

const ours = (text: string) => `tenant-hypervisors: ${text}`;

describe("the merge", () => {
    const { variables, unclaimed } = merge(GIVEN);

    test("keeps all that was given, as Ansible understands it", () => {
        expect(variables).toMatchObject({
            deevnet_vlans: {
                management: { vlan_id: 99, dhcp_enabled: false },
                trusted: { note: "the users'" },
                blackhole: { vlan_id: 999 },
            },
            opnsense_api_url: "https://core-rt02.dvntm.deevnet.net/api",
            switch_defaults: { spanning_tree: true, mode: 420, like: { vlan_id: 99 } },
        });
        const given = parseYaml("vars.yml", GIVEN, "ansible").value as { firewall_zone_policies: unknown[] };
        expect(variables.firewall_zone_policies.slice(0, 3)).toEqual(given.firewall_zone_policies);
        expect(unclaimed).toEqual([]);
    });

    test("takes a zone over that the lab set aside, under its key, with what else it had", () => {
        expect(variables.deevnet_vlans["tenant_1"]).toEqual({
            vlan_id: 50,
            subnet: "10.20.50.0/24",
            gateway: "10.20.50.1",
            dhcp_range_start: "10.20.50.100",
            dhcp_range_end: "10.20.50.200",
            dhcp_enabled: true,
            wifi_ssid: "LAB",
        });
        expect(variables.deevnet_vlans[key(50)]).toBeUndefined();
    });

    test("adds a zone of its own name where none was set aside", () => {
        expect(variables.deevnet_vlans[key(53)]).toMatchObject({ vlan_id: 53, subnet: "10.20.53.0/24" });
        expect(variables.firewall_internet_zones).toEqual(["trusted", "tenant_1", key(53)]);
        expect(variables).toMatchObject({ opnsense_vlan_parent: "re0", dns_domain: "dvntm.deevnet.net" });
    });

    test("adds the tenants' policies, by name, and none that is there already", () => {
        const pass = { action: "pass" };
        const declared = (what: string) => ours(`${nameOf(50)}: ${what}`);
        expect(variables.firewall_zone_policies.slice(3)).toEqual([
            { ...pass, from_zone: "management", to_zone: "tenant_1", name: declared("from management") },
            { ...pass, from_zone: "trusted", to_zone: "tenant_1", name: declared("from trusted") },
            ...["5432", "8000-8010"].map((port) => ({
                ...pass,
                from_zone: "tenant_1",
                to_zone: key(53),
                name: declared(`${nameOf(53)} tcp ${port}: database`),
                protocol: "TCP",
                destination_port: port,
            })),
            { ...pass, from_zone: "tenant_1", to_zone: "iot_backend", name: declared("iot_backend any: sensors") },
            {
                ...pass,
                from_zone: "tenant_1",
                to_zone: "management",
                name: declared("10.20.99.95/32 tcp 80: artifact server"),
                protocol: "TCP",
                destination_net: "10.20.99.95/32",
                destination_port: "80",
            },
            { ...pass, from_zone: "management", to_zone: key(53), name: ours(`${nameOf(53)}: from management`) },
            { ...pass, from_zone: "trusted", to_zone: key(53), name: ours(`${nameOf(53)}: from trusted`) },
            { ...pass, from_zone: key(53), to_zone: "platform", name: ours(`${nameOf(53)}: platform`) },
        ]);
    });

    test("given again, comes back the same; without an allowance, its policy goes", () => {
        const again = dump(variables, { noRefs: true });
        expect(merge(again).variables).toEqual(variables);
        const without = merge(again, []).variables.firewall_zone_policies;
        expect(variables.firewall_zone_policies.length - without.length).toBe(4);
        expect(JSON.stringify(without)).not.toContain("database");
    });

    test("a tenant that is gone leaves its zone, and somebody is told", () => {
        const again = merge(dump(variables, { noRefs: true }), [], []);
        expect(again.unclaimed).toEqual([key(53)]);
        expect(again.variables.deevnet_vlans[key(53)]).toBeDefined();
    });
});

test("without a file: the site's own table, dvnt without trusted to management", () => {
    const zones = (name: string) => {
        const substrate = { ...substrateOf([definitionOf(50)]), name, zone: `${name}.deevnet.net` };
        return routerVars(substrate, { given: [], faultOf: () => fail("no fault") }).variables;
    };
    expect(Object.entries(zones("dvntm").deevnet_vlans).map(([zone, { vlan_id }]) => [zone, vlan_id])).toEqual([
        ["trusted", 10],
        ["storage", 20],
        ["platform", 25],
        ["iot", 30],
        ["iot_vendor", 31],
        ["iot_backend", 35],
        ["guest", 40],
        ["management", 99],
        ["tenant_1", 50],
        ["tenant_2", 51],
        ["tenant_3", 52],
        ["blackhole", 999],
    ]);
    const lab = { from_zone: "trusted", to_zone: "management", action: "pass" };
    expect(zones("dvntm").firewall_zone_policies).toContainEqual(lab);
    expect(zones("dvnt").firewall_zone_policies).not.toContainEqual(lab);
    expect(zones("dvnt").deevnet_vlans["guest"]).toMatchObject({ wifi_ssid: "DVNT-GUEST" });
});

describe("what is refused, with its line", () => {
    const zone = (text: string) => GIVEN.replace("  blackhole:", `  ${text}\n  blackhole:`);
    const policy = (text: string) => GIVEN.replace("firewall_internet", `  - ${text}\nfirewall_internet`);
    const claim = `tenant ${nameOf(53)} has VLAN 53 (10.20.53.0/24)`;

    test.each([
        [
            "a VLAN that another zone has",
            zone("lab: {vlan_id: 53}"),
            `vars.yml:8 deevnet_vlans.lab.vlan_id: 53 is taken by the zone lab, and ${claim}. ` +
                `Give the tenant another VLAN, or this zone the key ${key(53)}`,
        ],
        [
            "the tenant's key on another VLAN",
            zone(`${key(53)}: {vlan_id: 54}`),
            `vars.yml:8 deevnet_vlans.${key(53)}.vlan_id: 54 is not the tenant's VLAN: ${claim}. Correct one of the two`,
        ],
        [
            "another subnet on the tenant's VLAN",
            zone("tenant_4: {vlan_id: 53, subnet: 10.30.53.0/24}"),
            `vars.yml:8 deevnet_vlans.tenant_4.subnet: 10.30.53.0/24 is not the tenant's subnet: ${claim}. Correct this one`,
        ],
        [
            "a subnet over the tenant's",
            zone("lab: {vlan_id: 60, subnet: 10.20.52.0/23}"),
            `vars.yml:8 deevnet_vlans.lab.subnet: 10.20.52.0/23 overlaps a tenant's segment: ${claim}. Correct this one`,
        ],
        [
            "one VLAN in two zones",
            zone("lab: {vlan_id: 25}"),
            "vars.yml:8 deevnet_vlans.lab.vlan_id: VLAN 25 is the zone platform's already; one zone has it",
        ],
        [
            "a policy that opens what no tenant's file does",
            policy("{from_zone: tenant_1, to_zone: management}"),
            `vars.yml:13 firewall_zone_policies[3]: opens tenant_1 to management, which the file of tenant ${nameOf(50)} ` +
                "does not say. Declare it there with allow, and take it out here",
        ],
        [
            "another site's file",
            `${GIVEN}dns_domain: dvnt.deevnet.net\n`,
            "vars.yml:16 dns_domain: dvnt.deevnet.net is not dvntm.deevnet.net, which dvntm has; is this another site's file?",
        ],
        [
            "another parent of the VLANs",
            `${GIVEN}opnsense_vlan_parent: igb0\n`,
            "vars.yml:16 opnsense_vlan_parent: igb0 is not re0, which dvntm has; correct it or coreRouter.vlanParent",
        ],
        [
            "a zone that the matrix needs",
            GIVEN.replace(/ {2}platform:.*\n/, ""),
            "vars.yml:2 deevnet_vlans: the zone platform is missing, which the tenants' policies name",
        ],
        [
            "a list that Ansible would replace with less",
            GIVEN.replace(/firewall_internet.*\n/, ""),
            "vars.yml: firewall_internet_zones is missing. Give the file that sets it as a further --input: an empty one would have " +
                "the site's collection delete what it made of the site's own",
        ],
        [
            "a vaulted value",
            `${GIVEN}key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n`,
            "vars.yml:16: not valid YAML: unknown scalar tag !<!vault>; leave vaulted values in a file of their own",
        ],
    ])("%s", (_, given, message) => {
        expect(messageOf(() => merge(given))).toBe(message);
    });

    test("an allowance that is in no zone, at its place in the tenant's file", () => {
        const allow: AllowanceDefinition[] = [{ to: "192.168.7.0/24", protocol: "any", why: "the old network" }];
        expect(() => merge(GIVEN, allow)).toThrow(
            `tenants/dvntm/${nameOf(50)}.yaml:7 allow[0].to: 192.168.7.0/24 is in no zone of deevnet_vlans, and the site's ` +
                "collection knows rules between zones alone. Name a network of one zone, or let coreRouter.mode: api write the rule",
        );
        const old = zone("old: {vlan_id: 60, subnet: 192.168.0.0/16}");
        expect(merge(old, allow).variables.firewall_zone_policies).toContainEqual(
            expect.objectContaining({ to_zone: "old", destination_net: "192.168.7.0/24" }),
        );
    });

    test.each(["api", "none"] as const)("mode %s", (mode) => {
        const substrate = { ...substrateOf([definitionOf(50)]), coreRouter: { mode, vlanParent: "re0" } };
        expect(() => routerVars(substrate, { given: [], faultOf: () => fail("no fault") })).toThrow(
            new RegExp(
                `^Pulumi\\.dvntm\\.yaml coreRouter\\.mode: ${mode}, where .*; the router's variables are for mode export$`,
            ),
        );
    });

    test("control: the file without any of these is taken", () => {
        expect(messageOf(() => merge(GIVEN))).toBe("none");
    });
});
