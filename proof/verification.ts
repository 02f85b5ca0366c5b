import { siteSegment } from "../substrate/plan";
import { nicHostsOf } from "./furtherNics";
import { checksOf, type Check } from "./proof";
import { declaredNames, judgeLease, type Lease } from "./lease";
import type { Finding, Measured, Proof } from "./findings";
import { ELSEWHERE, INTERNET } from "../firewall/reachability";
import { knownAddress } from "../router/records";
import type { Substrate, Tenant, WorkloadVm } from "../substrate/substrate";
import { nameOfVm } from "../substrate/identity";

/** Job of one VM of a tenant, inside of it. */
export interface VmJob {
    readonly tenant: Tenant;
    readonly vm: WorkloadVm;
    readonly address: string;
    readonly checks: readonly Check[];
    /** Names to resolve, with what is declared of each. */
    readonly names: readonly (readonly [name: string, address: string | undefined])[];
}

/** Answer of a VM. */
export interface VmAnswer {
    readonly lease: Lease;
    /** In the order of the checks; `silent` where nobody answered. */
    readonly answers: readonly string[];
    /** In the order of the names. */
    readonly names: readonly (readonly string[])[];
}

/**
 * Job of each VM of a tenant; and the VMs whose address nobody knows, such as those that an earlier release made,
 * which are neither asked nor asked for.
 *
 * @param given addresses that a person looked up, by tenant/vm.
 */
export function jobsOf(
    substrate: Substrate,
    tenant: Tenant,
    given: ReadonlyMap<string, string>,
): { readonly jobs: readonly VmJob[]; readonly unknown: readonly string[] } {
    const all = substrate.tenants.flatMap((owner) =>
        owner.vms.map((vm) => ({ vm, address: given.get(nameOfVm(vm)) ?? knownAddress(owner, vm) })),
    );
    const addresses = new Map(all.flatMap(({ vm, address }) => (address === undefined ? [] : [[vm.vmid, address]])));
    const checks = checksOf(substrate, addresses);
    const names = [...declaredNames(substrate), [`nobody.${tenant.zone}`, undefined] as const];
    const jobs = tenant.vms.flatMap((vm) => {
        const address = addresses.get(vm.vmid);
        // A VM's own programs ask, which are not let to the ports of its services.
        const own = checks.filter(({ from, probe }) => from === nameOfVm(vm) && probe.sourcePort === undefined);
        return address === undefined ? [] : [{ tenant, vm, address, checks: own, names }];
    });
    return { jobs, unknown: all.filter(({ address }) => address === undefined).map(({ vm }) => nameOfVm(vm)) };
}

/** Answers of the VMs against the tenants' files. */
export function verificationOf(
    substrate: Substrate,
    told: readonly { readonly job: VmJob; readonly answer: VmAnswer }[],
    seconds: number,
): Proof {
    const asked = new Set(told.map(({ job }) => job.vm.vmid));
    const unmeasured = nicHostsOf(substrate)
        .filter(({ vm }) => asked.has(vm.vmid))
        .map(({ name, tenant, nic }) => `${name} (${nic.address} in ${nic.segment ?? tenant.name})`);
    return {
        substrate: substrate.name,
        vms: told.length,
        ...(unmeasured.length > 0 && { unmeasured }),
        matrix: told.flatMap(({ job, answer }) =>
            job.checks.map((check, i) => judge(substrate, check, answer.answers[i] !== "silent")),
        ),
        addresses: told.flatMap(({ job, answer }) => judgeLease(job.tenant, job.vm, answer.lease)),
        names: told.flatMap(({ job, answer }) =>
            job.names.map((name, i) => judgeName(job.vm, name, answer.names[i] ?? [])),
        ),
        spoofing: [],
        moments: [],
        controls: [],
        seconds,
    };
}

/**
 * An answer where none may come is a mismatch. So is silence where something is open and surely there; of what may have
 * nobody behind it, or may be silent by itself as UDP is, it tells nothing.
 */
function judge({ plan }: Substrate, check: Check, answered: boolean): Measured {
    if (answered) {
        return { ...check, answered: check.to, ok: check.open };
    }
    const { open, to, probe } = check;
    const perhapsNobody =
        siteSegment(plan, to) !== undefined || to === INTERNET || to === ELSEWHERE || probe.protocol === "udp";
    return open && perhapsNobody ? { ...check, ok: true, untold: true } : { ...check, ok: !open };
}

function judgeName(
    vm: WorkloadVm,
    [name, address]: readonly [string, string | undefined],
    found: readonly string[],
): Finding {
    const [expected, measured] = [address ?? "none", found.length === 0 ? "none" : found.join(" ")];
    return { what: `${nameOfVm(vm)} asks for ${name}`, expected, measured, ok: measured === expected };
}
