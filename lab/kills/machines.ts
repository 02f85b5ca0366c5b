import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { killProcess } from "../processes";
import { freePort } from "../ports";
import type { Kept } from "../simulatedMachine";
import { SimulatedNode } from "../simulatedNode";
import { SimulatedRouter } from "../simulatedRouter";
import type { MachineVictim } from "./victims";

/** Real seconds before every answer, so that there is time between two writes. */
const LATENCY = 0.02;

/** Seconds that nothing is answered for, while a machine is about to be killed, and milliseconds after which nothing is at work. */
const HELD = 600;
const QUIET_MS = 100;

/** Node and router, each of which can lose its power, and comes back at the same address as it was. */
export class Machines {
    /** VMs that were started, or asked to be, without rules around them that drop what comes in. */
    readonly naked = new Set<string>();

    private constructor(
        private readonly folder: string,
        private readonly kept: Readonly<Record<MachineVictim, Kept>>,
        public node: SimulatedNode,
        public router: SimulatedRouter,
    ) {}

    static async start(): Promise<Machines> {
        const folder = mkdtempSync(join(tmpdir(), "machines-"));
        const place = async (name: string) => ({ folder: join(folder, name), port: await freePort() });
        const kept = { node: await place("node"), router: await place("router") };
        const node = await SimulatedNode.start(kept.node);
        return new Machines(folder, kept, node, await SimulatedRouter.start({ kept: kept.router }));
    }

    async stop(): Promise<void> {
        await this.node.stop();
        await this.router.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** Begins to count writes anew, with some time before each answer; or with none. */
    async prepare(slowly: boolean): Promise<void> {
        await this.seeStarts();
        for (const machine of [this.node, this.router]) {
            await machine.forgetRequests();
            await machine.set({ latency: slowly ? LATENCY : 0 });
        }
    }

    /** Notes who was started without walls, before the requests are forgotten. */
    async seeStarts(): Promise<void> {
        (await this.node.nakedStarts()).forEach((vmid) => this.naked.add(vmid));
    }

    /** Writes that both were asked for since they were prepared. */
    async writes(): Promise<number> {
        const requests = [...(await this.node.requests()), ...(await this.router.requests())];
        return requests.filter(({ method, path }) => method !== "GET" && !/\/(search|get)\w*(\?|$)/i.test(path)).length;
    }

    /** Takes a machine's power away, and starts it again: it is as it was at that moment, and no task of it runs any more. */
    async crash(name: MachineVictim): Promise<void> {
        const machine = this[name];
        await this.seeStarts();
        await machine.set({ latency: HELD });
        await pause(QUIET_MS);
        const { folder } = this.kept[name];
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "state.json"), JSON.stringify(await machine.whole()), { mode: 0o600 });
        killProcess(machine.pid);
        await machine.gone();
        await machine.stop();
        if (name === "node") {
            this.node = await SimulatedNode.start(this.kept.node);
        } else {
            this.router = await SimulatedRouter.start({ kept: this.kept.router });
        }
    }
}
