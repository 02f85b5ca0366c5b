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
import { join } from "node:path";
import { LAB_SYSTEM, SYSTEM_PACKAGES } from "../lab/system";
import { run } from "./run";

const SUITE = "bookworm";
const STAMP = `${LAB_SYSTEM}.inputs`;

/**
 * Makes the lab's Debian 12 root file system with what lab/packages.txt lists, and nothing if it is there already. On the
 * machine itself nothing is installed: mmdebstrap, which makes it, is unpacked into a temporary folder where it is missing.
 *
 * Needs root and Debian's apt; where there is neither it says in one line what goes without it.
 *
 * @throws BuildError where a package cannot be downloaded.
 */
export function installLabSystem(): void {
    const lacks = missing();
    if (lacks !== undefined) {
        console.log(`lab system: skipped, ${lacks}; the lab's host and data plane need it`);
        return;
    }
    const packages = packagesOf(readFileSync(SYSTEM_PACKAGES, "utf8"));
    const wanted = createHash("sha256")
        .update(JSON.stringify([SUITE, packages]))
        .digest("hex");
    if (existsSync(LAB_SYSTEM) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) {
        console.log("lab system: installed");
        return;
    }
    console.log(
        "lab system: installing Debian 12 with SSH, Open vSwitch, Kea, Unbound and PostgreSQL into .tools/lab-system",
    );
    make(packages);
    writeFileSync(STAMP, wanted);
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
function make(packages: readonly string[]): void {
    const work = mkdtempSync(join(tmpdir(), "lab-system-"));
    const partial = `${LAB_SYSTEM}.partial`;
    try {
        rmSync(partial, { recursive: true, force: true });
        step([
            "perl",
            mmdebstrap(work),
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            `--include=${packages.join(",")}`,
            SUITE,
            partial,
            ...[process.env["DEBIAN_MIRROR"] ?? []].flat(),
        ]);
        rmSync(LAB_SYSTEM, { recursive: true, force: true });
        renameSync(partial, LAB_SYSTEM);
    } finally {
        rmSync(work, { recursive: true, force: true });
        rmSync(partial, { recursive: true, force: true });
    }
}

/** Debian's own mmdebstrap: the machine's, or one that is unpacked into a folder. */
function mmdebstrap(work: string): string {
    if (existsSync("/usr/bin/mmdebstrap")) {
        return "/usr/bin/mmdebstrap";
    }
    // Package lists of its own, since the machine's may be old or missing.
    for (const folder of ["lists/partial", "cache/archives/partial"]) {
        mkdirSync(join(work, folder), { recursive: true });
    }
    const lists = ["-o", `Dir::State::lists=${work}/lists`, "-o", `Dir::Cache=${work}/cache`];
    const options = ["-qq", ...lists, "-o", "APT::Sandbox::User=root"];
    step(["apt-get", ...options, "-o", "Debug::NoLocking=1", "update"]);
    step(["apt-get", ...options, "download", "mmdebstrap"], work);
    const archive = readdirSync(work).find((file) => file.endsWith(".deb"))!;
    step(["dpkg-deb", "-x", join(work, archive), work]);
    return join(work, "usr/bin/mmdebstrap");
}

function step(program: readonly [string, ...string[]], cwd?: string): void {
    const mend =
        "Check the network and apt's sources (or name a mirror in DEBIAN_MIRROR), then run `make tools` again.";
    run("lab system", program, mend, { lines: 8, ...(cwd !== undefined && { cwd }) });
}
