import { Refusal } from "../definitions/refusal";

/** Environment variable that has the program declare some tenants alone; `tenants` sets it for a run that leaves the others as they are. */
const PARTIAL = "TENANT_HYPERVISORS_PARTIAL";

/** A run of which some tenants are no part, since there is nothing to do for them: the engine is told to leave what they have alone. */
export interface PartialRun {
    /** Digest of the resources that the state has: what another has is not known to be left alone. */
    readonly state: string;
    /** Names of the tenants that are declared. */
    readonly tenants: readonly string[];
}

/** The variable as the environment of such a run has it. */
export function partialEnvironment(partial: PartialRun): Readonly<Record<string, string>> {
    return { [PARTIAL]: JSON.stringify(partial) };
}

/** The part that this run is of its substrate; undefined for a run of all tenants. @throws Refusal where it is none that partialEnvironment made. */
export function partialRun(environment: NodeJS.ProcessEnv = process.env): PartialRun | undefined {
    const value = environment[PARTIAL];
    return value === undefined ? undefined : parsed(value);
}

function parsed(value: string): PartialRun {
    try {
        const { state, tenants } = JSON.parse(value) as Record<keyof PartialRun, unknown>;
        if (typeof state === "string" && Array.isArray(tenants)) {
            return { state, tenants: tenants.map(String) };
        }
    } catch {
        // Not JSON.
    }
    throw new Refusal(`${PARTIAL} is for \`tenants up\` and \`tenants preview\`: unset it`);
}
