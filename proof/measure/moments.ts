import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { prefixOf } from "../../substrate/plan";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import { stackFileOf } from "../../definitions/stackFile";
import { readPlaneState, type PlaneState } from "../../lab/planeState";
import { labSite } from "../../lab/site";
import { SimulatedNode } from "../../lab/simulatedNode";
import type { DataPlane, SentFrames } from "../../lab/dataPlane";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import type { Workspace } from "../../lab/workspace";
import type { Finding } from "../findings";
import { udpFrame } from "./frames";
import { outsidePlace, reachedPlace, spareAddress } from "./places";
import { nameOfVm } from "../../substrate/identity";

/** How long a frame may take, in seconds. */
const FRAME_SECONDS = 0.4;
const PORT = 514;
const NOBODY = "02:00:00:00:00:99";
/** MAC of what comes from outside, which the router does not look at. */
const STAND_IN = "02:00:00:00:00:98";

/** A life of one VM under measurement: what is sent to it and from it at every moment. */
export interface Watched {
    readonly plane: DataPlane;
    readonly router: SimulatedRouter;
    readonly substrate: Substrate;
    readonly tenant: Tenant;
    readonly vm: WorkloadVm;
}

/** A VM that may be made anew, with its tenant; undefined where each is kept or protected. */
export function rebuildable({ tenants }: Substrate): readonly [Tenant, WorkloadVm] | undefined {
    const all = tenants.flatMap((tenant) => tenant.vms.map((vm) => [tenant, vm] as const));
    return all.find(([{ keep }, vm]) => !keep && !vm.keep && !vm.protection);
}

/**
 * Rebuilds a VM by the real CLI and restarts it by hand; gives back the node as it was right before and right after everything that
 * it was asked to write.
 */
export async function lifeOf(
    node: SimulatedNode,
    workspace: Workspace,
    substrate: Substrate,
    [tenant, vm]: readonly [Tenant, WorkloadVm],
): Promise<readonly unknown[]> {
    const word = randomBytes(6).toString("hex");
    workspace.changeTenant(tenant.name, ({ vms }) => {
        vms.find(({ name }) => name === vm.name)!.rebuild = word;
    });
    // The recording is of the node; a file beside it is kept, too.
    const stack = join(workspace.root, stackFileOf(substrate.name));
    const writes = await node.recorded(stack, async () => {
        const { exitCode, output } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
        if (exitCode !== 0) {
            throw new Error(`pulumi up of a rebuilt VM ended with ${exitCode}:\n${output}`);
        }
        await node.byHand("POST", `/nodes/${node.ready.node}/qemu/${vm.vmid}/status/stop`);
        await node.byHand("POST", `/nodes/${node.ready.node}/qemu/${vm.vmid}/status/start`);
    });
    return [...writes.flatMap(({ before, after }) => [before.node, after.node]), await node.whole()];
}

/**
 * Sends past the walls of one VM at every moment of its life, each as the node held it then: into it from a segment of the site that
 * reaches no tenant, and from it with the MAC of nobody. None may arrive.
 *
 * @param moments of the node, as lifeOf gives them.
 * @param change made to the node at each of them by hand: a control takes the firewall away.
 */
export async function framesThrough(
    watched: Watched,
    moments: readonly unknown[],
    change: (mirror: SimulatedNode) => Promise<void> = () => Promise.resolve(),
): Promise<Finding> {
    const mirror = await SimulatedNode.start(undefined, labSite(watched.substrate).node);
    const sent: Sent[][] = [];
    try {
        let before = "";
        for (const moment of moments) {
            await mirror.restore(moment);
            await change(mirror);
            const state = await readPlaneState(mirror, watched.router);
            const now = JSON.stringify(state.node);
            if (now !== before) {
                before = now;
                await watched.plane.apply(state);
                if (runs(state, watched.vm)) {
                    sent.push(await frames(watched));
                }
            }
        }
    } finally {
        await mirror.stop();
    }
    return judge(watched.vm, sent);
}

function runs({ node }: PlaneState, { vmid }: WorkloadVm): boolean {
    return node.guests.some((guest) => guest["vmid"] === vmid && guest["status"] === "running");
}

/** A frame that was sent at a moment, and whether it arrived. */
interface Sent {
    readonly what: string;
    readonly arrives: boolean;
}

function judge(vm: WorkloadVm, moments: readonly Sent[][]): Finding {
    const all = moments.flat();
    const through = all.filter(({ arrives }) => arrives).map(({ what }) => what);
    const count = `${through.length} of ${all.length} frames through a wall in ${moments.length} moments`;
    return {
        what: `${nameOfVm(vm)} from its start on, rebuilt and restarted`,
        expected: "no frame through a wall in any moment",
        measured: through.length === 0 ? count : `${count}: ${[...new Set(through)].join(", ")}`,
        ok: moments.length > 0 && through.length === 0,
    };
}

/** The last of the moments with the VM's firewall off, on purpose: frames must be seen to pass. */
export async function withoutFirewall(watched: Watched, moments: readonly unknown[]): Promise<Finding> {
    const path = (mirror: SimulatedNode) => `/nodes/${mirror.ready.node}/qemu/${watched.vm.vmid}/firewall/options`;
    const off = async (mirror: SimulatedNode) => void (await mirror.byHand("PUT", path(mirror), { enable: "0" }));
    const { what, measured, ok } = await framesThrough(watched, moments.slice(-1), off);
    return { what: `${what}, without its firewall`, expected: "frames through a wall", measured, ok: !ok };
}

/** Frames of one moment, and whether they arrive. */
async function frames({ plane, substrate, tenant, vm }: Watched): Promise<Sent[]> {
    const { cidr } = tenant.segment.subnet;
    // What the VM has before anybody tells it.
    const address = spareAddress(substrate.plan, tenant);
    await plane.name(new Map([[vm.vmid, `${address}/${prefixOf(cidr)}`]]));
    await plane.forget();
    const host = `vm${vm.vmid}`;
    const [outside, reached] = [outsidePlace(substrate), reachedPlace(substrate)];
    const attempts = [
        {
            what: `into it from ${outside.name}`,
            ends: { source: outside.address, destination: address },
            from: outside.host,
            to: host,
            mac: STAND_IN,
        },
        {
            what: "from it with the MAC of nobody",
            ends: { source: address, destination: reached.address },
            from: host,
            to: reached.host,
            mac: NOBODY,
        },
    ];
    const sent = attempts.map(({ ends, from, to, mac }): SentFrames => {
        const mark = randomBytes(12);
        const packet = { ...ends, sourcePort: PORT, port: PORT, payload: mark };
        return {
            frames: [[from, udpFrame({ source: mac, destination: plane.routerMac }, packet)]],
            mark,
            watchers: [to],
        };
    });
    const seen = await plane.send(sent, FRAME_SECONDS);
    return attempts.map(({ what }, index) => ({ what, arrives: seen[index]!.length > 0 }));
}
