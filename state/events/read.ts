import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, isNamed } from "../orphans/read";
import { toldIn, type Told } from "./events";

/** The CLI has --event-log, which its Automation API reads, with this alone. */
export const LISTENING = { PULUMI_DEBUG_COMMANDS: "true" };

/**
 * Listens to a run of the Pulumi CLI.
 *
 * @param run runs it with `--event-log <log>` and the environment LISTENING.
 * @param temporary folder of temporary files.
 * @returns what came of it, and what the engine told.
 */
export async function listening<T>(
    run: (log: string) => Promise<T>,
    temporary = tmpdir(),
): Promise<[result: T, told: Told]> {
    removeStale(temporary);
    const folder = mkdtempSync(join(temporary, `tenants-${space()}-${process.pid}-`));
    try {
        const log = join(folder, "events.json");
        const result = await run(log);
        return [result, toldIn(linesOf(log))];
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

function linesOf(file: string): string[] {
    try {
        return readFileSync(file, "utf8")
            .split("\n")
            .filter((line) => line !== "");
    } catch {
        // The CLI ended before it wrote any.
        return [];
    }
}

/** Folder of a run's log: the space of processes that it ran in, and its process there. */
const FOLDER = /^tenants-(\d+)-(\d+)-/;

/**
 * Removes the folders of runs that were killed: those of processes of this space that are gone, and that no CLI writes on into, which
 * outlives a killed run. Whoever shares the folder of temporary files from another space of processes is not looked at.
 */
function removeStale(temporary: string): void {
    const own = space();
    for (const name of readdirSync(temporary)) {
        const [, ofSpace, pid] = FOLDER.exec(name) ?? [];
        const folder = join(temporary, name);
        if (ofSpace === own && !isAlive(Number(pid)) && !isNamed(folder)) {
            try {
                rmSync(folder, { recursive: true, force: true });
            } catch {
                // It is another person's.
            }
        }
    }
}

/** Number of the space of processes that this one runs in (pid_namespaces(7)); 0 where the system has none. */
function space(): string {
    try {
        return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))![0];
    } catch {
        return "0";
    }
}
