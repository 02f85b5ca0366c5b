import { drawMac } from "../../node/mac";
import { macsIn } from "../../node/nics";
import { namesTold } from "../../router/names/told";
import { routerRecordsOf } from "../../router/records";
import type { StateResource } from "../../state/deployment";
import { withIdentities, type Told } from "../../state/identities";
import { NOTHING_RECORDED, recordedOf, type Recorded } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { pooledAddressOf } from "../../substrate/plan";
import { planOf, project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const DETERMINISTIC = "  tenant-hypervisors:macPolicy: deterministic\n";
const MAC = "bc:24:11:00:50:01";

function load(stack = STACK, more = "", substrate = "dvntm") {
    const root = project({
        [`Pulumi.${substrate}.yaml`]: stack,
        [`tenants/${substrate}/grooveiq.yaml`]: `${smallTenant("grooveiq", 50)}${more}`,
    });
    return loadSubstrate({ root, substrate });
}

const [TENANT_VM, VM] = ["deevnet:tenant:TenantVm", "proxmoxve:index/vmLegacy:VmLegacy"];
const urn = (type: string, name: string) => `urn:pulumi:dvntm::tenant-hypervisors::${type}::${name}`;
const machine = (mac = MAC): StateResource => ({
    urn: urn(VM, "grooveiq-api-vm01-vm"),
    type: VM,
    id: "5001",
    outputs: { vmId: 5001, nodeName: "pve2", networkDevices: [{ macAddress: mac.toUpperCase() }] },
});
const component = (outputs: Readonly<Record<string, unknown>>): StateResource => ({
    urn: urn(TENANT_VM, "grooveiq-api-vm01"),
    type: TENANT_VM,
    outputs,
});
const scope = (address: string): StateResource => ({
    urn: urn("pulumi-nodejs:dynamic/router:RouterDhcp", "grooveiq-network-dhcp"),
    type: "pulumi-nodejs:dynamic/router:RouterDhcp",
    outputs: { tenant: "grooveiq", reservations: [{ mac: MAC, address, hostname: "api-vm01", description: "" }] },
});

/** Identity of the first VM of grooveiq. */
function known(recorded: Recorded, told: Partial<Told> = {}, stack = STACK, more = "") {
    const substrate = withIdentities(load(stack, more), recorded, { isMade: () => false, ...told });
    const [tenant] = substrate.tenants;
    const { dhcp, names } = routerRecordsOf(substrate, tenant!);
    const { mac } = tenant!.vms[0]!;
    return [
        mac,
        dhcp.reservations.map(({ address }) => address).join(),
        names.hosts.map(({ address }) => address).join(),
    ];
}

const POOLED = "10.20.50.200";

describe("the MAC and the address of a VM", () => {
    const draw = () => "bc:24:11:aa:aa:aa";

    test.each<[string, StateResource[], (string | undefined)[]]>([
        ["a new one: drawn, and reserved in the pool", [], [draw(), POOLED, POOLED]],
        [
            "one that was made so",
            [machine(), component({ vmid: 5001, mac: MAC, reserved: true })],
            [MAC, POOLED, POOLED],
        ],
        [
            "one whose MAC was changed by hand: as it was declared",
            [machine("bc:24:11:ff:ff:ff"), component({ vmid: 5001, mac: MAC, reserved: true })],
            [MAC, POOLED, POOLED],
        ],
        ["one whose run broke off once it was made", [machine(), component({})], [MAC, POOLED, POOLED]],
        [
            "one whose run broke off before it was made, with its reservation on the router",
            [scope(POOLED)],
            [MAC, POOLED, POOLED],
        ],
        [
            "one of a name that had another address: none of that one's MAC",
            [scope("10.20.50.199")],
            [draw(), POOLED, POOLED],
        ],
        [
            "one that an earlier release made: the MAC, and any address",
            [machine(), component({ vmid: 5001, mac: MAC })],
            [MAC, "", ""],
        ],
    ])("%s", (_, resources, expected) => {
        expect(known(recordedOf(resources, []), { draw })).toEqual(expected);
    });

    const EARLIER = recordedOf([machine(), component({ vmid: 5001, mac: MAC })], []);

    test("one that an earlier release made is reserved one once it is made anew, and keeps its MAC", () => {
        expect(known(EARLIER, { draw, isMade: () => true })).toEqual([MAC, POOLED, POOLED]);
    });

    test("a fixed address has a name whatever made the VM, and a reservation only where that was made with it", () => {
        const fixed = "    address: fixed\n";
        expect(known(EARLIER, { draw }, STACK, fixed)).toEqual([MAC, "", "10.20.50.10"]);
        expect(known(NOTHING_RECORDED, { draw }, STACK, fixed)).toEqual([draw(), "10.20.50.10", "10.20.50.10"]);
    });

    test("a deterministic MAC has the address of its slot, whatever made the VM", () => {
        const slot = ["02:de:20:50:00:01", "10.20.50.10", "10.20.50.10"];
        expect(known(EARLIER, { draw }, STACK + DETERMINISTIC)).toEqual(slot);
        expect(known(NOTHING_RECORDED, {}, STACK + DETERMINISTIC)).toEqual(slot);
    });

    test("where nobody draws, as in a command that only looks, nothing is known of a VM that is not there", () => {
        expect(known(NOTHING_RECORDED)).toEqual([undefined, "", ""]);
        // By a guest of the node that the state lost, it is.
        expect(known(NOTHING_RECORDED, { found: () => MAC })).toEqual([MAC, POOLED, POOLED]);
    });

    test("no MAC is drawn that a VM of the state, of a file or of the node has", () => {
        const asked: ReadonlySet<string>[] = [];
        const two = "  - {name: db-vm01, instance: 2}\n";
        const told = {
            taken: ["bc:24:11:00:00:09"],
            draw: (taken: ReadonlySet<string>) => (asked.push(new Set(taken)), `drawn ${asked.length}`),
        };
        known({ ...NOTHING_RECORDED, macs: new Map([[5101, MAC]]) }, told, STACK, two);
        expect(asked.map((taken) => [...taken].sort())).toEqual([
            ["bc:24:11:00:00:09", MAC],
            ["bc:24:11:00:00:09", MAC, "drawn 1"],
        ]);
    });
});

test("a drawn MAC is of PVE's range, and is drawn again where somebody has it", () => {
    const drawn = new Set(Array.from({ length: 200 }, () => drawMac(new Set())));
    expect([...drawn].filter((mac) => !/^bc:24:11(:[0-9a-f]{2}){3}$/.test(mac))).toEqual([]);
    expect(drawn.size).toBeGreaterThan(190);
    let looks = 0;
    const once = { has: () => looks++ === 0 } as unknown as ReadonlySet<string>;
    expect(drawMac(once)).toMatch(/^bc:24:11/);
    expect(looks).toBe(2);
});

test("MACs of a VM's and of a container's NICs", () => {
    const config = {
        net0: "virtio=BC:24:11:00:50:01,bridge=vmbr0,firewall=1,tag=50",
        net1: "name=eth0,bridge=vmbr0,hwaddr=02:DE:20:50:00:01,ip=dhcp",
        smbios1: "uuid=BC:24:11:00:50:09",
    };
    expect(macsIn(config)).toEqual(["bc:24:11:00:50:01", "02:de:20:50:00:01"]);
});

test("instances count from the pool's end, each in its tenant's subnet and pool, and none twice", () => {
    const plan = planOf(20, { subnet: "10.{site}.{vlan}.0/28", pool: "8-13", fixed: "2-7" });
    const of = (instance: number) => pooledAddressOf(plan, 50, instance);
    expect([1, 2, 6, 7].map(of)).toEqual(["10.20.50.13", "10.20.50.12", "10.20.50.8", undefined]);
});

describe("what has no name is said", () => {
    const none = "  tenant-hypervisors:coreRouter: {mode: none}\n";
    const told = (stack: string, recorded = NOTHING_RECORDED) =>
        namesTold(withIdentities(load(stack), recorded, { isMade: () => false, draw: () => MAC }));

    test("in mode none: nobody writes any", () => {
        expect(told(STACK + none)).toBe(
            "names: no VM has one that resolves, since with coreRouter.mode none nobody writes them to a resolver: grooveiq/api-vm01",
        );
    });

    test("of a planned substrate: which will resolve, and to what", () => {
        expect(told(STACK.replace("active", "planned"))).toBe(
            "names: none resolves while the substrate is only planned; once it is up, these do: api-vm01.grooveiq.dvntm.deevnet.net 10.20.50.200",
        );
    });

    test("of a VM that an earlier release made; nothing is said where every VM has one", () => {
        const earlier = recordedOf([machine(), component({ vmid: 5001, mac: MAC })], []);
        expect(told(STACK, earlier)).toMatch(
            /^names: these have none that resolves, .*: grooveiq\/api-vm01\. A new word in rebuild/,
        );
        expect(told(STACK)).toBeUndefined();
    });
});
