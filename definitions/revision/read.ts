import { execFileSync } from "node:child_process";
import { environmentFor } from "../childEnvironment";
import { stackFileOf } from "../stackFile";

/** The commit that definitions are of. */
export interface Revision {
    /** First twelve digits of its hash. */
    readonly commit: string;
    /** Whether files of the definitions are not as in that commit. */
    readonly changed: boolean;
}

/** Git answers in milliseconds; a folder on a server that hangs costs no page. */
const PATIENCE_MS = 10_000;

/**
 * The commit of a substrate's definitions.
 *
 * @param root folder with the stack files and tenants/.
 * @returns undefined where Git does not keep them, or is not there.
 */
export function revisionOf(root: string, substrate: string): Revision | undefined {
    const files = [stackFileOf(substrate), `tenants/${substrate}`];
    const git = (...args: string[]) =>
        execFileSync("git", ["-C", root, ...args], {
            encoding: "utf8",
            env: environmentFor("git"),
            stdio: ["ignore", "pipe", "ignore"],
            timeout: PATIENCE_MS,
        }).trim();
    try {
        // A folder within a repository that ignores it is not of that repository's commit.
        if (git("ls-files", "--", ...files) === "") {
            return undefined;
        }
        const changed = git("status", "--porcelain", "--", ...files) !== "";
        return { commit: git("rev-parse", "--short=12", "HEAD"), changed };
    } catch {
        return undefined;
    }
}
