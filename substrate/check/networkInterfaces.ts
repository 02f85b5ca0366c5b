import type { SubstrateDefinition } from "../../definitions/definitions";
import type { Fault, Path } from "../../definitions/faults";
import { faultAt, unique, type CheckedTenant, type Place } from "../../definitions/places";
import { suggestion } from "../../definitions/suggest";
import { networkOf, parseAddress } from "../network";
import { hostOf, siteSegment, type NetworkPlan, type OpenedSegment } from "../plan";
import { chosenFault } from "./chosenAddress";

/** Each further NIC is in its tenant's own segment, or in one that is opened for the tenant, with an address that nobody else has. */
export function checkNetworkInterfaces(
    { coreRouter }: Pick<SubstrateDefinition, "coreRouter">,
    plan: NetworkPlan,
    tenants: readonly CheckedTenant[],
): Fault[] {
    const shared = tenants.flatMap((tenant) => nicAddresses(tenant, (segment) => segment !== undefined));
    return [
        ...tenants.flatMap((tenant) =>
            tenant.value.vms.flatMap(({ networkInterfaces }, i) => [
                ...(networkInterfaces.length === 0 ? [] : checkVm(coreRouter.mode, tenant, i)),
                ...networkInterfaces.flatMap((_, j) => checkNic(plan, tenants, tenant, i, j)),
            ]),
        ),
        ...unique(shared, "address"),
    ];
}

/**
 * Addresses of a tenant's further NICs, and where they stand.
 *
 * @param counts whether those of a segment count; undefined is the tenant's own.
 */
export function nicAddresses(tenant: CheckedTenant, counts: (segment: string | undefined) => boolean): Place[] {
    return tenant.value.vms.flatMap(({ networkInterfaces }, i) =>
        networkInterfaces.flatMap(({ segment, address }, j): Place[] =>
            counts(segment) ? [{ tenant, path: ["vms", i, "networkInterfaces", j, "address"], value: address }] : [],
        ),
    );
}

/**
 * PVE filters the sources of all of a VM's NICs, or of none: by nftables its option `ipfilter` is for all of them (lab/README.md), and
 * a NIC without a set may send from no address then.
 */
function checkVm(mode: SubstrateDefinition["coreRouter"]["mode"], tenant: CheckedTenant, index: number): Fault[] {
    if (mode === "none") {
        const message =
            "a flat network has one segment, in which a second NIC reaches nothing more (coreRouter.mode: none)";
        return [faultAt(tenant, ["vms", index, "networkInterfaces"], `${message}; leave it out`)];
    }
    const message =
        "the VM's first NIC has its address by DHCP, and PVE filters the sources of all of a VM's NICs or of none; give it one of its " +
        "own: address: fixed, or one of choice";
    return tenant.value.vms[index]!.address === "dhcp"
        ? [faultAt(tenant, ["vms", index, "networkInterfaces"], message)]
        : [];
}

function checkNic(
    plan: NetworkPlan,
    tenants: readonly CheckedTenant[],
    tenant: CheckedTenant,
    index: number,
    nic: number,
): Fault[] {
    const { name, vlan, vms } = tenant.value;
    const { segment, address } = vms[index]!.networkInterfaces[nic]!;
    const path: Path = ["vms", index, "networkInterfaces", nic];
    const refuse = (key: string, message: string | undefined) =>
        message === undefined ? [] : [faultAt(tenant, [...path, key], message)];
    if (segment === undefined) {
        return refuse("address", chosenFault(plan, vlan, address));
    }
    const opened = plan.opened.filter((one) => one.to.includes(name));
    const own = opened.filter((one) => one.segment === segment);
    return own.length === 0
        ? refuse("segment", notOpened(plan, tenants, { segment, name, opened }))
        : refuse("address", outside(plan, segment, address, own));
}

interface Asked {
    readonly segment: string;
    /** Name of the tenant. */
    readonly name: string;
    /** All that is opened for it. */
    readonly opened: readonly OpenedSegment[];
}

function notOpened(plan: NetworkPlan, tenants: readonly CheckedTenant[], { segment, name, opened }: Asked): string {
    const allowed = [...new Set(opened.map((one) => one.segment))];
    const list = allowed.length === 0 ? "allowed: none" : `allowed: ${allowed.join(", ")}`;
    const otherwise = `${list}, or without segment the tenant's own`;
    if (tenants.some(({ value }) => value.name === segment)) {
        const message = `${segment} is a tenant: nobody else has a NIC in its segment`;
        return segment === name
            ? `${message}; leave segment out`
            : `${message}; \`allow\` opens ways to it; ${otherwise}`;
    }
    if (siteSegment(plan, segment) === undefined) {
        const names = plan.segments.map((one) => one.name);
        return `${segment} is no segment of the site${suggestion(segment, names)}; ${otherwise}`;
    }
    return (
        `${segment} is not opened for ${name}; ${otherwise}. The stack file opens it: ` +
        `network.opened: [{ segment: ${segment}, to: [${name}], hosts: <first>-<last> }]`
    );
}

function outside(
    plan: NetworkPlan,
    segment: string,
    address: string,
    own: readonly OpenedSegment[],
): string | undefined {
    const { cidr } = siteSegment(plan, segment)!;
    const [number, { first }] = [parseAddress(address), networkOf(cidr)];
    const inside = own.some(
        ({ hosts }) => number !== undefined && number - first >= hosts.first && number - first <= hosts.last,
    );
    const ranges = own.map(({ hosts }) => `${hostOf(cidr, hosts.first)}-${hostOf(cidr, hosts.last)}`);
    return inside
        ? undefined
        : `${address} is none of the addresses of ${segment} for tenants; allowed: ${ranges.join(", ")}`;
}
