import type { DriftRow, OlderTemplate } from "../row";
import { DefinitionError, type Fault } from "../../definitions/faults";
import { checkShape } from "../../definitions/shape";

/** Output of `tenants drift --json`: all differences, and where it could not be told. */
export interface ToldDrift {
    readonly substrate: string;
    readonly drift: readonly DriftRow[];
    /** Missing in what earlier releases printed. */
    readonly templates?: readonly OlderTemplate[];
    readonly untold: readonly { readonly source: string; readonly reason: string }[];
}

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
    const { value, faults } = checkShape<ToldDrift | null>("drift", { file, value: told, lineOf: () => undefined });
    const about = value?.substrate;
    const other =
        about === undefined || about === substrate ? [] : [fault("substrate", `${about}; allowed: ${substrate}`)];
    if (value === null || faults.length + other.length > 0) {
        throw new DefinitionError([...faults, ...other]);
    }
    return value;
}
