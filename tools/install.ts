/**
 * Installs what is needed, by the names of needs.js, in the pinned versions: what the machine has already is used, what it
 * lacks is downloaded, built from Go modules, or written, into .tools. What is there already is left as it is.
 *
 * `node --require ./start/typescript tools/install.ts [--list] NEED ...` is what make calls.
 */
import { otherCli, officialCli } from "./machine";
import { type Need, partsOf } from "./needs";
import { pieces, type Piece } from "./pieces";
import { say } from "./progress";
import { lacking } from "./requirements";
import { InstallError } from "./run";

/** From how many seconds on an installation says how long each of its parts took. */
const LONG_SECONDS = 10;

/**
 * Installs what is needed and not there, telling on standard error what is done; where all is there it says nothing.
 *
 * @param list whether each part is told with where it is, also those that were there.
 * @throws InstallError with all that the machine lacks, before anything is built, or with what failed.
 */
export async function install(needs: readonly Need[], { list = false } = {}): Promise<void> {
    const wanted = partsOf(needs).map((name) => pieces.find((piece) => piece.name === name)!);
    let missing = await absent(wanted);
    if (missing.length > 0) {
        missing = await notDownloaded(missing);
        const builds = missing.some((piece) => piece.with === "Go");
        const faults = lacking(
            missing.map(({ name }) => name),
            builds,
        );
        if (faults.length > 0) {
            throw new InstallError(faults.join("\n"));
        }
        await installAll(missing);
    }
    if (list) {
        for (const piece of wanted) {
            say(`${piece.title}: ${await piece.found()}`);
        }
    }
}

async function absent(wanted: readonly Piece[]): Promise<Piece[]> {
    const found = await Promise.all(wanted.map((piece) => piece.found()));
    return wanted.filter((_, at) => found[at] === undefined);
}

/** With the official CLI, published plugins come before a build of them; without it, it is to be built first. */
async function notDownloaded(missing: readonly Piece[]): Promise<Piece[]> {
    const left: Piece[] = [];
    for (const piece of missing) {
        if (officialCli() === undefined || !(await piece.download?.())) {
            left.push(piece);
        }
    }
    return left;
}

/** Kinds of installing run side by side: apt and pip wait for network and disk, while Go takes every core. */
async function installAll(missing: readonly Piece[]): Promise<void> {
    const started = Date.now();
    const other = missing.some(({ name }) => name === "pulumi") ? otherCli() : undefined;
    if (other !== undefined) {
        say(other);
    }
    const took: string[] = [];
    const kinds = [...new Set(missing.map((piece) => piece.with))];
    const ended = await Promise.allSettled(
        kinds.map(async (kind) => {
            for (const piece of missing.filter((one) => one.with === kind)) {
                const before = Date.now();
                await piece.install();
                took.push(`${piece.name} ${secondsSince(before)} s`);
            }
        }),
    );
    const failed = ended.flatMap((end) => (end.status === "rejected" ? [end.reason as Error] : []));
    if (failed.length > 0) {
        const unforeseen = failed.find((error) => !(error instanceof InstallError));
        throw unforeseen ?? new InstallError(failed.map(({ message }) => message).join("\n"));
    }
    if (secondsSince(started) >= LONG_SECONDS) {
        say(`installed in ${secondsSince(started)} s: ${took.join(", ")}`);
    }
}

function secondsSince(started: number): number {
    return Math.round((Date.now() - started) / 1000);
}

if (require.main === module) {
    const args = process.argv.slice(2);
    const needs = args.filter((arg) => arg !== "--list") as Need[];
    install(needs, { list: args.includes("--list") }).catch((error: unknown) => {
        console.error(error instanceof InstallError || error instanceof RangeError ? error.message : error);
        process.exitCode = 1;
    });
}
