import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { AcceptanceLab } from "./lab";
import { standing, takenBack } from "./moments";

/**
 * Previews that must be empty. One goes by the definitions, the stack's resources and what the node answers: where all of these
 * are as they were at one that was empty, no other is run. A stack that writes to a router is none for it.
 */
export class EmptyPreviews {
    private readonly seen: unknown[] = [];
    /** Kinds of what a recovery took back of which an empty preview was seen. */
    private readonly kinds = new Set<string>();
    /** Previews that were run. */
    ran = 0;

    constructor(private readonly lab: AcceptanceLab) {}

    /** @throws Error where a preview shows a change. */
    async expect(): Promise<void> {
        const kinds = await takenBack(this.lab);
        const now = { definitions: this.definitions(), standing: await standing(this.lab) };
        if (kinds.every((kind) => this.kinds.has(kind)) && this.seen.some((one) => isDeepStrictEqual(one, now))) {
            return;
        }
        this.ran++;
        await this.lab.succeed("preview", "--expect-no-changes");
        this.seen.push(now);
        kinds.forEach((kind) => this.kinds.add(kind));
    }

    private definitions(): string[] {
        const { root, stack } = this.lab.workspace;
        const tenants = readdirSync(join(root, "tenants", stack)).map((name) => join("tenants", stack, name));
        return [`Pulumi.${stack}.yaml`, ...tenants.sort()].map(
            (file) => `${file}\n${readFileSync(join(root, file), "utf8")}`,
        );
    }
}
