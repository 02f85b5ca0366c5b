import { wallOf } from "../../firewall/inbound";
import { filterSetsOf } from "../../node/addressFilter";
import { leftAddresses } from "../../node/leftAddresses";
import { differencesAt } from "../../node/drift/configuration/compare";
import { declaredSettings } from "../../node/drift/configuration/declared";
import { segmentFaults } from "../../policy/rules";
import { VM } from "../../policy/types";
import { nicHostsOf } from "../../proof/furtherNics";
import { checksOf, vmsOf } from "../../proof/proof";
import { outputsTable } from "../../report/outputsTable";
import { loadSubstrate } from "../../substrate/load";
import type { Substrate } from "../../substrate/substrate";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const OPENED =
    "[{segment: storage, to: [grooveiq], hosts: 50-59}, {segment: iot_backend, to: [vintronics, grooveiq], hosts: 80-80}]";
const network = (opened: string) => `${STACK}  tenant-hypervisors:network:\n    opened: ${opened}\n`;
const nics = (list: string, address = "fixed") => `    address: ${address}\n    networkInterfaces: ${list}\n`;

function load(list: string, stack = network(OPENED), more: Readonly<Record<string, string>> = {}): Substrate {
    const files = {
        "Pulumi.dvntm.yaml": stack,
        "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}${list}`,
        "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
        ...more,
    };
    return loadSubstrate({ root: project(files), substrate: "dvntm" });
}

const TWO = nics("[{segment: storage, address: 10.20.20.50}, {address: 10.20.50.60}]");
const vmOf = (substrate: Substrate) => vmsOf(substrate)[0]![1];

test("each further NIC has the VLAN, subnet and gateway of its segment; a VM without the key has none", () => {
    expect(vmOf(load(TWO)).nics).toEqual([
        {
            ...{ interface: "net1", segment: "storage", vlan: 20, cidr: "10.20.20.0/24" },
            ...{ gateway: "10.20.20.1", address: "10.20.20.50" },
        },
        { interface: "net2", vlan: 50, cidr: "10.20.50.0/24", gateway: "10.20.50.1", address: "10.20.50.60" },
    ]);
    expect(vmOf(load("")).nics).toEqual([]);
});

test("a deterministic MAC has the number of its NIC, and differs from every other", () => {
    const vm = vmOf(load(TWO, `${network(OPENED)}  tenant-hypervisors:macPolicy: deterministic\n`));
    expect([vm.mac, ...vm.nics.map(({ mac }) => mac)]).toEqual([
        "02:de:20:50:00:01",
        "02:de:20:50:10:01",
        "02:de:20:50:20:01",
    ]);
});

test("a plan that only opens segments is the deevnet sites' still; one that says more is not", () => {
    expect(load("").plan.standard).toBe(true);
    expect(load("", `${network("[]")}    gateway: 1\n`).plan.standard).toBe(false);
});

