import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { labEnvironment } from "../../lab/environment";
import { LAB_PYTHON } from "../../lab/venv";
import { loadSubstrate } from "../../substrate/load";
import type { Baseline } from "../../substrate/substrate";
import { smallTenant, STACK } from "../fixtures";

export const ROOT = resolve(__dirname, "..", "..");
export const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0XwM2bGzG8Q0gq0mU8rO6eJ4m2s3p5x7w9y1A3B5C7";

/** A folder with a project beside what its collections come from. */
export const site = mkdtempSync(join(tmpdir(), "collection-sources-"));
export const project = join(site, "project");

/** Folder of the workshop that stands for the host: Ansible finds the collections of what is unpacked there. */
export const HOST = "host";

/** The environment of real programs in it: those of the lab's Ansible, and nothing of a person's own. */
export function workshopEnvironment(): NodeJS.ProcessEnv {
    return {
        ...labEnvironment(),
        ANSIBLE_COLLECTIONS_PATH: join(site, HOST, "collections"),
        ...{ HOME: site, ANSIBLE_HOME: join(site, "ansible"), LC_ALL: "C.UTF-8" },
        PATH: `${dirname(LAB_PYTHON)}${delimiter}${process.env["PATH"]!}`,
    };
}

/** Makes the project anew, without a stack file. */
export function emptyProject(): void {
    rmSync(project, { recursive: true, force: true });
    put("project/tenants/dvntm/grooveiq.yaml", smallTenant("grooveiq", 50));
    cpSync(join(ROOT, "host/ansible"), join(project, "host/ansible"), { recursive: true });
}

export function removeWorkshop(): void {
    rmSync(site, { recursive: true, force: true });
}

export function put(path: string, text: string): void {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text);
}

export function run(program: string, ...args: readonly string[]): string {
    return execFileSync(program, args, {
        cwd: site,
        env: workshopEnvironment(),
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
    });
}

/** Puts a collection's folder into the workshop. */
export function collection(folder: string, info: string, files: Readonly<Record<string, string>>): void {
    put(`${folder}/galaxy.yml`, `${info}readme: README.md\nauthors: [lab]\n`);
    Object.entries({ "README.md": "A collection of the tests.\n", ...files }).forEach(([path, text]) =>
        put(`${folder}/${path}`, text),
    );
}

/** Has the real ansible-galaxy build a collection's archive in the workshop. */
export function build(folder: string): string {
    const said = run("ansible-galaxy", "collection", "build", "--force", "--output-path", site, folder);
    return /at (\S+\.tar\.gz)/.exec(said)![1]!;
}

/** The project's stack with lines in its hypervisor, and its one baseline. */
export function baselineOf(lines: string): Baseline {
    const stack = STACK.replace(/( {6})ssh:\n.*\n/, lines.replace(/^(?=.)/gm, "      "));
    put("project/Pulumi.dvntm.yaml", stack);
    return loadSubstrate({ root: project, substrate: "dvntm" }).hypervisors[0]!.baseline!;
}
