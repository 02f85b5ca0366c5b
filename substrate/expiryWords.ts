import { endsWithin, isAge, isHeld, isOver, type Ending, type Held } from "./expiry";
import type { Substrate } from "./substrate";

/** The name of what ends: `grooveiq`, or `grooveiq/api-vm01`. */
export function nameOfEnding({ tenant, vm }: Pick<Ending, "tenant" | "vm">): string {
    return vm === undefined ? tenant : `${tenant}/${vm.name}`;
}

/** Where its end is declared, as `tenants/dvntm/grooveiq.yaml:3 expires: 7d`. */
export function declaredAt({ expires, definedAt: { file, lines } }: Ending): string {
    return `${file}:${lines["expires"] ?? lines[""]} expires: ${expires}`;
}

/** When it ends, in the substrate's time zone: `the end of 2026-12-31 (Europe/Berlin)`, or `2026-12-24 09:30 (UTC)`. */
export function endText({ ends, expires }: Pick<Ending, "ends" | "expires">, timeZone: string): string {
    if (!isAge(expires)) {
        return `the end of ${expires} (${timeZone})`;
    }
    return ends === undefined ? `${expires} after it is made` : `${minuteText(ends, timeZone)} (${timeZone})`;
}

function minuteText(moment: Date, timeZone: string): string {
    const format = new Intl.DateTimeFormat("sv-SE-u-ca-iso8601-nu-latn", {
        ...{ timeZone, dateStyle: "short", timeStyle: "short" },
    });
    return format.format(moment);
}

/**
 * Warnings of a run: of what ends within a week, of what is over and there, and of what is over and not made again.
 *
 * @param held what the state has.
 */
export function endingWarnings(substrate: Substrate, endings: readonly Ending[], held: Held, now: Date): string[] {
    const due = endings.filter((ending) => endsWithin(ending, now));
    return due.map((ending) => {
        const begin = `${nameOfEnding(ending)}:`;
        const when = endText(ending, substrate.timeZone);
        if (!isOver(ending, now)) {
            return `${begin} it ends at ${when} (${declaredAt(ending)}); a later day or age keeps it`;
        }
        return isHeld(ending, held)
            ? `${begin} it is over since ${when} (${declaredAt(ending)}), and stays until \`tenants reap ${substrate.name}\` takes it away`
            : `${begin} it is over since ${when} and is not made: take it out of ${ending.definedAt.file}, or give it a later day or age (${declaredAt(ending)})`;
    });
}
