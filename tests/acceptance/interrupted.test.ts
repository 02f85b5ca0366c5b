import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { NodeState } from "../../lab/expect";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";
import { goBackTo, recorded, sampleOf, standing, type RecordedMoment } from "./moments";
import { stackFile } from "./stackFile";

jest.setTimeout(RUN_TIMEOUT_MS);

const UP = ["up", "--yes", "--skip-preview"];
const DESTROY = ["destroy", "--yes", "--skip-preview"];

/** Both tenants' VMs, so that there are enough writes between the first and the last. */
const OURS = ["5001", "5002", "5101", "5102", "5103"];

/** The definitions in which VMs are made, changed in many ways at once, and one of them is made anew. */
const CREATED = { "instance: 2\n": "instance: 2\n    address: fixed\n" };
const CHANGED = {
    "instance: 1\n    cores: 2\n": "instance: 1\n    cores: 3\n    description: changed\n",
    "    disk: 64GiB\n": "    disk: 80GiB\n",
    "vlan: 50\n": 'vlan: 50\nallow:\n  - { to: vintronics, protocol: tcp, ports: "5432", why: orders }\n',
};
const VINTRONICS_CHANGED = { "instance: 2\n": "instance: 2\n    onBoot: false\n    tags: [changed]\n" };
const REBUILT = { "address: fixed\n": "address: fixed\n    rebuild: once\n" };

const FIXED = { "5002": "10.20.50.11" };
/** Rules that the change opens. */
const OPENED = { "5101": 1, "5102": 1, "5103": 1 };

/** Moments of each kind of run, at least, from which a next one is tried; DEEP tries so many times as many. */
const SAMPLES = { create: 4, change: 3, rebuild: 3, "making anew": 2, destroy: 3 };
const DEEP = Number(process.env["DEEP"] ?? 1);

let lab: AcceptanceLab;
let found: NodeState;
const samples: Partial<Record<keyof typeof SAMPLES, RecordedMoment[]>> = {};
/** Node and stack after each kind of run that nothing interrupts, of which a preview is empty. */
const whole: Partial<Record<keyof typeof SAMPLES, unknown>> = {};
type Standing = Parameters<typeof goBackTo>[1];
/** Node and stack with nothing on them, and with everything as declared in the end. */
let nothing: Standing;
let settled: Standing;

beforeAll(async () => {
    lab = await AcceptanceLab.start();
    found = await lab.state();
    nothing = await now();
    originals = Object.fromEntries(FILES.map((file) => [file, readFileSync(join(lab.workspace.root, file), "utf8")]));
});
afterAll(() => lab.stop());

const FILES = ["tenants/dvntm/grooveiq.yaml", "tenants/dvntm/vintronics.yaml"];
let originals: Readonly<Record<string, string>>;

/** Writes the definitions of a kind of run: those before it are in it. */
function define(kind: keyof typeof SAMPLES): void {
    const steps = { create: 0, change: 1, rebuild: 2, "making anew": 2, destroy: 2 }[kind];
    const [grooveiq, vintronics] = [
        [CREATED, CHANGED, REBUILT],
        [{}, VINTRONICS_CHANGED, {}],
    ];
    [grooveiq, vintronics].forEach((edits, at) => {
        const changes = edits.slice(0, steps + 1).flatMap((edit) => Object.entries<string>(edit));
        const text = changes.reduce((before, [from, to]) => before.replace(from, to), originals[FILES[at]!]!);
        writeFileSync(join(lab.workspace.root, FILES[at]!), text);
    });
}

async function now(): Promise<Standing> {
    return { file: readFileSync(stackFile(lab.workspace)!, "utf8"), node: await lab.node.whole() };
}

/** Steps of make after a run that ended without a word. */
async function goOn(command: readonly string[]): Promise<void> {
    await lab.recover();
    await lab.succeed(...command);
}

/** Everything is as declared, or with a destroy as it was found. */
async function expectDone(kind: keyof typeof SAMPLES): Promise<void> {
    if (kind === "destroy") {
        expect(await lab.state()).toEqual(found);
        expect(await lab.resources()).toEqual([]);
    } else {
        await lab.expectSettled(OURS, FIXED, kind === "create" ? {} : OPENED);
    }
}

/** Everything is as declared: just as a run made it that nothing interrupted, or else as a preview of its own says. */
async function expectWhole(kind: keyof typeof SAMPLES): Promise<void> {
    if (!isDeepStrictEqual(await standing(lab), whole[kind])) {
        await expectDone(kind);
    }
}

/** Goes back to a moment, has the next run go on from there, and expects that it is done. */
async function goesOnFrom(
    moment: RecordedMoment,
    kind: keyof typeof SAMPLES,
    expectEnd: typeof expectDone = expectWhole,
): Promise<void> {
    try {
        define(kind);
        await goBackTo(lab, moment);
        await lab.node.forgetRequests();
        await goOn(kind === "destroy" ? DESTROY : UP);
        await expectEnd(kind);
        expect(await lab.nakedStarts()).toEqual([]);
    } catch (error) {
        throw new Error(`${moment.name}: ${(error as Error).message}`, { cause: error });
    }
}

