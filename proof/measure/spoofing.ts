import { randomBytes } from "node:crypto";
import { proofName, standInsOf } from "../proof";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { Lease } from "../lease";
import type { DataPlane, PlaneVm } from "../../lab/dataPlane";
import type { Finding } from "../findings";
import { dhcpOffer, gratuitousArp, udpFrame } from "./frames";

const WATCH_SECONDS = 0.6;
const PORT = 514;
const NOBODY = "02:00:00:00:00:99";

/** A VM of a tenant with another of the same, and one of another tenant, as they stand in the data plane. */
interface Cast {
    readonly self: Actor;
    /** Whether PVE's address filter limits it to its own address. */
    readonly limited: boolean;
    readonly mate: Actor;
    readonly stranger: Actor;
    readonly gateway: { readonly address: string; readonly mac: string };
    /** Address of the host that stands in for the segment platform, which every tenant reaches. */
    readonly platform: string;
}

interface Actor {
    readonly name: string;
    readonly host: string;
    readonly mac: string;
    readonly address: string;
    readonly vlan: number;
}

/** One attempt: who of the watchers is to get it, and why where this design cannot stop it. */
interface Attempt {
    readonly what: string;
    readonly frame: (mark: Buffer) => Buffer;
    readonly watchers: readonly string[];
    readonly reaches: readonly string[];
    readonly why?: string;
    /** Part of the frame that stays the same on its way; missing: the mark. */
    readonly known?: () => Buffer;
}

/**
 * Attempts of a VM to pass for somebody else, where there is a tenant with two VMs beside another tenant: of one that may
 * send from any address, and of one that PVE's address filter limits to its own.
 */
export async function measureSpoofing(
    plane: DataPlane,
    substrate: Substrate,
    vms: readonly PlaneVm[],
    leases: ReadonlyMap<number, Lease>,
): Promise<Finding[]> {
    const casts = [false, true].flatMap((limited) => castOf(plane, substrate, vms, leases, limited) ?? []);
    if (casts.length === 0) {
        const what = "a VM that passes for another";
        const expected = "a tenant of two VMs beside another tenant, all with addresses";
        const declared = substrate.tenants.length > 1 && substrate.tenants.some(({ vms: own }) => own.length > 1);
        return [{ what, expected, measured: "not measured", ok: !declared }];
    }
    const findings: Finding[] = [];
    for (const cast of casts) {
        for (const attempt of attemptsOf(cast)) {
            findings.push(await measure(plane, cast, attempt));
        }
    }
    return findings;
}

async function measure(plane: DataPlane, cast: Cast, attempt: Attempt): Promise<Finding> {
    const mark = randomBytes(12);
    const known = attempt.known?.() ?? mark;
    const seen = await plane.send(cast.self.host, attempt.frame(mark), known, attempt.watchers, WATCH_SECONDS);
    const said = (hosts: readonly string[]) =>
        hosts.length === 0 ? "stopped" : `reaches ${[...hosts].sort().join(", ")}`;
    const [expected, measured] = [said(attempt.reaches), said(seen)];
    const note = attempt.why === undefined ? {} : { note: attempt.why };
    return { what: attempt.what, expected, measured, ok: measured === expected, ...note };
}

function attemptsOf(cast: Cast): Attempt[] {
    return [...macAttempts(cast), ...addressAttempts(cast), ...segmentAttempts(cast)].map((attempt) => ({
        ...attempt,
        what: `${cast.self.name}: ${attempt.what}`,
    }));
}

function datagram(payload: Buffer, source: string, destination: string) {
    return { source, destination, sourcePort: PORT, port: PORT, payload };
}

/** Another MAC than its own: PVE's macfilter. */
function macAttempts({ self, mate, stranger }: Cast): Attempt[] {
    const frame = (mac: string) => (mark: Buffer) =>
        udpFrame({ source: mac, destination: mate.mac }, datagram(mark, self.address, mate.address));
    const watchers = [mate.host, stranger.host];
    return [
        { what: "a frame of its own (control)", frame: frame(self.mac), watchers, reaches: [mate.host] },
        { what: `with the MAC of ${mate.name}`, frame: frame(mate.mac), watchers, reaches: [] },
        { what: "with a MAC of nobody", frame: frame(NOBODY), watchers, reaches: [] },
    ];
}

