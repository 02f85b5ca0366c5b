import { checkClaims } from "../../components/checkClaims";
import type { StateResource } from "../../state/deployment";
import { holdingsOf, type RecordedTenants } from "../../state/holdings";
import { formatFault } from "../../definitions/faults";
import { loadSubstrate } from "../../substrate/load";
import type { RouterClaim } from "../../router/claims";
import type { Guest } from "../../node/inventory";
import { PLAN, project, removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const FILE = "tenants/dvntm/fresh.yaml";
const API = `${STACK}  tenant-hypervisors:coreRouter: {mode: api, endpoint: "https://router.example/"}\n`;

const OLD: RecordedTenants = new Map([["old", { vlans: [50], vms: [{ vmid: 5001, component: "old-api-vm01" }] }]]);

interface Given {
    readonly stack?: string;
    readonly text?: string;
    readonly recorded?: RecordedTenants;
    readonly guests?: readonly Guest[];
    readonly router?: readonly RouterClaim[];
    readonly others?: Readonly<Record<string, string>>;
}

function faultsOf({ stack = STACK, text = smallTenant("fresh", 50), others = {}, ...present }: Given): string[] {
    const root = project({ "Pulumi.dvntm.yaml": stack, [FILE]: text, ...others });
    const substrate = loadSubstrate({ root, substrate: "dvntm" });
    return checkClaims(substrate, { recorded: new Map(), guests: [], router: [], ...present }).map(formatFault);
}

test("control: a VLAN that nobody holds is the tenant's", () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ text: smallTenant("fresh", 51), recorded: OLD, guests: [SMALL_GUEST] })).toEqual([]);
});

test("control: what a tenant has itself is its own", () => {
    const recorded = new Map([["fresh", { vlans: [50], vms: [{ vmid: 5001, component: "fresh-api-vm01" }] }]]);
    const guests = [{ ...SMALL_GUEST, pool: "fresh", tags: ["fresh", "tenant"] }];
    expect(faultsOf({ recorded, guests, router: [{ vlan: 50, record: "Kea subnet" }] })).toEqual([]);
});

describe("a VLAN that the state has for another tenant", () => {
    test("names the tenant, its VMs and what to do first", () => {
        expect(faultsOf({ recorded: OLD })).toEqual([
            `${FILE}:2 vlan: 50 is the VLAN of tenant old until that one is torn down: the stack still has its VM 5001. First ` +
                "`tenants teardown dvntm old`, or give fresh another VLAN (free: 51, 52, 53, 54, 55, 56, 57, " +
                "58, 59). Where fresh is old by another name, formerly: old keeps its VMs",
        ]);
    });

    test("even where nothing of it is left but its VLAN on the router", () => {
        const recorded: RecordedTenants = new Map([["old", { vlans: [50], vms: [] }]]);
        expect(faultsOf({ recorded, stack: API })).toEqual([
            expect.stringMatching(
                /50 is the VLAN of tenant old until .*: the stack still has it\. First `tenants teardown/,
            ),
        ]);
    });

    test("even where the other tenant's file moved to another VLAN in the same edit", () => {
        const others = { "tenants/dvntm/old.yaml": smallTenant("old", 52).replace("api-vm01", "web-vm01") };
        expect(faultsOf({ recorded: OLD, others })).toEqual([
            expect.stringMatching(/^tenants\/dvntm\/fresh\.yaml:2 vlan: 50 is the VLAN of tenant old/),
            "tenants/dvntm/old.yaml:2 vlan: old is on VLAN 50 until it is torn down, with its VM 5001. First " +
                "`tenants teardown dvntm old`, or keep the VLAN",
        ]);
    });

    test("is taken over with its VMs by a tenant that says that it was that one, but where the stack writes the router", () => {
        const text = `formerly: old\n${smallTenant("fresh", 50)}`;
        expect(faultsOf({ text, recorded: OLD, guests: [{ ...SMALL_GUEST, pool: "old" }] })).toEqual([]);
        expect(faultsOf({ text, recorded: OLD, stack: API })).toEqual([
            expect.stringMatching(/First `tenants teardown dvntm old`, or give fresh another VLAN [^.]*$/),
        ]);
    });
});

describe("what the state does not know", () => {
    test("VMs of another tenant on the VLAN", () => {
        const guests = [{ ...SMALL_GUEST, vmid: 5007, pool: "old", tags: ["old", "tenant"] }];
        expect(faultsOf({ guests })).toEqual([
            expect.stringMatching(
                /vlan: 50 is the VLAN of old, which the stack's state does not have and the node does, with VM 5007\./,
            ),
        ]);
        // A tenant's tag or pool alone is enough.
        const others = { "tenants/dvntm/other.yaml": smallTenant("other", 51) };
        const { pool: _, ...poolless } = guests[0]!;
        for (const marked of [
            { ...poolless, tags: ["other"] },
            { ...poolless, tags: [], pool: "other" },
        ]) {
            expect(faultsOf({ guests: [marked], others })[0]).toMatch(/50 is the VLAN of other, which/);
        }
        // Controls: a guest that this program never made does not hold the VLAN, nor does one of another VLAN.
        expect(faultsOf({ guests: [{ ...SMALL_GUEST, vmid: 5007, tags: ["desk"] }] })).toEqual([]);
        expect(faultsOf({ guests: [{ ...guests[0]!, vmid: 5107 }] })).toEqual([]);
    });

    test("a pool of the tenant's name", () => {
        const guests = [{ ...SMALL_GUEST, vmid: 300, pool: "fresh", tags: [] }];
        expect(faultsOf({ guests })).toEqual([
            `${FILE}:1 name: the pool fresh is on the node, with VM 300 that no file declares and the stack does not know. ` +
                "Take them out of the pool, or give the tenant another name",
        ]);
    });

    test("a subnet on the router", () => {
        expect(faultsOf({ stack: API, router: [{ vlan: 50, record: 'Kea subnet "desk"' }] })).toEqual([
            `${FILE}:2 vlan: 50 is taken on the core router by Kea subnet "desk", which is not this tenant's: delete it there ` +
                "if nobody needs it, or give the tenant another VLAN",
        ]);
        expect(faultsOf({ stack: API, router: [{ vlan: 51, record: "Kea subnet" }] })).toEqual([]);
    });
});

test("tenants of a state, whichever resources a broken run left of them", () => {
    const urn = (type: string, name: string) => `urn:pulumi:dvntm::tenant-hypervisors::${type}::${name}`;
    const resource = (type: string, name: string, outputs = {}): StateResource => {
        return { urn: urn(type, name), type, outputs };
    };
    const vm = (name: string, vmId: number, poolId = "") =>
        resource("proxmoxve:index/vmLegacy:VmLegacy", `${name}-vm`, { vmId, poolId, nodeName: "pve2" });
    const tenant = (name: string) => resource("deevnet:tenant:Tenant", name);
    const resources = [
        tenant("a"),
        tenant("a-b"),
        tenant("empty"),
        vm("a-b-c", 5001, "a"),
        vm("a-b-d", 5101),
        resource("pulumi-nodejs:dynamic/router:RouterVlan", "empty-network-vlan", { tenant: "empty", tag: 52 }),
    ];
    const told = [...holdingsOf({ resources }, PLAN)].map(([name, { vlans, vms }]) => [
        name,
        vlans,
        vms.map(({ vmid, component }) => [vmid, component]),
    ]);
    expect(told).toEqual([
        ["a", [50], [[5001, "a-b-c"]]],
        ["a-b", [51], [[5101, "a-b-d"]]],
        ["empty", [52], []],
    ]);
});
