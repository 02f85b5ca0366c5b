import { Kills, type Kill } from "../../lab/kills/kills";
import type { RunName } from "../../lab/kills/runs";
import { VICTIMS, type Victim } from "../../lab/kills/victims";
import { RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const SEED = 1;

/**
 * Kills of each kind of run, one after the other; the moments are drawn by the number of the line. Those come last after which a
 * run may go on to its end, so that nothing would be left to kill.
 */
const CHAINS: readonly (readonly [RunName, readonly Victim[]])[] = [
    ["create", ["everything", "node's provider", "CLI", "dynamic provider", "node", "command"]],
    ["create", ["node's provider", "everything", "language host"]],
    ["change", ["CLI", "everything", "program", "node's provider", "router"]],
    ["rebuild", ["everything", "node's provider", "CLI"]],
    ["anew", ["CLI", "everything", "node's provider"]],
    ["rename", ["policy pack", "everything", "CLI", "dynamic provider"]],
    ["teardown", ["dynamic provider", "CLI", "everything", "node"]],
    // Of what is killed first the recovery is.
    ["recover", ["everything", "command", "node"]],
    ["destroy", ["CLI", "everything", "node's provider", "router"]],
];
const TRIALS = CHAINS.map(([name, victims], at) => ({ at, name, victims }));

/** Real kills of every process and machine in every kind of run: `make kills` is the many, this the few of every day. */
describe("runs in which something is killed, again and again", () => {
    let kills: Kills;
    const killed: Kill[] = [];

    beforeAll(async () => {
        kills = await Kills.start(SEED);
    });
    afterAll(() => kills.stop());

    test.each(TRIALS)("$name, of which are killed $victims: the next run settles all", async (trial) => {
        const { broken, steps, killed: those } = await kills.chain(trial.at, trial.name, trial.victims);
        expect([broken, steps]).toEqual([undefined, steps]);
        killed.push(...those);
    });

    test("every kind of process and machine was killed, in at least 30 kills", () => {
        expect(killed.length).toBeGreaterThanOrEqual(30);
        expect([...new Set(killed.map(({ victim }) => victim))].sort()).toEqual([...VICTIMS].sort());
    });

    test("control: what nobody goes on with is found, and told", async () => {
        const trial = await kills.chain(CHAINS.length, "create", ["everything"], false);
        expect(trial.killed).toEqual([{ run: "create", victim: "everything" }]);
        expect(trial.broken).toMatch(/^(tenants' VMs on the node|VMs with a firewall|pool |VM |operations|resources)/);
    });
});
