import type { Guest } from "./inventory";

/** The parts of a guest that tell its state. */
export type GuestState = Pick<Guest, "vmid" | "status" | "lock">;

/** A state that a guest does not leave by itself, or in which PVE changes nothing on it. */
export interface Held {
    /** In PVE's words, such as `paused`, `hibernated (lock suspended)` or `locked (backup)`. */
    readonly state: string;
    /** Whether every change, start and stop is refused. */
    readonly locked: boolean;
    /** Whether a task of PVE's may hold the lock, which ends with it. */
    readonly byTask: boolean;
    /** Ends it, as root on the node. */
    readonly command: string;
}

/** Whether a guest has a process: one that is paused does, and goes on as it was. */
export function runs({ status }: Pick<GuestState, "status">): boolean {
    return status === "running" || status === "paused";
}

/**
 * The state that holds a guest; undefined for one that simply runs, or does not.
 *
 * A VM that was hibernated is stopped and keeps the lock `suspended` until it is resumed; every other lock is a task's, and
 * stays where that was killed (qemu-server 8.4.10, src/PVE/QemuServer.pm:299, 6819).
 */
export function heldBy({ vmid, status, lock }: GuestState): Held | undefined {
    if (lock === "suspended") {
        const state = "hibernated (lock suspended)";
        return { state, locked: true, byTask: false, command: `qm resume ${vmid}` };
    }
    if (lock !== undefined) {
        return { state: `locked (${lock})`, locked: true, byTask: true, command: `qm unlock ${vmid}` };
    }
    return status === "paused"
        ? { state: status, locked: false, byTask: false, command: `qm resume ${vmid}` }
        : undefined;
}
