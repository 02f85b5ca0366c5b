import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notesOf, release } from "../../tools/release/release";
import { project, removeProjects } from "../fixtures";

jest.setTimeout(60_000);

const CHANGELOG =
    "# Changelog\n\n## HEAD (Unreleased)\n\n## 0.2.0 (2026-12-01)\n\n* Second.\n\n## 0.1.0 (2026-11-01)\n\n* First.\n";

afterAll(removeProjects);

/** A repository of its own with one commit. */
function repository(changelog = CHANGELOG): { root: string; output: string; git: (...args: string[]) => string } {
    const root = project({ "package.json": '{"version": "0.2.0"}', "CHANGELOG.md": changelog, "index.ts": "one\n" });
    const identity = ["-c", "user.name=ada", "-c", "user.email=ada@localhost"];
    const git = (...args: string[]) => execFileSync("git", [...identity, ...args], { cwd: root, encoding: "utf8" });
    git("init", "--quiet");
    git("config", "user.name", "ada");
    git("config", "user.email", "ada@localhost");
    git("add", ".");
    git("commit", "--quiet", "--message", "first");
    return { root, output: join(mkdtempSync(join(tmpdir(), "release-")), "out"), git };
}

const sbom = (folder: string) => Promise.resolve(writeFileSync(join(folder, "npm.cdx.json"), "{}\n"));

test("a release is a tag of the version, an archive of what it holds, a bill, notes, and sums that hold", async () => {
    const { root, output, git } = repository();
    expect(await release(root, output, sbom)).toBe("v0.2.0");
    expect(git("cat-file", "-t", "v0.2.0").trim()).toBe("tag");
    expect(git("rev-list", "-1", "v0.2.0")).toBe(git("rev-parse", "HEAD"));
    expect(readFileSync(join(output, "NOTES.md"), "utf8")).toBe("* Second.\n");
    const held = execFileSync("tar", ["-tzf", join(output, "tenant-hypervisors-0.2.0.tar.gz")], { encoding: "utf8" });
    expect(held.split("\n")).toEqual(expect.arrayContaining(["tenant-hypervisors-0.2.0/index.ts"]));
    const check = () =>
        execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: output, encoding: "utf8", stdio: "pipe" });
    expect(check().trim().split("\n")).toEqual([
        "NOTES.md: OK",
        "npm.cdx.json: OK",
        "tenant-hypervisors-0.2.0.tar.gz: OK",
    ]);
    // Control: a file that somebody changed is found.
    writeFileSync(join(output, "NOTES.md"), "* Other.\n");
    expect(check).toThrow();
    // A second time the tag is there.
    await expect(release(root, `${output}-2`, sbom)).rejects.toThrow(/^v0\.2\.0 is there/);
    rmSync(join(output, ".."), { recursive: true });
});

test("what is not committed, and what is not in the changelog, is no release, and nothing is made", async () => {
    const { root, output, git } = repository();
    writeFileSync(join(root, "index.ts"), "two\n");
    await expect(release(root, output, sbom)).rejects.toThrow(/^the tree is not clean/);
    const without = repository(CHANGELOG.replace("0.2.0", "0.3.0"));
    await expect(release(without.root, without.output, sbom)).rejects.toThrow(/^CHANGELOG\.md has no section 0\.2\.0/);
    expect([existsSync(output), existsSync(without.output), git("tag"), without.git("tag")]).toEqual([
        false,
        false,
        "",
        "",
    ]);
});

test("lines below Unreleased are moved first", () => {
    const changelog = CHANGELOG.replace("(Unreleased)\n", "(Unreleased)\n\n* Third.\n");
    expect(() => notesOf(changelog, "0.2.0")).toThrow(/has lines below "HEAD \(Unreleased\)"/);
    expect(notesOf(CHANGELOG, "0.1.0")).toBe("* First.\n");
});
