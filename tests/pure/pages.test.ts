import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
    bareBlocks,
    blocksIn,
    commandsOf,
    pages,
    PROJECT_ROOT,
    readPage,
    RUNBOOKS,
    TOUR,
} from "../acceptance/runbooks/pages";

/** Each block of commands of a page, with the output that it shows. */
function shownIn(page: string): (readonly [commands: string, output: string])[] {
    const blocks = blocksIn(readPage(page));
    return blocks.flatMap((block, at) => {
        const after = blocks[at + 1];
        return block.language === "sh" ? [[block.text, after?.language === "text" ? after.text : ""] as const] : [];
    });
}

describe("the README's tour", () => {
    test("shows commands of docs/tour.md, in its order, and lines that they print there", () => {
        const tour = new Map<string, string>();
        // The same commands may stand there more than once.
        shownIn(TOUR).forEach(([commands, output]) => tour.set(commands, `${tour.get(commands) ?? ""}${output}`));
        const own = shownIn("README.md").filter(([commands]) => tour.has(commands));
        expect(own.length).toBe(4);
        const order = [...tour.keys()].filter((commands) => own.some(([one]) => one === commands));
        expect(own.map(([commands]) => commands)).toEqual(order);
        for (const [commands, output] of own) {
            const printed = tour.get(commands)!.split("\n");
            expect(output.split("\n").filter((line) => line !== "..." && !printed.includes(line))).toEqual([]);
        }
    });
});

describe("the documentation's commands", () => {
    test("every block says what it is", () => {
        const bare = pages().flatMap((page) => [
            ...bareBlocks(readPage(page)).map((line) => `${page}:${line}`),
            ...blocksIn(readPage(page))
                .filter(({ language }) => language === "")
                .map(({ line }) => `${page}:${line}`),
        ]);
        expect(bare).toEqual([]);
    });

    test("every page with commands has a runbook test that opens it, which fails where it leaves one out", () => {
        const withCommands = pages().filter((page) => commandsOf(page).length > 0);
        expect(Object.keys(RUNBOOKS).sort()).toEqual(withCommands.sort());
        for (const [page, file] of Object.entries(RUNBOOKS)) {
            const test = readFileSync(join(PROJECT_ROOT, "tests/acceptance/runbooks", file), "utf8");
            expect([page, test.includes(page) && test.includes("expectDone()")]).toEqual([page, true]);
        }
    });

    test("a block that no test runs says why, and is of commands", () => {
        const byHand = pages().flatMap((page) => blocksIn(readPage(page)).filter((block) => block.byHand));
        byHand.forEach(({ language, byHand: reason }) => {
            expect(language).toBe("sh");
            expect(reason!.length).toBeGreaterThan(10);
        });
        // Few of them: whoever adds one looks at all others.
        expect(byHand.length).toBeLessThanOrEqual(30);
    });

    test("controls: what the finder finds", () => {
        const page =
            "Text:\n\n    make up\n\n1. One\n\n   ```sh\n   make up\n   ```\n\n       make down\n\n```text\n```\n";
        expect(bareBlocks(page)).toEqual([3, 11]);
        expect(blocksIn(`${page}<!-- by hand: a real console -->\n\`\`\`sh\nreboot\n\`\`\`\n`)).toEqual([
            { language: "sh", text: "make up\n", line: 7 },
            { language: "text", text: "\n", line: 13 },
            { language: "sh", text: "reboot\n", line: 16, byHand: "a real console" },
        ]);
        expect(() => blocksIn("```sh\nmake up\n")).toThrow("line 1: the block has no end");
    });
});
