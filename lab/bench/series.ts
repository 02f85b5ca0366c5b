import { isDeepStrictEqual } from "node:util";
import { LAB_SUBSTRATE } from "../definitions";
import { MANY_TENANTS } from "../manyTenants";
import { SimulatedNode } from "../simulatedNode";
import { Workspace } from "../workspace";
import { Ours } from "./ours";
import { Peer } from "./peer";
import { configurationOf, type Exported } from "./peerConfiguration";
import { measure, STEPS, type Measured, type Side, type SideName, type Step, type Way } from "./side";

/** One measurement. */
export interface Sample extends Measured {
    readonly side: SideName;
    readonly step: Step;
    readonly vms: number;
    readonly run: number;
}

/** How the simulated node answers: times in real seconds. */
export interface NodeTimes {
    /** Before each answer. */
    readonly latency: number;
    /** Real seconds for each second that PVE's tasks take; 0: they end at once. */
    readonly time_scale: number;
    /** PVE seconds that tasks take, by their type. */
    readonly task_seconds: Readonly<Record<string, number>>;
}

/** Input of a series. */
export interface Plan {
    readonly vms: number;
    readonly runs: number;
    readonly times: NodeTimes;
    /** Whether VMs are made as linked clones. */
    readonly linked: boolean;
    /** Ways in which this program does the work. */
    readonly ways: readonly Way[];
    /** Program of the peer; without it ours runs alone. */
    readonly peer: string | undefined;
    /** Told of each measurement as it comes. */
    readonly heard: (sample: Sample) => void;
}

/**
 * Measures every step of so many VMs on one simulated node, ours and the peer by turns, each from an empty node to an empty
 * node.
 *
 * @throws Error where a step fails, or where not all did the same work.
 */
export async function measureSeries(plan: Plan): Promise<Sample[]> {
    const node = await SimulatedNode.start();
    const workspace = await Workspace.create(LAB_SUBSTRATE, node);
    const ours = plan.ways.map((way) => new Ours(way, workspace, plan.vms, plan.linked));
    const peer = plan.peer === undefined ? undefined : new Peer(plan.peer, workspace.variables);
    try {
        await node.set({ ...plan.times });
        const series = new Series(plan, node, ours, peer);
        return await series.all();
    } finally {
        peer?.remove();
        workspace.remove();
        await node.stop();
    }
}

class Series {
    private readonly samples: Sample[] = [];

    constructor(
        private readonly plan: Plan,
        private readonly node: SimulatedNode,
        private readonly ours: readonly Ours[],
        private readonly peer: Peer | undefined,
    ) {}

    async all(): Promise<Sample[]> {
        for (let run = 1; run <= this.plan.runs; run++) {
            for (const side of [...this.ours, ...(this.peer === undefined ? [] : [this.peer])]) {
                await this.through(side, run);
            }
        }
        return this.samples;
    }

    private made: unknown;

    private async through(side: Side, run: number): Promise<void> {
        side.reset();
        for (const step of STEPS.filter((one) => this.has(one))) {
            const { output: _, ...measured } = await measure(this.node, side.command(step));
            const sample = { ...measured, side: side.name, step, vms: this.plan.vms, run };
            this.samples.push(sample);
            this.plan.heard(sample);
            if (step === "create" && run === 1) {
                await this.compare(side);
            }
        }
    }

    /** A single tenant's teardown is the destroy. */
    private has(step: Step): boolean {
        return step !== "teardown of one tenant" || Math.min(this.plan.vms, MANY_TENANTS) > 1;
    }

    /** The others are to do what the first of ours did, and are held to it. */
    private async compare({ name }: Side): Promise<void> {
        const now = withoutChance(await this.node.state());
        if (this.made === undefined) {
            this.made = now;
            if (this.peer !== undefined) {
                const { output } = await measure(this.node, this.ours[0]!.export());
                const { deployment } = JSON.parse(output) as { deployment: { resources: Exported[] } };
                this.peer.configure(configurationOf(deployment.resources, this.node.ready.endpoint));
            }
        } else if (!isDeepStrictEqual(now, this.made)) {
            throw new Error(`${name} made something else of the node than the first: the figures would say nothing`);
        }
    }
}

/** The node's state without what it picks by chance: MACs, UUIDs, and the digests of cloud-init drives, which hold the MAC. */
function withoutChance(state: unknown): unknown {
    const text = JSON.stringify(state)
        .replace(/[0-9A-F]{2}(:[0-9A-F]{2}){5}/gi, "mac")
        .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, "uuid")
        .replace(/("vm-\d+-cloudinit":)"[0-9a-f]+"/g, '$1"digest"');
    return JSON.parse(text);
}
