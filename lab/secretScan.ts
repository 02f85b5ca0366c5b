import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** How often the command lines of all processes are looked at, in milliseconds. */
const LOOK_MS = 200;
/** So many looks at a process in a row show what it runs: it begins as its parent, and becomes another program at once. */
const FIRST_LOOKS = 5;
/** After these it is looked at once in so many, as the many processes of a machine would cost more than what is tested. */
const LATER_LOOKS = 25;
/** Shorter texts would be found by chance. */
const SHORTEST = 12;

/**
 * Looks for secrets where nobody may find them: in what commands say, in the command lines of all processes while they
 * run, and in files such as those of a state.
 */
export class SecretScan {
    private readonly secrets = new Set<string>();
    private readonly found = new Set<string>();
    /** How often each process that is there was looked at, by its id. */
    private looks = new Map<string, number>();

    /** A further text to look for; of several lines, each one counts. */
    add(secret: string): void {
        // The first and last line of a private key are the same in all of them.
        const lines = secret.split("\n").filter((line) => line.length >= SHORTEST && !line.startsWith("-----"));
        lines.forEach((line) => this.secrets.add(line));
    }

    /** Looks at what a command said. */
    output(text: string, where: string): void {
        for (const secret of this.secrets) {
            if (text.includes(secret)) {
                this.found.add(
                    `${where} holds a secret of ${secret.length} characters that begins with ${secret.slice(0, 3)}`,
                );
            }
        }
    }

    /** Looks at the command lines of all processes until the function that it gives back is called. */
    watchProcesses(): () => void {
        const timer = setInterval(() => this.processes(), LOOK_MS);
        timer.unref();
        return () => clearInterval(timer);
    }

    private processes(): void {
        const pids = existsSync("/proc/self") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
        // Those that ended are forgotten: another one may get their id.
        this.looks = new Map(pids.map((pid) => [pid, (this.looks.get(pid) ?? 0) + 1]));
        for (const [pid, looks] of this.looks) {
            if (looks <= FIRST_LOOKS || looks % LATER_LOOKS === 0) {
                this.commandLine(pid);
            }
        }
    }

    private commandLine(pid: string): void {
        try {
            this.output(readFileSync(`/proc/${pid}/cmdline`, "latin1"), "the process list");
        } catch {
            // It ended meanwhile.
        }
    }

    /** Looks at every file below a folder; links are not followed. */
    files(folder: string): void {
        for (const name of readdirSync(folder)) {
            const path = join(folder, name);
            const status = lstatSync(path);
            if (status.isDirectory()) {
                this.files(path);
            } else if (status.isFile()) {
                this.output(readFileSync(path, "latin1"), path);
            }
        }
    }

    /** @throws Error that names every place where a secret was seen. */
    expectNothing(): void {
        if (this.found.size > 0) {
            throw new Error(`secrets in plain text:\n${[...this.found].join("\n")}`);
        }
    }
}
