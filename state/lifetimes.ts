import { isAge, type Held, type Made } from "../substrate/expiry";
import type { Substrate } from "../substrate/substrate";
import { byTenant, stackOutputsIn, TENANT_VM, VM, vmidOf, type Deployment, type StateResource } from "./deployment";

/**
 * When tenants and VMs were made, by all that a stack's state tells: what it keeps of those whose `expires` is an age, and of others
 * when the first of their resources was made. A rebuilt VM was made when it was declared first.
 */
export function madeIn(deployment: Deployment): Made {
    const { resources = [] } = deployment;
    return new Map([...createdIn(resources), ...keptIn(stackOutputsIn(deployment))]);
}

/** Times that a stack keeps in its outputs, which outlive what was reaped. */
export function keptIn(outputs: Readonly<Record<string, unknown>> = {}): Made {
    const kept = Object.entries((outputs["made"] ?? {}) as Readonly<Record<string, unknown>>);
    return new Map(kept.flatMap(([key, value]) => dated(key, value)));
}

/** A stack's output `made`; undefined where there is nothing to keep. */
export function asOutput(made: Made): Readonly<Record<string, string>> | undefined {
    const sorted = [...made].sort(([a], [b]) => (a < b ? -1 : 1));
    return made.size === 0 ? undefined : Object.fromEntries(sorted.map(([key, when]) => [key, when.toISOString()]));
}

/** Whether the state has to be asked when something was made: its file gives an age, and the outputs do not say. */
export function asksCreated({ tenants }: Substrate, kept: Made, held: Held): boolean {
    const unknown = (key: string, expires: string | undefined, isThere: boolean) =>
        expires !== undefined && isAge(expires) && isThere && !kept.has(key);
    return tenants.some(
        ({ name, formerly, expires, vms }) =>
            unknown(name, expires, held.tenants.has(name) || held.tenants.has(formerly ?? "")) ||
            vms.some((vm) => unknown(String(vm.vmid), vm.expires, held.vms.has(vm.vmid))),
    );
}

/** The last moment that a state tells of; undefined for an empty one. */
export function newestIn({ resources = [] }: Deployment): Date | undefined {
    const times = resources.flatMap(({ created, modified }) => [...dated("", created), ...dated("", modified)]);
    const [newest] = times.map(([, when]) => when).sort((a, b) => b.getTime() - a.getTime());
    return newest;
}

function createdIn(resources: readonly StateResource[]): Made {
    const created = new Map<string, Date>();
    const tell = (key: string, value: unknown) => {
        for (const [, when] of dated(key, value)) {
            const known = created.get(key);
            created.set(key, known !== undefined && known < when ? known : when);
        }
    };
    for (const [tenant, own] of byTenant(resources)) {
        own.forEach((resource) => tell(tenant, resource.created));
    }
    for (const resource of resources.filter(({ type }) => type === VM || type === TENANT_VM)) {
        tell(String(vmidOf(resource)), resource.created);
    }
    return created;
}

function dated(key: string, value: unknown): [string, Date][] {
    const when = new Date(typeof value === "string" ? value : NaN);
    return Number.isNaN(when.getTime()) ? [] : [[key, when]];
}
