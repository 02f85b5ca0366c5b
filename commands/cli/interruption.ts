import { EXIT } from "./exit";

/** How many parts of the run end by themselves when they are told, and are waited for. */
let waiting = 0;
let interrupted = false;
const listeners = new Set<(signal: NodeJS.Signals) => void>();

/**
 * Runs a command to its end, or until somebody ends it: at once, unless a part of it ends in order.
 *
 * @returns the command's exit code; EXIT.interrupted where it was ended.
 */
export async function ended(run: () => Promise<number>): Promise<number> {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => {
            interrupted = true;
            listeners.forEach((listener) => listener(signal));
            if (waiting === 0) {
                process.exit(EXIT.interrupted);
            }
        });
    }
    const code = await run();
    return interrupted ? EXIT.interrupted : code;
}

/**
 * Does what must end in order: when somebody ends the run, it is told, and waited for.
 *
 * @param onSignal tells it.
 */
export async function inOrder<T>(work: () => Promise<T>, onSignal: (signal: NodeJS.Signals) => void): Promise<T> {
    waiting++;
    listeners.add(onSignal);
    try {
        return await work();
    } finally {
        listeners.delete(onSignal);
        waiting--;
    }
}
