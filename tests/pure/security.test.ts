import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..", "..");

/** Rows of a page's table of attacks, and of a test file, each with the tests that it names. */
function rowsOf(page: string): { row: string; tests: [file: string, name: string][]; folders: string[] }[] {
    const [, table = ""] = /\n\| Attack \|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(page) ?? [];
    return table
        .trimEnd()
        .split("\n")
        .map((row) => ({
            row,
            tests: [...row.matchAll(/`(tests\/[^`]+\.(?:ts|py))` › ((?:`[^`]+`(?:, )?)+)/g)].flatMap(
                ([, file, names]) =>
                    [...names!.matchAll(/`([^`]+)`/g)].map(([, name]): [string, string] => [file!, name!]),
            ),
            folders: [...row.matchAll(/`(tests\/broken\/[^`]+)`/g)].map(([, folder]) => folder!),
        }));
}

/** Why a row proves nothing. */
function faultsOf(page: string): string[] {
    return rowsOf(page).flatMap(({ row, tests, folders }) => [
        ...(tests.length === 0 ? [`no test: ${row}`] : []),
        ...tests.filter(([file, name]) => !isThere(file, name)).map(([file, name]) => `${file} has no ${name}`),
        ...folders.filter((folder) => !existsSync(join(ROOT, folder))).map((folder) => `${folder} is not there`),
    ]);
}

/** Whether a test file has a test, or a group of them, of that name. */
function isThere(file: string, name: string): boolean {
    const path = join(ROOT, file);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return file.endsWith(".py") ? text.includes(`def ${name}(`) : text.includes(`("${name}", `);
}

test("each attack of SECURITY.md names a test that there is", () => {
    const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
    expect(rowsOf(page).length).toBeGreaterThan(20);
    expect(faultsOf(page)).toEqual([]);
});

test("control: a row without a test, and one whose test was renamed, are told", () => {
    const head = "\n| Attack | Stopped by | Test |\n|---|---|---|\n";
    expect(faultsOf(`${head}| a | b | c |\n| a | b | \`tests/pure/map.test.ts\` › \`a test of no name\` |\n`)).toEqual([
        "no test: | a | b | c |",
        "tests/pure/map.test.ts has no a test of no name",
    ]);
});
