import type { Substrate } from "../../substrate/substrate";
import { crashesPublishedPlugin } from "../crashingTypes";
import { removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import type { Guest } from "../../node/inventory";
import { recordedOf, restartSettingsOf, type Recorded } from "../../state/recorded";
import type * as vmFirewall from "../../components/vmFirewall";
import { BEFORE, declared, macIn, named, substrateOf } from "./declared";
import type { Registered } from "./recorder";

/** A VM's firewall is declared as it is; its arguments are kept, as no mock of Pulumi's tells of a resource's options. */
const mockFirewalls: vmFirewall.VmFirewallArgs[] = [];
jest.mock("../../components/vmFirewall", () => {
    const { declareFirewall } = jest.requireActual<typeof vmFirewall>("../../components/vmFirewall");
    return {
        declareFirewall: (...args: Parameters<typeof declareFirewall>) => {
            mockFirewalls.push(args[1]);
            return declareFirewall(...args);
        },
    };
});

/** Starts of VMs are vmStart.test.ts's. */
// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const ONE = { grooveiq: smallTenant("grooveiq", 50) };
const TWO = { ...ONE, vintronics: smallTenant("vintronics", 51) };

test("one tenant with one VM registers exactly these resources", async () => {
    const { registered } = await declared(substrateOf(ONE));
    expect(registered.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
        "deevnet:tenant:Tenant grooveiq",
        "deevnet:tenant:TenantNetwork grooveiq-network",
        "deevnet:tenant:TenantVm grooveiq-api-vm01",
        "proxmoxve:firewall/optionsLegacy:OptionsLegacy grooveiq-api-vm01-firewall",
        "proxmoxve:firewall/rulesLegacy:RulesLegacy grooveiq-api-vm01-rules",
        "proxmoxve:index/poolLegacy:PoolLegacy grooveiq-network-pool",
        "proxmoxve:index/vmLegacy:VmLegacy grooveiq-api-vm01-vm",
        "pulumi:providers:proxmoxve hv02",
    ]);
});

test("two tenants with equally named VMs share no name", async () => {
    const { registered } = await declared(substrateOf(TWO));
    const keys = registered.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(15);
});

test("no type is one that crashes the published plugin", async () => {
    const { registered } = await declared(substrateOf(TWO));
    expect(registered.map(({ type }) => type).filter(crashesPublishedPlugin)).toEqual([]);
});

test.each(["proxmoxve:sdn/vnet:Vnet", "proxmoxve:sdn/zone/vlanLegacy:VlanLegacy", "proxmoxve:index/vm:Vm"])(
    "control: %s is one that crashes it",
    (type) => expect(crashesPublishedPlugin(type)).toBe(true),
);

const DRAWN = expect.stringMatching(/^BC:24:11:/) as string;

test("a VM is a full clone of the newest template, on the tenant's VLAN, with what the definition says", async () => {
    const { registered } = await declared(substrateOf(ONE));
    expect(named(registered, "grooveiq-api-vm01-vm")).toEqual({
        nodeName: "pve2",
        vmId: 5001,
        name: "api-vm01",
        poolId: "grooveiq",
        description: "api-vm01.grooveiq.dvntm.deevnet.net, declared in tenant grooveiq: changes by hand are undone.",
        tags: ["grooveiq", "tenant"],
        clone: { vmId: 103, full: true, datastoreId: "local-lvm", retries: 5 },
        operatingSystem: { type: "l26" },
        scsiHardware: "virtio-scsi-single",
        cpu: { cores: 2, sockets: 1, type: "host" },
        memory: { dedicated: 2048, floating: 0 },
        disks: [{ interface: "scsi0", datastoreId: "local-lvm", size: 32 }],
        cdrom: { interface: "ide3", fileId: "none" },
        networkDevices: [{ bridge: "vmbr0", vlanId: 50, model: "virtio", firewall: true, macAddress: DRAWN }],
        initialization: {
            datastoreId: "local-lvm",
            interface: "ide2",
            ipConfigs: [{ ipv4: { address: "dhcp", gateway: "" } }],
            dns: { domain: "grooveiq.dvntm.deevnet.net", servers: ["10.20.50.1"] },
            upgrade: false,
        },
        agent: { enabled: true, timeout: "60s", waitForIp: { disabled: true } },
        onBoot: true,
        // By the run, once its firewall stands.
        started: false,
        protection: false,
        rebootAfterUpdate: false,
        stopOnDestroy: true,
        purgeOnDestroy: true,
        deleteUnreferencedDisksOnDestroy: true,
    });
});

