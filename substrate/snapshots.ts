import { ageMs } from "./expiry";

/** Bounds of the snapshots that runs took of a VM; one that is beyond either is removed. */
export interface SnapshotRule {
    /** How many of the newest stay. */
    readonly last: number;
    /** How old one becomes, as the file has it: 12h, 7d, 2w. */
    readonly age: string;
}

/** One snapshot of a VM on its node. */
export interface Snapshot {
    readonly name: string;
    /** When it was taken. */
    readonly at: Date;
    /** First line of its description; empty for none. */
    readonly description: string;
    /** Snapshot that the VM stood on when it was taken; missing for none. */
    readonly parent?: string;
    /** Whether it has the VM's memory, with which a rollback lets it go on. */
    readonly withMemory: boolean;
    /** PVE's word for one that was begun and not ended, such as prepare or delete; missing for a whole one. */
    readonly state?: string;
}

/** Bounds where a file says nothing of them. */
export const DEFAULT_RULE: SnapshotRule = { last: 3, age: "7d" };

/** Begins the description of each snapshot that a run takes, before the name of its stack. */
const MARK = "tenant-hypervisors";
const OWN_NAME = /^tenants-\d{8}T\d{6}$/;

/** The name of a snapshot that a run takes, by its time in UTC: PVE takes letters, digits, _ and -, a letter first, 40 at most. */
export function snapshotName(at: Date): string {
    return `tenants-${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}`;
}

/** The description of a snapshot that a run takes. @param changes properties of the VM that the run changes. */
export function snapshotDescription(stack: string, changes: readonly string[]): string {
    return `${MARK}: ${stack}, before a change of ${changes.join(", ")}`;
}

/** Whether a run of some stack took a snapshot: it has our name and our description. One that somebody renamed or took is none. */
export function isOwn({ name, description }: Pick<Snapshot, "name" | "description">): boolean {
    return OWN_NAME.test(name) && description.startsWith(`${MARK}: `);
}

/** The newest of a VM's own snapshots that is whole; undefined where there is none. */
export function newestOwn(snapshots: readonly Snapshot[]): Snapshot | undefined {
    return [...snapshots].filter((one) => isOwn(one) && one.state === undefined).sort(newestFirst)[0];
}

/**
 * The own snapshots of a VM that are beyond its bounds, the oldest first: never one of others. The state of one counts for nothing, since
 * PVE removes one that was left half made, too.
 *
 * @param rule undefined where the file asks for none any more: all of them are.
 */
export function beyond(snapshots: readonly Snapshot[], rule: SnapshotRule | undefined, now: Date): Snapshot[] {
    const own = snapshots.filter(isOwn).sort(newestFirst);
    const { last, age } = rule ?? { last: 0, age: DEFAULT_RULE.age };
    const oldest = now.getTime() - ageMs(age);
    return own.filter((one, at) => at >= last || one.at.getTime() < oldest).reverse();
}

function newestFirst(one: Snapshot, other: Snapshot): number {
    return other.at.getTime() - one.at.getTime() || (one.name < other.name ? 1 : -1);
}

/**
 * Properties of a VM for whose change the provider restarts it, where it may (each sets rebootRequired in vmUpdate, vm.go of bpg
 * v0.111.1). Growing a disk is none of them.
 */
const RESTARTING = [
    ...["agent", "bios", "cpu", "disks", "efiDisk", "initialization", "machine", "memory", "operatingSystem"],
    ...["scsiHardware", "tpmState"],
];

type Inputs = Readonly<Record<string, unknown>>;

/** Names of the properties of a VM that differ between two runs and for which the provider restarts it. */
export function restartingChanges(before: Inputs, after: Inputs): string[] {
    return RESTARTING.filter((name) => canonical(name, before[name]) !== canonical(name, after[name]));
}

/** Whether a disk of a VM is on another storage than before, which PVE moves only without a snapshot of it. */
export function movesDisks(before: Inputs, after: Inputs): boolean {
    const lay = new Map(disksIn(before).map((disk) => [disk.interface, disk.datastoreId]));
    return disksIn(after).some(({ interface: name, datastoreId }) => (lay.get(name) ?? datastoreId) !== datastoreId);
}

interface Disk {
    readonly interface?: string;
    readonly datastoreId?: string;
}

function disksIn({ disks }: Inputs): readonly Disk[] {
    return Array.isArray(disks) ? (disks as readonly Disk[]) : [];
}

/** A property in a form that compares: without its order, the sizes of disks, and what the engine itself writes beside it. */
function canonical(property: string, value: unknown): string {
    const sorted = (_: string, one: unknown) =>
        typeof one === "object" && one !== null && !Array.isArray(one)
            ? Object.fromEntries(
                  Object.entries(one)
                      .filter(([key]) => !key.startsWith("__") && !LEFT_OUT[property]?.includes(key))
                      .sort(([a], [b]) => (a < b ? -1 : 1)),
              )
            : one;
    return JSON.stringify(value ?? null, sorted);
}

/** Parts of a property that restart nothing. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
    disks: ["size", "speed"],
    agent: ["timeout", "waitForIp"],
};
