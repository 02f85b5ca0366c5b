import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Need } from "../../tools/needs";
import { ROOT } from "./environment";

/** Installs what is needed and not there; a copy of the program alone, as a lab's is, was given its tools. */
export async function installNeeds(needs: readonly Need[]): Promise<void> {
    if (needs.length > 0 && existsSync(join(ROOT, "package-lock.json"))) {
        await (await import("../../tools/install")).install(needs);
    }
}