describe("refused", () => {
    test.each([
        [
            "nothing is opened",
            nics("[{segment: storage, address: 10.20.20.50}]"),
            STACK,
            /storage is not opened for grooveiq; allowed: none/,
        ],
        [
            "not for it",
            nics("[{segment: iot, address: 10.20.30.50}]"),
            undefined,
            /segment: iot is not opened for grooveiq; allowed: storage, iot_backend/,
        ],
        [
            "another tenant's",
            nics("[{segment: vintronics, address: 10.20.51.50}]"),
            undefined,
            /vintronics is a tenant: nobody else has a NIC/,
        ],
        [
            "no segment",
            nics("[{segment: storge, address: 10.20.20.50}]"),
            undefined,
            /storge is no segment of the site; did you mean storage/,
        ],
        [
            "outside of the hosts",
            nics("[{segment: storage, address: 10.20.20.60}]"),
            undefined,
            /address: 10\.20\.20\.60 is none .*allowed: 10\.20\.20\.50-10\.20\.20\.59/,
        ],
        [
            "of another segment",
            nics("[{segment: storage, address: 10.20.35.80}]"),
            undefined,
            /10\.20\.35\.80 is none of the addresses of storage/,
        ],
        ["in the own pool", nics("[{address: 10.20.50.150}]"), undefined, /10\.20\.50\.150 is in the DHCP pool/],
        ["the router", nics("[{address: 10.20.50.1}]"), undefined, /10\.20\.50\.1 is the router/],
        [
            "the first NIC's",
            nics("[{address: 10.20.50.10}]"),
            undefined,
            /networkInterfaces\[0\]\.address: address 10\.20\.50\.10 is taken by .*vms\[0\]/,
        ],
        [
            "DHCP",
            nics("[{address: 10.20.50.60}]", "dhcp"),
            undefined,
            /networkInterfaces: the VM's first NIC has its address by DHCP/,
        ],
        [
            "too many",
            nics(`[${Array(8).fill("{address: 10.20.50.60}").join(", ")}]`),
            undefined,
            /networkInterfaces: .*7/,
        ],
    ])("%s", (_, list, stack, message) => {
        expect(() => load(list, stack)).toThrow(message);
    });

    test("an address that a NIC of another tenant has in the same segment", () => {
        const other = `${smallTenant("vintronics", 51)}${nics("[{segment: iot_backend, address: 10.20.35.80}]")}`;
        const both = { "tenants/dvntm/vintronics.yaml": other };
        expect(vmOf(load("", undefined, both)).nics).toEqual([]);
        expect(() => load(nics("[{segment: iot_backend, address: 10.20.35.80}]"), undefined, both)).toThrow(
            /address 10\.20\.35\.80 is taken by tenants\/dvntm\/grooveiq\.yaml:\d+ vms\[0\]\.networkInterfaces\[0\]/,
        );
    });

    test.each([
        ["untagged", "[{segment: management, to: [grooveiq], hosts: 50-59}]", /management has no VLAN tag/],
        ["reaches tenants", "[{segment: trusted, to: [grooveiq], hosts: 50-59}]", /trusted reaches tenants/],
        ["unknown", "[{segment: storag, to: [grooveiq], hosts: 50-59}]", /storag is no segment .*did you mean storage/],
        ["the router", "[{segment: storage, to: [grooveiq], hosts: 1-9}]", /1-9 overlaps the router, 10\.20\.20\.1/],
        ["the pool", "[{segment: iot, to: [grooveiq], hosts: 90-110}]", /90-110 overlaps its DHCP pool/],
        ["no host", "[{segment: storage, to: [grooveiq], hosts: 250-300}]", /250-300 is not in storage/],
        [
            "twice",
            "[{segment: storage, to: [grooveiq], hosts: 50-59}, {segment: storage, to: [vintronics], hosts: 59-60}]",
            /opened\[1\]\.hosts: 59-60 overlaps network\.opened\[0\]/,
        ],
    ])("a segment that cannot be opened: %s", (_, opened, message) => {
        expect(() => load("", network(opened))).toThrow(message);
    });

    test("a flat network", () => {
        const flat = `${STACK}  tenant-hypervisors:coreRouter: {mode: none}\n`;
        expect(() => load(nics("[{address: 10.20.50.60}]", "10.20.50.20"), flat)).toThrow(
            /a flat network has one segment/,
        );
    });
});

describe("walls", () => {
    const line = ({ type, action, source, dest, iface }: ReturnType<typeof wallOf>[number]) =>
        [type, action, source, "->", dest, iface].filter(Boolean).join(" ");
    const linesOf = (substrate: Substrate) => {
        const [tenant, vm] = vmsOf(substrate)[0]!;
        return wallOf(tenant.segment, vm).map(line);
    };

    test("what is let in counts at NICs of the own segment; in another one nothing, and what leaves stays in it", () => {
        const own = ["10.20.50.0/24", "10.20.99.0/24", "10.20.10.0/24"].map((source) => `in ACCEPT ${source} ->`);
        expect(linesOf(load(TWO))).toEqual([
            ...own.map((rule) => `${rule} net0`),
            "out DROP -> net1",
            "out DROP -> 10.20.20.1/32 net1",
            "out ACCEPT -> 10.20.20.0/24 net1",
            "out DROP -> net1",
            ...own.map((rule) => `${rule} net2`),
        ]);
        expect(linesOf(load(nics("[]")))).toEqual(own);
    });

    test("no rule of one NIC has the comment of another's", () => {
        const [tenant, vm] = vmsOf(load(TWO))[0]!;
        const names = wallOf(tenant.segment, vm).map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
    });

    test("each NIC with an address has its set", () => {
        expect(filterSetsOf(vmOf(load(TWO)))).toEqual(["ipfilter-net0", "ipfilter-net1", "ipfilter-net2"]);
        expect(filterSetsOf(vmOf(load("")))).toEqual([]);
    });
});

test("settings on the node are as declared, and each property that was changed by hand is told", () => {
    const substrate = load(TWO);
    const [tenant, vm] = vmsOf(substrate)[0]!;
    const macs = [undefined, "bc:24:11:00:00:01", undefined];
    const settings = declaredSettings({ vm, tenant, hypervisor: substrate.hypervisors[0]!, macs });
    expect(settings).toMatchObject({
        net1: "virtio=bc:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=20",
        ipconfig1: "ip=10.20.20.50/24",
        net2: "virtio,bridge=vmbr0,firewall=1,tag=50",
        ipconfig2: "ip=10.20.50.60/24",
    });
    const fields = (found: string | undefined) =>
        differencesAt("net1", settings["net1"], found).map(({ field }) => field);
    const net1 = "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=20";
    expect(fields(net1)).toEqual([]);
    expect(fields(net1.replace("tag=20", "tag=51"))).toEqual(["networkDevices[net1].vlanId"]);
    expect(fields(net1.replace(",firewall=1", ""))).toEqual(["networkDevices[net1].firewall"]);
    expect(fields(net1.replace("00:00:01", "00:00:02"))).toEqual(["networkDevices[net1].macAddress"]);
    expect(fields(undefined)).toEqual(["networkDevices[net1]"]);
});

