import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Progress, say } from "./progress";
import { runFor } from "./run";

const ROOT = resolve(__dirname, "..");

/** A Python environment of the project's own, with exactly what a file of requirements pins, by hash. */
export interface Venv {
    /** As a person knows it; begins each line about it. */
    readonly name: string;
    /** Content, in words. */
    readonly holds: string;
    /** Folder in .tools. */
    readonly folder: string;
    /** File of requirements, from the project's folder. */
    readonly requirements: string;
}

export const LAB_VENV: Venv = {
    name: "lab",
    holds: "the simulated node (fakepve) and Ansible",
    folder: "lab-venv",
    requirements: "lab/requirements.txt",
};

export const SUPPLY_VENV: Venv = {
    name: "supply chain",
    holds: "pip-audit and CycloneDX for Python",
    folder: "supply-venv",
    requirements: "tools/supply/requirements.txt",
};

/** A program of an environment. */
export function programOf(venv: Venv, program: string): string {
    return join(ROOT, ".tools", venv.folder, "bin", program);
}

/** Whether an environment is there with what its file of requirements pins now. */
export function hasVenv(venv: Venv): boolean {
    const stamp = stampOf(venv);
    return existsSync(stamp) && readFileSync(stamp, "utf8") === wantedOf(venv);
}

/**
 * Makes an environment, with progress, and nothing if it is there already.
 *
 * @throws InstallError where Python or its venv module is missing, or a package cannot be downloaded.
 */
export async function installVenv(venv: Venv): Promise<void> {
    if (hasVenv(venv)) {
        return;
    }
    const { name, holds, folder, requirements } = venv;
    const target = join(ROOT, ".tools", folder);
    say(`${name}: installing ${holds} into .tools/${folder}`);
    rmSync(target, { recursive: true, force: true });
    const progress = new Progress(name);
    try {
        progress.now("making the environment");
        await runFor(name, ["python3", "-m", "venv", target], "Python with its venv module is needed: see the README.");
        const file = join(ROOT, requirements);
        const total = readFileSync(file, "utf8").match(/^\S+==/gm)?.length ?? 0;
        let collected = 0;
        const onLine = (line: string) => {
            collected += line.startsWith("Collecting ") ? 1 : 0;
            const installing = line.startsWith("Installing collected");
            progress.now(installing ? `installing ${total} packages` : `${collected} of ${total} packages downloaded`);
        };
        const pip = [
            join(target, "bin", "pip"),
            "install",
            "--progress-bar=off",
            "--disable-pip-version-check",
        ] as const;
        await runFor(
            name,
            [...pip, "--require-hashes", "--requirement", file],
            "Check the network and pip's index (`pip config list`), then run this again.",
            { onLine },
        );
        writeFileSync(stampOf(venv), wantedOf(venv));
    } finally {
        progress.end();
    }
}

function stampOf({ folder }: Venv): string {
    return join(ROOT, ".tools", folder, "requirements.sha256");
}

function wantedOf({ requirements }: Venv): string {
    return createHash("sha256")
        .update(readFileSync(join(ROOT, requirements)))
        .digest("hex");
}
