import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { tmpdir } from "node:os";

jest.setTimeout(180_000);

const ROOT = resolve(__dirname, "../..");

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "new-project-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Project that `pulumi new` makes of a repository, in a new folder. */
function newProject(repository: string, name: string): string {
    const made = join(folder, name);
    const own = { PULUMI_HOME: join(folder, "home"), PULUMI_BACKEND_URL: `file://${folder}` };
    const args = ["new", repository, "--dir", made, "--generate-only", "--yes", "--non-interactive"];
    const path = [join(ROOT, ".tools/bin"), process.env["PATH"]].join(delimiter);
    mkdirSync(own.PULUMI_HOME, { recursive: true });
    execFileSync("pulumi", args, {
        cwd: folder,
        env: { ...process.env, ...own, PATH: path, PULUMI_SKIP_UPDATE_CHECK: "true" },
        stdio: "pipe",
    });
    return made;
}

/** Files that are not the same in two folders, as diff names them. */
function differences(one: string, other: string): string {
    try {
        return execFileSync("diff", ["-rq", "--exclude=.git", "--exclude=Pulumi.yaml", one, other], {
            encoding: "utf8",
        });
    } catch (error) {
        return (error as { stdout: string }).stdout;
    }
}

test("pulumi new makes the project as it is in the repository: same name, and no word of a source replaced", () => {
    const repository = join(folder, "repository");
    mkdirSync(repository);
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const files = execFileSync("git", list, { cwd: ROOT }).toString();
    const packed = execFileSync("tar", ["-c", "--exclude=tests/browser/screens", "--null", "--files-from=-"], {
        cwd: ROOT,
        input: files,
        maxBuffer: 1024 ** 3,
    });
    execFileSync("tar", ["-x", "-C", repository], { input: packed });
    const made = newProject(repository, "made");
    expect(differences(repository, made).replaceAll(folder, "")).toBe("");
    expect(readFileSync(join(made, "Pulumi.yaml"), "utf8")).toMatch(/^name: tenant-hypervisors$/m);
    // Pulumi.yaml alone is written anew, with its keys sorted and its comments in place.
    // Control: a word that Pulumi takes for one of a template's is replaced, and that is seen.
    appendFileSync(join(repository, "index.ts"), "// ${" + "PROJECT}\n");
    expect(differences(repository, newProject(repository, "other"))).toMatch(/index\.ts differ/);
});
