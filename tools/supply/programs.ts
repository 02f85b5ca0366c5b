import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { BIN, type Part } from "../parts";
import { buildWhereStale } from "../stamp";
import { installVenv, programOf, SUPPLY_VENV } from "../venvs";

/** The project's folder. */
export const ROOT = resolve(__dirname, "..", "..");

const GOVULNCHECK = part("govulncheck", "1.9.0", "golang.org/x/vuln/cmd/govulncheck");
const GOMOD = part("cyclonedx-gomod", "1.10.0", "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod");

function part(binary: string, version: string, at: string): Part {
    return { binary, version, module: "supply", package: at, ldflags: "-s -w", kind: "plugin" };
}

/** Go's own checker of known weaknesses, built where it is not there yet. @throws InstallError */
export function govulncheck(): Promise<string> {
    return built(GOVULNCHECK);
}

/** The maker of bills of materials for Go, built where it is not there yet. @throws InstallError */
export function cyclonedxGomod(): Promise<string> {
    return built(GOMOD);
}

/** A program of the Python environment for the supply chain, made where it is not there yet. @throws InstallError */
export async function python(program: "pip-audit" | "cyclonedx-py"): Promise<string> {
    await installVenv(SUPPLY_VENV);
    return programOf(SUPPLY_VENV, program);
}

async function built(one: Part): Promise<string> {
    const target = join(BIN, one.binary);
    await buildWhereStale(one, target);
    return target;
}

/** Go modules of the project, as folders. */
export const GO_MODULES = ["tools", "tools/cli", "tools/object-store", "tools/supply"];

/** Files of requirements that pin Python packages. */
export const REQUIREMENTS = ["lab/requirements.txt", "tools/supply/requirements.txt"];

/**
 * Output of a program.
 *
 * @param fine exit codes that are no failure: some of these programs end with 1 where they found something.
 * @throws Error with its own words where it failed or printed nothing.
 */
export function printedBy(program: string, args: readonly string[], { cwd = ROOT, fine = [0] } = {}): Promise<string> {
    return new Promise((resolve, reject) => {
        execFile(program, args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
            const status = error === null ? 0 : error.code;
            if (typeof status === "number" && fine.includes(status) && stdout.trim() !== "") {
                resolve(stdout);
            } else {
                reject(new Error(stderr.trim() || (error?.message ?? `${program} printed nothing`)));
            }
        });
    });
}

/** Files of the parts that were built here; what the machine had itself is not the project's to check. */
export function builtHere(parts: readonly Part[]): string[] {
    return parts.map(({ binary }) => join(BIN, binary)).filter((file) => existsSync(file));
}