/** Another address than its own: the source of the router's rules, and PVE's address filter. */
function addressAttempts({ self, limited, mate, stranger, gateway, platform }: Cast): Attempt[] {
    const frame = (source: string) => (mark: Buffer) =>
        udpFrame({ source: self.mac, destination: gateway.mac }, datagram(mark, source, platform));
    const watchers = ["platform"];
    const neighbour = limited
        ? { reaches: [] }
        : { reaches: watchers, why: "a VM that asks by DHCP has no address filter: PVE does not know its address" };
    return [
        { what: "its own address to platform (control)", frame: frame(self.address), watchers, reaches: watchers },
        { what: `with the address of ${stranger.name}`, frame: frame(stranger.address), watchers, reaches: [] },
        { what: `with the address of ${mate.name}`, frame: frame(mate.address), watchers, ...neighbour },
    ];
}

/** Frames that everybody in a segment hears. */
function segmentAttempts({ self, limited, mate, stranger, gateway }: Cast): Attempt[] {
    const { mac, address } = self;
    const watchers = [mate.host, stranger.host];
    const reaches = [mate.host];
    const claim = limited
        ? { reaches: [] }
        : { reaches, why: "PVE filters ARP by address alone; no other tenant hears it" };
    const arp = gratuitousArp({ source: mac }, gateway.address);
    return [
        {
            what: `a frame tagged for VLAN ${stranger.vlan}`,
            frame: (mark) => udpFrame({ source: mac, vlan: stranger.vlan }, datagram(mark, address, stranger.address)),
            watchers,
            reaches: [],
        },
        {
            what: "gratuitous ARP for the gateway",
            frame: () => arp,
            // The MAC and the address that it claims for it.
            known: () => arp.subarray(22, 32),
            watchers,
            ...claim,
        },
        {
            what: "a DHCP server of its own",
            frame: (mark) => dhcpOffer({ source: mac }, address, mark),
            watchers,
            reaches,
            why: "PVE lets DHCP answers in from anybody in the segment; no other tenant hears them",
        },
    ];
}

/** Who plays: a VM of a tenant with a neighbour there, and one of another tenant. */
function castOf(
    plane: DataPlane,
    substrate: Substrate,
    vms: readonly PlaneVm[],
    leases: ReadonlyMap<number, Lease>,
    limited: boolean,
): Cast | undefined {
    const actor = (tenant: Tenant, vm: WorkloadVm | undefined): Actor | undefined => {
        const mac = vms.find(({ vmid }) => vmid === vm?.vmid)?.mac;
        const address = leases.get(vm?.vmid ?? -1)?.address;
        return vm === undefined || mac === undefined || address === undefined
            ? undefined
            : { name: proofName(vm), host: `vm${vm.vmid}`, mac, address, vlan: tenant.segment.vlan };
    };
    const plays = (vm: WorkloadVm) => (vm.address !== undefined) === limited;
    const own = substrate.tenants.find((tenant) => tenant.vms.length > 1 && tenant.vms.some(plays));
    const other = substrate.tenants.find((tenant) => tenant !== own);
    if (own === undefined || other === undefined) {
        return undefined;
    }
    const first = own.vms.find(plays);
    const second = own.vms.find((vm) => vm !== first);
    const [self, mate, stranger] = [actor(own, first), actor(own, second), actor(other, other.vms[0])];
    const platform = standInsOf(substrate).find(({ name }) => name === "platform")?.addresses[0];
    if (self === undefined || mate === undefined || stranger === undefined || platform === undefined) {
        return undefined;
    }
    return {
        self,
        limited,
        mate,
        stranger,
        gateway: { address: own.segment.subnet.gateway, mac: plane.routerMac },
        platform,
    };
}
