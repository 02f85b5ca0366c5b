import { prefixOf, siteSegment } from "../../substrate/plan";
import { nicHostsOf, type NicHost } from "../furtherNics";
import { checksOf, standInsOf, vmsOf, type Check, type ProofHost } from "../proof";
import type { Lease } from "../lease";
import { ELSEWHERE, GATEWAY, INTERNET, ROUTER } from "../../firewall/reachability";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import { PLANE_INTERNET, PLANE_ROUTER, UNANSWERED, type DataPlane } from "../../lab/dataPlane";
import type { Finding, Measured } from "../findings";
import { nameOfVm } from "../../substrate/identity";

/** How long a VM asks for an address, and a probe for an answer, in seconds. */
const LEASE_SECONDS = 12;
const ANSWER_SECONDS = 2;
/** A probe that should have had an answer is asked once more, alone and for as long as this. */
const SECOND_ANSWER_SECONDS = 5;

/** Names of the places outside as the data plane has them: the internet stands for elsewhere, too. */
function hostOf(substrate: Substrate): (name: string) => string {
    const vms = new Map(vmsOf(substrate).map(([, vm]) => [nameOfVm(vm), `vm${vm.vmid}`]));
    nicHostsOf(substrate).forEach((host) => vms.set(host.name, namespaceOf(host)));
    const others: Readonly<Record<string, string>> = {
        [GATEWAY]: PLANE_ROUTER,
        [ROUTER]: PLANE_ROUTER,
        [INTERNET]: PLANE_INTERNET,
        [ELSEWHERE]: PLANE_INTERNET,
    };
    return (name) => vms.get(name) ?? others[name] ?? name;
}

/** The name that the data plane gives the host of a NIC beside a VM's first. */
export function namespaceOf({ vm, nic }: NicHost): string {
    return `vm${vm.vmid}i${nic.interface.slice("net".length)}`;
}

/** Puts hosts into the data plane for every place outside the tenants. */
export async function addStandIns(plane: DataPlane, substrate: Substrate): Promise<void> {
    const standIns = standInsOf(substrate);
    const segmentOf = ({ name }: ProofHost) => siteSegment(substrate.plan, name);
    for (const standIn of standIns) {
        const segment = segmentOf(standIn);
        if (segment !== undefined) {
            const { name, vlan = 0, untagged, cidr, gateway } = segment;
            const addresses = standIn.addresses.map((address) => `${address}/${prefixOf(cidr)}`);
            await plane.standIn(name, untagged ? 0 : vlan, addresses, gateway);
        }
    }
    const far = standIns.filter((one) => segmentOf(one) === undefined).flatMap(({ addresses }) => addresses);
    await plane.standIn(PLANE_INTERNET, 0, far);
}

/** Boots VMs; what each came up with, by VMID. */
export async function bootVms(plane: DataPlane, vms: readonly WorkloadVm[]): Promise<ReadonlyMap<number, Lease>> {
    return plane.boot(
        vms.map(({ vmid }) => vmid),
        LEASE_SECONDS,
    );
}

/**
 * Asks VMs' resolvers for every declared name, which has to be that of the address that its VM got, and for one that nobody declared.
 *
 * @param asks whether a VM is asked.
 */
export async function measureNames(
    plane: DataPlane,
    substrate: Substrate,
    leases: ReadonlyMap<number, Lease>,
    asks: (tenant: Tenant, vm: WorkloadVm) => boolean = () => true,
): Promise<Finding[]> {
    const names = vmsOf(substrate).flatMap(([, vm]) =>
        [vm.fqdn, ...vm.aliases].map((name) => [name, leases.get(vm.vmid)?.address ?? "no address"] as const),
    );
    // Of resolvers that are not the router there is no stand-in.
    const answered = ({ segment }: Tenant) => segment.resolvers.includes(segment.subnet.gateway);
    const asked = vmsOf(substrate).filter(([tenant, vm]) => answered(tenant) && asks(tenant, vm));
    const questions = asked.flatMap(([tenant, vm]) =>
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
        return { what: `${nameOfVm(vm)} asks for ${name}`, expected, measured, ok: measured === expected };
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
    const nics = nicHostsOf(substrate);
    await plane.attach(new Map(nics.map((one) => [namespaceOf(one), one.nic.gateway])));
    const all = checksOf(substrate, addresses, nics);
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
