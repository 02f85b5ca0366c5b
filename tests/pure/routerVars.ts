import type { AllowanceDefinition } from "../../definitions/definitions";
import { join, resolve } from "node:path";
import { readCollection } from "../../router/export/collection/read";
import { understood } from "../../router/export/collection/understood";
import { routerVars, type GivenSide } from "../../router/export/routerVars";
import { parseYaml } from "../../definitions/yaml";
import { definitionOf, nameOf, substrateOf } from "./paths";

export const key = (vlan: number) => nameOf(vlan).replaceAll("-", "_");

/** Variables of somebody: other keys, YAML 1.1, an alias, comments. */
export const GIVEN = `# ours
deevnet_vlans:
  management: &m {vlan_id: 99, subnet: 10.20.99.0/24, gateway: 10.20.99.1, dhcp_enabled: no}
  trusted: {vlan_id: 10, subnet: 10.20.10.0/24, note: "the users'"}
  platform: {vlan_id: 25, subnet: 10.20.25.0/24}
  iot_backend: {vlan_id: 35, subnet: 10.20.35.0/24}
  tenant_1: {vlan_id: 50, subnet: 10.20.50.0/24, gateway: 10.20.50.1, wifi_ssid: LAB}
  blackhole: {vlan_id: 999}
firewall_zone_policies:
  - {from_zone: trusted, to_zone: platform}
  - {from_zone: tenant_1, to_zone: platform}
  - {from_zone: iot_backend, to_zone: platform, action: block, destination_port: 22}
firewall_internet_zones: [trusted, tenant_1]
opnsense_api_url: https://core-rt02.dvntm.deevnet.net/api
switch_defaults: {spanning_tree: yes, mode: 0644, like: *m}
`;

export const ALLOW: AllowanceDefinition[] = [
    { to: nameOf(53), protocol: "tcp", ports: "5432,8000:8010", why: "database" },
    { to: "iot_backend", protocol: "any", why: "sensors" },
    { to: "10.20.99.95/32", protocol: "tcp", ports: "80", why: "artifact server" },
];

const COLLECTIONS = resolve(__dirname, "..", "collections");

/** A collection of the tests, with other text in place of some of its role's own. */
export function collectionOf(name: "early" | "later", ...edits: readonly (readonly [now: string, then: string])[]) {
    const text = readCollection(join(COLLECTIONS, name), name);
    const files = text.files.map((file) => ({
        ...file,
        text: edits.reduce((before, [now, then]) => before.replace(now, then), file.text),
    }));
    expect(edits.filter(([now]) => !text.files.some((file) => file.text.includes(now)))).toEqual([]);
    return { understood: understood({ ...text, files }, name)!, source: name };
}

export const LATER = collectionOf("later");

export function mergeAll(given: readonly string[], collection: GivenSide["collection"], allow = ALLOW, vlans = [53]) {
    const substrate = substrateOf([definitionOf(50, allow), ...vlans.map((vlan) => definitionOf(vlan))]);
    const sources = given.map((text, n) => parseYaml(n === 0 ? "vars.yml" : `vars-${n}.yml`, text, "ansible"));
    const faultOf = (tenant: string, index: number, message: string) => ({
        file: `tenants/dvntm/${tenant}.yaml`,
        line: index + 7,
        path: `allow[${index}].to`,
        message,
    });
    return routerVars(substrate, { given: sources, collection, faultOf });
}

export function merge(given: string, allow = ALLOW, vlans = [53]) {
    return mergeAll([given], LATER, allow, vlans);
}

export function caught(step: () => unknown): Error {
    try {
        step();
    } catch (error) {
        return error as Error;
    }
    throw new Error("nothing was refused");
}

export function fail(message: string): never {
    throw new Error(message);
}

export function messageOf(step: () => unknown): string {
    try {
        step();
        return "none";
    } catch (error) {
        return (error as Error).message;
    }
}
