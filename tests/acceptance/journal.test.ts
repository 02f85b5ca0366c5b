import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { RecordedWrite } from "../../lab/simulatedNode";
import { journalFile, stateFile } from "../../lab/stateFile";
import { EmptyPreviews } from "./emptyPreviews";
import { AcceptanceLab, CHECKPOINTS, RUN_TIMEOUT_MS } from "./lab";
import { goBackTo } from "./moments";

jest.setTimeout(RUN_TIMEOUT_MS);

const OURS = ["5001", "5002", "5101", "5102", "5103"];
const DEEP = Number(process.env["DEEP"] ?? 1);

let lab: AcceptanceLab;
let previews: EmptyPreviews;

/** Runs that save the state only at their end. */
beforeAll(async () => {
    lab = await AcceptanceLab.start(undefined, CHECKPOINTS);
    previews = new EmptyPreviews(lab);
});
afterAll(() => lab.stop());

/** Everything is as declared: a preview is empty, and each VM runs behind its firewall. */
async function expectSettled(): Promise<void> {
    await previews.expect();
    await lab.expectMade(OURS);
}

const journal = () => journalFile(lab.workspace);

async function up(): Promise<void> {
    const { exitCode, output } = await lab.workspace.command(
        "up",
        "dvntm",
        "--yes",
        "--policy",
        "off",
        "--",
        "--skip-preview",
    );
    if (exitCode !== 0) {
        throw new Error(`up ended with ${exitCode}:\n${output}`);
    }
}

/** A moment at which a run could have been killed: the journal's text and the node then, and the state that was saved before it. */
type KilledMoment = RecordedWrite["before"] & { readonly name: string; readonly state: string };

/** Records a run with a journal, which must not save the state before its end. */
async function recorded(): Promise<KilledMoment[]> {
    const state = readFileSync(stateFile(lab.workspace)!, "utf8");
    // What records wants a file that is there.
    mkdirSync(dirname(journal()), { recursive: true });
    writeFileSync(journal(), "");
    const writes = await lab.node.recorded(journal(), up);
    return writes.flatMap(({ method, path, before, after }, at) =>
        [before, after].map((moment, side) => ({
            ...moment,
            name: `${["before", "after"][side]} write ${at + 1} of ${writes.length}, ${method} ${path}`,
            state,
        })),
    );
}

/** VMs that a journal has as made. */
const madeIn = ({ file }: KilledMoment) => (file.match(/vmLegacy:VmLegacy::[^"]*","inputs".*"made":/g) ?? []).length;

/** So many moments, spread over a run, and those that are asked for besides. */
function sampleOf(moments: readonly KilledMoment[], size: number, further: RegExp): KilledMoment[] {
    const spread = Array.from(
        { length: size * DEEP },
        (_, at) => moments[Math.floor(((at + 0.5) * moments.length) / (size * DEEP))]!,
    );
    return [...new Set([...spread, moments.find(({ name }) => further.test(name))!])];
}

async function goBack(moment: KilledMoment): Promise<void> {
    await goBackTo(lab, { file: moment.state, node: moment.node });
    writeFileSync(journal(), moment.file);
    await lab.node.forgetRequests();
}

/** Clones that the node was asked for since the requests were forgotten. */
const clones = async () => (await lab.node.requests()).filter(({ path }) => path.endsWith("/clone")).length;

let moments: KilledMoment[];

test("a run saves the state at its end, and keeps its journal until then", async () => {
    moments = await recorded();
    expect(new Set(moments.map(({ state }) => state)).size).toBe(1);
    expect(madeIn(moments.at(-1)!)).toBe(OURS.length);
    expect(existsSync(journal())).toBe(false);
    await expectSettled();
});

test("a state that was saved since is not touched by it", async () => {
    const before = readFileSync(stateFile(lab.workspace)!, "utf8");
    expect((await lab.recover()).output).not.toContain("journal");
    expect(readFileSync(stateFile(lab.workspace)!, "utf8")).toBe(before);
    expect(() => readFileSync(journal())).toThrow("ENOENT");
});

test("killed at any moment, it goes on from its journal: nothing that it made is made again", async () => {
    // Among them a clone that was not configured yet, which no run may go on with.
    for (const moment of sampleOf(moments, 2, /^before .*PUT \S+qemu\/5103\/config/)) {
        try {
            await goBack(moment);
            const { output } = await lab.recover();
            expect(output.includes("journal")).toBe(moment.file.includes('"urn"'));
            await lab.succeed("up", "--yes", "--skip-preview");
            expect(await clones()).toBeLessThanOrEqual(OURS.length - madeIn(moment));
            await expectSettled();
            expect(await lab.nakedStarts()).toEqual([]);
        } catch (error) {
            throw new Error(`${moment.name}: ${(error as Error).message}`, { cause: error });
        }
    }
});

test("control: without its journal, what it made is in no state, and no run goes on with it", async () => {
    await goBack(moments.at(-1)!);
    rmSync(journal());
    await lab.recover();
    const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
    expect(exitCode).not.toBe(0);
    expect(output).toContain("is not in the stack's state");
});

test("killed while it makes a VM anew, it goes on from its journal as well", async () => {
    await goBack(moments.at(-1)!);
    await lab.recover();
    await lab.succeed("up", "--yes", "--skip-preview");
    lab.edit("tenants/dvntm/grooveiq.yaml", (text) =>
        text.replace("instance: 1\n", "instance: 1\n    rebuild: once\n"),
    );
    const rebuilt = await recorded();
    for (const moment of sampleOf(rebuilt, 2, /^before .*PUT \S+qemu\/5001\/config/)) {
        try {
            await goBack(moment);
            await lab.recover();
            await lab.succeed("up", "--yes", "--skip-preview");
            expect(await clones()).toBeLessThanOrEqual(1 - madeIn(moment));
            await expectSettled();
            expect(await lab.nakedStarts()).toEqual([]);
        } catch (error) {
            throw new Error(`${moment.name}: ${(error as Error).message}`, { cause: error });
        }
    }
});

test("control: where somebody changed a VM since, a preview is not empty", async () => {
    await lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/config", { memory: "1024" });
    await expect(previews.expect()).rejects.toThrow(/^pulumi preview --expect-no-changes ended with 7/);
});
