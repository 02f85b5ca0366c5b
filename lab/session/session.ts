import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runLab, type LabRun } from "../ending";
import { Refusal } from "../../commands/cli/errors";
import { LAB_DEFINITIONS, LAB_SUBSTRATE, simulatedSubstrate } from "../definitions";
import { accepts, freePort, holderOf } from "../ports";
import { labSite, type LabSite } from "../site";
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
    /** Definitions that it began with; missing: the lab's own. */
    readonly began?: Began;
}

/** Definitions of a person's that a lab began with. */
interface Began {
    readonly from: string;
    /** The substrate of them that is on the simulated machines, and how its site began. */
    readonly substrate: string;
    readonly site: LabSite;
}

/**
 * The settings of the last start, or new ones.
 *
 * @param from folder of the definitions to begin with; missing: those of the last start, or the lab's own.
 * @throws Refusal where something else listens on one of the ports, or the last start began with other definitions, and
 * DefinitionError where those to begin with have faults.
 */
export async function settingsOf(from?: string): Promise<Settings> {
    const file = join(SESSION, "settings.json");
    const kept = readJson<Settings>(file);
    if (kept === undefined) {
        const ports = { node: await freePort(), router: await freePort() };
        const passphrase = randomBytes(20).toString("hex");
        const made = { ports, passphrase, ...(from !== undefined && { began: beginWith(from) }) };
        writePrivate(file, JSON.stringify(made));
        return made;
    }
    if (from !== undefined && from !== kept.began?.from) {
        const began = kept.began?.from ?? "the lab's own definitions";
        throw new Refusal(
            `the lab that is kept in .lab began with ${began}, not with ${from}: begin anew with \`tenants lab --fresh --from\`, ` +
                "which forgets what was made, or leave --from out",
        );
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

function beginWith(from: string): Began {
    const substrate = simulatedSubstrate(from);
    return { from, substrate: substrate.name, site: labSite(substrate) };
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
export async function stay({ ports, passphrase, began }: Settings, ready: (lab: RunningLab) => void): Promise<number> {
    const hangUp = () => process.kill(process.pid, "SIGTERM");
    if (!ignoresHangUp()) {
        process.once("SIGHUP", hangUp);
    }
    const definitions = began?.from ?? LAB_DEFINITIONS;
    const substrate = began?.substrate ?? LAB_SUBSTRATE;
    return runLab("lab", async (run) => {
        const machines: { stop(): Promise<void>; gone(): Promise<void> }[] = [];
        try {
            const node = await SimulatedNode.start({ folder: IN_SESSION.node, port: ports.node }, began?.site.node);
            machines.push(node);
            run.runs("the simulated node");
            const kept = { folder: IN_SESSION.router, port: ports.router };
            const router = await SimulatedRouter.start({ kept, ...(began && { site: began.site.router }) });
            machines.push(router);
            run.runs("the simulated router");
            run.signal.throwIfAborted();
            makeProject(definitions, substrate, node, router);
            ready(prepare(substrate, node, router, passphrase));
            await untilEnded(run, machines);
            return 0;
        } finally {
            await Promise.all(machines.map((machine) => machine.stop()));
            forgetRunning();
        }
    });
}

function prepare(substrate: string, node: SimulatedNode, router: SimulatedRouter, passphrase: string): RunningLab {
    const authorities = [node, router].map(({ ready }) => readFileSync(ready.caFile, "utf8")).join("");
    writePrivate(IN_SESSION.authorities, authorities);
    makePulumiFolders();
    writePrivate(IN_SESSION.env, environmentFile(node.ready, router.ready, passphrase));
    return recordRunning(substrate, node.ready, router.ready);
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
