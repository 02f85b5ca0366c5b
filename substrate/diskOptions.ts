/**
 * Options of a VM's disk, as people say them; one that is missing is as PVE has it by default. Names and values are those of
 * qemu-server 8.4.10, src/PVE/QemuServer/Drive.pm.
 */
export interface DiskOptions {
    /** Whether blocks that the guest frees go back to the storage. */
    readonly discard?: boolean;
    /** Whether the guest sees an SSD. */
    readonly ssd?: boolean;
    /** Whether the disk has a thread of its own. */
    readonly iothread?: boolean;
    readonly cache?: (typeof CACHES)[number];
    /** Whether vzdump takes the disk along. */
    readonly backup?: boolean;
}

export const CACHES = ["none", "directsync", "writethrough", "writeback", "unsafe"] as const;
