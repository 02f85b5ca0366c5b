import pLimit from "p-limit";

/** Turns of VMs that are made side by side, so many at a time; no VM depends on another by them. */
export class Turns {
    private readonly limit: pLimit.Limit;
    /** Ends the turn of a VM that has it, by VMID. */
    private readonly ends = new Map<number, () => void>();

    /** @param sideBySide how many VMs have their turn at once. */
    constructor(sideBySide: number) {
        this.limit = pLimit(sideBySide);
    }

    /** Resolves when it is a VM's turn, which then lasts until it is ended. */
    of(vmid: number): Promise<void> {
        return new Promise((begin) => {
            void this.limit(() => {
                begin();
                return new Promise<void>((end) => this.ends.set(vmid, end));
            });
        });
    }

    /** Ends the turn of a VM, made or not. */
    end(vmid: number): void {
        this.ends.get(vmid)?.();
    }
}
