import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { load } from "js-yaml";
import { anchorsOf, linkFaults } from "../../tools/docs/links";
import { sentenceFaults } from "../../tools/docs/sentences";
import { proseFaults, type Word } from "../../tools/docs/prose";
import { spawnSync } from "node:child_process";

const ROOT = resolve(__dirname, "../..");

test("the pages have no link that leads nowhere, and no word that they do not use", () => {
    const program = ["--require", "./start/typescript", "tools/docs.ts"];
    const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: ROOT, encoding: "utf8" });
    expect([stderr, status]).toEqual(["", 0]);
    expect(stdout).toMatch(/^[3-9]\d pages, 0 faults$/m);
});

describe("links", () => {
    const pages = new Map([
        [
            "README.md",
            "[a](docs/a.md#two-words) [b](docs/b.md) [c](docs) [d](https://example.com/x) [e](docs/a.md#three)\n",
        ],
        [
            "docs/a.md",
            "# `A`, two words\n\n## Two words\n\n```sh\n# Three\n[no](link)\n```\n\n[up](../README.md) `[code](nowhere.md)`\n",
        ],
    ]);

    test("that lead nowhere are found, by line; those in code are none", () => {
        expect(linkFaults(pages, [...pages.keys()])).toEqual([
            "README.md:1 docs/b.md: there is no docs/b.md",
            "README.md:1 docs/a.md#three: docs/a.md has no heading #three",
        ]);
    });

    test("anchors are GitHub's: without punctuation, a second one numbered", () => {
        expect([...anchorsOf("# `A`, two words\n## B's [link](x.md)\n## B's link\n")]).toEqual([
            "a-two-words",
            "bs-link",
            "bs-link-1",
        ]);
    });
});

test("a sentence of more than forty words is found, by the line of its paragraph; a list and a table have their own", () => {
    const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(" ");
    const page = `# Title\n\n${words(20)}\n${words(21)}.\n\n${words(20)}.\n${words(21)}.\n\n* ${words(21)}\n* ${words(20)}\n`;
    const told = (line: number) =>
        `a.md:${line} "word0 word1 word2 word3 word4 word5 ...": 41 words; write two sentences`;
    expect(sentenceFaults("a.md", page)).toEqual([told(3)]);
    expect(sentenceFaults("a.md", `| a |\n|---|\n| ${words(41)} |\n\n\`\`\`\n${words(50)}\n\`\`\`\n`)).toEqual([
        told(3),
    ]);
});

/** Pages that a person follows on a real substrate. */
const RUNBOOKS = [
    ...["backups", "baseline", "bring-up-dvnt", "churn", "core-router", "first-substrate", "move-tenant", "recover"],
    ...["rotate", "router-collection", "substrate", "template", "token", "upgrade", "upgrade-pve"],
];

test.each(RUNBOOKS)("docs/%s.md begins with what one needs, what it changes and how it is undone", (name) => {
    const [beginning] = readFileSync(join(ROOT, "docs", `${name}.md`), "utf8").split(/^(?:## |1\. )/m);
    expect(beginning).toMatch(/\byou need\b/i);
    expect(beginning).toMatch(/\b(changes|makes|creates)\b/i);
    expect(beginning).toMatch(/\b(undo|undoes|undone)\b/i);
});

describe("words", () => {
    const words = load(readFileSync(join(ROOT, "tools/docs/words.yaml"), "utf8")) as Word[];

    test("that the pages do not use are found in prose, and left alone in code and addresses", () => {
        const text =
            "It is told by line on Github.\n\n```sh\necho Github\n```\n\n`Github` [x](https://github.com/Github)\n";
        expect(proseFaults("a.md", text, words)).toEqual([
            'a.md:1 "is told by": write is reported …, or the run names it',
            'a.md:1 "Github": write GitHub',
        ]);
    });

    test("every rule is an expression, and says what to write", () => {
        expect(words.length).toBeGreaterThan(15);
        for (const { not, write, exact = false } of words) {
            expect([write, write.length > 1, new RegExp(not, exact ? "u" : "iu").test(write)]).toEqual([
                write,
                true,
                false,
            ]);
        }
    });
});
