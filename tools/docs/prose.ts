import { linesOf } from "./lines";

/** Words that the pages do not use. */
export interface Word {
    /** Regular expression, which is taken without regard to case unless `exact` is set. */
    readonly not: string;
    /** Words to write instead, and where that is not plain, why. */
    readonly write: string;
    /** Whether capitals matter, as in a name. */
    readonly exact?: boolean;
}

/** Words of a page that it should not have, one line each with file and line. Code is left alone. */
export function proseFaults(page: string, text: string, words: readonly Word[]): string[] {
    const rules = words.map(({ not, write, exact = false }) => ({
        find: new RegExp(not, exact ? "gu" : "giu"),
        write,
    }));
    return linesOf(text).flatMap(({ number, prose }) =>
        rules.flatMap(({ find, write }) =>
            [...prose.replace(/\]\([^)]*\)|https?:\S+/g, "]").matchAll(find)].map(
                ([found]) => `${page}:${number} "${found}": write ${write}`,
            ),
        ),
    );
}
