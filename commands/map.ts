/** Draws a substrate: hypervisors, tenants, VMs, the router, allowed paths, and drift where somebody looked for it. */
import { readFileSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import { mapOf, type MapContent } from "../model/map/content";
import { readDrift, type ToldDrift } from "../model/map/driftFile";
import { asPage } from "../model/map/page";
import { asSvg } from "../model/map/svg";
import { FLAG, runCommand, TEXT, UsageError } from "./command";

const HELP = `usage: make map SUBSTRATE=<name> [OUTPUT=<file>.html|<file>.svg] [DRIFT=<file>] [JSON=1]
Draws the substrate as the tenants' files have it: one HTML page that needs nothing else, and an SVG picture; with OUTPUT
one of them, by its ending. DRIFT is what \`commands/drift.ts <name> --json\` printed (- is standard input): it is shown in red.
Prints the files that it wrote; JSON=1 as JSON. Exit 0; 1: faults, nothing is written; 2: wrong usage.`;

/** How each kind of file is drawn. */
const DRAWN: Readonly<Record<string, (content: MapContent) => string>> = { ".html": asPage, ".svg": asSvg };

const STDIN = 0;

const OPTIONS = { output: TEXT, drift: TEXT, json: FLAG, help: FLAG };

void runCommand(HELP, OPTIONS, (substrate, { output, drift, json }) => {
    const files = output === undefined ? Object.keys(DRAWN).map((kind) => `map-${substrate.name}${kind}`) : [output];
    const unknown = files.find((file) => DRAWN[extname(file)] === undefined);
    if (unknown !== undefined) {
        throw new UsageError(`OUTPUT ${unknown} is not allowed; it ends with ${Object.keys(DRAWN).join(" or ")}`);
    }
    const content = mapOf(substrate, drift === undefined ? undefined : toldIn(drift, substrate.name));
    files.forEach((file) => writeFileSync(file, DRAWN[extname(file)]!(content)));
    console.log(json ? JSON.stringify({ substrate: substrate.name, files }) : files.join("\n"));
});

/** @param file a file, or - for standard input. */
function toldIn(file: string, substrate: string): ToldDrift {
    const [source, name] = file === "-" ? [STDIN, "standard input"] : [file, file];
    return readDrift(readFileSync(source, "utf8"), name, substrate);
}
