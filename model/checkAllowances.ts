import { faultAt, type CheckedTenant } from "./checked";
import type { AllowanceDefinition } from "./definitions";
import type { Fault } from "./faults";
import { suggestion } from "./suggest";

const MAX_PORT = 65_535;

/** Checks that each allowance names a tenant that exists, and ports that its protocol has. */
export function checkAllowances(tenants: readonly CheckedTenant[]): Fault[] {
    const names = tenants.map((tenant) => tenant.value.name);
    return tenants.flatMap((tenant) =>
        tenant.value.allow.flatMap((allowance, i) => [
            ...checkTo(tenant, i, allowance, names),
            ...checkPorts(tenant, i, allowance),
        ]),
    );
}

function checkTo(tenant: CheckedTenant, index: number, { to }: AllowanceDefinition, names: readonly string[]): Fault[] {
    const path = ["allow", index, "to"];
    if (to === tenant.value.name) {
        return [faultAt(tenant, path, `${to} is this tenant itself, whose VMs reach each other anyway; leave it out`)];
    }
    const others = names.filter((name) => name !== tenant.value.name);
    const allowed = others.length === 0 ? "there is no other tenant" : `allowed: ${others.join(", ")}`;
    return names.includes(to)
        ? []
        : [faultAt(tenant, path, `${to} is no tenant of this substrate${suggestion(to, others)}; ${allowed}`)];
}

function checkPorts(tenant: CheckedTenant, index: number, { protocol, ports }: AllowanceDefinition): Fault[] {
    const path = ["allow", index, "ports"];
    if (ports === undefined) {
        return [];
    }
    if (protocol === "icmp") {
        return [faultAt(tenant, path, "icmp has no ports; leave ports out")];
    }
    const bounds = ports.split(",").map((range) => range.split(":").map(Number));
    const bad = bounds.some(([from, to]) => from! < 1 || (to ?? from!) > MAX_PORT || from! > (to ?? from!));
    return bad ? [faultAt(tenant, path, `${ports} is out of range; ports are 1 to ${MAX_PORT}, the lower first`)] : [];
}
