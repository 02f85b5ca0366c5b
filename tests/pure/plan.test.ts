import fc from "fast-check";
import { loadSubstrate } from "../../substrate/load";
import { labSite } from "../../lab/site";
import { covers, enclosingNetwork, networkOf, overlaps, parseAddress } from "../../substrate/network";
import { slotOf, siteNetworks, vlansText, vmidsText } from "../../substrate/plan";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import { PLAN, planOf, project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

test("without a block the plan is that of the deevnet sites", () => {
    expect(vlansText(PLAN)).toBe("50-59");
    expect(vmidsText(PLAN)).toBe("5001-5999");
    expect(siteNetworks(PLAN)).toEqual(["10.20.0.0/16"]);
    expect(PLAN.segments.map(({ name, vlan, gateway }) => `${name} ${vlan} ${gateway}`)).toEqual([
        "trusted 10 10.20.10.1",
        "storage 20 10.20.20.1",
        "platform 25 10.20.25.1",
        "iot 30 10.20.30.1",
        "iot_vendor 31 10.20.31.1",
        "iot_backend 35 10.20.35.1",
        "guest 40 10.20.40.1",
        "management 99 10.20.99.1",
    ]);
});

test("a site's networks are all that its rule can give, and what stands beside it", () => {
    const lan = { lan: { subnet: "192.168.1.0/24", untagged: true, reaches: ["tenants"] } };
    expect(siteNetworks(planOf(3, { subnet: "172.16.{vlan}.0/24", segments: lan, reach: [] }))).toEqual([
        "172.16.0.0/16",
        "192.168.1.0/24",
    ]);
    const listed = { "50": "192.168.50.0/26", "51": "192.168.50.64/26" };
    expect(siteNetworks(planOf(3, { vlans: "50-51", subnets: listed, segments: {}, reach: [] }))).toEqual([
        "192.168.50.0/26",
        "192.168.50.64/26",
    ]);
});

test("a VMID leads back to VLAN and instance, and no other number does", () => {
    const plan = planOf(1, { vlans: "100-102, 200", vmids: { from: 20_000, step: 10 }, segments: {}, reach: [] });
    expect(slotOf(plan, 21_001)).toEqual({ vlan: 100, instance: 1 });
    expect(slotOf(plan, 22_009)).toEqual({ vlan: 200, instance: 9 });
    expect([21_000, 21_030, 20_999, 22_010, 5001].map((vmid) => slotOf(plan, vmid))).toEqual(Array(5).fill(undefined));
    expect(vmidsText(plan)).toBe("21001-21029, 22001-22009");
});

/** Plans that are right as they stand. */
const RIGHT = [
    {},
    { vlans: "50-53, 60", subnet: "192.168.{vlan}.0/24" },
    { vlans: "50-57", subnet: "172.16.{vlan}.64/26", pool: "40-60", fixed: "2-20", vmids: { from: 20_000, step: 10 } },
    { vlans: "48-61", subnet: "10.{vlan}.16.0/20", fixed: "1000-1050", vmids: { step: 1000 } },
    { vlans: "50-59", subnet: "10.9.{vlan-40}.0/28", pool: "8-12", fixed: "1-6", gateway: 14 },
    { vlans: "50-52", subnets: { "51": "192.168.77.0/26", "52": "192.168.77.64/26" }, pool: "40-60", fixed: "2-20" },
];

const host = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 260 }));
const hosts = fc.tuple(host, host).map(([a, b]) => `${a}-${b}`);
const vlan = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 50, max: 53 }) }, fc.integer({ min: 1, max: 4095 }));
const octet = fc.constantFrom("10", "172", "192", "168", "16", "20", "{site}", "{vlan}", "{vlan-40}", "{vlan+10}");

/** Keys that a plan is changed by, right or wrong. */
const change = fc.record(
    {
        vlans: fc.tuple(vlan, fc.integer({ min: -1, max: 5 })).map(([first, more]) => `${first}-${first + more}`),
        subnet: fc
            .tuple(octet, octet, octet, fc.integer({ min: 20, max: 28 }))
            .map(([a, b, c, prefix]) => `${a}.${b}.${c}.0/${prefix}`),
        subnets: fc.dictionary(vlan.map(String), fc.constantFrom("192.168.77.0/26", "192.168.77.64/26"), {
            maxKeys: 2,
        }),
        pool: hosts,
        fixed: hosts,
        gateway: host.filter((one) => one > 0),
        vmids: fc.record({ from: fc.integer({ min: 0, max: 1000 }), step: fc.integer({ min: 2, max: 200 }) }),
    },
    { requiredKeys: [] },
);
const segments = fc.constantFrom(
    {},
    {},
    {},
    { lan: { subnet: "192.168.1.0/24", reaches: ["tenants"] } },
    { core: { vlan: 99 } },
    // One that a tenant may ask for, too: by its VLAN, by its network.
    { core: { vlan: 52, subnet: "10.250.0.0/24" } },
    { lan: { subnet: "192.168.50.0/28" }, core: { vlan: 99, subnet: "172.16.51.64/26" } },
);
const mode = fc.constantFrom("export", "export", "none");
const block = fc
    .tuple(fc.constantFrom(...RIGHT), fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, change), segments)
    .map(([right, changed, own]) => ({ ...right, ...changed, segments: own, reach: [] }));

