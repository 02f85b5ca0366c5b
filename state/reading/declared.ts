import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { definitions } from "../../definitions/project/read";
import { stackFileOf } from "../../definitions/stackFile";
import type { Substrate } from "../../substrate/substrate";
import { digestOf } from "./reading";

const PROGRAM = resolve(__dirname, "../..");

/** Everything of the program's folder that decides what is declared of a model; the definitions themselves are in the model. */
const PARTS = [
    ...["index.ts", "main.js", "package-lock.json", "Pulumi.yaml", "start", "definitions", "substrate", "firewall"],
    ...["state", "node", "router", "host", "components", "policy", "schemas"],
];

/**
 * Digest of everything that a run declares: the model with the stack's configuration, and the program by the time and size of its
 * files, so that an edited or an updated one counts as another.
 */
export function declaredDigest(substrate: Substrate): string {
    const folder = definitions();
    const configuration = readFileSync(join(folder, stackFileOf(substrate.name)), "utf8");
    return digestOf([substrate, configuration, [...new Set([PROGRAM, folder])].map(filesIn)]);
}

function filesIn(root: string): unknown[] {
    return PARTS.flatMap((part) => {
        const path = join(root, part);
        const found = statSync(path, { throwIfNoEntry: false });
        if (!found?.isDirectory()) {
            return [[part, found?.size, found?.mtimeMs]];
        }
        return readdirSync(path, { recursive: true, encoding: "utf8" })
            .sort()
            .map((name) => [part, name, ...sizeAndTime(join(path, name))]);
    });
}

function sizeAndTime(file: string): unknown[] {
    const found = statSync(file, { throwIfNoEntry: false });
    return [found?.size, found?.mtimeMs];
}
