import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runLab, type LabRun } from "../ending";
import { Refusal } from "../../commands/cli/errors";
import { accepts, freePort, holderOf } from "../ports";
import { SimulatedNode } from "../simulatedNode";
import { SimulatedRouter } from "../simulatedRouter";
import { environmentFile } from "./environmentFile";
import { forgetRunning, IN_SESSION, readJson, recordRunning, SESSION, writePrivate, type RunningLab } from "./folder";
import { makeProject, makePulumiFolders } from "./project";

/** Settings that a lab that stays keeps from start to start, beside those that its machines keep themselves. */
interface Settings {
    readonly ports: Readonly<Record<"node" | "router", number>>;
    /** Of the secrets in its states. */
    readonly passphrase: string;
}

/**
 * The settings of the last start, or new ones.
 *
 * @throws Refusal where something else listens on one of the ports.
 */
export async function settingsOf(): Promise<Settings> {
    const file = join(SESSION, "settings.json");
    const kept = readJson<Settings>(file);
    if (kept === undefined) {
        const ports = { node: await freePort(), router: await freePort() };
        const made = { ports, passphrase: randomBytes(20).toString("hex") };
        writePrivate(file, JSON.stringify(made));
        return made;
    }
    for (const [machine, port] of Object.entries(kept.ports)) {
        if (await accepts(port)) {
            const holder = holderOf(port) ?? "a process of another user";
            throw new Refusal(
                `port ${port} of the simulated ${machine} is taken by ${holder}: end that, or begin anew on other ports with ` +
                    "`tenants lab --fresh`, which forgets what was made",
            );
        }
    }
    return kept;
}

/** Forgets all that earlier labs kept. */
export function forgetSession(): void {
    rmSync(SESSION, { recursive: true, force: true });
}

/**
 * Starts the simulated node and router, and stays until it is ended by hand, or one of them ends.
 *
 * @param ready is told how to reach them once they can be.
 * @returns the exit code; see runLab().
 */
export async function stay(settings: Settings, ready: (lab: RunningLab) => void): Promise<number> {
    const hangUp = () => process.kill(process.pid, "SIGTERM");
    if (!ignoresHangUp()) {
        process.once("SIGHUP", hangUp);
    }
    return runLab("lab", async (run) => {
        const machines: { stop(): Promise<void>; gone(): Promise<void> }[] = [];
        try {
            const node = await SimulatedNode.start({ folder: IN_SESSION.node, port: settings.ports.node });
            machines.push(node);
            run.runs("the simulated node");
            const kept = { folder: IN_SESSION.router, port: settings.ports.router };
            const router = await SimulatedRouter.start({ kept });
            machines.push(router);
            run.runs("the simulated router");
            run.signal.throwIfAborted();
            ready(prepare(node, router, settings.passphrase));
            await untilEnded(run, machines);
            return 0;
        } finally {
            await Promise.all(machines.map((machine) => machine.stop()));
            forgetRunning();
        }
    });
}

function prepare(node: SimulatedNode, router: SimulatedRouter, passphrase: string): RunningLab {
    const authorities = [node, router].map(({ ready }) => readFileSync(ready.caFile, "utf8")).join("");
    writePrivate(IN_SESSION.authorities, authorities);
    makeProject(node, router);
    makePulumiFolders();
    writePrivate(IN_SESSION.env, environmentFile(node.ready, router.ready, passphrase));
    return recordRunning(node.ready, router.ready);
}

async function untilEnded({ signal }: LabRun, machines: readonly { gone(): Promise<void> }[]): Promise<void> {
    const ended = once(signal, "abort");
    // Nothing else keeps this process from its end but the machines' pipes.
    await Promise.race([ended, ...machines.map((machine) => machine.gone())]);
    if (!signal.aborted) {
        throw new Error("one of the simulated machines ended by itself");
    }
}

/** Whether somebody had hang-ups ignored, as nohup does. */
function ignoresHangUp(): boolean {
    const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return (BigInt(`0x${mask}`) & 1n) === 1n;
}