test("the firewall around a VM drops all but its own segment, management and trusted", async () => {
    const { registered } = await declared(substrateOf(ONE));
    expect(named(registered, "grooveiq-api-vm01-firewall")).toMatchObject({
        nodeName: "pve2",
        vmId: 5001,
        enabled: true,
        inputPolicy: "DROP",
        macfilter: true,
    });
    const rule = { type: "in", action: "ACCEPT", enabled: true };
    expect(named(registered, "grooveiq-api-vm01-rules")).toEqual({
        nodeName: "pve2",
        vmId: 5001,
        rules: [
            { ...rule, source: "10.20.50.0/24", comment: "own segment" },
            { ...rule, source: "10.20.99.0/24", comment: "management" },
            { ...rule, source: "10.20.10.0/24", comment: "trusted" },
        ],
    });
});

const FIXED = { grooveiq: `${smallTenant("grooveiq", 50)}    address: fixed\n` };
const IPSET = "proxmoxve:firewall/ipsetLegacy:IpsetLegacy";

test("a VM with a fixed address may send from it alone; one with DHCP from any", async () => {
    const { registered } = await declared(substrateOf(FIXED));
    expect(registered.filter(({ type }) => type === IPSET).map(({ name }) => name)).toEqual([
        "grooveiq-api-vm01-ipfilter",
    ]);
    expect(named(registered, "grooveiq-api-vm01-ipfilter")).toEqual({
        nodeName: "pve2",
        vmId: 5001,
        name: "ipfilter-net0",
        cidrs: [{ name: "10.20.50.10" }],
    });
    expect(named(registered, "grooveiq-api-vm01-firewall")).toMatchObject({ ipfilter: true, dhcp: false });
    const order = registered.map(({ name }) => name);
    expect(order.indexOf("grooveiq-api-vm01-ipfilter")).toBeLessThan(order.indexOf("grooveiq-api-vm01-firewall"));
    expect(registered.map(({ type }) => type).filter(crashesPublishedPlugin)).toEqual([]);

    const other = (await declared(substrateOf(ONE))).registered;
    expect(other.filter(({ type }) => type === IPSET)).toEqual([]);
    expect(named(other, "grooveiq-api-vm01-firewall")).toMatchObject({ ipfilter: false });
});

test("a VM that runs with another address still is not cut off", async () => {
    const guests = [{ ...SMALL_GUEST, process: 20_000 }];
    const [vm] = substrateOf(ONE).tenants[0]!.vms;
    const history = { generation: 1, rebuild: "", restartSettings: restartSettingsOf(vm!) };
    const switched = { ...BEFORE, history: new Map([["grooveiq-api-vm01", history]]) };
    const { registered } = await declared(substrateOf(FIXED), guests, switched);
    expect(registered.filter(({ type }) => type === IPSET)).toEqual([]);
    expect(named(registered, "grooveiq-api-vm01-firewall")).toMatchObject({ ipfilter: false });
    const walls = await firewalls(substrateOf(FIXED), guests, switched);
    expect(walls.map(({ onlyAddress }) => onlyAddress)).toEqual([undefined]);
});

test("the provider verifies TLS and holds no token", async () => {
    const { registered } = await declared(substrateOf(ONE));
    expect(named(registered, "hv02")).toEqual({
        endpoint: "https://hv02.dvntm.deevnet.net:8006/",
        insecure: "false",
    });
});

