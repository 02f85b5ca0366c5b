import type { CollectionFile, CollectionInfo } from "../../definitions/collection/read";
import { placeOf, tasksIn } from "../../definitions/collection/tasks";
import type { Baseline } from "../../substrate/substrate";
import { ownedBy } from "./owned";
import { playsIn, rolesOf, type Play } from "./plays";
import { isWithin } from "./versions";

/** A collection of a baseline, at hand. */
export interface PlacedCollection {
    readonly info: CollectionInfo;
    /** As the stack file has it. */
    readonly source: string;
    /** Its playbooks, and the tasks and handlers of its roles. */
    readonly files: readonly CollectionFile[];
}

/**
 * Everything that would fail, or never come to rest, on a host with these collections, a line each: a collection that another one depends
 * on or that a role uses and that is not there, a playbook that is none of theirs or has no play for a hypervisor, and a file that a
 * role of theirs writes as well as the program's own role.
 */
export function collectionFaults(
    placed: readonly PlacedCollection[],
    { playbook, inventory, role }: Baseline,
): string[] {
    const missing = placed.flatMap((one) => lacking(one, placed));
    if (playbook === undefined) {
        return missing;
    }
    const plays = playsIn(placed, playbook);
    if (typeof plays === "string") {
        return [...missing, plays];
    }
    // Groups of a site's inventory may be any play's.
    const unmatched = inventory === undefined && !plays.some(isForHypervisors) ? [noPlay(playbook, plays)] : [];
    const used = plays.flatMap((play) => rolesOf(play, placed));
    const own = plays
        .filter((play) => inventory !== undefined || isForHypervisors(play))
        .flatMap((play) => rolesOf(play, placed));
    return [...missing, ...unknownModules(used, placed), ...unmatched, ...ownedBy(own, role)];
}

function nameOf({ namespace, name }: CollectionInfo): string {
    return `${namespace}.${name}`;
}

function labelOf({ info, source }: PlacedCollection): string {
    return `${nameOf(info)} ${info.version} (${source})`;
}

/** Collections that one depends on and that are missing, or of another version. */
function lacking(one: PlacedCollection, placed: readonly PlacedCollection[]): string[] {
    return Object.entries(one.info.dependencies).flatMap(([name, range]) => {
        const other = placed.find(({ info }) => nameOf(info) === name);
        if (other === undefined) {
            return [
                `${labelOf(one)} depends on ${name} ${range}, which is not among baseline.collections; add it there`,
            ];
        }
        return isWithin(other.info.version, range)
            ? []
            : [`${labelOf(one)} depends on ${name} ${range}, and ${labelOf(other)} is not; take another version of it`];
    });
}

/** Modules by their whole names, of collections that are not there: Ansible loads every role of a playbook, whomever its plays are for. */
function unknownModules(files: readonly CollectionFile[], placed: readonly PlacedCollection[]): string[] {
    const known = new Set(["ansible.builtin", "ansible.legacy", ...placed.map(({ info }) => nameOf(info))]);
    const found = new Map<string, string>();
    for (const task of files.flatMap(tasksIn)) {
        const module = Object.keys(task.keys).find((key) => /^[a-z_]\w*\.[a-z_]\w*\.\w+$/.test(key)) ?? "";
        const collection = module.split(".").slice(0, 2).join(".");
        if (collection !== "" && !known.has(collection) && !found.has(collection)) {
            found.set(collection, `${placeOf(task)} uses ${module}, and ${collection} is not among `);
        }
    }
    return [...found.values()].map((words) => `${words}baseline.collections; add it there`);
}

/** Whether a play's pattern may be for a host in the group hypervisors; one that is made by an expression may. */
function isForHypervisors({ hosts }: Play): boolean {
    return hosts.split(/[,:]/).some((word) => /^(all|\*|hypervisors)$/.test(word.trim())) || /\{\{|[*?[~]/.test(hosts);
}

function noPlay(playbook: string, plays: readonly Play[]): string {
    const groups = [...new Set(plays.map(({ hosts }) => hosts))].join(", ");
    return (
        `${playbook}: its plays are for ${groups}, and none for hypervisors, so that nothing would be applied; take a playbook that has one, ` +
        "or name the site's groups by baseline.inventory"
    );
}
