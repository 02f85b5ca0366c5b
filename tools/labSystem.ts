import { execFileSync } from "node:child_process";
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
import { BuildError } from "./build";

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
    console.log("lab system: installing Debian 12 with SSH, Open vSwitch, Kea and Unbound into .tools/lab-system");
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
export function packagesOf(list: string): string[] {
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
        run("perl", [
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
    const options = ["-qq", "-o", `Dir::State::lists=${work}/lists`, "-o", `Dir::Cache=${work}/cache`];
    run("apt-get", [...options, "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "update"]);
    run("apt-get", [...options, "-o", "APT::Sandbox::User=root", "download", "mmdebstrap"], work);
    run("dpkg-deb", [
        "-x",
        join(
            work,
            readdirSync(work).find((file) => file.endsWith(".deb"))!,
        ),
        work,
    ]);
    return join(work, "usr/bin/mmdebstrap");
}

function run(command: string, args: readonly string[], cwd?: string): void {
    try {
        execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8", maxBuffer: 2 ** 26 });
    } catch (error) {
        const { stderr, message } = error as { stderr?: string; message: string };
        const last = (stderr ?? message).trim().split("\n").slice(-8).join("\n");
        throw new BuildError(
            `lab system: ${command} failed.\n${last}\n` +
                "Check the network and apt's sources (or name a mirror in DEBIAN_MIRROR), then run `make tools` again.",
        );
    }
}
