import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** Runs a command in the project's folder at a terminal of its own, and types a text there. */
export function atTerminal(typed: string, command: string) {
    const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
        cwd: resolve(__dirname, ".."),
        encoding: "utf8",
        input: typed,
        timeout: 60_000,
    });
    return { status, stdout };
}
