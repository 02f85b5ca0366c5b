/** Makes a release: what `make release` runs. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { release, ReleaseError } from "./release/release";

const ROOT = resolve(__dirname, "..");

function sbom(folder: string): Promise<void> {
    const program = ["--require", "./start/typescript", "tools/supply/sbom.ts", folder];
    execFileSync(process.execPath, program, { cwd: ROOT, stdio: "inherit" });
    return Promise.resolve();
}

async function main(): Promise<void> {
    try {
        const output = resolve(ROOT, process.argv[2] ?? "release");
        const tag = await release(ROOT, output, sbom);
        console.log(`${tag}: ${output}; next: git push origin ${tag}, and upload what is in the folder`);
    } catch (error) {
        if (!(error instanceof ReleaseError)) {
            throw error;
        }
        console.error(error.message);
        process.exitCode = 1;
    }
}

void main();
