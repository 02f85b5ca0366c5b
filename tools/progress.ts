/** How often long work says how far it is, in milliseconds: a line in CI, the same line over and over in a terminal. */
const TICK_MS = process.stderr.isTTY ? 1_000 : 30_000;

const running = new Set<Progress>();
let timer: NodeJS.Timeout | undefined;

/**
 * How far one piece of long work is, on standard error, beside others that run at the same time: in a terminal one line for
 * all of them, elsewhere a line for each every half a minute.
 */
export class Progress {
    private readonly started = Date.now();
    private stage = "";

    /** @param name of what is worked on, which begins each line. */
    constructor(private readonly name: string) {
        running.add(this);
        timer ??= setInterval(tick, TICK_MS);
    }

    /** Current step and how far it is, such as `12 of 40 packages unpacked`. */
    now(stage: string): void {
        this.stage = stage;
    }

    /** Ends it, and gives back the seconds that it took. */
    end(): number {
        running.delete(this);
        if (running.size === 0) {
            clearInterval(timer);
            timer = undefined;
        }
        clearLine();
        return this.seconds();
    }

    /** The line that says how far it is. */
    toString(): string {
        return `${this.name}: ${[this.stage, `${this.seconds()} s`].filter((text) => text !== "").join(", ")}`;
    }

    private seconds(): number {
        return Math.round((Date.now() - this.started) / 1000);
    }
}

/** Says something for good on standard error, where progress may stand. */
export function say(line: string): void {
    clearLine();
    console.error(line);
}

function tick(): void {
    if (process.stderr.isTTY) {
        const line = [...running].join(" | ").slice(0, (process.stderr.columns || 80) - 1);
        process.stderr.write(`\r\u001b[K${line}`);
    } else {
        running.forEach((one) => console.error(String(one)));
    }
}

function clearLine(): void {
    if (process.stderr.isTTY) {
        process.stderr.write("\r\u001b[K");
    }
}
