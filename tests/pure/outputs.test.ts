import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { outputsTable } from "../../report/outputsTable";
import type { StackOutputs } from "../../substrate/outputs";
import schema from "../../schemas/outputs.schema.json";
import { outputFaults } from "../outputsSchema";

const text = readFileSync(resolve(__dirname, "..", "..", "docs", "outputs.md"), "utf8");
const shown = JSON.parse(/^```json\n([^]*?)^```$/m.exec(text)![1]!) as StackOutputs;

test("the keys are those that scripts rely on: whoever changes one says so in CHANGELOG.md", () => {
    const { vm, nic, segment, host } = schema.$defs;
    const keys = [schema, vm, nic, segment, host].map(({ properties }) => Object.keys(properties).sort().join(" "));
    expect(keys).toEqual([
        "hosts made segments vms",
        "address aliases fqdn mac name nics reserved subnet tenant vlan vmid",
        "address interface mac segment subnet vlan",
        "dhcpPool gateway subnet tenant vlan zone",
        "bridge clustered datastore disksGiB hostname memoryMiB nicMbit pve system threads virtualisation",
    ]);
    const optional = [schema, vm, nic, segment, host].flatMap(({ properties, required }) =>
        Object.keys(properties).filter((key) => !required.includes(key)),
    );
    expect(optional).toEqual(["made", "address", "reserved", "nics", "segment"]);
});

test("what docs/outputs.md shows is as the schema says, and what is not is told", () => {
    expect(outputFaults(shown)).toEqual([]);
    const [vm] = shown.vms;
    expect(outputFaults({ ...shown, vms: [{ ...vm, mac: "BC:24:11:68:1A:4F", node: "pve2" }] })).toEqual([
        "/vms/0 must NOT have additional properties",
        expect.stringMatching(/^\/vms\/0\/mac must match pattern/),
    ]);
    expect(outputFaults({ vms: [], segments: [] })).toEqual([" must have required property 'hosts'"]);
});

test("the table has one line for each VM, below its tenant", () => {
    const [vm] = shown.vms;
    const web = { ...vm!, name: "web-vm01", vmid: 5003, fqdn: "web-vm01.grooveiq.dvntm.deevnet.net", aliases: [] };
    const { address: _, ...dynamic } = web;
    expect(outputsTable("dvntm", { ...shown, vms: [vm!, dynamic] })).toBe(
        [
            "dvntm: 1 tenant, 2 VMs",
            "  VM        VMID  VLAN  address      MAC                name (aliases)",
            "grooveiq",
            "  db-vm01   5002  50    10.20.50.11  bc:24:11:68:1a:4f  db-vm01.grooveiq.dvntm.deevnet.net (db)",
            "  web-vm01  5003  50    dhcp         bc:24:11:68:1a:4f  web-vm01.grooveiq.dvntm.deevnet.net",
        ].join("\n"),
    );
    expect(outputsTable("dvntm", { vms: [], segments: [], hosts: {} })).toBe("dvntm: 0 tenants, 0 VMs");
});
