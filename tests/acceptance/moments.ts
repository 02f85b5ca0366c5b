import { rmSync, writeFileSync } from "node:fs";
import type { Moment, RecordedWrite } from "../../lab/simulatedNode";
import { deploymentIn, stateFile } from "../../lab/stateFile";
import { nameOf, POOL, RULES, TENANT_VM, VM, type PendingOperation, type StateResource } from "../../state/deployment";
import type { AcceptanceLab } from "./lab";

/** A moment of a recorded run, at which it could have ended without a word. */
export interface RecordedMoment extends Moment {
    /** The write that it is at. */
    readonly name: string;
    /** Each VM's and pool's last write and the operations on it that were under way. */
    readonly phases: readonly string[];
}

/** Records a run: every moment right before and right after a write that the node was asked for, oldest first. */
export async function recorded(lab: AcceptanceLab, run: () => Promise<unknown>): Promise<RecordedMoment[]> {
    const writes = await lab.node.recorded(stateFile(lab.workspace)!, run);
    return writes.flatMap((write, at) =>
        (["before", "after"] as const).map((side) => ({
            ...write[side],
            name: `${side} write ${at + 1} of ${writes.length}, ${kindOf(write)} of ${ownerOf(write)}`,
            phases: phasesAt(write[side], writes),
        })),
    );
}

/** A write as method and path, without what differs from VM to VM. */
function kindOf({ method, path }: RecordedWrite): string {
    const below = path.replace(/^\/api2\/json/, "").replace(/\/?(\?.*)?$/, "");
    return `${method} ${below.replace(/\/qemu\/\d+/, "/qemu/{vmid}")}`;
}

/** The VMID or the pool that a write is for: a clone's is the new one. */
function ownerOf({ path, body }: RecordedWrite): string {
    return /(?:newid|poolid)=(\w+)/.exec(`${path}&${body}`)?.[1] ?? /\/qemu\/(\d+)/.exec(path)?.[1] ?? path;
}

function phasesAt(moment: Moment, writes: readonly RecordedWrite[]): string[] {
    const last = new Map(writes.slice(0, moment.ended).map((write) => [ownerOf(write), kindOf(write)]));
    const pending = deploymentIn(moment.file).pending_operations ?? [];
    const owners = [...new Set([...last.keys(), ...pending.map(resourceOwner)])];
    return owners.map((owner) => {
        const own = pending.filter((operation) => resourceOwner(operation) === owner);
        const operations = own.map(({ type, resource }) => `${type} ${resource.type}`).sort();
        return `${last.get(owner) ?? "no write"}: ${operations.join(", ") || "nothing"}`;
    });
}

function resourceOwner({ resource: { type, inputs = {} } }: PendingOperation): string {
    return String(type === POOL ? inputs["poolId"] : inputs["vmId"]);
}

/**
 * The moments at which to see what a run that ended there leads to: together they have every kind of operation that was under
 * way, and of the phases that a VM or a pool was seen in as many as so few moments can have. The same recording has the same
 * sample.
 *
 * @param size how many at least; every kind of operation may need more, as what runs side by side differs from run to run.
 */
export function sampleOf(moments: readonly RecordedMoment[], size: number): RecordedMoment[] {
    const chosen = new Set<RecordedMoment>();
    const cover = (partsOf: (moment: RecordedMoment) => readonly string[], most: number) => {
        const missing = new Set(moments.flatMap(partsOf));
        chosen.forEach((moment) => partsOf(moment).forEach((part) => missing.delete(part)));
        while (missing.size > 0 && chosen.size < most) {
            const gains = moments.map((moment) => new Set(partsOf(moment).filter((part) => missing.has(part))).size);
            const best = moments[gains.indexOf(Math.max(...gains))]!;
            partsOf(best).forEach((part) => missing.delete(part));
            chosen.add(best);
        }
    };
    cover(operationsAt, moments.length);
    cover(({ phases }) => phases, size);
    // Where all is seen, the rest are spread over the run: each step leads to where those before it left most room.
    for (let step = 1; chosen.size < Math.min(size, moments.length); step++) {
        chosen.add(moments[Math.floor((step * 0.618_034 * moments.length) % moments.length)]!);
    }
    return moments.filter((moment) => chosen.has(moment));
}

