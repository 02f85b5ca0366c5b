/** Kills of every kind of process in every kind of run on a simulated substrate, each of which must be got over: `make kills`. */
import { parseArgs } from "node:util";
import { endWith, runLab, type LabRun } from "../ending";
import { Kills, type Kill, type Trial } from "./kills";

const HELP = `usage: make kills [KILLS=500] [SEED=1] [FROM=1] [JOURNAL=0]
Kills the command, the CLI, the language host, the program, the policy pack, each provider, all of them, or node or router, at
random moments of a run that creates, changes, makes anew, renames, tears down, destroys or recovers, against the simulated node
and router. What goes on with it must then settle everything in one run: node, router and state as after a run that nothing
interrupted, nothing of others touched, no process left. The same seed kills the same at the same writes. Runs keep the
CLI's checkpoints in place of a journal in a third of the trials, with JOURNAL=0 in all.
Exit 0: everything was got over; 1: something was not, which is told with the command that does it again; 2: wrong usage; 130:
ended by Ctrl-C.`;

async function main(): Promise<number> {
    const { values } = parseArgs({
        options: {
            kills: { type: "string", default: "500" },
            seed: { type: "string", default: "1" },
            from: { type: "string", default: "1" },
            checkpoints: { type: "boolean", default: false },
            help: { type: "boolean", default: false },
        },
    });
    const [kills, seed, from] = [Number(values.kills), Number(values.seed), Number(values.from)];
    if (values.help) {
        console.log(HELP);
        return 0;
    }
    if (![kills, seed, from].every(Number.isInteger) || kills < 1 || from < 1) {
        console.error(`KILLS, SEED and FROM are whole numbers, KILLS and FROM from 1 on\n${HELP}`);
        return 2;
    }
    return runLab("kills", (run) => killAll({ wanted: kills, seed, from, checkpoints: values.checkpoints }, run));
}

interface Asked {
    readonly wanted: number;
    readonly seed: number;
    readonly from: number;
    readonly checkpoints: boolean;
}

async function killAll({ wanted, seed, from, checkpoints }: Asked, { signal, runs }: LabRun): Promise<number> {
    const began = Date.now();
    const kills = await Kills.start(seed, checkpoints);
    signal.addEventListener("abort", () => kills.interrupt());
    runs("Pulumi, the simulated node and the simulated router");
    const killed: Kill[] = [];
    let broken = 0;
    try {
        for (let number = from; killed.length < wanted; number++) {
            signal.throwIfAborted();
            const trial = await kills.trial(number);
            // What Ctrl-C ended tells nothing.
            signal.throwIfAborted();
            killed.push(...trial.killed);
            broken += trial.broken === undefined ? 0 : 1;
            tell(`SEED=${seed} FROM=${number} KILLS=1${checkpoints ? " JOURNAL=0" : ""}`, killed.length, trial);
        }
    } finally {
        await kills.stop();
        console.log(table(killed));
    }
    console.log(
        `${killed.length} kills with seed ${seed}: ${broken === 0 ? "all were got over" : `${broken} trials were NOT got over`}, ` +
            `${Math.round((Date.now() - began) / 1000)} s`,
    );
    return broken === 0 ? 0 : 1;
}

/** @param again variables with which make does the trial again. */
function tell(again: string, kills: number, { number, steps, broken, seconds }: Trial): void {
    console.log(`trial ${number}, ${kills} kills so far, ${seconds.toFixed(1)} s: ${steps.join("; ")}`);
    if (broken !== undefined) {
        console.error(`BROKEN: ${broken}\nagain: make kills ${again}`);
    }
}

/** How often each kind of process was killed in each kind of run. */
function table(killed: readonly Kill[]): string {
    const counts = new Map<string, number>();
    killed.forEach(({ run, victim }) => counts.set(`${run}, ${victim}`, (counts.get(`${run}, ${victim}`) ?? 0) + 1));
    return [...counts]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([what, n]) => `${what}: ${n}`)
        .join("\n");
}

void endWith(main(), HELP);
