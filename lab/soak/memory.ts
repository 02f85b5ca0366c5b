import { expectThat } from "../expect";
import { found, processesIn } from "../processes";

/** Memory that a round took at most, in MiB. */
export interface Memory {
    /** The CLI with its language host, program and plugins. */
    readonly cli: number;
    /** The simulated machines and the soak itself, which live through all rounds. */
    readonly lab: number;
}

/** Rounds after which nothing grows any more: caches are full, and each kind of edit was seen. */
const WARM_UP = 10;

/** How much more than after the warm-up is no growth, and how many MiB more are noise. */
const FACTOR = 1.5;
const NOISE_MIB = 128;

const LOOK_MS = 250;

/** Watches the memory of all processes in a folder, and of some others, until it is ended. */
export function watchMemory(folder: string, others: readonly number[]): { end: () => Memory } {
    let most: Memory = { cli: 0, lab: 0 };
    const look = () => {
        const cli = sum(processesIn(folder).map(({ residentMiB }) => residentMiB));
        const lab = sum([process.pid, ...others].map((pid) => found(pid).residentMiB));
        most = { cli: Math.max(most.cli, cli), lab: Math.max(most.lab, lab) };
    };
    const timer = setInterval(look, LOOK_MS);
    return {
        end: () => {
            clearInterval(timer);
            return most;
        },
    };
}

/** @throws UnexpectedError where the last round took clearly more memory than any of the first ones. */
export function expectNoGrowth(rounds: readonly Memory[]): void {
    const first = rounds.slice(0, WARM_UP);
    const last = rounds.at(-1);
    for (const whose of ["cli", "lab"] as const) {
        const limit = Math.max(...first.map((round) => round[whose])) * FACTOR + NOISE_MIB;
        expectThat(
            `the ${whose}'s memory stays below ${limit.toFixed(0)} MiB: ${last?.[whose].toFixed(0)}`,
            last === undefined || last[whose] <= limit,
        );
    }
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
}
