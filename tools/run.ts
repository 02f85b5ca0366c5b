import { Refusal } from "../definitions/refusal";
import { spawn } from "node:child_process";

/** Installing that failed, with what a person can do about it. */
export class InstallError extends Refusal {}

/** How many of the last lines of a program are told where it fails. */
const LAST_LINES = 8;

export interface RunOptions {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    /** Hears each line that the program prints, on either stream. */
    readonly onLine?: (line: string) => void;
    /** Ends the program where it is aborted. */
    readonly signal?: AbortSignal;
}

/** A program that failed, or that is not there. */
export class RunError extends Error {
    /** @param last what it printed last; where it is not there, what the system says. */
    constructor(
        readonly last: string,
        readonly missing: boolean,
    ) {
        super(last);
    }
}

/**
 * Runs a program without a terminal, and keeps what it prints to itself.
 *
 * @throws RunError
 */
export function run(
    [command, ...args]: readonly [string, ...string[]],
    { cwd, env, onLine, signal }: RunOptions = {},
): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, { cwd, env, signal, stdio: ["ignore", "pipe", "pipe"] });
        const last: string[] = [];
        const take = (line: string) => {
            onLine?.(line);
            last.push(line);
            last.splice(0, last.length - LAST_LINES);
        };
        for (const stream of [child.stdout, child.stderr]) {
            let rest = "";
            stream.setEncoding("utf8").on("data", (chunk: string) => {
                const lines = (rest + chunk).split(/[\r\n]+/);
                rest = lines.pop() ?? "";
                lines.forEach(take);
            });
            stream.on("end", () => rest !== "" && take(rest));
        }
        child.on("error", (error: NodeJS.ErrnoException) =>
            reject(new RunError(error.message, error.code === "ENOENT")),
        );
        child.on("close", (code) => (code === 0 ? resolve() : reject(new RunError(last.join("\n").trim(), false))));
    });
}

/**
 * Runs a program that sets up a part.
 *
 * @param part name of the part, which begins what is told.
 * @param mend what a person can do where it fails.
 * @throws InstallError where it fails or is not there, with what it said last and the mend.
 */
export async function runFor(
    part: string,
    program: readonly [string, ...string[]],
    mend: string,
    options: RunOptions = {},
): Promise<void> {
    try {
        await run(program, options);
    } catch (error) {
        throw new InstallError(`${part}: ${program[0]} failed.\n${(error as Error).message}\n${mend}`);
    }
}
