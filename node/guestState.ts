import type { Guest } from "./inventory";

/** The parts of a guest that tell its state. */
export type GuestState = Pick<Guest, "vmid" | "status" | "lock">;

/** A state that a guest does not leave by itself, or in which PVE changes nothing on it. */
export interface Held {
    /** In PVE's words, such as `paused`, `hibernated (lock suspended)`, `locked (backup)` or `io-error (its storage …)`. */
    readonly state: string;
    /** Whether every change, start and stop is refused. */
    readonly locked: boolean;
    /** Whether a task of PVE's may hold the lock, which ends with it. */
    readonly byTask: boolean;
    /** Ends it, as root on the node. */
    readonly command: string;
}

/** PVE's words for a guest without a process, and for one of which it does not know. */
const WITHOUT_PROCESS = ["stopped", "unknown", ""];

/**
 * Whether a guest has a process: one that is paused does, and goes on as it was. PVE lists the state that QEMU tells
 * (pve-manager 8, PVE/Service/pvestatd.pm:287, update_qemu_status), of which there are many.
 */
export function runs({ status }: Pick<GuestState, "status">): boolean {
    return !WITHOUT_PROCESS.includes(status);
}

/** States in which QEMU holds a guest because of a fault, each with why, and the command that ends it (QEMU, qapi/run-state.json). */
const HALTED: ReadonlyMap<string, readonly [why: string, action: string]> = new Map([
    ["io-error", ["its storage failed or is full", "resume"]],
    ["internal-error", ["QEMU cannot go on", "reset"]],
    ["guest-panicked", ["its guest system crashed", "reset"]],
    ["watchdog", ["its guest's watchdog ran out", "reset"]],
    ["shutdown", ["its guest shut down, and QEMU is there still", "stop"]],
]);

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
    if (status === "paused") {
        return { state: status, locked: false, byTask: false, command: `qm resume ${vmid}` };
    }
    const [why, action] = HALTED.get(status) ?? [];
    return why === undefined
        ? undefined
        : { state: `${status} (${why})`, locked: false, byTask: false, command: `qm ${action!} ${vmid}` };
}
