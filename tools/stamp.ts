import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildPart } from "./build";
import { BIN, type Part } from "./parts";
import { lacking } from "./requirements";
import { InstallError } from "./run";

/**
 * Builds a part, unless it was built here from exactly what stands in tools/ now.
 *
 * @returns the seconds that it took; undefined where nothing was to do.
 * @throws InstallError
 */
export async function buildWhereStale(part: Part, target: string): Promise<number | undefined> {
    if (isFresh(part, target)) {
        return undefined;
    }
    mkdirSync(BIN, { recursive: true });
    mkdirSync(dirname(target), { recursive: true });
    const faults = lacking([], true);
    if (faults.length > 0) {
        throw new InstallError(faults.join("\n"));
    }
    const seconds = await buildPart(part, target);
    rmSync(stampOf(part), { force: true });
    writeFileSync(stampOf(part), inputsOf(part));
    return seconds;
}

/** Whether a part was built here from exactly what stands in tools/ now. */
export function isFresh(part: Part, target: string): boolean {
    return existsSync(target) && existsSync(stampOf(part)) && readFileSync(stampOf(part), "utf8") === inputsOf(part);
}

function stampOf(part: Part): string {
    return join(BIN, `.${part.binary}.inputs`);
}

/** Hash over everything that decides what a build gives: flags, modules and our own sources. */
function inputsOf(part: Part): string {
    const { server: _, ...built } = part;
    const hash = createHash("sha256").update(JSON.stringify(built));
    const folder = join(__dirname, part.module);
    for (const file of ["go.mod", "go.sum", ...sourcesOf(part)]) {
        hash.update(file).update(readFileSync(join(folder, file)));
    }
    return hash.digest("hex");
}

function sourcesOf(part: Part): string[] {
    if (!part.package.startsWith("./")) {
        return [];
    }
    return readdirSync(join(__dirname, part.module, part.package), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".go") && !file.endsWith("_test.go"))
        .map((file) => join(part.package, file))
        .sort();
}
