import type { DefinedAt } from "../definitions/places";
import type { Substrate, Tenant, WorkloadVm } from "./substrate";

/** When things were made: a tenant by its name, a VM by its VMID. */
export type Made = ReadonlyMap<string, Date>;

/** The end of a tenant, or of one VM that ends before its tenant. */
export interface Ending {
    readonly tenant: string;
    /** Missing where it is all of the tenant. */
    readonly vm?: Pick<WorkloadVm, "name" | "vmid">;
    /** As the file has it. */
    readonly expires: string;
    /** The first moment at which it is over; missing for an age of what is not made. */
    readonly ends?: Date;
    readonly definedAt: DefinedAt;
}

/** Days before its end from which something is warned of. */
const NOTICE_DAYS = 7;

const HOUR_MS = 3_600_000;
const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 7 * 24 };

/** Whether `expires` is an age, which counts from when something was made, and not a day. */
export function isAge(expires: string): boolean {
    return /[hdw]$/.test(expires);
}

/** Milliseconds of an age in hours, days of 24 hours or weeks. */
export function ageMs(age: string): number {
    return Number(age.slice(0, -1)) * HOURS[age.at(-1)!]! * HOUR_MS;
}

/** Whether a day is in the calendar. */
export function isDay(day: string): boolean {
    const time = Date.parse(`${day}T00:00:00Z`);
    return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** Whether a time zone is one that this Node.js knows. UTC is; to ask for it takes longer than all other checks of a small substrate. */
export function isTimeZone(name: string): boolean {
    if (name === "UTC") {
        return true;
    }
    try {
        dayIn(name);
        return true;
    } catch {
        return false;
    }
}

/**
 * The first moment at which something is over.
 *
 * @param expires a day, at whose end in the time zone it is over; or an age in hours, days of 24 hours or weeks.
 * @param made undefined for what is not made: an age has no end then.
 */
export function endOf(expires: string, timeZone: string, made: Date | undefined): Date | undefined {
    if (!isAge(expires)) {
        return endOfDay(expires, timeZone);
    }
    return made && new Date(made.getTime() + ageMs(expires));
}

/**
 * The first second whose day in a time zone is a later one: a zone may skip midnight, or have an hour of it twice, but it never
 * goes back to a day that is over.
 */
function endOfDay(day: string, timeZone: string): Date {
    const dayAt = dayIn(timeZone);
    const noon = Date.parse(`${day}T12:00:00Z`) / 1000;
    // Zones are between 12 hours behind UTC and 14 ahead of it.
    let [before, after] = [noon - 27 * 3600, noon + 27 * 3600];
    while (after - before > 1) {
        const middle = Math.floor((before + after) / 2);
        if (dayAt(new Date(middle * 1000)) > day) {
            after = middle;
        } else {
            before = middle;
        }
    }
    return new Date(after * 1000);
}

/** Tells the day of a moment in a time zone, such as 2026-12-31. @throws RangeError for a zone that Node.js does not know. */
function dayIn(timeZone: string): (moment: Date) => string {
    const parts = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
        ...{ timeZone, year: "numeric", month: "2-digit", day: "2-digit" },
    });
    return (moment) => {
        const told = Object.fromEntries(parts.formatToParts(moment).map(({ type, value }) => [type, value]));
        return `${told["year"]!.padStart(4, "0")}-${told["month"]}-${told["day"]}`;
    };
}

/** Ends of a substrate's tenants, and of VMs that end before theirs: the earlier of both counts. Ordered, the first end first. */
export function endingsOf({ tenants, timeZone }: Pick<Substrate, "tenants" | "timeZone">, made: Made): Ending[] {
    const endings = tenants.flatMap((tenant) => {
        const { name, expires, definedAt } = tenant;
        const madeThen = made.get(name) ?? made.get(tenant.formerly ?? "");
        const ends = expires === undefined ? undefined : endOf(expires, timeZone, madeThen);
        const own: Ending[] =
            expires === undefined ? [] : [{ tenant: name, expires, ...(ends && { ends }), definedAt }];
        return [...own, ...tenant.vms.flatMap((vm) => endingOfVm(vm, timeZone, made, ends))];
    });
    const at = ({ ends }: Ending) => ends?.getTime() ?? Infinity;
    return endings.sort((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)));
}

