import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NodeState } from "../../lab/expect";
import { stateFile } from "../../lab/stateFile";
import { EmptyPreviews } from "./emptyPreviews";
import { AcceptanceLab, CHECKPOINTS, RUN_TIMEOUT_MS } from "./lab";
import { goBackTo, recorded, sampleOf, standing, type RecordedMoment } from "./moments";

jest.setTimeout(RUN_TIMEOUT_MS);

const UP = ["up", "--yes", "--skip-preview"];
const DESTROY = ["destroy", "--yes", "--skip-preview"];

/** Both tenants' VMs, so that there are enough writes between the first and the last. */
const OURS = ["5001", "5002", "5101", "5102", "5103"];
const FIXED = { "5002": "10.20.50.11" };

/** Moments of each kind of run, at least, from which a next one is tried; DEEP tries so many times as many. */
const SAMPLES = { create: 4, rebuild: 2 };
const DEEP = Number(process.env["DEEP"] ?? 1);

let lab: AcceptanceLab;
let previews: EmptyPreviews;
let found: NodeState;
const samples: Partial<Record<keyof typeof SAMPLES, RecordedMoment[]>> = {};

beforeAll(async () => {
    lab = await AcceptanceLab.start(undefined, CHECKPOINTS);
    previews = new EmptyPreviews(lab);
    found = await lab.state();
    lab.fixAddress();
});
afterAll(() => lab.stop());

async function expectSettled(): Promise<void> {
    await previews.expect();
    await lab.expectMade(OURS, FIXED);
}

/** Goes back to a moment, has the next run go on from there, and expects that it is done. */
async function goesOnFrom(moment: RecordedMoment): Promise<void> {
    try {
        await goBackTo(lab, moment);
        await lab.node.forgetRequests();
        await lab.recover();
        await lab.succeed(...UP);
        await expectSettled();
        expect(await lab.nakedStarts()).toEqual([]);
    } catch (error) {
        throw new Error(`${moment.name}: ${(error as Error).message}`, { cause: error });
    }
}

/**
 * A run that ended at one of its writes, as recorded: everything at once, the provider's plugin with it. Every kind of operation
 * is seen under way, which no kill by chance is sure of: those, in every kind of run, are tests/acceptance/kills.test.ts's.
 */
describe.each(["create", "rebuild"] as const)("a recorded %s", (kind) => {
    test("has every kind of operation under way at one of the moments to be seen", async () => {
        if (kind === "rebuild") {
            lab.edit("tenants/dvntm/grooveiq.yaml", (text) =>
                text.replace("address: fixed\n", "address: fixed\n    rebuild: once\n"),
            );
        }
        const before = await standing(lab);
        await lab.node.forgetRequests();
        const moments = await recorded(lab, () => lab.succeed(...UP));
        expect(await lab.nakedStarts()).toEqual([]);
        // With a clone that was not configured yet, which no run may go on with: it would upgrade its packages at its first boot.
        const unconfigured = moments.find(({ name }) => /^before .*PUT \S+\/config of 5103$/.test(name));
        const further = kind === "create" ? [unconfigured!] : [];
        samples[kind] = [...new Set([...sampleOf(moments, SAMPLES[kind] * DEEP), ...further])];
        expect(samples[kind].length).toBeGreaterThanOrEqual(SAMPLES[kind]);
        await expectSettled();
        // Control: what other definitions make is told apart from what was there before.
        expect(await standing(lab)).not.toEqual(before);
    });

    test("that ended at any moment of the sample: the next one converges", async () => {
        for (const moment of samples[kind]!) {
            await goesOnFrom(moment);
        }
    });
});

describe("a state that a run held", () => {
    test("and wrote half: what it wrote half is removed, and the next one goes on", async () => {
        const stacks = dirname(stateFile(lab.workspace)!);
        writeFileSync(join(stacks, "dvntm.json.attrs"), "");
        writeFileSync(join(stacks, "dvntm.json.18ab.tmp"), "{");
        // Of another stack, which some process may be writing at this moment.
        writeFileSync(join(stacks, "dvnt.json.attrs"), "");
        const unread = await lab.workspace.pulumi(["preview"]);
        expect(unread.output).toContain("failed to load checkpoint: EOF");

        const { output } = await lab.workspace.command("recover", "dvntm");
        expect(output).toMatch(/dvntm\.json\.attrs, which a run was writing .* is removed/);
        await lab.expectSettled(OURS, FIXED);
        expect(readdirSync(stacks).filter((file) => /\.tmp$|^dvnt\./.test(file))).toEqual(["dvnt.json.attrs"]);
    });

    test("and holds: its lock is not released, and told by whom it is held", async () => {
        await lab.node.forgetRequests();
        await lab.node.set({ latency: 0.2 });
        const running = lab.workspace.pulumi(DESTROY);
        await lab.wrote(1);
        // So that it lasts, however long the recovery takes to look.
        await lab.node.set({ latency: 5 });
        const { exitCode, output } = await lab.workspace.command("recover", "dvntm");
        expect(exitCode).toBe(1);
        expect(output).toMatch(/dvntm is held by \S+@\S+ \(pid \d+, .*\)\. Wait for that run to end/);
        await lab.node.set({ latency: 0 });
        expect((await running).exitCode).toBe(0);
        expect(await lab.state()).toEqual(found);
    });
});
