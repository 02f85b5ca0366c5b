import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./run";

const ROOT = resolve(__dirname, "..");

/** A Python environment of the project's own, with exactly what a file of requirements pins, by hash. */
export interface Venv {
    /** As a person knows it; begins each line about it. */
    readonly name: string;
    /** What it holds, in words. */
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

/**
 * Makes an environment, and nothing if it is there already.
 *
 * @returns whether it was made now.
 * @throws BuildError where Python or its venv module is missing, or a package cannot be downloaded.
 */
export function installVenv({ name, holds, folder, requirements }: Venv): boolean {
    const file = join(ROOT, requirements);
    const target = join(ROOT, ".tools", folder);
    const stamp = join(target, "requirements.sha256");
    const wanted = createHash("sha256").update(readFileSync(file)).digest("hex");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
        return false;
    }
    console.error(`${name}: installing ${holds} into .tools/${folder}`);
    rmSync(target, { recursive: true, force: true });
    run(
        name,
        ["python3", "-m", "venv", target],
        "Python 3.10 or newer with its venv module is needed (Debian: apt install python3 python3-venv).",
        { shown: true },
    );
    const pip = [join(target, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check"] as const;
    run(
        name,
        [...pip, "--require-hashes", "--requirement", file],
        "Check the network and pip's index (`pip config list`), then run this again.",
        { shown: true },
    );
    writeFileSync(stamp, wanted);
    return true;
}
