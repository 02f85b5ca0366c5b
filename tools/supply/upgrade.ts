/** Lists what is newer than what is pinned, and changes nothing: what `make upgrade` runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coerce, gt } from "semver";
import { alignedRows } from "../../report/table";
import { installVenv, LAB_VENV, programOf, SUPPLY_VENV, type Venv } from "../venvs";
import { objectsIn } from "./findings";
import { GO_MODULES, printedBy, ROOT } from "./programs";

const HELP = `usage: make upgrade
Lists each package that the project pins itself, in npm, Go and Python, of which there is a newer version. It changes
nothing: docs/supply-chain.md says how each kind is raised.
Exit 0, also where there is something newer; 1: a registry could not tell.`;

/** A version that is newer than what is pinned. */
interface Newer {
    readonly where: string;
    readonly package: string;
    readonly pinned: string;
    readonly newest: string;
}

async function newerInNpm(): Promise<Newer[]> {
    const printed = JSON.parse(await printedBy("npm", ["outdated", "--json"], { fine: [0, 1] })) as Record<
        string,
        { current?: string; wanted: string; latest: string }
    >;
    return Object.entries(printed).map(([name, { current, wanted, latest }]) => ({
        where: "package.json",
        package: name,
        pinned: current ?? wanted,
        newest: latest,
    }));
}

/** A module as `go list -m -u -json` tells of it. */
interface GoModule {
    readonly Path: string;
    readonly Version: string;
    readonly Update?: { readonly Version: string };
    readonly Error?: { readonly Err: string };
}

/** Requirements of a go.mod itself, with the modules of the tools that it names. */
async function newerInGo(folder: string): Promise<Newer[]> {
    const cwd = join(ROOT, folder);
    const { Require, Tool } = JSON.parse(await printedBy("go", ["mod", "edit", "-json"], { cwd })) as {
        Require: { Path: string; Indirect?: boolean }[] | null;
        Tool: { Path: string }[] | null;
    };
    const isTool = (path: string) => Tool?.some((tool) => tool.Path.startsWith(`${path}/`)) ?? false;
    const own = (Require ?? []).filter(({ Path, Indirect }) => Indirect !== true || isTool(Path));
    const args = ["list", "-m", "-u", "-e", "-json", "-mod=readonly", ...own.map((one) => one.Path)];
    return (objectsIn(await printedBy("go", args, { cwd })) as GoModule[]).map(({ Path, Version, Update, Error }) => {
        if (Error !== undefined) {
            untold(`${folder} ${Path}`, Error.Err.trim().split("\n").at(-1)!.trim());
        }
        return { where: `${folder}/go.mod`, package: Path, pinned: Version, newest: Update?.Version ?? Version };
    });
}

/** Of an environment, what its requirements.in names; the rest follows from that. */
async function newerInPython(venv: Venv): Promise<Newer[]> {
    await installVenv(venv);
    const where = venv.requirements.replace(/txt$/, "in");
    const own: readonly string[] = readFileSync(join(ROOT, where), "utf8").match(/^[a-z0-9-]+/gim) ?? [];
    const printed = await printedBy(programOf(venv, "pip"), ["list", "--outdated", "--format=json"]);
    const outdated = JSON.parse(printed) as { name: string; version: string; latest_version: string }[];
    return outdated
        .filter(({ name }) => own.includes(name))
        .map(({ name, version, latest_version }) => ({
            where,
            package: name,
            pinned: version,
            newest: latest_version,
        }));
}

const SOURCES: readonly (readonly [name: string, ask: () => Promise<Newer[]>])[] = [
    ["npm", newerInNpm],
    ...GO_MODULES.map((folder) => [folder, () => newerInGo(folder)] as const),
    ...[LAB_VENV, SUPPLY_VENV].map((venv) => [venv.name, () => newerInPython(venv)] as const),
];

async function main(): Promise<void> {
    if (process.argv.includes("--help")) {
        console.log(HELP);
        return;
    }
    const rows: Newer[] = [];
    // They ask side by side, and are told in their order.
    const asked = SOURCES.map(([name, ask]) => [name, ask()] as const);
    await Promise.allSettled(asked.map(([, answer]) => answer));
    for (const [name, answer] of asked) {
        try {
            rows.push(...(await answer).filter(isNewer));
        } catch (error) {
            untold(name, (error as Error).message);
        }
    }
    const cells = [["where", "package", "pinned", "newest"], ...rows.map(cellsOf)];
    alignedRows(cells).forEach((line) => console.log(line));
}

function untold(what: string, why: string): void {
    console.error(`${what}: it could not be told: ${why}`);
    process.exitCode = 1;
}

function cellsOf({ where, package: name, pinned, newest }: Newer): string[] {
    return [where, name, pinned, newest];
}

/** A registry's newest may be older than what is pinned, where its maker withdrew a version or keeps an older line. */
function isNewer({ pinned, newest }: Newer): boolean {
    const [from, to] = [pinned, newest].map((version) => coerce(version, { includePrerelease: true }));
    return from !== null && to !== null && gt(to!, from!);
}

void main();