/** The kinds of operation that are under way at a moment. */
function operationsAt({ file }: Moment): string[] {
    return (deploymentIn(file).pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.type}`);
}

/** Puts node and stack to a moment, as if all that ran then had ended without a word. */
export async function goBackTo(lab: AcceptanceLab, { file, node }: Pick<Moment, "file" | "node">): Promise<void> {
    const path = stateFile(lab.workspace)!;
    writeFileSync(path, file);
    // The backend's note of the file's digest is that of another text.
    rmSync(`${path}.attrs`, { force: true });
    await lab.node.restore(node);
}

/** Values that differ from run to run: identities, MACs that the node picks, what a cloud-init drive says of them, and times. */
const OF_CHANCE =
    /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|([0-9a-f]{2}:){5}[0-9a-f]{2}|(?<=-cloudinit":")\w+|\d{4}-\d\d-\d\dT[\d:.]+Z/gi;

/**
 * Node and stack without what is of chance, and without how often a VM was made anew. Where both are equal to those that an
 * empty preview was seen of, a preview is empty: it goes by the definitions, the stack's resources and what the node answers.
 */
export async function standing(lab: AcceptanceLab): Promise<unknown> {
    const { resources = [], pending_operations = [] } = await lab.deployment();
    const times = new Map(
        resources
            .filter(({ type }) => type === TENANT_VM)
            .map(({ urn, outputs }) => [nameOf({ urn }), outputs!["generation"]]),
    );
    const steady = resources.map((resource) => {
        // Of what goes with a VM the trigger begins with how often that was made; any other number is not steady.
        const [vm] = [...times].filter(([name]) => nameOf(resource).startsWith(`${name}-`));
        const { replacementTrigger: trigger } = resource as { replacementTrigger?: string };
        const held = resource.type === VM && { inputs: { ...resource.inputs, started: null }, ignoreChanges: null };
        const ids = resource.type === RULES && { id: null };
        const same = trigger?.replace(new RegExp(`^${String(vm?.[1])}(?= |$)`), "n");
        return { ...resource, ...held, ...ids, outputs: steadyOutputs(resource), replacementTrigger: same };
    });
    const byUrn = Object.fromEntries(steady.map((resource) => [resource.urn, resource]));
    // What the template brought, of those VMs of which it is told: the same one for all of them.
    const brought = resources.flatMap(({ type, outputs }) => (type === TENANT_VM ? (outputs!["template"] ?? []) : []));
    const templates = [...new Set(brought.map((one) => JSON.stringify(one)))];
    const text = JSON.stringify({ node: await lab.state(), resources: byUrn, pending: pending_operations, templates });
    return JSON.parse(text.replace(OF_CHANCE, "..."), (key, value: unknown) =>
        NOTES.has(key) ? undefined : isUrns(value) ? [...value].sort() : value,
    );
}

/** Keys of what the provider's bridge notes for itself. */
const NOTES = new Set(["__defaults", "__pulumi_raw_state_delta"]);

/** Of a VM that the run itself starts, the state hears with the next refresh. */
const AFTER_START = { started: null, ipv4Addresses: null, ipv6Addresses: null, networkInterfaceNames: null };

/** Of a pool's outputs and a VM's `template` the node is read again by a preview, which shows them by what the node holds. */
function steadyOutputs({ type, outputs }: StateResource): unknown {
    switch (type) {
        case TENANT_VM:
            return { ...outputs, generation: "n", template: null };
        case VM:
            return { ...outputs, template: null, macAddresses: null, ...AFTER_START };
        case RULES:
            return { ...outputs, id: null };
        case POOL:
            return {};
        default:
            return outputs;
    }
}

/**
 * How the stack says of VMs that a recovery took them back, by kind: each leaves something out, or names it otherwise, and
 * standing() tells nothing of it. Of a kind that an empty preview was seen of, another VM has none either.
 */
export async function takenBack(lab: AcceptanceLab): Promise<string[]> {
    const { resources = [] } = await lab.deployment();
    const kinds = resources.flatMap(({ type, id, outputs = {} }) => [
        ...(type === TENANT_VM && outputs["template"] === undefined ? ["no template"] : []),
        ...(type === VM && (outputs["macAddresses"] as unknown[]).length === 0 ? ["no MACs"] : []),
        ...(type === RULES && !id!.startsWith("rule-") ? ["rules by their VM's id"] : []),
    ]);
    return [...new Set(kinds)];
}

/** Whether a value is a list of resources, which has no order. */
function isUrns(value: unknown): value is string[] {
    return Array.isArray(value) && value.every((one) => typeof one === "string" && one.startsWith("urn:"));
}
