import { randomBytes } from "node:crypto";
import { proofName, standInsOf } from "../../model/proof";
import type { Substrate, Tenant, WorkloadVm } from "../../model/substrate";
import type { DataPlane, Lease, PlaneVm } from "../dataPlane";
import type { Finding } from "./findings";
import { dhcpOffer, gratuitousArp, udpFrame } from "./frames";

const WATCH_SECONDS = 0.6;
const PORT = 514;

/** A VM of a tenant with another of the same, and one of another tenant, as they stand in the data plane. */
interface Cast {
    readonly self: Actor;
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
    /** What of the frame stays the same on its way; missing: the mark. */
    readonly known?: () => Buffer;
}

/** Attempts of a VM to pass for somebody else; empty findings where no tenant has two VMs and another has one. */
export async function measureSpoofing(
    plane: DataPlane,
    substrate: Substrate,
    vms: readonly PlaneVm[],
    leases: ReadonlyMap<number, Lease>,
): Promise<Finding[]> {
    const cast = castOf(plane, substrate, vms, leases);
    if (cast === undefined) {
        return [];
    }
    const findings: Finding[] = [];
    for (const attempt of attemptsOf(cast)) {
        findings.push(await measure(plane, cast, attempt));
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
    const { self, mate, stranger, gateway, platform } = cast;
    const datagram = (payload: Buffer, source: string, destination: string) => ({
        source,
        destination,
        sourcePort: PORT,
        port: PORT,
        payload,
    });
    const toMate = (mac: string) => (mark: Buffer) =>
        udpFrame({ source: mac, destination: mate.mac }, datagram(mark, self.address, mate.address));
    const toPlatform = (source: string) => (mark: Buffer) =>
        udpFrame({ source: self.mac, destination: gateway.mac }, datagram(mark, source, platform));
    const all = [mate.host, stranger.host];
    return [
        {
            what: `${self.name}: a frame of its own (control)`,
            frame: toMate(self.mac),
            watchers: all,
            reaches: [mate.host],
        },
        { what: `${self.name}: with the MAC of ${mate.name}`, frame: toMate(mate.mac), watchers: all, reaches: [] },
        { what: `${self.name}: with a MAC of nobody`, frame: toMate("02:00:00:00:00:99"), watchers: all, reaches: [] },
        {
            what: `${self.name}: its own address to platform (control)`,
            frame: toPlatform(self.address),
            watchers: ["platform"],
            reaches: ["platform"],
        },
        {
            what: `${self.name}: with the address of ${stranger.name} to platform`,
            frame: toPlatform(stranger.address),
            watchers: ["platform"],
            reaches: [],
        },
        {
            what: `${self.name}: with the address of ${mate.name} to platform`,
            frame: toPlatform(mate.address),
            watchers: ["platform"],
            reaches: ["platform"],
            why: "PVE's ipfilter is off, so that a tenant's VMs are told apart by MAC alone",
        },
        {
            what: `${self.name}: a frame tagged for VLAN ${stranger.vlan}`,
            frame: (mark) =>
                udpFrame({ source: self.mac, vlan: stranger.vlan }, datagram(mark, self.address, stranger.address)),
            watchers: all,
            reaches: [],
        },
        {
            what: `${self.name}: gratuitous ARP for the gateway`,
            frame: () => gratuitousArp({ source: self.mac }, gateway.address),
            known: () => gratuitousArp({ source: self.mac }, gateway.address).subarray(14, 32),
            watchers: all,
            reaches: [mate.host],
            why: "PVE filters ARP with ipfilter alone; no other tenant hears it",
        },
        {
            what: `${self.name}: a DHCP server of its own`,
            frame: (mark) => dhcpOffer({ source: self.mac }, self.address, mark),
            watchers: all,
            reaches: [mate.host],
            why: "PVE lets DHCP answers in from anybody in the segment; no other tenant hears them",
        },
    ];
}

/** Who plays: two VMs of the first tenant that has two, and one of another tenant. */
function castOf(
    plane: DataPlane,
    substrate: Substrate,
    vms: readonly PlaneVm[],
    leases: ReadonlyMap<number, Lease>,
): Cast | undefined {
    const actor = (tenant: Tenant, vm: WorkloadVm | undefined): Actor | undefined => {
        const mac = vms.find(({ vmid }) => vmid === vm?.vmid)?.mac;
        const address = leases.get(vm?.vmid ?? -1)?.address;
        return vm === undefined || mac === undefined || address === undefined
            ? undefined
            : { name: proofName(vm), host: `vm${vm.vmid}`, mac, address, vlan: tenant.segment.vlan };
    };
    const own = substrate.tenants.find((tenant) => tenant.vms.length > 1);
    const other = substrate.tenants.find((tenant) => tenant !== own);
    if (own === undefined || other === undefined) {
        return undefined;
    }
    const [self, mate, stranger] = [actor(own, own.vms[0]), actor(own, own.vms[1]), actor(other, other.vms[0])];
    const platform = standInsOf(substrate).find(({ name }) => name === "platform")?.addresses[0];
    if (self === undefined || mate === undefined || stranger === undefined || platform === undefined) {
        return undefined;
    }
    return { self, mate, stranger, gateway: { address: own.segment.subnet.gateway, mac: plane.routerMac }, platform };
}
