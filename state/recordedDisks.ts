import { CACHES, type DiskOptions } from "../substrate/diskOptions";
import { listed } from "./deployment";

/** A disk in the state. */
export interface RecordedDisk {
    readonly datastore: string;
    readonly sizeGiB: number;
    readonly options: DiskOptions;
}

/** A disk as the provider has it in the state. */
interface StateDisk {
    readonly interface?: string;
    readonly datastoreId?: string;
    readonly size?: number;
    readonly discard?: string;
    readonly ssd?: boolean;
    readonly iothread?: boolean;
    readonly cache?: string;
    readonly backup?: boolean;
}

/** Disks among the outputs of a VM, and the storages that they lie on, by PVE name; nothing where it has none yet. */
export function disksIn(found: unknown): {
    readonly datastores?: Readonly<Record<string, string>>;
    readonly disks?: Readonly<Record<string, RecordedDisk>>;
} {
    const named = listed<StateDisk>(found).flatMap((disk): [string, RecordedDisk][] => {
        const { interface: name = "", datastoreId: datastore = "", size = 0 } = disk;
        return name === "" || datastore === "" ? [] : [[name, { datastore, sizeGiB: size, options: optionsIn(disk) }]];
    });
    return named.length === 0
        ? {}
        : {
              datastores: Object.fromEntries(named.map(([name, { datastore }]) => [name, datastore])),
              disks: Object.fromEntries(named),
          };
}

function optionsIn({ discard, ssd, iothread, cache, backup }: StateDisk): DiskOptions {
    const known = CACHES.find((one) => one === cache);
    return {
        ...(discard !== undefined && { discard: discard === "on" }),
        ...(ssd !== undefined && { ssd }),
        ...(iothread !== undefined && { iothread }),
        ...(known !== undefined && { cache: known }),
        ...(backup !== undefined && { backup }),
    };
}
