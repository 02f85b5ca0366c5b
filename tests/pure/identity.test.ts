import fc from "fast-check";
import { macOf } from "../../substrate/identity";
import { fixedAddressOf, subnetOf, vmidOf } from "../../substrate/plan";
import { loadSubstrate } from "../../substrate/load";
import { PLAN, planOf, project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

const SITES = [10, 20];
const VLANS = Array.from({ length: 10 }, (_, i) => 50 + i);
const INSTANCES = Array.from({ length: 99 }, (_, i) => 1 + i);
const SPACE = SITES.flatMap((site) => VLANS.flatMap((vlan) => INSTANCES.map((instance) => ({ site, vlan, instance }))));

test("the examples of the design", () => {
    expect(subnetOf(PLAN, 50)).toEqual({
        cidr: "10.20.50.0/24",
        gateway: "10.20.50.1",
        poolStart: "10.20.50.100",
        poolEnd: "10.20.50.200",
    });
    expect(vmidOf(PLAN, 50, 1)).toBe(5001);
    expect(macOf(20, 50, 1)).toBe("02:de:20:50:00:01");
    expect(fixedAddressOf(PLAN, 50, 1)).toBe("10.20.50.10");
});

describe("over the whole space of 2 sites x 10 VLANs x 99 instances", () => {
    test("no two MACs are equal", () => {
        const macs = SPACE.map(({ site, vlan, instance }) => macOf(site, vlan, instance));
        expect(new Set(macs).size).toBe(1980);
    });

    test("every MAC is well-formed, locally administered and unicast", () => {
        for (const { site, vlan, instance } of SPACE) {
            const mac = macOf(site, vlan, instance);
            expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
            expect(parseInt(mac.slice(0, 2), 16) & 0b11).toBe(0b10);
        }
    });

    test("no two VMIDs of a site are equal, and each is one that PVE takes", () => {
        const vmids = VLANS.flatMap((vlan) => INSTANCES.map((instance) => vmidOf(PLAN, vlan, instance)));
        expect(new Set(vmids).size).toBe(990);
        expect(vmids.every((vmid) => vmid >= 100 && vmid <= 999_999_999)).toBe(true);
    });

    test("no two fixed addresses are equal, and none is in a DHCP pool", () => {
        const fixed = SPACE.filter(({ instance }) => instance <= 40);
        const addresses = fixed.map(({ site, vlan, instance }) => fixedAddressOf(planOf(site), vlan, instance)!);
        expect(new Set(addresses).size).toBe(fixed.length);
        expect(addresses.every((a) => Number(a.split(".")[3]) >= 10 && Number(a.split(".")[3]) <= 49)).toBe(true);
    });
});

/** A few VMs of one tenant, by instance. */
const vms = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

function load(instances: readonly number[], name = (instance: number) => `vm${instance}`) {
    const stack = STACK.replace("status: active", "status: active\n  tenant-hypervisors:macPolicy: deterministic");
    const list = instances.map(
        (i) => `  - name: ${name(i)}\n    instance: ${i}\n    memory: 512MiB\n    address: fixed\n`,
    );
    const text = `name: grooveiq\nvlan: 50\nvms:\n${list.join("")}`;
    const root = project({ "Pulumi.dvntm.yaml": stack, "tenants/dvntm/grooveiq.yaml": text });
    return loadSubstrate({ root, substrate: "dvntm" }).tenants[0]!.vms;
}

/** All of the VMs but where in the file they stand. */
function identities(loaded: ReturnType<typeof load>) {
    return loaded.map(({ definedAt, ...vm }) => ({ ...vm, file: definedAt.file }));
}

test("identity is deterministic, and independent of the order in the file", () => {
    fc.assert(
        fc.property(vms, (instances) => {
            expect(identities(load([...instances].reverse()))).toEqual(identities(load(instances)));
        }),
        { numRuns: 50 },
    );
});

test("renaming a VM keeps its VMID, MAC and address", () => {
    fc.assert(
        fc.property(vms, (instances) => {
            const identity = (vm: { vmid: number; mac?: string; address?: string }) => [vm.vmid, vm.mac, vm.address];
            const renamed = load(instances, (instance) => `other${instance}`);
            expect(renamed.map(identity)).toEqual(load(instances).map(identity));
        }),
        { numRuns: 50 },
    );
});
