import type { DriftRow } from "../drift";
import { DefinitionError, type Fault } from "../../definitions/faults";

/** What `tenants drift --json` prints: what differs, and where it could not be told. */
export interface ToldDrift {
    readonly substrate: string;
    readonly drift: readonly DriftRow[];
    readonly untold: readonly { readonly source: string; readonly reason: string }[];
}

const ROW = {
    tenant: true,
    where: true,
    what: true,
    declared: true,
    found: true,
    settle: true,
    since: false,
    who: false,
};
const UNTOLD = { source: true, reason: true };

/**
 * Reads what `tenants drift --json` printed.
 *
 * @param file the name that a person knows it by.
 * @param substrate the substrate that it must be about.
 * @throws DefinitionError with everything that is not as that command prints it.
 */
export function readDrift(text: string, file: string, substrate: string): ToldDrift {
    const fault = (path: string, message: string): Fault => ({ file, path, message });
    let told: unknown;
    try {
        told = JSON.parse(text);
    } catch (error) {
        const why = `no JSON (${(error as Error).message}); give what \`tenants drift <substrate> --json\` printed`;
        throw new DefinitionError([fault("", why)]);
    }
    const given = (told ?? {}) as Partial<Record<keyof ToldDrift, unknown>>;
    const faults = [
        ...(given.substrate === substrate
            ? []
            : [fault("substrate", `${JSON.stringify(given.substrate)}; allowed: ${JSON.stringify(substrate)}`)]),
        ...faultsOfList(given.drift, "drift", ROW, fault),
        ...faultsOfList(given.untold, "untold", UNTOLD, fault),
    ];
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    return told as ToldDrift;
}

/** @param fields the texts of each entry, and whether they must be there. */
function faultsOfList(
    list: unknown,
    name: string,
    fields: Readonly<Record<string, boolean>>,
    fault: (path: string, message: string) => Fault,
): Fault[] {
    if (!Array.isArray(list)) {
        return [fault(name, list === undefined ? "is missing; allowed: a list" : "is no list")];
    }
    return list.flatMap((entry: unknown, index) =>
        Object.entries(fields).flatMap(([field, needed]) => {
            const value = ((entry ?? {}) as Record<string, unknown>)[field];
            const fits = typeof value === "string" || (value === undefined && !needed);
            return fits ? [] : [fault(`${name}[${index}].${field}`, `${JSON.stringify(value)} is no text`)];
        }),
    );
}
