import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beginJournal, journalFile, JournalWriter } from "../../state/journal/client";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "journal-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (number: number) => ({ urn: `urn ${number}`, inputs: { text: "x".repeat(number % 100) } });

test("each entry is a whole line, in the order in which they came, and in the file once it is told to be", async () => {
    const file = join(folder, "dvntm.jsonl");
    const journal = new JournalWriter(file);
    const entries = Array.from({ length: 200 }, (_, number) => entry(number));
    const last = entries.map((one) =>
        journal.add(one).then(() => expect(readFileSync(file, "utf8")).toContain(`${JSON.stringify(one)}\n`)),
    );
    await Promise.all(last);
    await journal.add(entry(200));
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([...entries, entry(200)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a run begins it with the state that it begins with, for its owner alone to read", () => {
    mkdirSync(join(folder, ".pulumi", "stacks"), { recursive: true });
    process.env["PULUMI_BACKEND_URL"] = pathToFileURL(folder).href;
    const file = journalFile("dvntm")!;
    beginJournal("dvntm", file);
    delete process.env["PULUMI_BACKEND_URL"];
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
        state: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("what cannot be written is told to everyone who waits for it, and the next is tried again", async () => {
    const journal = new JournalWriter(join(folder, "missing", "dvntm.jsonl"));
    const both = await Promise.allSettled([journal.add(entry(1)), journal.add(entry(2))]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(journal.add(entry(3))).rejects.toThrow(/ENOENT/);
});
