import { execFileSync } from "node:child_process";
import { BuildError } from "./build";

export interface RunOptions {
    readonly cwd?: string;
    /** Whether what the program prints is shown; else nothing but its errors is kept. */
    readonly shown?: boolean;
    /** How many of the last lines of its errors are told where it fails; without a number all of them. */
    readonly lines?: number;
}

/**
 * Runs a program that sets up a part of the lab.
 *
 * @param part name of the part, which begins what is told.
 * @param mend what a person can do where it fails.
 * @throws BuildError where it fails or is not there, with what it said and the mend.
 */
export function run(
    part: string,
    [command, ...args]: readonly [string, ...string[]],
    mend: string,
    { cwd, shown = false, lines }: RunOptions = {},
): void {
    try {
        const stdio = ["ignore", shown ? "inherit" : "ignore", "pipe"] as const;
        execFileSync(command, args, { cwd, stdio: [...stdio], encoding: "utf8", maxBuffer: 2 ** 26 });
    } catch (error) {
        const { stderr, message } = error as { stderr?: string; message: string };
        const told = (stderr ?? message).trim().split("\n");
        const last = lines === undefined ? told : told.slice(-lines);
        throw new BuildError(`${part}: ${command} failed.\n${last.join("\n")}\n${mend}`);
    }
}