test("a VM of which a run that broke off renamed a part is one VM, as it was made", () => {
    const urn = (type: string, name: string) => `urn:pulumi:dvntm::tenant-hypervisors::${type}::${name}`;
    const [component, machine] = ["deevnet:tenant:TenantVm", "proxmoxve:index/vmLegacy:VmLegacy"];
    const { vms, names, history } = recordedOf(
        [
            {
                urn: urn(component, "grooveiq-new"),
                type: component,
                outputs: { vmid: 5001, generation: 2, rebuild: "once" },
            },
            {
                urn: urn(machine, "grooveiq-old-vm"),
                type: machine,
                outputs: { vmId: 5001, nodeName: "pve2" },
            },
        ],
        [],
    );
    expect(vms.get(5001)?.component).toBe("grooveiq-old");
    expect([...names.get(5001)!].sort()).toEqual(["grooveiq-new", "grooveiq-old"]);
    expect(history.get("grooveiq-old")).toEqual({ generation: 2, rebuild: "once" });
});

test.each([
    ["a VM that is there keeps its generation", [SMALL_GUEST], 2],
    ["a VM that was deleted by hand has a further one", [], 3],
])("%s, and the word that it was made by", async (_, guests, generation) => {
    const walls = await firewalls(substrateOf(ONE), guests, BEFORE);
    expect(walls.map(({ incarnation }) => incarnation)).toEqual([`${generation} once`]);
});

/** Arguments of the VMs' firewalls, as they are declared. */
async function firewalls(substrate: Substrate, guests: readonly Guest[], recorded: Recorded) {
    mockFirewalls.length = 0;
    await declared(substrate, guests, recorded);
    return [...mockFirewalls];
}

test("no more VMs are cloned at once than the hypervisor's definition says, and each gets its turn", async () => {
    const vms = Array.from({ length: 6 }, (_, i) => `  - name: vm${i + 1}\n    instance: ${i + 1}\n`).join("");
    const tenant = `name: grooveiq\nvlan: 50\nvms:\n${vms}`;
    const { registered, mostAtOnce } = await declared(substrateOf({ grooveiq: tenant }));
    expect(registered.filter(({ type }) => type === "proxmoxve:index/vmLegacy:VmLegacy")).toHaveLength(6);
    expect(mostAtOnce()).toBe(3);
});

test("a further disk never stands in the place of one that is there, whose volume it would get", async () => {
    const vm = "    disks: [{ slot: 2, size: 8GiB }, { slot: 5, size: 8GiB }, { slot: 7, size: 8GiB }]\n";
    const substrate = substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}${vm}` });
    const history = { generation: 2, rebuild: "once", extraDisks: ["scsi7", "scsi5"] };
    const had = { ...BEFORE, history: new Map([["grooveiq-api-vm01", history]]) };
    const disksOf = (registered: readonly Registered[]) =>
        (named(registered, "grooveiq-api-vm01-vm")["disks"] as { interface: string }[]).map((disk) => disk.interface);
    expect(disksOf((await declared(substrate, [SMALL_GUEST], had)).registered)).toEqual([
        "scsi0",
        "scsi7",
        "scsi5",
        "scsi2",
    ]);
    // Control: of a VM that had none they stand by their slots.
    expect(disksOf((await declared(substrate, [SMALL_GUEST], BEFORE)).registered)).toEqual([
        "scsi0",
        "scsi2",
        "scsi5",
        "scsi7",
    ]);
});

test("control: VMs that are there wait for nobody", async () => {
    const vms = Array.from({ length: 6 }, (_, i) => `  - name: vm${i + 1}\n    instance: ${i + 1}\n`).join("");
    const tenant = `name: grooveiq\nvlan: 50\nvms:\n${vms}`;
    const guests = Array.from({ length: 6 }, (_, i) => ({ ...SMALL_GUEST, vmid: 5001 + i }));
    const { mostAtOnce } = await declared(substrateOf({ grooveiq: tenant }), guests);
    expect(mostAtOnce()).toBe(6);
});

test("the outputs name each VM with tenant, VMID, MAC, VLAN, subnet and FQDN", async () => {
    const { vms, registered } = await declared(substrateOf(TWO));
    expect(vms.map(({ vmid }) => vmid)).toEqual([5001, 5101]);
    expect(vms[0]).toEqual({
        tenant: "grooveiq",
        name: "api-vm01",
        vmid: 5001,
        mac: String(macIn(registered)).toLowerCase(),
        vlan: 50,
        subnet: "10.20.50.0/24",
        reserved: "10.20.50.200",
        fqdn: "api-vm01.grooveiq.dvntm.deevnet.net",
        aliases: [],
    });
});
