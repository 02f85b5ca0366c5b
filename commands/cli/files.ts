import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { delimiter, dirname, join } from "node:path";
import { masked } from "../../definitions/printed";

/** Text of a file. */
export function readText(file: string): string {
    return readFileSync(file, "utf8");
}

/** Text of a person's file, or of standard input where it is named `-`: read so that Ctrl-C is heard meanwhile. */
export async function readGiven(file: string): Promise<string> {
    return file === "-" ? text(process.stdin) : readText(file);
}

/** Whether there is a file or folder of that name. */
export function isThere(file: string): boolean {
    return existsSync(file);
}

/** The program of a name on PATH, as a text that is another one once it is replaced; undefined where there is none. */
export function programOnPath(name: string): string | undefined {
    const files = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
    const file = files.find(isThere);
    if (file === undefined) {
        return undefined;
    }
    const { size, mtimeMs } = statSync(file);
    return `${file} ${size} ${mtimeMs}`;
}

/** Writes a file that a person asked for. */
export function writeText(file: string, text: string): void {
    writeFileSync(file, masked(text));
}

/** Writes a file that is not there yet, with its folder; gives back how it is taken away again. */
export function writeNew(file: string, text: string): () => void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: "wx" });
    return () => rmSync(file);
}

/**
 * Makes a folder hold these files, by name.
 *
 * @param ours whether a file that is there beside them is ours by its text, and so goes.
 */
export function writeFolder(folder: string, files: ReadonlyMap<string, string>, ours: (text: string) => boolean): void {
    mkdirSync(folder, { recursive: true });
    for (const other of readdirSync(folder).filter((file) => !files.has(file))) {
        if (ours(readFileSync(join(folder, other), "utf8"))) {
            rmSync(join(folder, other));
        }
    }
    files.forEach((text, file) => writeFileSync(join(folder, file), masked(text)));
}
