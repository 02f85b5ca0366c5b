import type { Revision } from "../definitions/revision/read";

/** Origin of a page that is kept: when it was made, and of which definitions. */
export interface Stamp {
    readonly at: Date;
    /** Missing where the definitions are in no Git repository. */
    readonly revision?: Revision;
}

/** A stamp as `2026-11-29 18:04 UTC, commit 0123456789ab`. */
export function stampText({ at, revision }: Stamp): string {
    const time = `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
    if (revision === undefined) {
        return time;
    }
    return `${time}, commit ${revision.commit}${revision.changed ? " with changes that are not committed" : ""}`;
}