test("cloud-init's addresses of NICs that no file declares are left ones, and no others", () => {
    const settings = { ipconfig0: "ip=dhcp", ipconfig1: "ip=10.20.20.50/24", ipconfig12: "ip=dhcp", net1: "virtio" };
    expect(leftAddresses({ nics: [] }, settings)).toEqual(["ipconfig1", "ipconfig12"]);
    expect(leftAddresses(vmOf(load(TWO)), settings)).toEqual(["ipconfig12"]);
});

test("the policy lets a NIC be where the file puts it, and in no other VLAN", () => {
    const nic = (vlanId: number) => ({ bridge: "vmbr0", vlanId, firewall: true });
    const faults = (substrate: Substrate, ...vlans: number[]) => {
        const inputs = { vmId: 5001, nodeName: "pve2", networkDevices: vlans.map(nic) };
        return segmentFaults({ urn: "urn", type: VM, inputs }, substrate);
    };
    expect(faults(load(TWO), 50, 20, 50)).toEqual([]);
    expect(faults(load(TWO), 50, 51, 20)).toEqual([
        "networkDevices[1] is on VLAN 51: storage's is 20",
        "networkDevices[2] is on VLAN 20: its tenant's is 50",
    ]);
    expect(faults(load(""), 50, 20)).toEqual(["networkDevices[1] is on VLAN 20: its tenant's is 50"]);
});

describe("a proof", () => {
    const ADDRESSES = [[5001, "10.20.50.10"]] as const;
    const checks = (substrate: Substrate) => checksOf(substrate, new Map(ADDRESSES), nicHostsOf(substrate));
    const NAS = "grooveiq/api-vm01";

    test("asks nobody of a further NIC's segment by the first one", () => {
        const asked = (more: string) =>
            checks(load(more)).filter(({ from, to }) => from === NAS && to === "storage").length;
        expect(asked(TWO)).toBe(0);
        expect(asked("")).toBeGreaterThan(0);
    });

    test("asks by a NIC in a segment of the site: its hosts alone answer, and nothing comes in", () => {
        const net1 = checks(load(TWO)).filter(({ from, to }) => from === `${NAS} net1` || to === `${NAS} net1`);
        const open = net1.filter((check) => check.open);
        expect(open.map(({ to, probe }) => `${to} ${probe.protocol} ${probe.port ?? ""}`.trim())).toEqual([
            "storage icmp",
            "storage tcp 22",
            "storage tcp 443",
            "storage udp 514",
        ]);
        expect(new Set(open.map(({ rule }) => rule))).toEqual(new Set(["net1: segment"]));
        const closed = net1.filter((check) => !check.open);
        const toRouter = closed.filter(({ to }) => to === "router").map(({ probe }) => probe.address);
        expect(new Set(toRouter)).toEqual(new Set(["10.20.20.1"]));
        expect(closed.filter(({ from, to }) => from === "storage" && to === `${NAS} net1`)).toHaveLength(5);
        const [outside, own] = ["internet", NAS].map((to) => closed.filter((one) => one.from !== to && one.to === to));
        expect([outside!.length, own!.length]).toEqual([4, 4]);
    });

    test("takes a NIC in the tenant's own segment for one more of its VMs", () => {
        const all = checks(load(TWO));
        const open = (from: string, to: string) => all.some((one) => one.from === from && one.to === to && one.open);
        expect([open(NAS, `${NAS} net2`), open(`${NAS} net2`, NAS)]).toEqual([true, true]);
        expect(open(`${NAS} net2`, "storage")).toBe(open(NAS, "storage"));
        expect(all.filter(({ from }) => from === `${NAS} net2`).length).toBeGreaterThan(20);
    });
});

test("the table of a run has a line for each further NIC", () => {
    const vm = {
        ...{
            tenant: "grooveiq",
            name: "api-vm01",
            vmid: 5001,
            mac: "bc:24:11:00:00:00",
            vlan: 50,
            subnet: "10.20.50.0/24",
        },
        ...{ address: "10.20.50.10", fqdn: "api-vm01.grooveiq.dvntm.deevnet.net", aliases: [] },
    };
    const net1 = {
        interface: "net1",
        segment: "storage",
        mac: "bc:24:11:00:00:01",
        vlan: 20,
        subnet: "10.20.20.0/24",
        address: "10.20.20.50",
    };
    const segment = {
        tenant: "grooveiq",
        vlan: 50,
        subnet: "10.20.50.0/24",
        gateway: "10.20.50.1",
        dhcpPool: "",
        zone: "",
    };
    const table = outputsTable("dvntm", { vms: [{ ...vm, nics: [net1] }], segments: [segment] } as never);
    expect(table).toMatch(/net1 +20 +10\.20\.20\.50 +bc:24:11:00:00:01 +storage/);
});
