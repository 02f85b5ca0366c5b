import { spawn, spawnSync } from "node:child_process";
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

/** Runs a command in the project's folder at a terminal of its own, and types a text there once the command said something. */
export async function typedOnce(said: RegExp, typed: string, command: string) {
    const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: resolve(__dirname, ".."), timeout: 60_000 });
    let stdout = "";
    child.stdout.on("data", (text: Buffer) => {
        const before = said.test(stdout);
        stdout += text.toString();
        if (!before && said.test(stdout)) {
            child.stdin.write(typed);
        }
    });
    const status = await new Promise<number | null>((done) => void child.on("close", done));
    return { status, stdout };
}
