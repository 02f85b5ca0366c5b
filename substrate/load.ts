import { join } from "node:path";
import { checkAdmission } from "./admission";
import { checkBaselines } from "./baseline";
import { checkAcross } from "./check/index";
import { checkCoreRouter } from "./check/coreRouter";
import { faultAt, type CheckedTenant } from "../definitions/places";
import { listSubstrates, readYaml, strayFaults, tenantFile, tenantFiles } from "../definitions/read";
import type { SubstrateDefinition, TenantDefinition } from "../definitions/definitions";
import { DefinitionError, type Fault, type Path } from "../definitions/faults";
import { resolve } from "./resolve";
import { checkShape } from "../definitions/shape";
import { stackSource } from "../definitions/stackFile";
import type { Substrate } from "./substrate";

/** Where the definitions of a substrate come from. */
export interface Definitions {
    /** Folder of the project: Pulumi.<substrate>.yaml and tenants/ stand in it. */
    readonly root: string;
    /** Name of the substrate, which is its stack's. */
    readonly substrate: string;
    /**
     * The stack's configuration as Pulumi hands it to the program, by full key. Without it the stack file is read, as
     * offline commands do.
     */
    readonly config?: Readonly<Record<string, string>>;
    /** Site of each substrate of the project, where it is known already: read once for many substrates. */
    readonly sites?: Sites;
}

/** Sites of substrates, by name; one whose stack file does not say it is left out. */
export type Sites = ReadonlyMap<string, number>;

/**
 * Reads, checks and resolves every definition of a substrate.
 *
 * @throws DefinitionError with every fault of every file at once.
 */
export function loadSubstrate(definitions: Definitions): Substrate {
    const faults = strayFaults(definitions);
    const substrate = gather(faults, () => {
        const checked = checkShape<SubstrateDefinition>("substrate", stackSource(definitions));
        faults.push(...checked.faults);
        return checked;
    });
    const tenants = tenantFiles(definitions).flatMap(
        (file) => gather(faults, () => loadTenant(definitions.root, file, faults)) ?? [],
    );
    if (substrate === undefined || faults.length > 0) {
        throw new DefinitionError(faults);
    }
    const elsewhere = sitesElsewhere(definitions);
    faultless([
        ...checkAcross(definitions.substrate, substrate.value, tenants, listSubstrates(definitions.root), elsewhere),
        ...checkCoreRouter(stackSource(definitions), substrate.value, tenants),
        ...checkBaselines(stackSource(definitions), substrate.value),
    ]);
    const model = resolve(definitions.substrate, substrate.value, tenants, elsewhere);
    faultless(checkAdmission(model, tenants));
    return model;
}

/** Sites of the other substrates, as far as their stack files say them. */
function sitesElsewhere({ root, substrate, sites = readSites(root) }: Definitions): Substrate["elsewhere"] {
    return [...sites].filter(([name]) => name !== substrate).map(([name, site]) => ({ name, site }));
}

/** Reads the site of every substrate of a project. */
export function readSites(root: string): Sites {
    const sites = new Map<string, number>();
    for (const name of listSubstrates(root)) {
        // A fault of a stack file is told where that one is loaded.
        const source = gather([], () => stackSource({ root, substrate: name }));
        const site = Number((source?.value as { site?: unknown } | undefined)?.site);
        if (Number.isInteger(site)) {
            sites.set(name, site);
        }
    }
    return sites;
}

function faultless(faults: readonly Fault[]): void {
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
}

function loadTenant(root: string, file: string, faults: Fault[]): CheckedTenant {
    const source = readYaml(file, join(root, file));
    const checked = checkShape<TenantDefinition>("tenant", source);
    faults.push(...checked.faults);
    return { ...source, value: checked.value };
}

/** A fault at a place of a tenant's file, for what is found after its definitions were checked. */
export function tenantFault(definitions: Definitions, tenant: string, path: Path, message: string): Fault {
    const file = tenantFile(definitions.root, definitions.substrate, tenant)!;
    return faultAt(readYaml(file, join(definitions.root, file)), path, message);
}

/** Runs one step, and keeps its faults instead of ending the run, so that one run shows the faults of all files. */
function gather<T>(faults: Fault[], step: () => T): T | undefined {
    try {
        return step();
    } catch (error) {
        if (error instanceof DefinitionError) {
            faults.push(...error.faults);
            return undefined;
        }
        throw error;
    }
}
