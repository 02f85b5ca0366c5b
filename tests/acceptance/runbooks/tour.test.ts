import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { processesOf } from "../../../lab/processes";
import { blocksIn, readPage, type Block } from "./pages";
import { Runbook } from "./runbook";

jest.setTimeout(600_000);

const PAGE = "docs/tour.md";

/** Texts that differ from run to run: ports, processes, MACs that are drawn, times. */
function steady(text: string): string {
    return text
        .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
        .replace(/process \d+/g, "process PID")
        .replace(/bc(:[0-9a-f]{2}){5}/g, "MAC")
        .replace(/\d+(\.\d+)? ?s\b/g, "SECONDS")
        .replace(/ +/g, " ");
}

/** Every line that the page shows was printed, in this order; three dots stand for any further lines, or for the end of one. */
function expectShown(shown: Block, printed: string): void {
    const lines = steady(printed)
        .split("\n")
        .map((line) => line.trim());
    let at = 0;
    for (const line of steady(shown.text)
        .split("\n")
        .map((one) => one.trim())) {
        if (line !== "" && line !== "...") {
            const begins = line.endsWith("...") ? line.slice(0, -3).trim() : undefined;
            const next = lines.findIndex(
                (one, index) => index >= at && (begins === undefined ? one === line : one.startsWith(begins)),
            );
            expect([shown.line, line, next >= at ? "printed" : printed]).toEqual([shown.line, line, "printed"]);
            at = next + 1;
        }
    }
}

describe(PAGE, () => {
    const blocks = blocksIn(readPage(PAGE));
    let runbook: Runbook;
    let log: string;
    let leader: number;

    beforeAll(async () => {
        runbook = new Runbook({});
        log = `${runbook.home}/lab.log`;
        await runbook.first(`git init --quiet; printf '%s\\n' /node_modules /.tools > .git/info/exclude
            git add . && git -c user.name=ada -c user.email=ada@localhost commit --quiet --message clone`);
        runbook.open(PAGE);
    });
    afterAll(() => {
        if (leader !== undefined && existsSync(`/proc/${leader}`)) {
            process.kill(-leader, "SIGKILL");
        }
        runbook.remove();
    });

    const said = () => (existsSync(log) ? readFileSync(log, "utf8") : "");

    test("in one terminal the lab starts", async () => {
        const [{ stdout }] = [await runbook.background(PAGE, "bin/tenants lab", log)];
        leader = Number(stdout);
        for (let waited = 0; !said().includes("lab: ready") && waited < 60_000; waited += 100) {
            await pause(100);
        }
        expectShown(
            blocks.find(({ language }) => language === "text")!,
            said(),
        );
    });

    test("in another one, everything else, with what the page shows", async () => {
        const commands = blocks.flatMap((block, at) =>
            block.language === "sh" ? [[block, blocks[at + 1]] as const] : [],
        );
        for (const [block, shown] of commands.slice(1)) {
            // Both streams are one, as in a terminal: of two, either may be read first.
            const { output } = await runbook.next(PAGE, block.text, "exec 2>&1\n");
            if (shown?.language === "text") {
                expectShown(shown, output);
            }
        }
    });

    test("Ctrl-C ends it with 130; nothing of it runs, and nothing that is committed changed", async () => {
        process.kill(-leader, "SIGINT");
        for (let waited = 0; !said().includes("exit code") && waited < 60_000; waited += 100) {
            await pause(100);
        }
        expectShown(blocks.filter(({ language }) => language === "text").at(-1)!, said());
        expect(said()).toMatch(/^exit code 130$/m);
        expect(processesOf(runbook.path(".lab"))).toEqual([]);
        expect((await runbook.first("git status --porcelain")).stdout).toBe("");
        runbook.expectDone();
    });
});
