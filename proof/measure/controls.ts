import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import { describe as describeRule, describeAllowance } from "../../substrate/recordOwnership";
import { proofName, type Check } from "../proof";
import { judgeLease, type Lease } from "../lease";
import type { DataPlane } from "../../lab/dataPlane";
import { readPlaneState } from "../../lab/planeState";
import type { SimulatedNode } from "../../lab/simulatedNode";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import type { Finding, Measured } from "../findings";
import { bootVms, measureMatrix } from "./measure";
import { removeRule, retag, setFirewall } from "./site";

/** A proof under way. */
export interface Site {
    readonly plane: DataPlane;
    readonly substrate: Substrate;
    readonly node: SimulatedNode;
    readonly router: SimulatedRouter;
    readonly leases: ReadonlyMap<number, Lease>;
}

/** VLAN that a VM is moved to where there is no other tenant's. */
const SPARE_VLAN = 59;

/** Removes one rule on purpose: exactly the probes that it lets through must turn red. It is there again afterwards. */
export async function ruleControl({ plane, substrate, node, router, leases }: Site): Promise<Finding> {
    const { tenant, rule } = ruleOf(substrate);
    const putBack = await removeRule(router, rule);
    await plane.apply(await readPlaneState(node, router));
    const measured = await measureMatrix(plane, substrate, leases, (check) => isFrom(tenant, check));
    await putBack();
    await plane.apply(await readPlaneState(node, router));
    const dependent = measured.filter((check) => check.rule === rule);
    const red = redOf(measured);
    return {
        what: `the rule "${rule}" removed`,
        expected: `${dependent.length} probes red, and no other`,
        measured: `${red.length} probes red, ${red.filter((check) => check.rule !== rule).length} of them others`,
        ok: dependent.length > 0 && red.length === dependent.length && red.every((check) => check.rule === rule),
    };
}

/** Turns PVE's firewall around one VM off on purpose: what it keeps out must turn red. It is on again afterwards. */
export async function wallControl({ plane, substrate, node, router, leases }: Site): Promise<Finding> {
    const [tenant, vm] = movedOf(substrate);
    const set = async (enable: string) => {
        await setFirewall(node, vm.vmid, enable);
        await plane.apply(await readPlaneState(node, router));
    };
    await set("0");
    const measured = await measureMatrix(plane, substrate, leases, ({ from, to }) => {
        return to === proofName(vm) && !substrate.tenants.some(({ name }) => from.startsWith(`${name}/`));
    });
    await set("1");
    const closed = measured.filter(({ open }) => !open);
    const red = redOf(measured);
    return {
        what: `PVE's firewall of ${proofName(vm)} off`,
        expected: `${closed.length} probes from outside ${tenant.name} red`,
        measured: `${red.length} probes red`,
        ok: closed.length > 0 && red.length === closed.length,
    };
}

/** Moves one VM to another tenant's VLAN on purpose: its address and its row must turn red. It stays there. */
export async function tagControl({ plane, substrate, node, router, leases }: Site): Promise<Finding> {
    const [tenant, vm] = movedOf(substrate);
    const vlan = substrate.tenants.find((other) => other !== tenant)?.segment.vlan ?? SPARE_VLAN;
    await retag(node, vm.vmid, vlan);
    await plane.apply(await readPlaneState(node, router));
    const again = await bootVms(plane, [vm]);
    const lease = judgeLease(substrate, tenant, vm, again.get(vm.vmid)).filter(({ ok }) => !ok);
    const moved = new Map([...leases, ...again]);
    const red = redOf(await measureMatrix(plane, substrate, moved, (check) => check.from === proofName(vm)));
    const address = again.get(vm.vmid)?.address ?? "no address";
    // A static VM has its address wherever it is, and one without any address has no probe to turn red.
    const ok = (vm.address !== undefined || lease.length > 0) && (red.length > 0 || address === "no address");
    return {
        what: `${proofName(vm)} moved from VLAN ${tenant.segment.vlan} to ${vlan}`,
        expected: "its address and probes of its row red",
        measured: `${address}: ${lease.length} findings about it and ${red.length} probes red`,
        ok,
    };
}

/** A rule that somebody's file opens, or the one that opens platform to the first tenant. */
function ruleOf({ tenants }: Substrate): { readonly tenant: Tenant; readonly rule: string } {
    const tenant = tenants.find(({ allow }) => allow.length > 0);
    const [first] = tenant?.allow ?? [];
    return tenant === undefined || first === undefined
        ? { tenant: tenants[0]!, rule: describeRule(tenants[0]!.name, "platform") }
        : { tenant, rule: describeAllowance(tenant.name, first, first.ports[0]) };
}

function movedOf({ tenants }: Substrate): readonly [Tenant, WorkloadVm] {
    const tenant = tenants.find(({ vms }) => vms.length > 1) ?? tenants[0]!;
    return [tenant, tenant.vms[0]!];
}

function isFrom(tenant: Tenant, { from }: Check): boolean {
    return from.startsWith(`${tenant.name}/`);
}

function redOf(measured: readonly Measured[]): Measured[] {
    return measured.filter(({ ok }) => !ok);
}
