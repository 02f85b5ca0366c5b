import { sharesOf, type Share } from "../../substrate/capacity";
import type { DriftRow } from "../drift";
import { SITE_SEGMENT_KEYS, SITE_SEGMENTS, siteSubnet } from "../../substrate/siteSegments";
import { ELSEWHERE, INTERNET, ROUTER } from "../../firewall/reachability";
import type { Hypervisor, Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { ToldDrift } from "./driftFile";
import { pathsOf, type MapPath } from "./paths";

/** Where drift of the core router is, as its rows say it. */
const ON_ROUTER = "router";

/** Everything that the map shows, before anything is drawn. */
export interface MapContent {
    readonly substrate: Substrate;
    readonly hypervisors: readonly MapHypervisor[];
    readonly tenants: readonly MapTenant[];
    /** Places that are no tenant's, as the router has them: the site's own segments, the internet, and what a path needs. */
    readonly places: readonly MapPlace[];
    readonly paths: readonly MapPath[];
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
    readonly drift: readonly DriftRow[];
}

export interface MapPlace {
    readonly name: string;
    /** What stands below the name; empty for a place that has no subnet. */
    readonly detail: string;
}

/**
 * Brings together what the map of a substrate shows.
 *
 * @param told what `tenants drift` found; missing where nobody looked.
 */
export function mapOf(substrate: Substrate, told?: ToldDrift): MapContent {
    const rows = told?.drift ?? [];
    const paths = pathsOf(substrate);
    const ofNobody = rows.filter(({ tenant }) => tenant === "");
    return {
        substrate,
        hypervisors: substrate.hypervisors.map((hypervisor) => ({
            hypervisor,
            shares: sharesOf(substrate, hypervisor),
            drift: ofNobody.filter(({ where }) => where.split(" ").some((word) => isNamed(hypervisor, word))),
        })),
        tenants: substrate.tenants.map((tenant) => {
            const drift = rows.filter((row) => row.tenant === tenant.name);
            return {
                tenant,
                drift,
                segmentDrifts: drift.some(({ where }) => where === ON_ROUTER),
                vms: tenant.vms.map((vm) => ({
                    vm,
                    aliases: vm.aliases.map((alias) => alias.slice(0, -tenant.zone.length - 1)),
                    drift: drift.filter((row) => concerns(row, vm)),
                })),
            };
        }),
        places: placesOf(substrate, paths),
        paths,
        ...(told && { told }),
        routerDrift: ofNobody.filter(({ where }) => where === ON_ROUTER),
    };
}

function isNamed({ name, node }: Hypervisor, word: string): boolean {
    return word === name || word === node;
}

/** Whether a row is about a VM: it names its VMID, one of its names, or its address. */
export function concerns({ what }: DriftRow, { vmid, name, fqdn, aliases, address }: WorkloadVm): boolean {
    const [, ofVmid] = /\bVM (\d+)\b/.exec(what) ?? [];
    const [, reserved] = /^reservation \S+ \((.+)\)/.exec(what) ?? [];
    const words = what.split(/[\s:]+/);
    const own = [fqdn, ...aliases, ...(address === undefined ? [] : [address])];
    return ofVmid === String(vmid) || reserved === name || own.some((text) => words.includes(text));
}

/** The internet is always one; the router's other addresses and what is nowhere of ours are where a path goes there. */
function placesOf({ site }: Substrate, paths: readonly MapPath[]): MapPlace[] {
    const segments = SITE_SEGMENT_KEYS.map((name) => ({
        name,
        detail: `${SITE_SEGMENTS[name].vlan} · ${siteSubnet(site, name)}`,
    }));
    const others = [ROUTER, ELSEWHERE].filter((name) => paths.some(({ to }) => to === name));
    return [...segments, ...[INTERNET, ...others].map((name) => ({ name, detail: "" }))];
}
