import { parseAddress } from "../substrate/network";
import { vmsOf } from "./proof";
import type { Finding } from "./findings";
import { knownAddress } from "../router/records";
import type { Substrate, Tenant, WorkloadVm } from "../substrate/substrate";
import { nameOfVm } from "../substrate/identity";

/** Lease of a VM. */
export interface Lease {
    /** Why it has no address. */
    readonly error?: string;
    readonly address?: string;
    readonly gateway?: string;
    readonly resolvers?: readonly string[];
    readonly search?: string;
    /** Missing where it cannot be told. */
    readonly ntp?: readonly string[];
}

/** Every declared name with its address. */
export function declaredNames(substrate: Substrate): (readonly [name: string, address: string])[] {
    return vmsOf(substrate).flatMap(([tenant, vm]) => {
        const address = knownAddress(tenant, vm);
        return address === undefined ? [] : [vm.fqdn, ...vm.aliases].map((name) => [name, address] as const);
    });
}

/** Lease of a VM against its tenant's file. */
export function judgeLease(tenant: Tenant, vm: WorkloadVm, lease: Lease = {}): Finding[] {
    const { gateway } = tenant.segment.subnet;
    const { resolvers, timeServers } = tenant.segment;
    const { error, address = "no address" } = lease;
    const finding = (what: string, expected: string, measured: string) => ({
        expected,
        measured,
        what,
        ok: measured === expected,
    });
    const findings = [
        finding("address", expectedAddress(tenant, vm, address), error ?? address),
        finding("gateway", gateway, lease.gateway ?? ""),
        finding("resolver", among(resolvers), among(lease.resolvers)),
        finding("search domain", tenant.zone, lease.search ?? ""),
        // cloud-init names no time server to a VM of a fixed address.
        ...(lease.ntp === undefined ? [] : [finding("time server", among(timeServers), among(lease.ntp))]),
    ];
    return findings.map((one) => ({ ...one, what: `${nameOfVm(vm)} ${one.what}` }));
}

/** The address that a VM has to have: the one that is known, or any of the pool, the one that it got included. */
function expectedAddress(tenant: Tenant, vm: WorkloadVm, got: string): string {
    const { poolStart, poolEnd } = tenant.segment.subnet;
    const number = parseAddress(got) ?? -1;
    const inPool = parseAddress(poolStart)! <= number && number <= parseAddress(poolEnd)!;
    return knownAddress(tenant, vm) ?? (inPool ? got : `${poolStart}-${poolEnd}`);
}

function among(values: readonly string[] = []): string {
    return values.join(" ");
}
