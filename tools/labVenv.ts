import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./run";

const REQUIREMENTS = resolve(__dirname, "..", "lab", "requirements.txt");
const VENV = resolve(__dirname, "..", ".tools", "lab-venv");
const STAMP = join(VENV, "requirements.sha256");

/**
 * Makes the lab's virtual environment with exactly what lab/requirements.txt pins, and nothing if it is there already.
 *
 * @throws BuildError where Python or its venv module is missing, or a package cannot be downloaded.
 */
export function installLab(): void {
    const wanted = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
    if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) {
        console.log("lab: installed");
        return;
    }
    console.log("lab: installing the simulated node (fakepve) and Ansible into .tools/lab-venv");
    rmSync(VENV, { recursive: true, force: true });
    run(
        "lab",
        ["python3", "-m", "venv", VENV],
        "Python 3.10 or newer with its venv module is needed (Debian: apt install python3 python3-venv).",
        { shown: true },
    );
    const pip = [join(VENV, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check"] as const;
    run(
        "lab",
        [...pip, "--require-hashes", "--requirement", REQUIREMENTS],
        "Check the network and pip's index (`pip config list`), then run `make tools` again.",
        { shown: true },
    );
    writeFileSync(STAMP, wanted);
}
