import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

jest.setTimeout(60_000);

const FILE = "tenants/dvntm/grooveiq.yaml";
const GOOD = { "Pulumi.dvntm.yaml": STACK, [FILE]: smallTenant("grooveiq", 50) };

afterAll(removeProjects);

/** Faults of a project, one line each; none for one that loads. */
function faultsOf(root: string): string[] {
    try {
        loadSubstrate({ root, substrate: "dvntm" });
        return [];
    } catch (error) {
        expect((error as Error).name).toBe("DefinitionError");
        return (error as Error).message.split("\n");
    }
}

/** A project with something else in the place of one of its files. */
function replaced(file: string, put: (path: string, root: string) => void): string {
    const root = project(GOOD);
    rmSync(join(root, file));
    put(join(root, file), root);
    return root;
}

describe("only a file of its own is read", () => {
    test.each<[string, string, (path: string) => void]>([
        ["a link", FILE, (path) => symlinkSync("/etc/hostname", path)],
        ["a link", "Pulumi.dvntm.yaml", (path) => symlinkSync("/etc/hostname", path)],
        ["a named pipe", FILE, (path) => execFileSync("mkfifo", [path])],
        ["a named pipe", "Pulumi.dvntm.yaml", (path) => execFileSync("mkfifo", [path])],
        ["a folder", FILE, (path) => mkdirSync(path)],
    ])("%s in the place of %s is refused by name, and nothing of it is shown", (kind, file, put) => {
        expect(faultsOf(replaced(file, put))).toEqual([
            `${file}: ${kind}; only a file of its own is read: put its text here`,
        ]);
    });

    test("one that is full of half of git's conflict markers is refused at once, not looked through for each of them", () => {
        const lines = `<<<<<<< mine\n${"=======\n".repeat(120_000)}`;
        const all = faultsOf(project({ ...GOOD, [FILE]: lines }));
        expect(all).toEqual([expect.stringMatching(/^tenants\/dvntm\/grooveiq.yaml:1: .* is not a mapping$/)]);
        // Control: with the last of them it is a merge that is not finished.
        const whole = faultsOf(project({ ...GOOD, [FILE]: `${lines}>>>>>>> theirs\n` }));
        expect(whole).toEqual([expect.stringContaining("git's conflict marker (<<<<<<< mine)")]);
    });

    test("the router's key stands in a stack file encrypted alone", () => {
        const withKey = (value: string) =>
            faultsOf(
                project({ ...GOOD, "Pulumi.dvntm.yaml": `${STACK}  tenant-hypervisors:routerApiKey: ${value}\n` }),
            );
        expect(withKey("{ secure: v1:AAAA }")).toEqual([]);
        const lines = STACK.split("\n").length;
        expect(withKey("word")).toEqual([
            expect.stringMatching(
                new RegExp(`^Pulumi.dvntm.yaml:${lines} routerApiKey: a secret in plain text: .*--secret`),
            ),
        ]);
        expect(withKey("word").join()).not.toContain("word");
    });

    test("a socket is refused", async () => {
        const server = createServer();
        const root = replaced(FILE, () => undefined);
        await new Promise<void>((listening) => server.listen(join(root, FILE), listening));
        expect(faultsOf(root)).toEqual([`${FILE}: a socket; only a file of its own is read: put its text here`]);
        server.close();
    });

    test("a link in the place of the tenants' folder is refused", () => {
        const root = project(GOOD);
        renameSync(join(root, "tenants/dvntm"), join(root, "elsewhere"));
        symlinkSync("../elsewhere", join(root, "tenants/dvntm"));
        expect(faultsOf(root)).toEqual([
            "tenants/dvntm: no folder of its own; tenants' files stand in one, not behind a link",
        ]);
    });

    test("one that may not be read is named", () => {
        const root = project(GOOD);
        const own = process.geteuid!();
        execFileSync("chmod", ["0000", join(root, FILE)]);
        execFileSync("chmod", ["-R", "a+rX", root, join(root, "tenants")]);
        execFileSync("chmod", ["0000", join(root, FILE)]);
        // The superuser may read everything.
        process.seteuid!(own === 0 ? 65534 : own);
        const faults = faultsOf(root);
        process.seteuid!(own);
        expect(faults).toEqual([`${FILE}: it cannot be read (EACCES); see who may read it`]);
    });
});

describe("what stands beside tenants' files", () => {
    test.each<[string, string]>([
        [".#grooveiq.yaml", "an editor's lock, which leads nowhere"],
        [".grooveiq.yaml.swp", "an editor's copy"],
        [".DS_Store", "a system's own"],
    ])("%s is skipped: %s", (name) => {
        const root = project(GOOD);
        symlinkSync("somebody@somewhere.4711", join(root, "tenants/dvntm", name));
        expect(faultsOf(root)).toEqual([]);
    });

    test.each<[string, string]>([
        [
            "tenants/dvntm/vintronics.YAML",
            "no tenant's file, whose name ends in .yaml; did you mean vintronics.yaml? Rename it, or move it out of tenants/",
        ],
        [
            "tenants/dvntm/grooveiq.yaml.orig",
            "no tenant's file, whose name ends in .yaml; did you mean grooveiq.yaml? Rename it, or move it out of tenants/",
        ],
        [
            "tenants/dvtnm",
            "no substrate's folder; did you mean dvntm?; allowed: one for each Pulumi.<substrate>.yaml, dvntm. Rename it, or move it out of tenants/",
        ],
        [
            "tenants/grooveiq.yaml",
            "no substrate's folder; allowed: one for each Pulumi.<substrate>.yaml, dvntm. Rename it, or move it out of tenants/",
        ],
    ])("%s is a fault", (path, message) => {
        const root = project(GOOD);
        writeFileSync(join(root, path), "");
        expect(faultsOf(root)).toEqual([`${path}: ${message}`]);
    });

    test("a folder among them is a fault, whatever it is called", () => {
        const root = project({ ...GOOD, "tenants/dvntm/old/vintronics.yaml": smallTenant("vintronics", 51) });
        expect(faultsOf(root)).toEqual([
            "tenants/dvntm/old: a folder; tenants' files stand beside it, in none of their own: move them there, or move it out of tenants/",
        ]);
    });
});
