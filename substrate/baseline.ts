import type { BaselineDefinition, HypervisorDefinition, SubstrateDefinition } from "../definitions/definitions";
import type { Fault, Path } from "../definitions/faults";
import { faultAt } from "../definitions/places";
import { sourceFault } from "./collectionSource";
import type { NetworkPlan } from "./plan";
import { grantsOf, TOKEN, USER } from "./role";
import type { Baseline, Hypervisor, Substrate } from "./substrate";
import type { Source } from "../definitions/yaml";

/**
 * A hypervisor's baseline with what the substrate says of it.
 *
 * @param domain DNS root zone.
 */
export function resolveBaseline(
    substrate: Substrate,
    domain: string,
    hypervisor: Hypervisor,
    definition: BaselineDefinition,
): Baseline {
    const { address, resolver, automation, storages, own, ...rest } = definition;
    const { node, name, bridge } = hypervisor;
    const role = {
        ...{ node, bridge, address, own },
        // The node's own name first: PVE looks its address up by it.
        names: [...new Set([`${node}.${substrate.zone}`, node, name])],
        search: [substrate.zone, domain],
        resolver: resolver ?? untaggedGateway(substrate.plan),
        automation: { user: automation.user, authorized_keys: automation.keys },
        packages: definition.packages,
        storages,
        access: {
            user: USER,
            token: TOKEN.slice(USER.length + 1),
            // Of every version: the run takes those of the host's own (host/run.ts).
            grants: grantsOf(substrate, hypervisor).map(({ role: id, path, propagate, privileges, since, before }) => ({
                role: id,
                path,
                propagate,
                privileges,
                ...(since !== undefined && { since }),
                ...(before !== undefined && { before }),
            })),
        },
    };
    return { ...rest, role };
}

/** Gateway of the segment that a host stands in without a tag, which is its resolver where nothing else is given. */
function untaggedGateway({ segments }: NetworkPlan): string | undefined {
    return segments.find(({ untagged }) => untagged)?.gateway;
}

/** Checks that every baseline has what a run of it needs. */
export function checkBaselines(stack: Source, { hypervisors }: SubstrateDefinition, plan: NetworkPlan): Fault[] {
    return Object.entries(hypervisors).flatMap(([name, hypervisor]) => {
        const fault = (path: Path, message: string) => faultAt(stack, ["hypervisors", name, ...path], message);
        return hypervisor.baseline === undefined ? [] : faultsOf(hypervisor, hypervisor.baseline, plan, fault);
    });
}

function faultsOf(
    { ssh }: HypervisorDefinition,
    { resolver, collections, playbook, storages }: BaselineDefinition,
    plan: NetworkPlan,
    fault: (path: Path, message: string) => Fault,
): Fault[] {
    const noKey =
        "hostKey is missing, and a baseline needs it: without it any machine could pass for the host. At the host's console: " +
        "cat /etc/ssh/ssh_host_ed25519_key.pub";
    const noResolver = "resolver is missing: no segment of network.segments is untagged, whose gateway it would be";
    const noCollection = "no collection is given that it could come from; add it to collections";
    return [
        ...(ssh.hostKey === undefined ? [fault(["ssh"], noKey)] : []),
        ...(resolver === undefined && untaggedGateway(plan) === undefined ? [fault(["baseline"], noResolver)] : []),
        ...(playbook !== undefined && collections.length === 0 ? [fault(["baseline", "playbook"], noCollection)] : []),
        ...collections.flatMap((collection, index) => {
            const wrong = sourceFault(collection);
            return wrong === undefined ? [] : [fault(["baseline", "collections", index], wrong)];
        }),
        ...storages.flatMap((storage, index) => {
            const needed = { dir: ["path"], lvm: ["vgname"], lvmthin: ["vgname", "thinpool"] }[storage.type];
            const missing = needed.filter((key) => !(key in storage));
            const at: Path = ["baseline", "storages", index];
            return missing.length === 0 ? [] : [fault(at, `${missing.join(" and ")} missing for type ${storage.type}`)];
        }),
    ];
}
