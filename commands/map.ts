import { extname } from "node:path";
import { mapOf, type MapContent } from "../report/map/content";
import { readDrift, type ToldDrift } from "../report/map/driftFile";
import { asPage } from "../report/map/page";
import { asSvg } from "../report/map/svg";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { shown, UsageError } from "./cli/errors";
import { readGiven, writeText } from "./cli/files";
import { answer } from "./cli/terminal";
import { stampOf } from "./shared/stamp";
import { lifetimesIfAny } from "./shared/lifetimes";
import { loadOne } from "./shared/substrates";

/** How each kind of file is drawn. */
const DRAWN: Readonly<Record<string, (content: MapContent) => string>> = { ".html": asPage, ".svg": asSvg };

export const command = defineCommand({
    name: "map",
    group: "look",
    summary: "draw a substrate as a page and a picture",
    details:
        "Draws hypervisors, tenants, VMs, the router and allowed paths as the tenants' files have them: one HTML page that needs " +
        "nothing else, and an SVG picture. Prints the files that it wrote.",
    arguments: [SUBSTRATE],
    options: {
        output: { says: "write one of them, by its ending .html or .svg", value: "file", kind: "file" },
        drift: {
            says: "show in red what `tenants drift <substrate> --json` printed; - is standard input",
            value: "file",
            kind: "file",
        },
    },
    output: "map",
    needs: [],
    example: "tenants drift dvntm --json | tenants map dvntm --drift -",
    exits: { 1: "faults; nothing is written" },
    async run({ args, options: { output, drift } }) {
        const name = args["substrate"]!;
        const files = output === undefined ? Object.keys(DRAWN).map((kind) => `map-${name}${kind}`) : [output];
        const unknown = files.find((file) => DRAWN[extname(file)] === undefined);
        if (unknown !== undefined) {
            throw new UsageError(
                `--output ${shown(unknown)} is not allowed; it ends with ${Object.keys(DRAWN).join(" or ")}`,
            );
        }
        const substrate = loadOne(name);
        const told = drift === undefined ? undefined : await toldIn(drift, name);
        const content = { ...mapOf(substrate, told, lifetimesIfAny(substrate).endings), stamp: stampOf(name) };
        files.forEach((file) => writeText(file, DRAWN[extname(file)]!(content)));
        answer({ substrate: name, files }, () => files.join("\n"));
    },
});

/** @param file a file, or - for standard input. */
async function toldIn(file: string, substrate: string): Promise<ToldDrift> {
    return readDrift(await readGiven(file), file === "-" ? "standard input" : file, substrate);
}
