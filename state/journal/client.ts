import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { stateBackend } from "../client";
import { stateFolder } from "../read";
import { journalIn, type Entry, type Heading, type Journal } from "./entries";

/**
 * File of a stack's journal: beside the state, where that is in a folder.
 *
 * @returns undefined for any other backend, where the CLI's own checkpoints stay on.
 */
export function journalFile(stack: string): string | undefined {
    const folder = stateFolder(stateBackend());
    return folder === undefined ? undefined : join(dirname(folder), "journal", `${stack}.jsonl`);
}

/** Begins a journal for a run that starts now; its owner alone may read it. */
export function beginJournal(stack: string, file: string): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    rmSync(file, { force: true });
    const heading: Heading = { state: digestOf(stack) };
    writeFileSync(file, `${JSON.stringify(heading)}\n`, { mode: 0o600, flush: true });
}

/**
 * Writes a journal's entries. A disk takes a millisecond or more until a line is on it: those that come meanwhile are written
 * together.
 */
export class JournalWriter {
    private waiting: {
        readonly text: string;
        readonly written: () => void;
        readonly failed: (why: unknown) => void;
    }[] = [];
    private writing = false;

    constructor(private readonly file: string) {}

    /** Adds an entry, which is on the disk once this is fulfilled. */
    add(entry: Entry): Promise<void> {
        return new Promise((written, failed) => {
            this.waiting.push({ text: `${JSON.stringify(entry)}\n`, written, failed });
            if (!this.writing) {
                void this.write();
            }
        });
    }

    private async write(): Promise<void> {
        this.writing = true;
        while (this.waiting.length > 0) {
            const entries = this.waiting.splice(0);
            try {
                await appendFile(this.file, entries.map(({ text }) => text).join(""), { mode: 0o600, flush: true });
                entries.forEach(({ written }) => written());
            } catch (error) {
                entries.forEach(({ failed }) => failed(error));
            }
        }
        this.writing = false;
    }
}

/**
 * The journal that a run which was killed left of a stack.
 *
 * @returns undefined where there is none, it tells of nothing, or the state was saved since.
 */
export function leftJournal(stack: string): Journal | undefined {
    const file = journalFile(stack);
    if (file === undefined || !existsSync(file)) {
        return undefined;
    }
    const journal = journalIn(readFileSync(file, "utf8"));
    return journal === undefined || journal.entries.size === 0 || journal.state !== digestOf(stack)
        ? undefined
        : journal;
}

/** Removes a stack's journal, where it has one. */
export function removeJournal(stack: string): void {
    const file = journalFile(stack);
    if (file !== undefined) {
        rmSync(file, { force: true });
    }
}

/** Digest of a stack's state as it lies in the folder. */
function digestOf(stack: string): string {
    const stacks = join(stateFolder(stateBackend())!, "stacks");
    const hash = createHash("sha256");
    readdirSync(stacks, { recursive: true, encoding: "utf8" })
        .filter((file) => CHECKPOINT.exec(basename(file))?.[1] === stack)
        .sort()
        .forEach((file) => hash.update(file).update(readFileSync(join(stacks, file))));
    return hash.digest("hex");
}

/** A stack's state, by the stack's name; one that is compressed has a further ending. */
const CHECKPOINT = /^(.+)\.json(?:\.gz|\.zst)?$/;
