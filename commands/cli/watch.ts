import { isAlive } from "../../https/client";
import type { Substrate } from "../../substrate/substrate";
import { note } from "./terminal";

/** A machine that a run works on. */
export interface Machine {
    /** As a person knows it. */
    readonly name: string;
    readonly endpoint: string;
}

/** Times of a watch, in seconds. */
export interface Times {
    /** Pause between two looks. */
    readonly every: number;
    /** How long one of them waits for an answer. */
    readonly answer: number;
    /** After how long without an answer a run is ended: longer than a node restarts its services. */
    readonly limit: number;
}

const TIMES: Times = { every: 5, answer: 5, limit: 600 };

/** The machines that a run of Pulumi asks: the nodes, and the router where the stack writes to it. */
export function machinesOf({ status, hypervisors, coreRouter }: Substrate): Machine[] {
    const nodes = status === "planned" ? [] : hypervisors.map(({ name, endpoint }) => ({ name, endpoint }));
    const { mode, endpoint } = coreRouter;
    return [...nodes, ...(mode === "api" && endpoint !== undefined ? [{ name: "the core router", endpoint }] : [])];
}

/**
 * Says, while Pulumi runs, which machine it waits for: Pulumi and its providers say nothing while they try again.
 *
 * @param end ends the run in order, where a machine has not answered for too long.
 * @returns ends the watch.
 */
export function watch(
    machines: readonly Machine[],
    end: () => void,
    { every, answer, limit }: Times = TIMES,
): () => void {
    const silent = new Map<Machine, number>();
    let ended = false;
    const one = async (machine: Machine) => {
        const { hostname, port } = new URL(machine.endpoint);
        if (await isAlive(hostname, Number(port || 443), answer)) {
            if (silent.delete(machine)) {
                note(`${machine.name} answers again`);
            }
            return;
        }
        const since = silent.get(machine) ?? performance.now() - answer * 1000;
        silent.set(machine, since);
        const seconds = Math.round((performance.now() - since) / 1000);
        if (ended) {
            return;
        }
        note(`waiting for ${machine.name} (${machine.endpoint}), which has not answered for ${seconds} s`);
        if (seconds >= limit) {
            ended = true;
            note(
                `${machine.name} has not answered for ${limit} s: the run is ended; see whether it is up, and run it again`,
            );
            end();
        }
    };
    const timer = setInterval(() => void Promise.all(machines.map(one)), every * 1000);
    return () => {
        ended = true;
        clearInterval(timer);
    };
}
