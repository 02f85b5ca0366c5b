import { EXIT } from "./exit";
import { complain } from "./terminal";

/** Parts of the run that end by themselves when they are told, and are waited for. */
const parts = new Set<Part>();
let interrupted = false;

interface Part {
    readonly onSignal: (signal: NodeJS.Signals) => void;
    /** Name of the program that is ended; missing for a part that says itself what it ends, and what is left. */
    readonly program: string | undefined;
}

/**
 * Runs a command to its end, or until somebody ends it: at once, unless a part of it ends in order. It then says what was ended
 * and what is next, but for parts that say so themselves.
 *
 * @param next the words for what is next, asked for once it is known which command runs.
 * @returns the command's exit code; EXIT.interrupted where it was ended.
 */
export async function ended(run: () => Promise<number>, next: () => string): Promise<number> {
    let last = () => {};
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => {
            const programs = [...parts].flatMap(({ program }) => program ?? []);
            if (!interrupted && programs.length > 0) {
                complain(`${signal}: asked ${programs.join(" and ")} to end in order; waiting for it`);
            }
            if (programs.length > 0 || parts.size === 0) {
                last = () => complain(`${signal}: ended; ${next()}`);
            }
            interrupted = true;
            parts.forEach(({ onSignal }) => onSignal(signal));
            if (parts.size === 0) {
                last();
                process.exit(EXIT.interrupted);
            }
        });
    }
    const code = await run();
    if (!interrupted) {
        return code;
    }
    last();
    return EXIT.interrupted;
}

/**
 * Does what must end in order: when somebody ends the run, it is told, and waited for.
 *
 * @param onSignal tells it.
 * @param program see Part.
 */
export async function inOrder<T>(work: () => Promise<T>, onSignal: Part["onSignal"], program?: string): Promise<T> {
    const part = { onSignal, program };
    parts.add(part);
    try {
        return await work();
    } finally {
        parts.delete(part);
    }
}