function endingOfVm(vm: WorkloadVm, timeZone: string, made: Made, tenantEnds: Date | undefined): Ending[] {
    const { tenant, name, vmid, expires, definedAt } = vm;
    if (expires === undefined) {
        return [];
    }
    const ends = endOf(expires, timeZone, made.get(String(vmid)));
    const counts = tenantEnds === undefined || ends === undefined || ends < tenantEnds;
    return counts ? [{ tenant, vm: { name, vmid }, expires, ...(ends && { ends }), definedAt }] : [];
}

/** Whether something is over: from its end on, and not the moment before. */
export function isOver({ ends }: Pick<Ending, "ends">, now: Date): boolean {
    return ends !== undefined && ends <= now;
}

/** Whether it ends within so many days; what is over does, too. */
export function endsWithin({ ends }: Pick<Ending, "ends">, now: Date, days = NOTICE_DAYS): boolean {
    return ends !== undefined && ends.getTime() - now.getTime() <= days * 24 * HOUR_MS;
}

/** Tenants and VMs that a stack's state has. */
export interface Held {
    readonly tenants: { has(name: string): boolean };
    /** By VMID. */
    readonly vms: { has(vmid: number): boolean };
}

/** Whether the state has what ends, or a part of it. */
export function isHeld({ tenant, vm }: Pick<Ending, "tenant" | "vm">, { tenants, vms }: Held): boolean {
    return vm === undefined ? tenants.has(tenant) : vms.has(vm.vmid);
}

/**
 * A substrate as a run declares it: without what is over and not there any more. What is over and still there stays as it is, so
 * that no run but `tenants reap` takes it away, and what that took away is not made again.
 */
export function withoutReaped<S extends Pick<Substrate, "tenants">>(
    substrate: S,
    endings: readonly Ending[],
    held: Held,
    now: Date,
): S {
    const over = endings.filter((ending) => isOver(ending, now));
    if (over.length === 0) {
        return substrate;
    }
    const endedTenants = new Set(over.flatMap(({ tenant, vm }) => (vm === undefined ? [tenant] : [])));
    const endedVms = new Set(over.flatMap(({ vm }) => vm?.vmid ?? []));
    const stays = ({ name, vms }: Tenant) =>
        !endedTenants.has(name) || held.tenants.has(name) || vms.some(({ vmid }) => held.vms.has(vmid));
    const tenants = substrate.tenants.filter(stays).map((tenant) => ({
        ...tenant,
        vms: tenant.vms.filter(
            ({ vmid }) => held.vms.has(vmid) || !(endedTenants.has(tenant.name) || endedVms.has(vmid)),
        ),
    }));
    return { ...substrate, tenants };
}

/**
 * When each tenant and VM was made whose `expires` is an age, as the stack keeps it: the state says that of what is there alone, and
 * what was reaped is not to begin anew.
 *
 * @param declared the substrate as the run declares it, without what was reaped.
 * @param now when this run makes what is not there.
 */
export function keptMade(substrate: Substrate, declared: Substrate, made: Made, held: Held, now: Date): Made {
    const kept = new Map<string, Date>();
    const keep = (key: string, expires: string | undefined, known: Date | undefined, isMadeNow: boolean) => {
        const when = isMadeNow ? now : known;
        if (expires !== undefined && isAge(expires) && when !== undefined) {
            kept.set(key, when);
        }
    };
    for (const { name, formerly = "", expires, vms } of substrate.tenants) {
        const own = declared.tenants.find((one) => one.name === name);
        const there = held.tenants.has(name) || held.tenants.has(formerly);
        keep(name, expires, made.get(name) ?? made.get(formerly), own !== undefined && !there);
        for (const { vmid, expires: ownExpires } of vms) {
            const isMadeNow = own?.vms.some((vm) => vm.vmid === vmid) === true && !held.vms.has(vmid);
            keep(String(vmid), ownExpires, made.get(String(vmid)), isMadeNow);
        }
    }
    return kept;
}
