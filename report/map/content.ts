import { sharesOf, type Share } from "../../substrate/capacity";
import { standsOn } from "../drift";
import type { DriftRow } from "../row";
import { endsWithin, isOver, type Ending } from "../../substrate/expiry";
import { endText } from "../../substrate/expiryWords";
import { ELSEWHERE, INTERNET, ROUTER } from "../../firewall/reachability";
import type { Place } from "../../substrate/findings";
import type { Hypervisor, Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { Stamp } from "../stamp";
import type { ToldDrift } from "./driftFile";
import { pathsOf, type MapPath } from "./paths";

/** Everything that the map shows, before anything is drawn. */
export interface MapContent {
    readonly substrate: Substrate;
    readonly hypervisors: readonly MapHypervisor[];
    readonly tenants: readonly MapTenant[];
    /** Places that are no tenant's, as the router has them: the site's own segments, the internet, and what a path needs. */
    readonly places: readonly MapPlace[];
    readonly paths: readonly MapPath[];
    /** Missing in pictures that must not change with the day. */
    readonly stamp?: Stamp;
    /** Missing where nobody looked. */
    readonly told?: ToldDrift;
    /** Drift of the router that is no tenant's. */
    readonly routerDrift: readonly DriftRow[];
}

export interface MapHypervisor {
    readonly hypervisor: Hypervisor;
    /** Nothing while its hardware is not chosen. */
    readonly shares: readonly Share[];
    /** Drift of the node or host that is no tenant's. */
    readonly drift: readonly DriftRow[];
}

export interface MapTenant {
    readonly tenant: Tenant;
    /** When it ends, in words; missing where that is more than a week away, or never. */
    readonly ends?: string;
    readonly vms: readonly MapVm[];
    /** All drift that concerns the tenant, its VMs included. */
    readonly drift: readonly DriftRow[];
    /** Whether any of it is the router's: of the segment, its names or rules. */
    readonly segmentDrifts: boolean;
}

export interface MapVm {
    readonly vm: WorkloadVm;
    /** The VM's further names within the tenant's zone. */
    readonly aliases: readonly string[];
    /** When it ends before its tenant, in words; missing where that is more than a week away, or never. */
    readonly ends?: string;
    /** Its template and the newest one, in words, where it stands on an older one. */
    readonly template?: string;
    readonly drift: readonly DriftRow[];
}

export interface MapPlace {
    readonly name: string;
    /** Line below the name; empty for a place that has no subnet. */
    readonly detail: string;
}

/**
 * Brings together what the map of a substrate shows.
 *
 * @param told what `tenants drift` found; missing where nobody looked.
 * @param endings tenants and VMs that end.
 */
export function mapOf(
    substrate: Substrate,
    told?: ToldDrift,
    endings: readonly Ending[] = [],
    now = new Date(),
): MapContent {
    const endsOf = noticesOf(substrate, endings, now);
    const rows = told?.drift ?? [];
    const paths = pathsOf(substrate);
    const ofNobody = rows.filter(({ tenant }) => tenant === "");
    return {
        substrate,
        hypervisors: substrate.hypervisors.map((hypervisor) => ({
            hypervisor,
            shares: sharesOf(substrate, hypervisor),
            drift: ofNobody.filter(({ place }) => isAt(place, hypervisor)),
        })),
        tenants: substrate.tenants.map((tenant) => {
            const drift = rows.filter((row) => row.tenant === tenant.name);
            return {
                tenant,
                ...endsOf(tenant),
                drift,
                segmentDrifts: drift.some(({ place }) => place.kind === "router"),
                vms: tenant.vms.map((vm) => ({
                    vm,
                    ...endsOf(tenant, vm),
                    ...templateOf(vm, told),
                    aliases: vm.aliases.map((alias) => alias.slice(0, -tenant.zone.length - 1)),
                    drift: drift.filter(({ vmid }) => vmid === vm.vmid),
                })),
            };
        }),
        places: placesOf(substrate, paths),
        paths,
        ...(told && { told }),
        routerDrift: ofNobody.filter(({ place }) => place.kind === "router"),
    };
}

function templateOf({ vmid }: WorkloadVm, told: ToldDrift | undefined): Pick<MapVm, "template"> {
    const older = told?.templates?.find((one) => one.vmid === vmid);
    return older === undefined ? {} : { template: standsOn(older) };
}

/** Tells, of a tenant or of one VM, when it ends. */
function noticesOf(substrate: Substrate, endings: readonly Ending[], now: Date) {
    return (tenant: Tenant, vm?: WorkloadVm) => {
        const own = endings.find((one) => one.tenant === tenant.name && one.vm?.vmid === vm?.vmid);
        return own !== undefined && endsWithin(own, now) && { ends: noticeOf(own, substrate, now) };
    };
}

function noticeOf(ending: Ending, { timeZone }: Substrate, now: Date): string {
    return `${isOver(ending, now) ? "over since" : "ends at"} ${endText(ending, timeZone)}`;
}

function isAt(place: Place, { name, node }: Hypervisor): boolean {
    return (place.kind === "node" && place.name === node) || (place.kind === "host" && place.name === name);
}

/** The internet is always one; the router's other addresses and what is nowhere of ours are where a path goes there. */
function placesOf({ plan }: Substrate, paths: readonly MapPath[]): MapPlace[] {
    const segments = plan.segments.map(({ name, vlan, cidr }) => ({
        name,
        detail: vlan === undefined ? cidr : `${vlan} · ${cidr}`,
    }));
    const others = [ROUTER, ELSEWHERE].filter((name) => paths.some(({ to }) => to === name));
    return [...segments, ...[INTERNET, ...others].map((name) => ({ name, detail: "" }))];
}
