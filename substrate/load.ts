import { basename, extname, join } from "node:path";
import { checkAdmission } from "./admission";
import { checkBaselines } from "./baseline";
import { checkAcross } from "./check/index";
import { checkCoreRouter } from "./check/coreRouter";
import { checkDatastores } from "./check/datastores";
import { checkEndpoints } from "./check/endpoints";
import { checkTimeZone } from "./check/expires";
import { checkPlaces } from "./check/identity";
import { checkPlan } from "./check/plan";
import { checkVmDefinitions } from "./check/vms";
import { siteNetworks, type NetworkPlan } from "./plan";
import { resolvePlan } from "./resolvePlan";
import { mend, type Mended } from "../definitions/mend";
import { faultAt, type CheckedTenant } from "../definitions/places";
import { listSubstrates, readYaml, strayFaults, tenantFile, tenantFiles } from "../definitions/read";
import type { SubstrateDefinition, TenantDefinition } from "../definitions/definitions";
import { DefinitionError, type Fault, type Path } from "../definitions/faults";
import { resolve } from "./resolve";
import { checkShape } from "../definitions/shape";
import { stackSource } from "../definitions/stackFile";
import type { Elsewhere, Substrate } from "./substrate";
import type { Source } from "../definitions/yaml";

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

/** Sites of substrates with their networks, by name; one whose stack file does not say them is left out. */
export type Sites = ReadonlyMap<string, Omit<Elsewhere, "name">>;

/**
 * Reads, checks and resolves every definition of a substrate.
 *
 * @throws DefinitionError with every fault of every file at once.
 */
export function loadSubstrate(definitions: Definitions): Substrate {
    const faults = strayFaults(definitions);
    const strays = faults.map(({ file }) => file);
    const source = gather(faults, () => stackSource(definitions));
    const standard = source !== undefined && isStandard(source);
    const substrate = source && checkShape<SubstrateDefinition>("substrate", source);
    const { plan, faults: wrong = [] } = (source && planOf(source, substrate!, standard)) ?? {};
    faults.push(...(substrate?.faults ?? []), ...wrong);
    const files = tenantFiles(definitions);
    const tenants = files.flatMap(
        (file) => gather(faults, () => readTenant(definitions.root, file, plan, faults)) ?? [],
    );
    const checked = tenants.map(({ tenant }) => tenant);
    const besides = (found: readonly Fault[]) => found.filter((one) => tenants.every(({ counts }) => counts(one)));
    if (source === undefined || substrate === undefined || substrate.faults.length > 0 || plan === undefined) {
        throw new DefinitionError([...faults, ...besides(checkVmDefinitions(checked))]);
    }
    const elsewhere = sitesElsewhere(definitions);
    // What a file holds that could not be checked is not known, but that there is such a tenant.
    const unread = [...files, ...strays].filter((file) => checked.every((one) => one.file !== file)).map(nameOfFile);
    const site = { plan, elsewhere, macPolicy: substrate.value.macPolicy, unread };
    const across = [
        ...checkAcross(definitions.substrate, substrate.value, checked, listSubstrates(definitions.root), site),
        ...checkEndpoints(source, substrate.value),
        ...checkDatastores(source, substrate.value),
        ...checkTimeZone(source, substrate.value),
        ...checkCoreRouter(source, substrate.value, checked),
        ...checkBaselines(source, substrate.value, plan),
    ];
    faultless([...faults, ...besides(across)]);
    const model = resolve(definitions.substrate, substrate.value, plan, checked, elsewhere);
    requireAdmitted(model, checked);
    return model;
}

/** @throws ExceededError where more is promised than there is. */
function requireAdmitted(model: Substrate, tenants: readonly CheckedTenant[]): void {
    const exceeded = checkAdmission(model, tenants);
    if (exceeded.length > 0) {
        throw new ExceededError(exceeded, model);
    }
}

/** Definitions that are right, but promise more than there is. */
export class ExceededError extends DefinitionError {
    constructor(
        faults: readonly Fault[],
        readonly substrate: Substrate,
    ) {
        super(faults);
    }
}

function nameOfFile(file: string): string {
    return basename(file, extname(file));
}

/** Sites of the other substrates, as far as their stack files say them. */
function sitesElsewhere({ root, substrate, sites = readSites(root) }: Definitions): Substrate["elsewhere"] {
    return [...sites].filter(([name]) => name !== substrate).map(([name, site]) => ({ name, ...site }));
}

/** Reads the site of every substrate of a project. */
export function readSites(root: string): Sites {
    const sites = new Map<string, Omit<Elsewhere, "name">>();
    for (const name of listSubstrates(root)) {
        // A fault of a stack file is told where that one is loaded.
        const source = gather([], () => stackSource({ root, substrate: name }));
        const plan = source && planOf(source, checkShape<SubstrateDefinition>("substrate", source)).plan;
        if (plan !== undefined) {
            sites.set(name, { site: plan.site, networks: siteNetworks(plan) });
        }
    }
    return sites;
}

/** The network plan of a stack file, whatever else is wrong with the file; undefined where the plan itself is wrong. */
function planOf(
    source: Source,
    { value, faults }: { readonly value: SubstrateDefinition; readonly faults: readonly Fault[] },
    standard = false,
): { readonly plan?: NetworkPlan; readonly faults?: readonly Fault[] } {
    const stack = value as Partial<SubstrateDefinition> | null;
    if (stack?.site === undefined || faults.some(({ path }) => /^(site|network|coreRouter)\b/.test(path))) {
        return {};
    }
    const wrong = checkPlan(source, value);
    return wrong.length > 0 ? { faults: wrong } : { plan: resolvePlan(value, standard) };
}

/**
 * Whether a stack file has the plan of the deevnet sites: no network block, for which Pulumi hands an empty one to the program, or one that
 * only opens segments of it. To be asked before defaults are in it.
 */
function isStandard({ value }: Source): boolean {
    const { network = {} } = (value ?? {}) as { readonly network?: unknown };
    return typeof network === "object" && network !== null && Object.keys(network).every((key) => key === "opened");
}

function faultless(faults: readonly Fault[]): void {
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
}

/**
 * Reads a tenant's file, and adds its faults to those that are known.
 *
 * @returns undefined where nothing can be told beside them.
 */
function readTenant(root: string, file: string, plan: NetworkPlan | undefined, faults: Fault[]): Mended | undefined {
    const source = readYaml(file, join(root, file));
    const { value, faults: wrong, paths } = checkShape<TenantDefinition>("tenant", source);
    const tenant = { ...source, value };
    const misplaced = plan === undefined ? [] : checkPlaces(plan, tenant);
    faults.push(...wrong, ...misplaced);
    if (misplaced.length > 0) {
        return undefined;
    }
    return wrong.length === 0 ? { tenant, counts: () => true } : mend(source, paths);
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
