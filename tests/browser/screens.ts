import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The kept screenshots. Browser and font are those of Debian 12 on every machine, so that a picture hardly changes. */
const FOLDER = join(__dirname, "screens");

/**
 * Share of the pixels that are not as in the kept picture, from 0 to 1; 1 where the size is another. Where any is not, the
 * difference stands beside the shot, as `.diff.png`.
 *
 * @param shot file of the new picture.
 * @param keep whether the new one takes the place of the kept one.
 * @throws Error where none is kept.
 */
export function screenDifference(shot: string, name: string, keep = process.env["WRITE_SCREENS"] === "1"): number {
    const kept = join(FOLDER, `${name}.png`);
    if (keep) {
        mkdirSync(FOLDER, { recursive: true });
        copyFileSync(shot, kept);
    }
    if (!existsSync(kept)) {
        throw new Error(`${kept} is missing: WRITE_SCREENS=1 writes it`);
    }
    if (readFileSync(kept).equals(readFileSync(shot))) {
        return 0;
    }
    const args = [join(__dirname, "compare.js"), kept, shot, shot.replace(/\.png$/, ".diff.png")];
    const printed = execFileSync(process.execPath, args, { encoding: "utf8" });
    const { pixels, differing } = JSON.parse(printed) as { pixels: number; differing: number };
    return differing / pixels;
}
