import { randomBytes } from "node:crypto";
import { INTERNET } from "../../substrate/places";
import { freeVlans, segmentsFromTenants } from "../../substrate/plan";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import { describe as describeRule, describeAllowance } from "../../substrate/recordOwnership";
import { nicHostsOf } from "../furtherNics";
import { vmsOf, type Check } from "../proof";
import { judgeLease, type Lease } from "../lease";
import type { DataPlane } from "../../lab/dataPlane";
import { readPlaneState } from "../../lab/planeState";
import type { SimulatedNode } from "../../lab/simulatedNode";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import type { Finding, Measured } from "../findings";
import { bootVms, measureMatrix } from "./measure";
import { gratuitousArp } from "./frames";
import { removeRule, setFirewall, setNic } from "./site";
import { nameOfVm } from "../../substrate/identity";

/** A proof under way. */
export interface Site {
    readonly plane: DataPlane;
    readonly substrate: Substrate;
    readonly node: SimulatedNode;
    readonly router: SimulatedRouter;
    readonly leases: ReadonlyMap<number, Lease>;
}

/** How long a frame may take, in seconds. */
const FRAME_SECONDS = 1;

/** The last VLAN that IEEE 802.1Q leaves to use. */
const LAST_VLAN = 4094;

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
export async function wallControl(site: Site): Promise<Finding> {
    const [tenant, vm] = movedOf(site.substrate);
    const measured = await withoutWall(site, vm, intoFromOutside(site.substrate, vm));
    return allRed(`PVE's firewall of ${nameOfVm(vm)} off`, `from outside ${tenant.name}`, measured);
}

/** The same at a NIC in a segment of the site: what that sends it must turn red. None where no VM has such a NIC. */
export async function nicControl(site: Site): Promise<Finding[]> {
    const found = nicHostsOf(site.substrate).find(({ nic }) => nic.segment !== undefined);
    if (found === undefined) {
        return [];
    }
    const { name, vm, nic } = found;
    const measured = await withoutWall(site, vm, ({ from, to }) => from === nic.segment && to === name);
    return [allRed(`PVE's firewall of ${nameOfVm(vm)} off, at ${nic.interface}`, `from ${nic.segment}`, measured)];
}

/** Measurements while PVE's firewall around a VM is off. */
async function withoutWall(
    { plane, substrate, node, router, leases }: Site,
    { vmid }: WorkloadVm,
    chosen: (check: Check) => boolean,
): Promise<Measured[]> {
    const set = async (enable: string) => {
        await setFirewall(node, vmid, { enable });
        await plane.apply(await readPlaneState(node, router));
    };
    await set("0");
    const measured = await measureMatrix(plane, substrate, leases, chosen);
    await set("1");
    return measured;
}

/** Turns the option on that lets DHCP's answers in from anywhere: those that are to be stopped must turn red. It is off afterwards. */
export async function dhcpControl({ plane, substrate, node, router, leases }: Site): Promise<Finding> {
    const [tenant, vm] = movedOf(substrate);
    const set = async (dhcp: string) => {
        await setFirewall(node, vm.vmid, { dhcp });
        await plane.apply(await readPlaneState(node, router));
    };
    await set("1");
    const into = intoFromOutside(substrate, vm);
    const answers = (check: Check) => into(check) && check.probe.sourcePort !== undefined;
    const measured = await measureMatrix(plane, substrate, leases, answers);
    await set("0");
    return allRed(`PVE's option dhcp of ${nameOfVm(vm)} on`, `of DHCP from outside ${tenant.name}`, measured);
}

