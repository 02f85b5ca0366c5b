import { createHash } from "node:crypto";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { Progress, say } from "./progress";
import { runFor, type RunOptions } from "./run";

/** Debian's releases by their numbers. */
const SUITES = { 12: "bookworm", 13: "trixie" } as const;

/** A Debian root file system that a part of the project runs in. */
export interface DebianSystem {
    /** Its folder in .tools, and what it is called in what is told. */
    readonly name: string;
    /** Folder that it is made in. */
    readonly root: string;
    readonly debian: keyof typeof SUITES;
    /** File that lists its packages beside the minimal base, one a line; `#` starts a comment. */
    readonly packages: string;
    /** Description of the packages, in a few words. */
    readonly holds: string;
    /** Who needs it, as the end of a sentence. */
    readonly use: string;
}

/** Documentation and translations take half of the files, and nobody reads them there. */
const LEFT_OUT = ["doc", "man", "locale", "info", "lintian"].map(
    (folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`,
);

/** Its mounts end with it, however it ends: a later run removes what is left without reaching into the machine's own. */
const MOUNTS_OF_ITS_OWN = ["unshare", "--mount", "--propagation", "private"] as const;

/** Where a system is, in a few words, or why this machine cannot have it; undefined where it is to be installed. */
export function foundSystem(system: DebianSystem): string | undefined {
    const lacks = missing();
    if (lacks !== undefined) {
        return `skipped, ${lacks}; ${system.use}`;
    }
    const stamp = stampOf(system);
    const made = existsSync(system.root) && existsSync(stamp) && readFileSync(stamp, "utf8") === inputsOf(system);
    return made ? "installed" : undefined;
}

/**
 * Makes a Debian root file system with what its list names, with progress. On the machine itself nothing is installed:
 * mmdebstrap, which makes it, is unpacked into a temporary folder where it is missing.
 *
 * Needs root and Debian's apt; see foundSystem().
 *
 * @throws InstallError where a package cannot be downloaded.
 */
export async function installSystem(system: DebianSystem): Promise<void> {
    say(`${system.name}: installing Debian ${system.debian} with ${system.holds} into .tools/${basename(system.root)}`);
    const progress = new Progress(system.name);
    const work = mkdtempSync(join(tmpdir(), "debian-system-"));
    const partial = `${system.root}.partial`;
    try {
        rmSync(partial, { recursive: true, force: true });
        mkdirSync(dirname(partial), { recursive: true });
        await make(system, partial, await mmdebstrap(system, work), progress);
        rmSync(stampOf(system), { force: true });
        rmSync(system.root, { recursive: true, force: true });
        renameSync(partial, system.root);
        writeFileSync(stampOf(system), inputsOf(system));
    } finally {
        progress.end();
        rmSync(work, { recursive: true, force: true });
        rmSync(partial, { recursive: true, force: true });
    }
}

function stampOf({ root }: DebianSystem): string {
    return `${root}.inputs`;
}

/** Digest of all that decides what a system holds, which stands beside it once it is whole. */
export function inputsOf({ debian, packages }: DebianSystem): string {
    const inputs = [SUITES[debian], packagesOf(readFileSync(packages, "utf8")), ...LEFT_OUT];
    return createHash("sha256").update(JSON.stringify(inputs)).digest("hex");
}

function missing(): string | undefined {
    if (process.getuid?.() !== 0) {
        return "root is needed to make it";
    }
    return existsSync("/usr/bin/apt-get") ? undefined : "Debian's apt is not on this machine";
}

/** @param list one package a line; `#` starts a comment. */
function packagesOf(list: string): string[] {
    return list
        .split("\n")
        .map((line) => line.replace(/#.*/, "").trim())
        .filter((line) => line !== "");
}

async function make(system: DebianSystem, target: string, program: string, progress: Progress): Promise<void> {
    const packages = packagesOf(readFileSync(system.packages, "utf8"));
    const counted = new PackageCount();
    const what = ["--mode=root", "--variant=minbase", "--format=directory", `--include=${packages.join(",")}`];
    const how = ["--verbose", "--dpkgopt=force-unsafe-io", ...LEFT_OUT];
    const mirror = process.env["DEBIAN_MIRROR"];
    await step(
        system,
        [
            ...MOUNTS_OF_ITS_OWN,
            "perl",
            program,
            ...what,
            ...how,
            SUITES[system.debian],
            target,
            ...(mirror === undefined ? [] : [mirror]),
        ],
        {
            // Beside mmdebstrap stands mmtarfilter, which leaves out what LEFT_OUT names.
            env: { ...process.env, PATH: [dirname(program), process.env["PATH"]].join(delimiter) },
            onLine: (line) => progress.now(counted.saw(line)),
        },
    );
}

/**
 * How far mmdebstrap is. It hands on what apt and dpkg print, in two rounds: first the minimal base is downloaded and set
 * up, then all else.
 */
export class PackageCount {
    private total = 0;
    private downloaded = 0;
    private unpacked = 0;
    private ready = 0;

    saw(line: string): string {
        this.total += Number(/ (\d+) newly installed,/.exec(line)?.[1] ?? 0);
        // Before the first round apt gets the lists of packages.
        this.downloaded += this.total > 0 && /^Get:\d/.test(line) ? 1 : 0;
        this.unpacked += line.startsWith("Unpacking ") ? 1 : 0;
        this.ready += line.startsWith("Setting up ") ? 1 : 0;
        return this.total === 0
            ? "getting the lists of packages"
            : `of ${this.total} packages ${this.downloaded} downloaded, ${this.unpacked} unpacked, ${this.ready} set up`;
    }
}

/** Debian's own mmdebstrap: the machine's, or one that is unpacked into a folder. */
async function mmdebstrap(system: DebianSystem, work: string): Promise<string> {
    if (existsSync("/usr/bin/mmdebstrap")) {
        return "/usr/bin/mmdebstrap";
    }
    // Package lists of its own, since the machine's may be old or missing.
    for (const folder of ["lists/partial", "cache/archives/partial"]) {
        mkdirSync(join(work, folder), { recursive: true });
    }
    const lists = ["-o", `Dir::State::lists=${work}/lists`, "-o", `Dir::Cache=${work}/cache`];
    const options = ["-qq", ...lists, "-o", "APT::Sandbox::User=root"];
    await step(system, ["apt-get", ...options, "-o", "Debug::NoLocking=1", "update"]);
    await step(system, ["apt-get", ...options, "download", "mmdebstrap"], { cwd: work });
    const archive = readdirSync(work).find((file) => file.endsWith(".deb"))!;
    await step(system, ["dpkg-deb", "-x", join(work, archive), work]);
    return join(work, "usr/bin/mmdebstrap");
}

function step(
    { name }: DebianSystem,
    program: readonly [string, ...string[]],
    options: RunOptions = {},
): Promise<void> {
    const mend = "Check the network and apt's sources (or name a mirror in DEBIAN_MIRROR), then run this again.";
    return runFor(name, program, mend, options);
}
