import { LAB_SEGMENTS } from "../../model/labSegments";
import { parseAddress } from "../../model/network";
import { checksOf, proofName, standInsOf, type Check, type ProofHost } from "../../model/proof";
import { ELSEWHERE, GATEWAY, INTERNET, ROUTER } from "../../model/reachability";
import { knownAddress } from "../../model/router";
import type { Substrate, Tenant, WorkloadVm } from "../../model/substrate";
import { PLANE_INTERNET, PLANE_ROUTER, UNANSWERED, type DataPlane, type Lease } from "../dataPlane";
import type { Finding, Measured } from "./findings";

/** How long a VM asks for an address, and a probe for an answer, in seconds. */
const LEASE_SECONDS = 12;
const ANSWER_SECONDS = 2;
/** A probe that should have had an answer is asked once more, alone and for as long as this. */
const SECOND_ANSWER_SECONDS = 5;

/** Names of the places outside as the data plane has them: the internet stands for elsewhere, too. */
function hostOf(substrate: Substrate): (name: string) => string {
    const vms = new Map(vmsOf(substrate).map(([, vm]) => [proofName(vm), `vm${vm.vmid}`]));
    const others: Readonly<Record<string, string>> = {
        [GATEWAY]: PLANE_ROUTER,
        [ROUTER]: PLANE_ROUTER,
        [INTERNET]: PLANE_INTERNET,
        [ELSEWHERE]: PLANE_INTERNET,
    };
    return (name) => vms.get(name) ?? others[name] ?? name;
}

/** Every VM with its tenant. */
export function vmsOf({ tenants }: Substrate): (readonly [Tenant, WorkloadVm])[] {
    return tenants.flatMap((tenant) => tenant.vms.map((vm) => [tenant, vm] as const));
}

/** Puts hosts into the data plane for every place outside the tenants. */
export async function addStandIns(plane: DataPlane, substrate: Substrate): Promise<void> {
    const standIns = standInsOf(substrate);
    for (const { name, addresses } of standIns.filter((one) => isSegment(one))) {
        const { vlan } = LAB_SEGMENTS[name as keyof typeof LAB_SEGMENTS];
        // The router's LAN carries management untagged.
        await plane.standIn(name, name === "management" ? 0 : vlan, addresses, `10.${substrate.site}.${vlan}.1`);
    }
    const far = standIns.filter((one) => !isSegment(one)).flatMap(({ addresses }) => addresses);
    await plane.standIn(PLANE_INTERNET, 0, far);
}

function isSegment({ name }: ProofHost): boolean {
    return Object.hasOwn(LAB_SEGMENTS, name);
}

/** Boots VMs; what each came up with, by VMID. */
export async function bootVms(plane: DataPlane, vms: readonly WorkloadVm[]): Promise<ReadonlyMap<number, Lease>> {
    return plane.boot(
        vms.map(({ vmid }) => vmid),
        LEASE_SECONDS,
    );
}

/** What a VM came up with, against what its tenant's file declares. */
export function judgeLease(
    substrate: Substrate,
    tenant: Tenant,
    vm: WorkloadVm,
    lease: Lease = { method: "dhcp" },
): Finding[] {
    const { gateway } = tenant.segment.subnet;
    const { error, address = "no address" } = lease;
    const finding = (what: string, expected: string, measured: string) => ({
        expected,
        measured,
        what,
        ok: measured === expected,
    });
    const options = [
        finding("resolver", gateway, among(lease.resolvers)),
        finding("search domain", tenant.zone, lease.search ?? ""),
        finding("time server", gateway, among(lease.ntp)),
    ];
    const findings = [
        finding("address", expectedAddress(substrate, tenant, vm, address), error ?? address),
        finding("gateway", gateway, lease.gateway ?? ""),
        // cloud-init gives a VM of a fixed address no more than these.
        ...(lease.method === "static" ? [] : options),
    ];
    return findings.map((one) => ({ ...one, what: `${proofName(vm)} ${one.what}` }));
}

