import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

/** Broken definitions, each in a folder of its own with the lines that a person must see. */
const FOLDER = resolve(__dirname, "broken");

/** Names of the broken definitions. */
export const BROKEN = readdirSync(FOLDER).sort();

/** The lines that a broken definition must end in, in order. */
export function expectedOf(name: string): string[] {
    return readFileSync(join(FOLDER, name, "expected.txt"), "utf8")
        .trimEnd()
        .split("\n");
}

/** Puts a broken definition in place of dvntm's tenants, and of its stack file where it brings one. */
export function putBroken(name: string, root: string): void {
    const tenants = join(root, "tenants/dvntm");
    rmSync(tenants, { recursive: true, force: true });
    mkdirSync(tenants, { recursive: true });
    for (const file of readdirSync(join(FOLDER, name))) {
        if (file !== "expected.txt") {
            cpSync(join(FOLDER, name, file), join(file.startsWith("Pulumi.") ? root : tenants, file));
        }
    }
}
