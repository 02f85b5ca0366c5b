import type { Settings } from "../../node/inventory";
import { removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";
import { BEFORE, declared, named, substrateOf } from "./declared";

const writes: unknown[] = [];
jest.mock("../../node/client", () => ({
    NodeError: Error,
    connect: () => ({
        close: () => undefined,
        put: (path: string, fields: unknown) => Promise.resolve(writes.push({ path, fields })),
    }),
}));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);
beforeEach(() => writes.splice(0));

const OPENED = `${STACK}  tenant-hypervisors:network:
    opened: [{segment: storage, to: [grooveiq], hosts: 50-59}]
`;
const DRAWN = expect.stringMatching(/^BC:24:11(:[0-9A-F]{2}){3}$/) as string;

const tenant = (list: string) => ({
    grooveiq: `${smallTenant("grooveiq", 50)}    address: fixed\n    networkInterfaces: ${list}\n`,
});
const STORAGE = tenant("[{segment: storage, address: 10.20.20.50}]");

test("a VM has its NICs in the order of the file, each with a MAC, an address and a set of its own", async () => {
    const { registered, vms } = await declared(substrateOf(STORAGE, OPENED));
    const vm = named(registered, "grooveiq-api-vm01-vm");
    const nic = { bridge: "vmbr0", model: "virtio", firewall: true, macAddress: DRAWN };
    expect(vm["networkDevices"]).toEqual([
        { ...nic, vlanId: 50 },
        { ...nic, vlanId: 20 },
    ]);
    expect(vm["initialization"]).toMatchObject({
        ipConfigs: [
            { ipv4: { address: "10.20.50.10/24", gateway: "10.20.50.1" } },
            { ipv4: { address: "10.20.20.50/24" } },
        ],
    });
    expect(named(registered, "grooveiq-api-vm01-ipfilter")).toMatchObject({
        ...{ name: "ipfilter-net0", cidrs: [{ name: "10.20.50.10" }] },
    });
    expect(named(registered, "grooveiq-api-vm01-ipfilter-net1")).toMatchObject({
        ...{ name: "ipfilter-net1", cidrs: [{ name: "10.20.20.50" }] },
    });
    expect(named(registered, "grooveiq-api-vm01-firewall")).toMatchObject({ ipfilter: true });
    const [first, second] = vm["networkDevices"] as { macAddress: string }[];
    expect(first!.macAddress).not.toBe(second!.macAddress);
    expect(vms).toEqual([
        expect.objectContaining({
            nics: [
                {
                    ...{ interface: "net1", segment: "storage", mac: second!.macAddress.toLowerCase() },
                    ...{ vlan: 20, subnet: "10.20.20.0/24", address: "10.20.20.50" },
                },
            ],
        }),
    ]);
});

test("a VM without further NICs is declared as in earlier releases: one NIC, no set for another, rules for each", async () => {
    const { registered, vms } = await declared(substrateOf(tenant("[]"), OPENED));
    expect(named(registered, "grooveiq-api-vm01-vm")["networkDevices"]).toHaveLength(1);
    expect(registered.map(({ name }) => name)).not.toContain("grooveiq-api-vm01-ipfilter-net1");
    const { rules } = named(registered, "grooveiq-api-vm01-rules") as { rules: object[] };
    expect(rules.filter((rule) => "iface" in rule)).toEqual([]);
    expect(vms[0]).not.toHaveProperty("nics");
});

const HAD = {
    ...BEFORE,
    vms: new Map([[5001, { ...BEFORE.vms.get(5001)!, nicMacs: ["BC:24:11:00:50:FF"] }]]),
    nicMacs: new Map([[5001, ["bc:24:11:00:50:02"]]]),
};
const configs = (more: Settings) => ({ configs: new Map([[5001, { ipconfig0: "ip=dhcp", ...more }]]) });
const LEFT = { ipconfig1: "ip=10.20.20.50/24" };

test("a NIC keeps its MAC as it was declared, in the node's own case, whatever it has by hand", async () => {
    const macs = async (recorded: typeof HAD) => {
        const { registered } = await declared(substrateOf(STORAGE, OPENED), [SMALL_GUEST], recorded);
        const devices = named(registered, "grooveiq-api-vm01-vm")["networkDevices"] as { macAddress: string }[];
        return devices.map(({ macAddress }) => macAddress);
    };
    expect(await macs(HAD)).toEqual(["BC:24:11:00:50:01", "BC:24:11:00:50:02"]);
    const lower = new Map([[5001, { ...BEFORE.vms.get(5001)!, nicMacs: ["bc:24:11:00:50:02"] }]]);
    expect(await macs({ ...HAD, vms: lower })).toEqual(["BC:24:11:00:50:01", "bc:24:11:00:50:02"]);
});

test("cloud-init's address of a NIC that is taken out goes in an up, before the provider reads the VM, and in no preview", async () => {
    const gone = { path: "/nodes/pve2/qemu/5001/config", fields: { delete: "ipconfig1" } };
    await declared(substrateOf(tenant("[]"), OPENED), [SMALL_GUEST], HAD, configs(LEFT));
    expect(writes).toEqual([gone]);
    writes.splice(0);
    await declared(substrateOf(tenant("[]"), OPENED), [SMALL_GUEST], HAD, configs(LEFT), true);
    await declared(substrateOf(STORAGE, OPENED), [SMALL_GUEST], HAD, configs(LEFT));
    await declared(substrateOf(tenant("[]"), OPENED), [SMALL_GUEST], BEFORE, configs({}));
    expect(writes).toEqual([]);
});