/** The address that a VM has to have: the one that is known, or any of the pool, the one that it got included. */
function expectedAddress({ site }: Substrate, tenant: Tenant, vm: WorkloadVm, got: string): string {
    const { poolStart, poolEnd } = tenant.segment.subnet;
    const number = parseAddress(got) ?? -1;
    const inPool = parseAddress(poolStart)! <= number && number <= parseAddress(poolEnd)!;
    return knownAddress(site, tenant, vm) ?? (inPool ? got : `${poolStart}-${poolEnd}`);
}

function among(values: readonly string[] = []): string {
    return values.join(" ");
}

/** Asks each VM's resolver for every declared name, and for one that nobody declared. */
export async function measureNames(plane: DataPlane, substrate: Substrate): Promise<Finding[]> {
    const names = vmsOf(substrate).flatMap(([tenant, vm]) => {
        const address = knownAddress(substrate.site, tenant, vm);
        return address === undefined ? [] : [vm.fqdn, ...vm.aliases].map((name) => [name, address] as const);
    });
    const questions = vmsOf(substrate).flatMap(([tenant, vm]) =>
        [...names, [`nobody.${tenant.zone}`, undefined] as const].map(([name, address]) => ({
            vm,
            name,
            expected: address ?? "none",
            ask: { from: `vm${vm.vmid}`, server: tenant.segment.subnet.gateway, name },
        })),
    );
    const answers = await plane.resolve(
        questions.map(({ ask }) => ask),
        ANSWER_SECONDS,
    );
    return questions.map(({ vm, name, expected }, index) => {
        const answer = answers[index] ?? [];
        const measured = answer.length === 0 ? "none" : answer.join(" ");
        return { what: `${proofName(vm)} asks for ${name}`, expected, measured, ok: measured === expected };
    });
}

/** Probes of a matrix, all of them or those of one source. */
export async function measureMatrix(
    plane: DataPlane,
    substrate: Substrate,
    leases: ReadonlyMap<number, Lease>,
    chosen: (check: Check) => boolean = () => true,
): Promise<Measured[]> {
    const addresses = new Map(
        [...leases].flatMap(([vmid, { address }]) => (address === undefined ? [] : [[vmid, address]])),
    );
    const all = checksOf(substrate, addresses);
    const host = hostOf(substrate);
    await plane.listen(listeners(all, host), portsAsked(all));
    const checks = all.filter(chosen);
    const ask = (some: readonly Check[], seconds: number) =>
        plane.probe(
            some.map(({ from, probe }) => ({ from: host(from), ...probe })),
            seconds,
        );
    const first = await ask(checks, ANSWER_SECONDS);
    // On a loaded machine an answer may come late; what got through where it should not needs no second look.
    const late = checks.filter(({ open }, index) => open && UNANSWERED.includes(first[index]!));
    const second = new Map(zip(late, await ask(late, SECOND_ANSWER_SECONDS)));
    return checks.map((check, index) => judge(check, second.get(check) ?? first[index]!, host(check.to)));
}

function zip<A, B>(left: readonly A[], right: readonly B[]): (readonly [A, B])[] {
    return left.map((one, index) => [one, right[index]!] as const);
}

function judge(check: Check, answer: string, expected: string): Measured {
    if (UNANSWERED.includes(answer)) {
        return { ...check, ok: !check.open };
    }
    const right = answer === expected || answer === "yes";
    return { ...check, answered: right ? check.to : answer, ok: check.open && right };
}

/** Addresses at which each host answers: those that are asked for. */
function listeners(checks: readonly Check[], host: (name: string) => string): Record<string, string[]> {
    const found = new Map<string, Set<string>>();
    for (const { to, probe } of checks) {
        const name = host(to);
        found.set(name, (found.get(name) ?? new Set()).add(probe.address));
    }
    return Object.fromEntries([...found].map(([name, addresses]) => [name, [...addresses]]));
}

function portsAsked(checks: readonly Check[]): Record<"tcp" | "udp", number[]> {
    const of = (protocol: string) => [
        ...new Set(checks.flatMap(({ probe }) => (probe.protocol === protocol ? [probe.port!] : []))),
    ];
    return { tcp: of("tcp"), udp: of("udp") };
}
