import { faultAt, type CheckedTenant } from "../../definitions/places";
import { checkDestination } from "./destination";
import type { AllowanceDefinition, SubstrateDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import { overlaps, type Range } from "../network";
import { DESCRIPTION_BYTES, describeAllowance } from "../recordOwnership";

const MAX_PORT = 65_535;

/** PVE's limit for one rule, where a range counts as two (pve-firewall, PVE::Firewall::parse_port_name_number_or_range). */
const MAX_PORT_NUMBERS = 15;

/** Checks that each allowance names a destination that may be opened, in a way that both walls can write. */
export function checkAllowances(
    substrate: Pick<SubstrateDefinition, "site" | "macPolicy">,
    tenants: readonly CheckedTenant[],
): Fault[] {
    return tenants.flatMap((tenant) => {
        const { allow } = tenant.value;
        return allow.flatMap((allowance, i) => [
            ...checkDestination(substrate, tenant, i, tenants),
            ...checkPorts(tenant, i, allowance),
            ...checkWhy(tenant, i, allowance),
            ...checkTwice(tenant, i, allow),
        ]);
    });
}

function checkPorts(tenant: CheckedTenant, index: number, { protocol, ports }: AllowanceDefinition): Fault[] {
    const refuse = (message: string) => [faultAt(tenant, ["allow", index, "ports"], message)];
    if (ports === undefined) {
        return [];
    }
    if (protocol === "icmp" || protocol === "any") {
        return refuse(`${protocol} has no ports; leave ports out${protocol === "any" ? ", or name tcp or udp" : ""}`);
    }
    const ranges = portsOf(ports);
    if (ranges.some(({ first, last }) => first < 1 || last > MAX_PORT || first > last)) {
        return refuse(`${ports} is out of range; ports are 1 to ${MAX_PORT}, the lower first`);
    }
    if (ranges.some((range, i) => ranges.slice(0, i).some((earlier) => overlaps(range, earlier)))) {
        return refuse(`${ports} has a port twice; once is enough`);
    }
    const numbers = ports.split(/[,:]/).length;
    return numbers > MAX_PORT_NUMBERS
        ? refuse(`${numbers} numbers; PVE takes ${MAX_PORT_NUMBERS} in one rule. Make two entries of it`)
        : [];
}

/** The router shows a rule's description up to a limit, and no name of a tenant or port may be cut off. */
function checkWhy(tenant: CheckedTenant, index: number, { to, protocol, ports, why }: AllowanceDefinition): Fault[] {
    const length = Buffer.byteLength(why);
    const lengths = (ports?.split(",") ?? [undefined]).map((port) =>
        Buffer.byteLength(describeAllowance(tenant.value.name, { to, protocol, why }, port)),
    );
    const room = DESCRIPTION_BYTES - (Math.max(...lengths) - length);
    return length > room ? [faultAt(tenant, ["allow", index, "why"], tooLong(length, room))] : [];
}

function tooLong(length: number, room: number): string {
    return (
        `${length} bytes; at most ${room} are allowed here, since the router's rule also names the tenant, ` +
        `the destination and the port in its ${DESCRIPTION_BYTES} bytes`
    );
}

/** An entry that opens what an earlier one opens would give a rule that never matches. */
function checkTwice(tenant: CheckedTenant, index: number, allow: readonly AllowanceDefinition[]): Fault[] {
    const later = allow[index]!;
    const earlier = allow.slice(0, index).findIndex((other) => opensSame(other, later));
    const message = `opens what allow[${earlier}] opens already; leave one of them out`;
    return earlier < 0 ? [] : [faultAt(tenant, ["allow", index], message)];
}

function opensSame(a: AllowanceDefinition, b: AllowanceDefinition): boolean {
    const protocols = a.protocol === b.protocol || a.protocol === "any" || b.protocol === "any";
    return a.to === b.to && protocols && portsOf(a.ports).some((x) => portsOf(b.ports).some((y) => overlaps(x, y)));
}

/** Ranges of ports as the file has them: "443", "8000:8010" or "80,443"; every port where there are none. */
function portsOf(ports: string | undefined): Range[] {
    return (ports ?? `0:${MAX_PORT}`).split(",").map((range) => {
        const [first, last = first] = range.split(":").map(Number);
        return { first: first!, last: last! };
    });
}
