import * as pulumi from "@pulumi/pulumi";
import { HostError } from "../host/error";
import { secretsOf, type Secrets } from "../host/secrets";
import { printed } from "../definitions/printed";
import { DefinitionError } from "../definitions/faults";
import { Refusal } from "../definitions/refusal";
import type { VmOutput } from "../substrate/outputs";
import { partialRun } from "../substrate/partial";
import type { Substrate } from "../substrate/substrate";
import { nodeWarnings } from "../node/warnings";
import { requirePreflight } from "../node/preflight";
import type { RouterClaim } from "../router/claims";
import type { HostSurvey } from "./hostSurvey";
import type { RecordedTenants } from "../state/holdings";
import { resourcesDigest } from "../state/partial";
import { readRecorded, type ReadState } from "../state/readRecorded";
import { NOTHING_RECORDED, type Recorded } from "../state/recorded";
import { lifetimesOf } from "./lifetimes";
import { asRunError } from "./refusal";
import { checkNodes, readNodes, type Inventories } from "./surveyNodes";

/** All that is read before the first resource is declared. */
export interface Survey {
    /** Inventory of each node, by the hypervisor's name; none for a substrate that is only planned. */
    readonly inventories: Inventories;
    readonly recorded: Recorded;
    /** Surveys of the hosts that have a baseline, by the hypervisor's name. */
    readonly hosts: ReadonlyMap<string, HostSurvey>;
    readonly secrets: Secrets;
    /** Whether what is declared is only compared with what is: no template need be there to clone from. */
    readonly comparesOnly: boolean;
    /** Tenants that are no part of this run, with their VMs as the stack's outputs have them. */
    readonly leftOut: ReadonlyMap<string, readonly VmOutput[]>;
}

/** A survey, and the substrate as the run declares it. */
export interface Surveyed extends Survey {
    /** Without what was reaped. */
    readonly substrate: Substrate;
    /** The stack's output `made`; missing where there is nothing to keep. */
    readonly made?: Readonly<Record<string, string>>;
}

/**
 * Looks at what the token may do, at the substrate's nodes and hosts and at the stack's own state, and checks the
 * definitions against them.
 *
 * @param root folder of the project.
 * @param comparesOnly whether the run only compares: what an up would refuse is a difference like others then.
 *
 * @throws RunError, before anything is touched, with every fault or with why a node cannot be asked.
 */
export async function survey(declared: Substrate, root: string, comparesOnly = false): Promise<Surveyed> {
    try {
        const secrets = secretsOf(pulumi.runtime.allConfig());
        if (declared.status === "planned") {
            const nothing = {
                inventories: new Map(),
                recorded: NOTHING_RECORDED,
                hosts: new Map(),
                leftOut: new Map(),
            };
            return { ...nothing, secrets, comparesOnly, substrate: declared };
        }
        // Alone and first: what a survey sees depends on it, and asking for the state leaves a provider in it.
        const warnings = await requirePreflight(declared);
        const read = await readRecorded(declared.plan);
        const { recorded, tenants, kept } = read;
        const lifetimes = lifetimesOf(declared, kept, { tenants, vms: recorded.vms });
        const { substrate, made } = lifetimes;
        const inventories = await readNodes(substrate, recorded);
        const router = comparesOnly ? [] : await routerClaims(substrate, tenants);
        const faults = checkNodes(substrate, inventories, { recorded, tenants, router });
        if (faults.length > 0 && !comparesOnly) {
            throw new DefinitionError(faults);
        }
        tell(substrate, inventories);
        [...lifetimes.warnings, ...warnings].forEach((warning) => void pulumi.log.warn(warning));
        // Last, so that a host is not looked at for definitions that are refused anyway.
        const surveyed = { inventories, recorded, secrets, comparesOnly, leftOut: leftOutOf(declared, read) };
        const hosts = await hostSurveys(substrate, root, surveyed);
        return { ...surveyed, hosts, substrate, ...(made && { made }) };
    } catch (error) {
        throw asRunError(error);
    }
}

/** @throws Refusal where the state is another one than that which the run was cut for. */
function leftOutOf({ name, tenants }: Substrate, { vms, resources }: ReadState): Survey["leftOut"] {
    const partial = partialRun();
    if (partial === undefined) {
        return new Map();
    }
    if (partial.state !== resourcesDigest(resources)) {
        throw new Refusal(`another run changed the state of ${name} meanwhile: run this one again`);
    }
    const others = tenants.filter((one) => !partial.tenants.includes(one.name));
    return new Map(others.map((one) => [one.name, vms.filter(({ tenant }) => tenant === one.name)]));
}

/** Surveys each host that has a baseline; SSH is loaded only where one has. */
async function hostSurveys(
    { hypervisors }: Substrate,
    root: string,
    { inventories, recorded, secrets }: Omit<Survey, "hosts">,
): Promise<Survey["hosts"]> {
    const baselines = hypervisors.filter(({ baseline }) => baseline !== undefined);
    if (baselines.length === 0) {
        return new Map();
    }
    const { surveyHost } = await import("./hostSurvey");
    const surveys = baselines.map(async (hypervisor): Promise<[string, HostSurvey]> => {
        const inventory = inventories.get(hypervisor.name)!;
        return [hypervisor.name, await surveyHost(root, hypervisor, secrets, recorded, inventory)];
    });
    return new Map(await everyHost(surveys));
}

/** Waits for all, and tells what is wrong with each of them at once. */
async function everyHost<T>(surveys: readonly Promise<T>[]): Promise<T[]> {
    const ended = await Promise.allSettled(surveys);
    const reasons = ended.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
    const other = reasons.find((reason) => !(reason instanceof HostError));
    if (other !== undefined) {
        throw other;
    }
    if (reasons.length > 0) {
        throw new HostError(reasons.map((reason) => reason.message).join("\n"));
    }
    return ended.map((one) => (one as PromiseFulfilledResult<T>).value);
}

/** Tells, in every preview and up, what a person may not expect of each hypervisor. */
function tell(substrate: Substrate, inventories: Survey["inventories"]): void {
    for (const hypervisor of substrate.hypervisors) {
        const warnings = nodeWarnings(substrate, hypervisor, inventories.get(hypervisor.name)!);
        warnings.forEach((one) => void pulumi.log.warn(printed(one)));
        if (hypervisor.baseline === undefined) {
            void pulumi.log.info(`${hypervisor.name}: no baseline is declared, so nothing is configured on the host`);
        }
    }
}

/** Claims of others on the VLANs of tenants that are new; nothing is asked where none is. */
async function routerClaims(substrate: Substrate, recorded: RecordedTenants): Promise<RouterClaim[]> {
    const { mode, endpoint } = substrate.coreRouter;
    const fresh = substrate.tenants.filter(({ name }) => !recorded.has(name));
    if (mode !== "api" || endpoint === undefined || fresh.length === 0) {
        return [];
    }
    const [{ RouterClient }, { credentials }, { claimsOfOthers }] = await Promise.all([
        import("../router/client"),
        import("../router/credentials"),
        import("../router/claims"),
    ]);
    const config = pulumi.runtime.allConfig();
    const client = new RouterClient(
        endpoint,
        credentials((key) => config[key]),
    );
    return claimsOfOthers(client, substrate, fresh);
}