/** A run that ended at one of its writes, as recorded: everything at once, the provider's plugin with it. */
describe.each([
    { kind: "create", command: UP },
    { kind: "change", command: UP },
    { kind: "rebuild", command: UP },
    { kind: "making anew", command: UP },
    { kind: "destroy", command: DESTROY },
] as const)("a recorded $kind", ({ kind, command }) => {
    test("has every kind of operation under way at one of the moments to be seen", async () => {
        define(kind);
        if (kind === "making anew") {
            await lab.node.deleteByHand(5001);
        }
        if (kind === "destroy") {
            settled = await now();
        }
        await lab.node.forgetRequests();
        const moments = await recorded(lab, () => lab.succeed(...command));
        expect(await lab.nakedStarts()).toEqual([]);
        // With a clone that was not configured yet, which no run may go on with: it would upgrade its packages at its first boot.
        const unconfigured = moments.find(({ name }) => /^before .*PUT \S+\/config of 5103$/.test(name));
        const further = kind === "create" ? [unconfigured!] : [];
        samples[kind] = [...new Set([...sampleOf(moments, SAMPLES[kind] * DEEP), ...further])];
        expect(samples[kind].length).toBeGreaterThanOrEqual(SAMPLES[kind]);
        await expectDone(kind);
        const made = await standing(lab);
        // Control: of what other definitions make it is told apart.
        expect(made).not.toEqual(whole.create);
        whole[kind] = made;
    });

    test("that ended at any moment of the sample: the next one converges", async () => {
        for (const moment of samples[kind]!) {
            await goesOnFrom(moment, kind);
        }
    });
});

describe("a recorded destroy", () => {
    test.each([1])("that ended at moment %i of the sample: an up makes again what is declared", (at) =>
        goesOnFrom(samples.destroy![at]!, "making anew", expectDone),
    );
});

/** A CLI that is killed: one of each kind, each going on from where the one before it came to. */
describe("the CLI killed in the middle", () => {
    test("of an up that makes everything: the next one converges", async () => {
        await goBackTo(lab, nothing);
        define("create");
        await lab.killedAfter(13, UP);
        await goOn(UP);
        await expectWhole("create");
    });

    test("of an up that changes VMs: the next one converges", async () => {
        define("change");
        await lab.killedAfter(3, UP);
        await goOn(UP);
        await expectWhole("change");
    });

    test("of an up that makes a VM anew: the next one converges", async () => {
        define("rebuild");
        await lab.killedAfter(4, UP);
        await goOn(UP);
        await expectWhole("rebuild");
    });

    test("of destroy: the next one leaves the node as it was", async () => {
        await lab.killedAfter(5, DESTROY);
        await goOn(DESTROY);
        await expectDone("destroy");
    });
});

/** A provider that is killed: the engine hears an error, and nothing is pending. */
describe("the node's provider killed in the middle", () => {
    test("of a creation, once a VM is configured: recover takes it back, and the next up goes on", async () => {
        await goBackTo(lab, nothing);
        define("create");
        await lab.withProviderKilled(/^PUT \S+\/5101\/config .*tags=/, UP);
        // Control: without it an up refuses, for it cannot know whose that VM is.
        const refused = await lab.workspace.pulumi(UP);
        expect(refused.exitCode).not.toBe(0);
        expect(refused.output).toMatch(
            /VM 5101 is on node pve2 and looks like this one, but is not in the stack's state/,
        );
        expect((await lab.recover()).output).toMatch(
            /recover: vintronics-web-vm01-vm: VM 5101 bears all its marks on the node, and the state did not have it; it does now/,
        );
        await lab.up();
        await expectWhole("create");
        expect(await lab.nakedStarts()).toEqual([]);
    });

    test("of a clone: what was not configured is removed, and the next up goes on", async () => {
        await goBackTo(lab, nothing);
        await lab.withProviderKilled(/^POST \S+\/clone .*newid=5001/, UP);
        await goOn(UP);
        await expectWhole("create");
    });

    test("of a rebuild: the next up goes on", async () => {
        define("rebuild");
        await lab.withProviderKilled(/^PUT \S+\/5002\/config .*tags=/, UP);
        await goOn(UP);
        await expectDone("rebuild");
    });
});

describe("a state that a run held", () => {
    test("and wrote half: what it wrote half is removed, and the next one goes on", async () => {
        await goBackTo(lab, settled);
        const stacks = dirname(stackFile(lab.workspace)!);
        writeFileSync(join(stacks, "dvntm.json.attrs"), "");
        writeFileSync(join(stacks, "dvntm.json.18ab.tmp"), "{");
        // Of another stack, which some process may be writing at this moment.
        writeFileSync(join(stacks, "dvnt.json.attrs"), "");
        const unread = await lab.workspace.pulumi(["preview"]);
        expect(unread.output).toContain("failed to load checkpoint: EOF");

        const { output } = await lab.workspace.command("recover", "dvntm");
        expect(output).toMatch(/dvntm\.json\.attrs, which a run was writing .* is removed/);
        await lab.expectSettled(OURS, FIXED, OPENED);
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
