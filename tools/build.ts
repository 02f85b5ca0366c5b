import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Part } from "./parts";
import { Progress, say } from "./progress";
import { InstallError, run, type RunError } from "./run";

/**
 * Builds a part from its pinned Go modules, with progress, and gives back the seconds that it took.
 *
 * The program appears at its target only when it is whole, so a build that is broken off leaves nothing half done.
 *
 * @throws InstallError
 */
export async function buildPart(part: Part, target: string): Promise<number> {
    const partial = `${target}.partial`;
    const args = ["build", "-v", "-trimpath", "-mod=readonly", "-ldflags", part.ldflags, "-o", partial, part.package];
    // Compilers run side by side: they are to take no more memory than they take by themselves.
    const env = { ...process.env, GOGC: "", GOMEMLIMIT: "" };
    const cwd = join(__dirname, part.module);
    say(`${part.binary} ${part.version}: not on this machine, building it (minutes when nothing is cached)`);
    const progress = new Progress(part.binary);
    const counted = new BuildCount();
    let seconds = 0;
    try {
        await run(["go", ...args], { cwd, env, onLine: (line) => progress.now(counted.saw(line)) });
    } catch (error) {
        throw explain(part, error as RunError);
    } finally {
        seconds = progress.end();
    }
    renameSync(partial, target);
    return seconds;
}

const BROKEN_DOWNLOAD =
    /dial tcp|no such host|i\/o timeout|connection re(fused|set)|TLS handshake|unexpected EOF|403 Forbidden|404 Not Found|50\d /;

function explain(part: Part, { message, missing }: RunError): InstallError {
    if (missing) {
        return new InstallError(
            `${part.binary} ${part.version} is not on this machine, and Go, which would build it, is not on PATH. ` +
                "Install Go (https://go.dev/dl) or the official Pulumi CLI, then run `make tools` again.",
        );
    }
    if (/checksum mismatch|SECURITY ERROR/.test(message)) {
        return new InstallError(
            `${part.binary}: a Go module is not the one that go.sum pins; nothing was built.\n${message}\n` +
                "Empty the module cache (go clean -modcache) and run `make tools` again; if it stays, do not trust the proxy.",
        );
    }
    if (BROKEN_DOWNLOAD.test(message)) {
        return new InstallError(
            `${part.binary}: a Go module could not be downloaded.\n${message}\n` +
                "Check the network and `go env GOPROXY`, then run `make tools` again: what arrived is kept.",
        );
    }
    return new InstallError(`${part.binary} ${part.version} does not build:\n${message}`);
}

/** How far a build is: go names each module it downloads and each package it compiles. */
class BuildCount {
    private downloaded = 0;
    private compiled = 0;

    saw(line: string): string {
        if (line.startsWith("go: downloading ")) {
            this.downloaded++;
        } else if (/^[a-z0-9.-]+(\/\S+)*$/i.test(line)) {
            this.compiled++;
        }
        return `${this.downloaded} modules downloaded, ${this.compiled} packages compiled`;
    }
}
