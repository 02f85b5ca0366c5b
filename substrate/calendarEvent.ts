/** Words that stand for an event. */
const WORDS = [
    ...["minutely", "hourly", "daily", "weekly", "monthly", "yearly", "annually", "quarterly"],
    ...["semiannually", "semi-annually"],
];

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** Numbers that each place of a date and of a time takes. */
const DATE = [
    { name: "month", least: 1, most: 12 },
    { name: "day", least: 1, most: 31 },
];
const YEAR = { name: "year", least: 1970, most: 2500 };
const TIME = [
    { name: "hour", least: 0, most: 23 },
    { name: "minute", least: 0, most: 59 },
    { name: "second", least: 0, most: 59 },
];

type Place = (typeof TIME)[number];

/**
 * Fault of a text that is no calendar event of PVE's: `[days] [date] [time]`, such as `sat 02:30`, `*-1..7 03:00` or `*:0/30`
 * (proxmox-time, src/calendar_event.rs; pve-docs, calendar events). Undefined where PVE takes it.
 */
export function calendarFault(text: string): string | undefined {
    const parts = text.trim().toLowerCase().split(/\s+/);
    if (parts.length === 1 && WORDS.includes(parts[0]!)) {
        return undefined;
    }
    if (isDays(parts[0]!)) {
        parts.shift();
    }
    const date = parts[0]?.includes("-") ? parts.shift() : undefined;
    const time = parts.shift();
    if (text.trim() === "" || parts.length > 0) {
        const what = text.trim() === "" ? "it is empty" : `${parts[0]} is one word too many`;
        return `${what}; a schedule is days, a date and a time, of which each may be left out`;
    }
    return placesFault(date, time);
}

function placesFault(date: string | undefined, time: string | undefined): string | undefined {
    return (date === undefined ? undefined : dateFault(date)) ?? (time === undefined ? undefined : timeFault(time));
}

/** A list of days and ranges of them, each with its first three letters at least: `mon..fri,sun`. */
function isDays(text: string): boolean {
    const isDay = (day: string) => DAYS.some((name) => day === name || day === name.slice(0, 3));
    return text.split(",").every((range) => range.split("..").every(isDay) && range.split("..").length <= 2);
}

function dateFault(text: string): string | undefined {
    const parts = text.split("-");
    return parts.length > 3 || parts.length < 2
        ? `${text} is no date: month-day, or year-month-day`
        : faultsOf(parts, parts.length === 3 ? [YEAR, ...DATE] : DATE);
}

/** Minutes alone, hours and minutes, or those and seconds. */
function timeFault(text: string): string | undefined {
    const parts = text.split(":");
    return parts.length > 3
        ? `${text} is no time: hour:minute, or hour:minute:second`
        : faultsOf(parts, parts.length === 1 ? [TIME[1]!] : TIME);
}

function faultsOf(parts: readonly string[], places: readonly Place[]): string | undefined {
    return parts.map((part, index) => numbersFault(part, places[index]!)).find((fault) => fault !== undefined);
}

/** Each element of a list is a number, a range of them, or all, and may be repeated every so many. */
function numbersFault(text: string, { name, least, most }: Place): string | undefined {
    for (const element of text.split(",")) {
        const [, first, last = first, step] = /^(\*|\d+)(?:\.\.(\d+))?(?:\/(\d+))?$/.exec(element) ?? [];
        const numbers = [first, last].filter((one) => one !== "*").map(Number);
        const inOrder = first === "*" ? last === "*" : Number(first) <= Number(last);
        if (
            first === undefined ||
            !inOrder ||
            Number(step ?? 1) < 1 ||
            numbers.some((one) => one < least || one > most)
        ) {
            return `${element === "" ? "nothing" : element} is no ${name}: ${least} to ${most}, a range such as ${least}..${most}, * or */2`;
        }
    }
    return undefined;
}
