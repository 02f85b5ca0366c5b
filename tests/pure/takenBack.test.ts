import type { PreviewStep } from "../../state/preview/client";
import type { Deployment, StateResource } from "../../state/deployment";
import { takenBack } from "../../state/takenBack";

const NOW = "2026-11-25T22:31:26.047Z";
const urn = (type: string, name: string) => `urn:pulumi:dvntm::tenant-hypervisors::${type}::${name}`;
const PROVIDER: StateResource = {
    urn: urn("pulumi:providers:proxmoxve", "hv02"),
    type: "pulumi:providers:proxmoxve",
    id: "p1",
};
const TENANT: StateResource = { urn: urn("deevnet:tenant:Tenant", "grooveiq"), type: "deevnet:tenant:Tenant" };
const POOL = urn("proxmoxve:index/poolLegacy:PoolLegacy", "grooveiq-network-pool");
const COMPONENT: StateResource = {
    urn: urn("deevnet:tenant:TenantVm", "grooveiq-api-vm01"),
    type: "deevnet:tenant:TenantVm",
    parent: TENANT.urn,
};
const VM = {
    urn: urn("proxmoxve:index/vmLegacy:VmLegacy", "grooveiq-api-vm01-vm"),
    type: "proxmoxve:index/vmLegacy:VmLegacy",
    parent: COMPONENT.urn,
    provider: `${PROVIDER.urn}::p1`,
    inputs: { vmId: 5001, name: "api-vm01", clone: { vmId: "unknown", full: true } },
    dependencies: [POOL, TENANT.urn],
    propertyDependencies: { poolId: [POOL], name: [TENANT.urn] },
};
const LOST = new Set([5001]);
const there = () => Promise.resolve(true);

const steps = (...states: StateResource[]): PreviewStep[] =>
    states.map((newState) => ({ op: "create", urn: newState.urn, newState: newState }));

test("a VM that no run heard of is in the state, below its component, as it is declared", async () => {
    const state: Deployment = { resources: [PROVIDER, TENANT] };
    const { deployment, notes } = await takenBack(state, LOST, steps(VM, COMPONENT), there, NOW);
    const inputs = { vmId: 5001, name: "api-vm01", clone: { vmId: 100, full: true } };
    const taken = { id: "5001", inputs, outputs: { ...inputs, id: "5001" }, created: NOW };
    const known = { dependencies: [TENANT.urn], propertyDependencies: { poolId: [], name: [TENANT.urn] } };
    expect(deployment.resources).toEqual([PROVIDER, TENANT, COMPONENT, { ...VM, ...taken, ...known }]);
    expect(notes).toEqual([
        "grooveiq-api-vm01-vm: VM 5001 bears all its marks on the node, and the state did not have it; it does now",
    ]);
});

test.each([
    ["one that the node has otherwise", [PROVIDER, TENANT], LOST, () => Promise.resolve(false)],
    ["one that was not lost", [PROVIDER, TENANT], new Set([5002]), there],
    ["one whose provider the state does not have", [TENANT], LOST, there],
])("control: %s is left", async (_, resources, lost, isThere) => {
    const state: Deployment = { resources };
    expect(await takenBack(state, lost, steps(VM, COMPONENT), isThere, NOW)).toEqual({ deployment: state, notes: [] });
});