/** Gives a VM's NIC another tenant's VLAN as a trunk: a frame with its tag must be seen there. It has none afterwards. */
export async function trunkControl({ plane, substrate, node, router }: Site): Promise<Finding> {
    const [tenant, vm] = movedOf(substrate);
    const [other, stranger] = vmsOf(substrate).find(([one]) => one !== tenant) ?? [tenant, tenant.vms.at(-1)!];
    const { vlan } = other.segment;
    const putBack = await setNic(node, vm.vmid, (net0) => `${net0},trunks=${vlan}`);
    const vms = await plane.apply(await readPlaneState(node, router));
    const mac = vms.find(({ vmid }) => vmid === vm.vmid)!.mac;
    const mark = randomBytes(12);
    const claim = gratuitousArp({ source: mac, vlan }, other.segment.subnet.gateway);
    const watchers = [`vm${stranger.vmid}`];
    const sent = { frames: [[`vm${vm.vmid}`, Buffer.concat([claim, mark])]] as const, mark, watchers };
    const [seen] = await plane.send([sent], FRAME_SECONDS);
    await putBack();
    await plane.apply(await readPlaneState(node, router));
    return {
        what: `${nameOfVm(vm)} with VLAN ${vlan} as a trunk`,
        expected: `a frame of VLAN ${vlan} reaches ${watchers.join()}`,
        measured: seen!.length === 0 ? "stopped" : `reaches ${seen!.join(", ")}`,
        ok: seen!.length > 0,
    };
}

/** Checks of what comes into a VM from no tenant. */
function intoFromOutside({ tenants }: Substrate, vm: WorkloadVm): (check: Check) => boolean {
    return ({ from, to }) => to === nameOfVm(vm) && !tenants.some(({ name }) => from.startsWith(`${name}/`));
}

/** Finding of a fault that is to let through everything that is stopped without it. */
function allRed(what: string, which: string, measured: readonly Measured[]): Finding {
    const closed = measured.filter(({ open }) => !open);
    const red = redOf(measured);
    return {
        what,
        expected: `${closed.length} probes ${which} red`,
        measured: `${red.length} probes red`,
        ok: closed.length > 0 && red.length === closed.length,
    };
}

/** Moves one VM to another tenant's VLAN on purpose: its address and its row must turn red. It stays there. */
export async function tagControl({ plane, substrate, node, router, leases }: Site): Promise<Finding> {
    const [tenant, vm] = movedOf(substrate);
    const vlan = vlanBeside(substrate, tenant);
    await setNic(node, vm.vmid, (net0) => net0.replace(/tag=\d+/, `tag=${vlan}`));
    await plane.apply(await readPlaneState(node, router));
    const again = await bootVms(plane, [vm]);
    const lease = judgeLease(tenant, vm, again.get(vm.vmid)).filter(({ ok }) => !ok);
    const moved = new Map([...leases, ...again]);
    const red = redOf(await measureMatrix(plane, substrate, moved, (check) => check.from === nameOfVm(vm)));
    const address = again.get(vm.vmid)?.address ?? "no address";
    // A static VM has its address wherever it is, and one without any address has no probe to turn red.
    const ok = (vm.address !== undefined || lease.length > 0) && (red.length > 0 || address === "no address");
    return {
        what: `${nameOfVm(vm)} moved from VLAN ${tenant.segment.vlan} to ${vlan}`,
        expected: "its address and probes of its row red",
        measured: `${address}: ${lease.length} findings about it and ${red.length} probes red`,
        ok,
    };
}

/** VLAN of another tenant; where there is none, another one. */
function vlanBeside({ plan, tenants }: Substrate, { segment }: Tenant): number {
    const other = tenants.find((one) => one.segment !== segment)?.segment.vlan;
    return other ?? freeVlans(plan, [segment.vlan])[0] ?? (segment.vlan % LAST_VLAN) + 1;
}

/** A rule that somebody's file opens, or the one that opens to the first tenant what every tenant reaches. */
function ruleOf({ plan, tenants }: Substrate): { readonly tenant: Tenant; readonly rule: string } {
    const tenant = tenants.find(({ allow }) => allow.length > 0);
    const [first] = tenant?.allow ?? [];
    return tenant === undefined || first === undefined
        ? { tenant: tenants[0]!, rule: describeRule(tenants[0]!.name, segmentsFromTenants(plan)[0]?.name ?? INTERNET) }
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