const vm = fc.record(
    {
        instance: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.integer({ min: 1, max: 120 })),
        address: fc.oneof(
            { weight: 5, arbitrary: fc.constantFrom("dhcp", "fixed") },
            host.map((last) => `192.168.50.${Math.min(last, 255)}`),
        ),
        aliases: fc.oneof(
            { weight: 9, arbitrary: fc.constant([]) },
            fc.subarray(["vm0", "www", "db"], { minLength: 1 }),
        ),
    },
    { requiredKeys: ["instance"] },
);

const tenants = fc.array(fc.record({ vlan, vms: fc.array(vm, { minLength: 1, maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 3,
});

/** The substrate, or the faults that it is refused with. */
function load(
    network: object,
    routed: string,
    all: readonly { readonly vlan: number; readonly vms: readonly object[] }[],
) {
    const stack = STACK.replace(
        "status: active\n",
        `status: active\n  tenant-hypervisors:macPolicy: deterministic\n  tenant-hypervisors:network: ${JSON.stringify(network)}\n` +
            `  tenant-hypervisors:coreRouter: {mode: ${routed}}\n`,
    );
    const files = all.map(({ vlan: tag, vms }, i): [string, string] => {
        // On a flat network nobody has an address of the definition's.
        const addressed = routed === "none" ? { address: "dhcp" } : {};
        const list = vms.map((one, j) => ({ name: `vm${j}`, memory: "512MiB", disk: "8GiB", ...one, ...addressed }));
        return [`tenants/dvntm/t${i}.yaml`, JSON.stringify({ name: `t${i}`, vlan: tag, vms: list })];
    });
    const root = project({ "Pulumi.dvntm.yaml": stack, ...Object.fromEntries(files) });
    try {
        return loadSubstrate({ root, substrate: "dvntm" });
    } catch (error) {
        // Anything but a list of faults would be a defect of the checks.
        expect((error as Error).name).toBe("DefinitionError");
        return (error as Error).message.split("\n");
    } finally {
        removeProjects();
    }
}

function expectApart(substrate: Substrate): void {
    const { tenants: all, plan, zone, coreRouter } = substrate;
    const vms = all.flatMap((tenant) => tenant.vms);
    const routed = coreRouter.mode !== "none";
    const { router } = labSite(substrate);
    const addresses = [...Object.values(router.tenants), ...router.segments.map(({ address }) => address)];
    const distinct = {
        vlans: [...all.map(({ segment }) => segment.vlan), ...plan.segments.flatMap(({ vlan: own }) => own ?? [])],
        vmids: vms.map(({ vmid }) => vmid),
        macs: vms.map(({ mac }) => mac!),
        names: [zone, ...all.map((one) => one.zone), ...vms.flatMap(({ fqdn, aliases }) => [fqdn, ...aliases])],
        // The router has one in each segment; on a flat network the segment is one.
        addresses: [...vms.flatMap(({ address }) => address ?? []), ...addresses.map((one) => one.split("/")[0]!)],
        nodes: router.names.map(({ hostname }) => hostname),
    };
    Object.values(distinct).forEach((values) => expect(new Set<unknown>(values).size).toBe(values.length));
    distinct.macs.forEach((mac) => expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/));
    const networks = addresses.map((address) => enclosingNetwork(address)!);
    networks.forEach((one, i) => expect(networks.slice(i + 1).some((other) => overlaps(one, other))).toBe(false));
    for (const { segment, vms: own } of all) {
        expect(!routed || networks.some((one) => covers(one, networkOf(segment.subnet.cidr)))).toBe(true);
        const [gateway, first, last] = [segment.subnet.gateway, segment.subnet.poolStart, segment.subnet.poolEnd].map(
            (address) => parseAddress(address)!,
        );
        expect(gateway! < first! || gateway! > last!).toBe(true);
        for (const { address } of own.filter((one) => one.address !== undefined)) {
            const number = parseAddress(address!)!;
            expect(number === gateway || (number >= first! && number <= last!)).toBe(false);
        }
    }
}

test("whatever the plan, no two things get the same, and what does not fit is refused offline", () => {
    const seen = { right: 0, refused: 0, flat: 0 };
    fc.assert(
        fc.property(block, mode, tenants, (network, routed, all) => {
            const loaded = load(network, routed, all);
            if (Array.isArray(loaded)) {
                seen.refused += 1;
            } else {
                seen.right += 1;
                seen.flat += Number(loaded.coreRouter.mode === "none");
                expectApart(loaded);
            }
        }),
        { numRuns: 300, seed: 20261129 },
    );
    // Both kinds are drawn, so that the property says something.
    expect(seen.right).toBeGreaterThan(30);
    expect(seen.refused).toBeGreaterThan(20);
    expect(seen.flat).toBeGreaterThan(3);
});

test("control: what is alike is seen", () => {
    const vms = [{ instance: 1, address: "fixed" }];
    const right = load({ vlans: "50-53" }, "export", [
        { vlan: 50, vms },
        { vlan: 51, vms },
    ]) as Substrate;
    expectApart(right);
    const [first, second] = right.tenants as [Tenant, Tenant];
    const [vm] = second.vms as [WorkloadVm];
    const alike: Partial<WorkloadVm>[] = (["vmid", "mac", "address", "fqdn"] as const).map((key) => ({
        [key]: first.vms[0]![key],
    }));
    for (const one of [...alike, { aliases: [vm.fqdn] }, { address: second.segment.subnet.gateway }]) {
        expect(() => expectApart({ ...right, tenants: [first, { ...second, vms: [{ ...vm, ...one }] }] })).toThrow();
    }
    expect(() => expectApart({ ...right, tenants: [first, { ...second, segment: first.segment }] })).toThrow();
});
