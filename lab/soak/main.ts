/** Rounds of random, legal edits on a simulated substrate, each of which must hold every invariant: `make soak`. */
import { parseArgs } from "node:util";
import { endWith, runLab, type LabRun } from "../ending";
import { BrokenInvariant, Soak, type Round } from "./soak";

const HELP = `usage: make soak [ROUNDS=200] [SEED=1] [JOURNAL=0]
Edits the files of ten tenants at random, changes VMs and records by hand, and lets node, router and CLI fail, against the
simulated node and router. After each round these must equal the files, nothing of others may be touched, and nothing may
be left over: no VM, disk or record, no process, no memory. VMs are backed up at random, and each backup of a VM that is still
declared comes back by tenants restore, in a later round or at the end. The same seed makes the same rounds. With JOURNAL=0 runs keep the
CLI's checkpoints in place of a journal.
Exit 0: every invariant held; 1: one did not, which is told with the command that does it again; 2: wrong usage; 130:
ended by Ctrl-C.`;

async function main(): Promise<number> {
    const { values } = parseArgs({
        options: {
            rounds: { type: "string", default: "200" },
            seed: { type: "string", default: "1" },
            checkpoints: { type: "boolean", default: false },
            help: { type: "boolean", default: false },
        },
    });
    const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
    if (values.help) {
        console.log(HELP);
        return 0;
    }
    if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
        console.error(`ROUNDS and SEED are whole numbers, ROUNDS from 1 on\n${HELP}`);
        return 2;
    }
    return runLab("soak", (run) => soak(rounds, seed, values.checkpoints, run));
}

async function soak(rounds: number, seed: number, checkpoints: boolean, { signal, runs }: LabRun): Promise<number> {
    const began = Date.now();
    const soak = await Soak.start(seed, undefined, checkpoints ? { JOURNAL: "0" } : {});
    signal.addEventListener("abort", () => soak.interrupt());
    runs("Pulumi, the simulated node and the simulated router");
    try {
        signal.throwIfAborted();
        for (let number = 1; number <= rounds; number++) {
            console.log(lineOf(seed, rounds, await soak.round(number)));
        }
        (await soak.restoreAll()).forEach((line) => console.log(`after the last round: ${line}`));
    } catch (error) {
        if (error instanceof BrokenInvariant && !signal.aborted) {
            const number = /^round (\d+)/.exec(error.message)?.[1] ?? String(rounds);
            console.error(
                `BROKEN: seed ${seed}, ${error.message}\nagain: make soak SEED=${seed} ROUNDS=${number}${checkpoints ? " JOURNAL=0" : ""}`,
            );
            return 1;
        }
        throw error;
    } finally {
        await soak.stop();
    }
    console.log(
        `${rounds} rounds with seed ${seed}: every invariant held, ${Math.round((Date.now() - began) / 1000)} s`,
    );
    return 0;
}

function lineOf(seed: number, rounds: number, { number, edits, seconds, memory }: Round): string {
    const took = `${seconds.toFixed(1)} s, CLI ${memory.cli.toFixed(0)} MiB, lab ${memory.lab.toFixed(0)} MiB`;
    return `round ${number}/${rounds}, seed ${seed}, ${took}: ${edits.join("; ")}`;
}

void endWith(main(), HELP);
