import { spawn } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Part } from "./parts";

/** A build that failed, with what a person can do about it. */
export class BuildError extends Error {}

/** How often a long build says how far it is, in milliseconds: a line in CI, the same line over and over in a terminal. */
const TICK_MS = process.stdout.isTTY ? 1_000 : 30_000;

/**
 * Builds a part from its pinned Go modules, with progress, and gives back the seconds that it took.
 *
 * The program appears at its target only when it is whole, so a build that is broken off leaves nothing half done.
 *
 * @throws BuildError
 */
export async function buildPart(part: Part, target: string): Promise<number> {
    const started = Date.now();
    const progress = new Progress(part);
    const partial = `${target}.partial`;
    const args = ["build", "-v", "-trimpath", "-mod=readonly", "-ldflags", part.ldflags, "-o", partial, part.package];
    try {
        await go(args, join(__dirname, part.module), (line) => progress.saw(line));
    } catch (error) {
        throw explain(part, error);
    } finally {
        progress.end();
    }
    renameSync(partial, target);
    return Math.round((Date.now() - started) / 1000);
}

/** Runs go and hands over each line of its standard error; rejects with the last lines of it. */
function go(args: readonly string[], cwd: string, onLine: (line: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
        // Compilers run side by side: they are to take no more memory than they take by themselves.
        const env = { ...process.env, GOGC: "", GOMEMLIMIT: "" };
        const child = spawn("go", args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
        let rest = "";
        const last: string[] = [];
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
            const lines = (rest + chunk).split("\n");
            rest = lines.pop() ?? "";
            for (const line of lines) {
                onLine(line);
                last.push(line);
                last.splice(0, last.length - 8);
            }
        });
        child.on("error", reject);
        child.on("close", (code) => (code === 0 ? resolve() : reject(new Error([...last, rest].join("\n").trim()))));
    });
}

const BROKEN_DOWNLOAD =
    /dial tcp|no such host|i\/o timeout|connection re(fused|set)|TLS handshake|unexpected EOF|403 Forbidden|404 Not Found|50\d /;

function explain(part: Part, error: unknown): BuildError {
    const { message, code } = error as { message: string; code?: string };
    if (code === "ENOENT") {
        return new BuildError(
            `${part.binary} ${part.version} is not on this machine, and Go, which would build it, is not on PATH. ` +
                "Install Go (Debian: apt install golang-go) or the official Pulumi CLI, then run `make tools` again.",
        );
    }
    if (/checksum mismatch|SECURITY ERROR/.test(message)) {
        return new BuildError(
            `${part.binary}: a Go module is not the one that go.sum pins; nothing was built.\n${message}\n` +
                "Empty the module cache (go clean -modcache) and run `make tools` again; if it stays, do not trust the proxy.",
        );
    }
    if (BROKEN_DOWNLOAD.test(message)) {
        return new BuildError(
            `${part.binary}: a Go module could not be downloaded.\n${message}\n` +
                "Check the network and `go env GOPROXY`, then run `make tools` again: what arrived is kept.",
        );
    }
    return new BuildError(`${part.binary} ${part.version} does not build:\n${message}`);
}

/** Says how far a build is: go names each module it downloads and each package it compiles. */
class Progress {
    private readonly started = Date.now();
    private readonly timer: NodeJS.Timeout;
    private downloaded = 0;
    private compiled = 0;

    constructor(private readonly part: Part) {
        this.timer = setInterval(() => this.tell(), TICK_MS);
        console.log(
            `${part.binary} ${part.version}: not on this machine, building it (minutes when nothing is cached)`,
        );
    }

    saw(line: string): void {
        if (line.startsWith("go: downloading ")) {
            this.downloaded++;
        } else if (/^[a-z0-9.-]+(\/\S+)*$/i.test(line)) {
            this.compiled++;
        }
    }

    end(): void {
        clearInterval(this.timer);
        if (process.stdout.isTTY) {
            process.stdout.write("\r\u001b[K");
        }
    }

    private tell(): void {
        const seconds = Math.round((Date.now() - this.started) / 1000);
        const line = `${this.part.binary}: ${this.downloaded} modules downloaded, ${this.compiled} packages compiled, ${seconds} s`;
        process.stdout.write(process.stdout.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
    }
}
