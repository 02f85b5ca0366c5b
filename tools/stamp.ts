import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN, type Part } from "./parts";

/** Whether a part was built here from exactly what stands in tools/ now. */
export function isFresh(part: Part, target: string): boolean {
    return existsSync(target) && existsSync(stampOf(part)) && readFileSync(stampOf(part), "utf8") === inputsOf(part);
}

/** Remembers what a part was built from. */
export function markFresh(part: Part): void {
    writeFileSync(stampOf(part), inputsOf(part));
}

function stampOf(part: Part): string {
    return join(BIN, `.${part.binary}.inputs`);
}

/** Hash over everything that decides what a build gives: flags, modules and our own sources. */
function inputsOf(part: Part): string {
    const hash = createHash("sha256").update(JSON.stringify(part));
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
