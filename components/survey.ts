import * as pulumi from "@pulumi/pulumi";
import { HostError } from "../host/error";
import { secretsOf, type Secrets } from "../host/secrets";
import { checkClaims, type HeldOnRouter } from "./checkClaims";
import { checkNode } from "../node/checkNode";
import { firewallWarning } from "../node/datacentreFirewall";
import { DefinitionError } from "../definitions/faults";
import type { NodeFacts } from "../node/nodeFacts";
import type { Hypervisor, Substrate } from "../substrate/substrate";
import { NodeError } from "../node/client";
import { connect } from "../node/token";
import { survey } from "../node/survey";
import { unfit } from "../node/unfit";
import type { HostGround } from "./hostSurvey";
import type { RecordedTenants } from "../state/holdings";
import { readRecorded } from "../state/readRecorded";
import { NOTHING_RECORDED, type Recorded } from "../state/recorded";
import { asRunError } from "./refusal";

/** What is known before the first resource is declared. */
export interface Ground {
    /** What each node holds, by the hypervisor's name; nothing for a substrate that is only planned. */
    readonly facts: ReadonlyMap<string, NodeFacts>;
    readonly recorded: Recorded;
    /** What is known of the hosts that have a baseline, by the hypervisor's name. */
    readonly hosts: ReadonlyMap<string, HostGround>;
    readonly secrets: Secrets;
    /** Whether what is declared is only compared with what is: no template need be there to clone from. */
    readonly looks: boolean;
}

/**
 * Looks at what the token may do, at the substrate's nodes and hosts and at the stack's own state, and checks the
 * definitions against them.
 *
 * @param root folder of the project.
 * @param looks whether the run only compares: what an up would refuse is a difference like others then.
 *
 * @throws RunError, before anything is touched, with every fault or with why a node cannot be asked.
 */
export async function prepare(substrate: Substrate, root: string, looks = false): Promise<Ground> {
    const secrets = told(() => secretsOf(pulumi.runtime.allConfig()));
    if (substrate.status === "planned") {
        return { facts: new Map(), recorded: NOTHING_RECORDED, hosts: new Map(), secrets, looks };
    }
    try {
        // Alone and first: what a survey sees depends on it, and asking for the state leaves a provider in it.
        const wrong = await unfit(substrate);
        if (wrong.length > 0) {
            throw new NodeError(wrong.join("\n"));
        }
        const { recorded, tenants } = await readRecorded();
        const surveys = substrate.hypervisors.map((hypervisor) => surveyed(hypervisor, substrate, recorded));
        const facts = new Map(await Promise.all(surveys));
        const guests = [...facts.values()].flatMap((one) => [...one.guests.values()]);
        const faults = [
            ...substrate.hypervisors.flatMap((h) => checkNode(substrate, h, facts.get(h.name)!, recorded)),
            ...checkClaims(substrate, { recorded: tenants, guests, router: await heldOnRouter(substrate, tenants) }),
        ];
        if (faults.length > 0 && !looks) {
            throw new DefinitionError(faults);
        }
        tell(substrate, facts);
        // Last, so that a host is not looked at for definitions that are refused anyway.
        const hosts = await hostGrounds(substrate, root, secrets, recorded, facts);
        return { facts, recorded, hosts, secrets, looks };
    } catch (error) {
        throw asRunError(error);
    }
}

/** What is known of each host that has a baseline; SSH is loaded only where one has. */
async function hostGrounds(
    substrate: Substrate,
    root: string,
    secrets: Secrets,
    recorded: Recorded,
    facts: Ground["facts"],
): Promise<Ground["hosts"]> {
    const baselines = substrate.hypervisors.filter(({ baseline }) => baseline !== undefined);
    if (baselines.length === 0) {
        return new Map();
    }
    const { surveyHost } = await import("./hostSurvey");
    const surveys = baselines.map(async (hypervisor): Promise<[string, HostGround]> => {
        const node = facts.get(hypervisor.name)!;
        return [hypervisor.name, await surveyHost(root, hypervisor, secrets, recorded, node)];
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

function told<T>(step: () => T): T {
    try {
        return step();
    } catch (error) {
        throw asRunError(error);
    }
}

/** Tells, in every preview and up, what a person may not expect of each hypervisor. */
function tell(substrate: Substrate, facts: Ground["facts"]): void {
    for (const hypervisor of substrate.hypervisors) {
        const warning = firewallWarning(substrate, hypervisor, facts.get(hypervisor.name)!);
        if (warning !== undefined) {
            void pulumi.log.warn(warning);
        }
        if (hypervisor.baseline === undefined) {
            void pulumi.log.info(`${hypervisor.name}: no baseline is declared, so nothing is configured on the host`);
        }
    }
}

async function surveyed(
    hypervisor: Hypervisor,
    substrate: Substrate,
    recorded: Recorded,
): Promise<[string, NodeFacts]> {
    const client = connect(hypervisor);
    try {
        return [hypervisor.name, await survey(client, hypervisor, substrate, recorded)];
    } finally {
        client.close();
    }
}

/** What others hold on the router of the VLANs of tenants that are new; nothing is asked where none is. */
async function heldOnRouter(substrate: Substrate, recorded: RecordedTenants): Promise<HeldOnRouter[]> {
    const { mode, endpoint } = substrate.coreRouter;
    const fresh = substrate.tenants.filter(({ name }) => !recorded.has(name));
    if (mode !== "api" || endpoint === undefined || fresh.length === 0) {
        return [];
    }
    const [{ RouterClient }, { credentials }, { heldByOthers }] = await Promise.all([
        import("../router/client"),
        import("../router/credentials"),
        import("../router/claims"),
    ]);
    const config = pulumi.runtime.allConfig();
    const client = new RouterClient(
        endpoint,
        credentials((key) => config[key]),
    );
    return heldByOthers(client, substrate, fresh);
}
