/** Lets so many VMs be made side by side, and the rest wait: by turns, so that no VM depends on another. */
export class CloneSlots {
    private free: number;
    private readonly waiting: (() => void)[] = [];

    constructor(slots: number) {
        this.free = slots;
    }

    /** Resolves when it is one's turn. */
    async enter(): Promise<void> {
        if (this.free > 0) {
            this.free--;
            return;
        }
        await new Promise<void>((turn) => this.waiting.push(turn));
    }

    /** Gives the slot to whoever waits longest. */
    leave(): void {
        const next = this.waiting.shift();
        if (next === undefined) {
            this.free++;
        } else {
            next();
        }
    }
}
