import { randomBytes } from "node:crypto";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { Lease } from "../lease";
import type { DataPlane, PlaneVm } from "../../lab/dataPlane";
import type { Finding } from "../findings";
import { attemptsOf } from "./attempts";
import type { Actor, Cast } from "./cast";
import { reachedPlace, spareAddress } from "./places";
import { nameOfVm } from "../../substrate/identity";

const WATCH_SECONDS = 0.6;

/** The first source port of the attempts: beside the services' and below those that a kernel picks. */
const FIRST_PORT = 20_000;

/** Kinds of VMs that try: whether PVE's address filter limits one, and whether its tenant's VMs are kept from each other. */
const KINDS = [
    { limited: false, isolated: false },
    { limited: true, isolated: false },
    { limited: false, isolated: true },
    { limited: true, isolated: true },
] as const;

type Kind = (typeof KINDS)[number];

/**
 * Attempts of VMs to pass for somebody else and to get past the walls, where there is a tenant with two VMs beside another
 * tenant: of each kind of VM that the substrate has, one.
 */
export async function measureSpoofing(
    plane: DataPlane,
    substrate: Substrate,
    vms: readonly PlaneVm[],
    leases: ReadonlyMap<number, Lease>,
): Promise<Finding[]> {
    let port = FIRST_PORT;
    const casts = KINDS.flatMap((kind) => {
        const cast = castOf(plane, substrate, vms, leases, kind);
        return cast === undefined ? [] : [{ ...cast, freshPort: () => port++ }];
    });
    if (casts.length === 0) {
        const what = "a VM that passes for another";
        const expected = "a tenant of two VMs beside another tenant, all with addresses";
        const declared = substrate.tenants.length > 1 && substrate.tenants.some(({ vms: own }) => own.length > 1);
        return [{ what, expected, measured: "not measured", ok: !declared }];
    }
    // What a fault on purpose let through before would pass as a connection that stands.
    await plane.forget();
    const findings: Finding[] = [];
    for (const cast of casts) {
        findings.push(...(await measure(plane, cast)));
    }
    return findings;
}

async function measure(plane: DataPlane, cast: Cast): Promise<Finding[]> {
    const attempts = attemptsOf(cast).map((attempt) => ({ attempt, mark: randomBytes(12) }));
    const sent = attempts.map(({ attempt, mark }) => ({
        frames: attempt.frames(mark),
        mark,
        watchers: attempt.watchers,
    }));
    const seen = await plane.send(sent, WATCH_SECONDS);
    const said = (hosts: readonly string[]) =>
        hosts.length === 0 ? "stopped" : `reaches ${[...hosts].sort().join(", ")}`;
    return attempts.map(({ attempt: { what, reaches, why } }, index) => {
        const [expected, measured] = [said(reaches), said(seen[index]!)];
        return { what, expected, measured, ok: measured === expected, ...(why !== undefined && { note: why }) };
    });
}

/** Who plays: a VM of a tenant with a neighbour there, and one of another tenant. */
function castOf(
    plane: DataPlane,
    substrate: Substrate,
    vms: readonly PlaneVm[],
    leases: ReadonlyMap<number, Lease>,
    { limited, isolated }: Kind,
): Omit<Cast, "freshPort"> | undefined {
    const actor = (tenant: Tenant, vm: WorkloadVm | undefined): Actor | undefined => {
        const mac = vms.find(({ vmid }) => vmid === vm?.vmid)?.mac;
        const address = leases.get(vm?.vmid ?? -1)?.address;
        return vm === undefined || mac === undefined || address === undefined
            ? undefined
            : { name: nameOfVm(vm), host: `vm${vm.vmid}`, mac, address, vlan: tenant.segment.vlan };
    };
    const plays = (vm: WorkloadVm) => (vm.address !== undefined) === limited;
    const own = substrate.tenants.find(
        (tenant) => tenant.vms.length > 1 && tenant.segment.isolated === isolated && tenant.vms.some(plays),
    );
    const other = own && strangerOf(substrate, own);
    if (own === undefined || other === undefined) {
        return undefined;
    }
    const first = own.vms.find(plays);
    const second = own.vms.find((vm) => vm !== first);
    const [self, mate, stranger] = [actor(own, first), actor(own, second), actor(other, other.vms[0])];
    if (self === undefined || mate === undefined || stranger === undefined) {
        return undefined;
    }
    return {
        self,
        limited,
        isolated,
        mate,
        stranger,
        gateway: { address: own.segment.subnet.gateway, mac: plane.routerMac },
        reached: reachedPlace(substrate),
        nobody: spareAddress(substrate.plan, own),
        allowed: opens(own, other) || opens(other, own),
    };
}

/** Another tenant: one that no file opens a way to or from, where there is one. */
function strangerOf({ tenants }: Substrate, own: Tenant): Tenant | undefined {
    const others = tenants.filter((tenant) => tenant !== own);
    return others.find((tenant) => !opens(own, tenant) && !opens(tenant, own)) ?? others[0];
}

/** Whether a tenant's file opens a way to another that an attempt's packets could go. */
function opens(from: Tenant, to: Tenant): boolean {
    return from.allow.some((one) => one.to === to.name && (one.protocol === "any" || one.protocol === "udp"));
}
