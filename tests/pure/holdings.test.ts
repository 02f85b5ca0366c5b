import { linesOf, sumOf } from "../../report/holdings";
import { dependents, holdingsOf } from "../../state/holdings";
import type { StateResource } from "../../state/deployment";
import { PLAN } from "../fixtures";

const SUBSTRATE = { plan: PLAN, coreRouter: { mode: "api", vlanParent: "re0" } } as const;

function urn(type: string, name: string): string {
    return `urn:pulumi:dvntm::tenant-hypervisors::${type}::${name}`;
}

function resource(type: string, name: string, parent?: string, more: Partial<StateResource> = {}): StateResource {
    return { urn: urn(type, name), type, ...(parent && { parent }), ...more };
}

const [TENANT, VM] = ["deevnet:tenant:Tenant", "proxmoxve:index/vmLegacy:VmLegacy"];
const ROUTER = "pulumi-nodejs:dynamic/router:";

/** A tenant with one VM, as the state has it: `a` and `a-b` have names that begin alike. */
function tenant(name: string, vlan: number, routed = false): StateResource[] {
    const own = urn(TENANT, name);
    const component = urn("deevnet:tenant:TenantVm", `${name}-vm01`);
    const outputs = { name: "vm01", nodeName: "pve2", disks: [{ interface: "scsi0", size: 32 }], protection: false };
    const host = { hostname: "vm01", domain: `${name}.dvntm.deevnet.net`, aliases: ["www"] };
    const records: StateResource[] = [
        resource(`${ROUTER}RouterVlan`, `${name}-network-vlan`, own, { outputs: { tag: vlan, created: true } }),
        resource(`${ROUTER}RouterDhcp`, `${name}-network-dhcp`, own, {
            outputs: { subnet: `10.20.${vlan}.0/24`, reservations: [{}] },
        }),
        resource(`${ROUTER}RouterNames`, `${name}-network-names`, own, { outputs: { hosts: [host] } }),
        resource(`${ROUTER}RouterRules`, `${name}-network-rules`, own, { outputs: { rules: [{}, {}] } }),
    ];
    return [
        resource(TENANT, name),
        resource("proxmoxve:index/poolLegacy:PoolLegacy", `${name}-network-pool`, own, { outputs: { poolId: name } }),
        resource("deevnet:tenant:TenantVm", `${name}-vm01`, own),
        resource(VM, `${name}-vm01-vm`, component, { id: String(vlan * 100 + 1), outputs }),
        ...(routed ? records : []),
    ];
}

test("each tenant has what is below its component, whatever the names begin with", () => {
    const holdings = holdingsOf({ resources: [...tenant("a-b", 51), ...tenant("a", 50)] }, PLAN);
    expect([...holdings.keys()]).toEqual(["a", "a-b"]);
    expect(holdings.get("a")).toMatchObject({
        vlans: [50],
        pool: "a",
        vms: [{ vmid: 5001, name: "vm01", node: "pve2" }],
    });
    expect(holdings.get("a")!.resources).toHaveLength(4);
    expect(holdings.get("a-b")!.vms.map(({ vmid }) => vmid)).toEqual([5101]);
});

test("lines tell everything, and on the router what is the stack's", () => {
    const holdings = holdingsOf({ resources: tenant("a", 50, true) }, PLAN).get("a")!;
    expect(linesOf(SUBSTRATE, holdings)).toEqual([
        "VLAN 50 (10.20.50.0/24)",
        "node pve2: VM 5001 vm01 (scsi0 32GiB)",
        "node: pool a",
        "router: DHCP scope 10.20.50.0/24 with 1 reservation",
        "router: 2 names: vm01.a.dvntm.deevnet.net, www.a.dvntm.deevnet.net",
        "router: 2 rules",
        "router: VLAN device of VLAN 50, unless it is assigned to an interface",
    ]);
    expect(sumOf(holdings)).toBe("1 VM, 1 disk, 32GiB");
    const flat = { ...SUBSTRATE, coreRouter: { mode: "none", vlanParent: "re0" } } as const;
    expect(linesOf(flat, holdingsOf({ resources: tenant("a", 50) }, PLAN).get("a")!)).toEqual([
        "node pve2: VM 5001 vm01 (scsi0 32GiB)",
        "node: pool a",
    ]);
});

test("what a broken run left of a tenant is the tenant's still", () => {
    const rest = tenant("a", 50, true).filter(({ type }) => type === TENANT || type.endsWith("RouterVlan"));
    expect(holdingsOf({ resources: rest }, PLAN).get("a")).toMatchObject({
        vlans: [50],
        vms: [],
        router: { rules: 0, names: [] },
    });
    expect(holdingsOf({}, PLAN)).toEqual(new Map());
});

test("what stands below no component says itself whose it is: by pool or tenant, else by its name", () => {
    const orphan = (type: string, name: string, outputs = {}) => resource(type, name, undefined, { outputs });
    const orphans = [
        orphan(VM, "a-b-c-vm", { vmId: 5001, poolId: "a" }),
        orphan(VM, "a-b-d-vm", { vmId: 5101, poolId: "other" }),
        orphan(`${ROUTER}RouterVlan`, "a-b-network-vlan", { tenant: "a", tag: 52 }),
        // Controls: a name that only begins alike, and what no tenant has.
        orphan(VM, "ab-c-vm", { vmId: 5301 }),
        orphan("command:remote:Command", "a-baseline-reachable"),
    ];
    const holdings = holdingsOf({ resources: [...orphans, resource(TENANT, "a-b"), resource(TENANT, "a")] }, PLAN);
    expect(holdings.get("a")).toMatchObject({ vlans: [50, 52], vms: [{ vmid: 5001 }] });
    expect(holdings.get("a-b")).toMatchObject({ vlans: [51], vms: [{ vmid: 5101 }] });
    // The component is first: it is what a teardown begins with.
    expect([...holdings.values()].map(({ resources: [first] }) => first!.type)).toEqual([TENANT, TENANT]);
    expect([...holdings.values()].flatMap(({ resources }) => resources)).toHaveLength(5);
});

test("a resource of another's that needs one of the tenant's is told", () => {
    const [pool] = tenant("a", 50).filter(({ type }) => type.endsWith("PoolLegacy"));
    const needing = resource(VM, "b-vm01-vm", undefined, { dependencies: [pool!.urn] });
    const resources = [...tenant("a", 50), ...tenant("b", 51)];
    expect(dependents({ resources }, holdingsOf({ resources }, PLAN).get("a")!)).toEqual([]);
    const tangled = { resources: [...resources, needing] };
    expect(dependents(tangled, holdingsOf(tangled, PLAN).get("a")!)).toEqual(["b-vm01-vm"]);
});
