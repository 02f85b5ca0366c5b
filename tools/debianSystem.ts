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
import { basename, join } from "node:path";
import { run } from "./run";

const SUITE = "bookworm";

/** A Debian 12 root file system that a part of the project runs in. */
export interface DebianSystem {
    /** As it is called in what is told. */
    readonly name: string;
    /** Folder that it is made in. */
    readonly root: string;
    /** File that lists its packages beside the minimal base, one a line; `#` starts a comment. */
    readonly packages: string;
    /** What the packages are, in a few words. */
    readonly holds: string;
    /** Who needs it, as the end of a sentence. */
    readonly use: string;
    /** Target of make that makes it. */
    readonly target: string;
}

/**
 * Makes a Debian 12 root file system with what its list names, and nothing if it is there already. On the machine itself
 * nothing is installed: mmdebstrap, which makes it, is unpacked into a temporary folder where it is missing.
 *
 * Needs root and Debian's apt; where there is neither it says in one line what goes without it.
 *
 * @throws BuildError where a package cannot be downloaded.
 */
export function installSystem(system: DebianSystem): void {
    const lacks = missing();
    if (lacks !== undefined) {
        console.log(`${system.name}: skipped, ${lacks}; ${system.use}`);
        return;
    }
    const stamp = `${system.root}.inputs`;
    const packages = packagesOf(readFileSync(system.packages, "utf8"));
    const wanted = createHash("sha256")
        .update(JSON.stringify([SUITE, packages]))
        .digest("hex");
    if (existsSync(system.root) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
        console.log(`${system.name}: installed`);
        return;
    }
    console.log(`${system.name}: installing Debian 12 with ${system.holds} into .tools/${basename(system.root)}`);
    make(system, packages);
    writeFileSync(stamp, wanted);
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

/** The system appears in its place only when it is whole. */
function make(system: DebianSystem, packages: readonly string[]): void {
    const work = mkdtempSync(join(tmpdir(), "debian-system-"));
    const partial = `${system.root}.partial`;
    try {
        rmSync(partial, { recursive: true, force: true });
        const program = mmdebstrap(system, work);
        step(system, [
            "perl",
            program,
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            `--include=${packages.join(",")}`,
            SUITE,
            partial,
            ...[process.env["DEBIAN_MIRROR"] ?? []].flat(),
        ]);
        rmSync(system.root, { recursive: true, force: true });
        renameSync(partial, system.root);
    } finally {
        rmSync(work, { recursive: true, force: true });
        rmSync(partial, { recursive: true, force: true });
    }
}

/** Debian's own mmdebstrap: the machine's, or one that is unpacked into a folder. */
function mmdebstrap(system: DebianSystem, work: string): string {
    if (existsSync("/usr/bin/mmdebstrap")) {
        return "/usr/bin/mmdebstrap";
    }
    // Package lists of its own, since the machine's may be old or missing.
    for (const folder of ["lists/partial", "cache/archives/partial"]) {
        mkdirSync(join(work, folder), { recursive: true });
    }
    const lists = ["-o", `Dir::State::lists=${work}/lists`, "-o", `Dir::Cache=${work}/cache`];
    const options = ["-qq", ...lists, "-o", "APT::Sandbox::User=root"];
    step(system, ["apt-get", ...options, "-o", "Debug::NoLocking=1", "update"]);
    step(system, ["apt-get", ...options, "download", "mmdebstrap"], work);
    const archive = readdirSync(work).find((file) => file.endsWith(".deb"))!;
    step(system, ["dpkg-deb", "-x", join(work, archive), work]);
    return join(work, "usr/bin/mmdebstrap");
}

function step({ name, target }: DebianSystem, program: readonly [string, ...string[]], cwd?: string): void {
    const mend = `Check the network and apt's sources (or name a mirror in DEBIAN_MIRROR), then run \`make ${target}\` again.`;
    run(name, program, mend, { lines: 8, ...(cwd !== undefined && { cwd }) });
}
