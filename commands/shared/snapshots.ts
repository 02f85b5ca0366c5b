import { withEachNode, withNodes } from "../../node/client";
import { orNothing, vmsOn } from "../../node/read";
import { goBack, onNode, pruneSnapshots, readSnapshots } from "../../node/snapshots";
import { startWalled } from "../../node/start";
import { nameOfVm } from "../../substrate/identity";
import { hypervisorOf, tenantOf } from "../../substrate/owners";
import { beyond, isOwn, newestOwn, type Snapshot } from "../../substrate/snapshots";
import type { Hypervisor, Substrate, WorkloadVm } from "../../substrate/substrate";
import { Refusal } from "../cli/errors";
import { complain, note, tell } from "../cli/terminal";
import { hasGate, healthOf } from "./health";

/** A VM that is on its node, with its snapshots, the oldest first. */
export interface WithSnapshots {
    readonly vm: WorkloadVm;
    readonly hypervisor: Hypervisor;
    readonly snapshots: readonly Snapshot[];
}

/** Snapshots of some of a substrate's VMs: one request for each. @throws NodeError where a node cannot be asked. */
export async function snapshotsIn(substrate: Substrate, chosen: (vm: WorkloadVm) => boolean): Promise<WithSnapshots[]> {
    const all = await withEachNode(substrate, (client, hypervisor) =>
        Promise.all(
            vmsOn(substrate, hypervisor)
                .filter(chosen)
                .map(async (vm) => {
                    const snapshots = await orNothing<Snapshot[] | undefined>(
                        readSnapshots(client, onNode(vm, hypervisor)),
                        undefined,
                    );
                    return snapshots === undefined ? [] : [{ vm, hypervisor, snapshots }];
                }),
        ),
    );
    return all.flat(2);
}

/**
 * Removes own snapshots of VMs that are beyond their bounds; others' stay.
 *
 * @returns names of those that it removed, as tenant/vm and the snapshot's.
 * @throws Refusal where a node refuses it.
 */
export async function pruneAll(
    substrate: Substrate,
    all: readonly WithSnapshots[],
    now = new Date(),
): Promise<string[]> {
    const due = all.filter(({ vm, snapshots }) => beyond(snapshots, vm.snapshot, now).length > 0);
    return due.length === 0
        ? []
        : withNodes(substrate, async (nodes) => {
              const removed: string[] = [];
              for (const { vm, hypervisor } of due) {
                  const client = nodes.get(hypervisor.node)!;
                  const names = await pruneSnapshots(client, onNode(vm, hypervisor), vm.snapshot, now);
                  removed.push(...names.map((name) => `${nameOfVm(vm)} ${name}`));
              }
              return removed;
          });
}

/**
 * Puts a VM back on a snapshot, starts it behind its firewall and waits for its health gate.
 *
 * @returns why it is not healthy there; undefined where it is.
 * @throws Refusal where PVE cannot go back or start it.
 */
export async function rollBack(substrate: Substrate, vm: WorkloadVm, name: string): Promise<string | undefined> {
    const hypervisor = hypervisorOf(substrate, tenantOf(substrate, vm));
    await withNodes(substrate, async (nodes) => {
        const client = nodes.get(hypervisor.node)!;
        note(`${nameOfVm(vm)}: back to ${name}`);
        await goBack(client, onNode(vm, hypervisor), name);
        await startWalled(client, hypervisor.node, vm);
    });
    return healthOf(substrate, vm);
}

/** The line that says how settings and files stand after a rollback. */
export function afterRollback(substrate: string, vm: WorkloadVm, name: string): string {
    return (
        `${nameOfVm(vm)} is as it was at ${name}, its settings too: \`tenants preview ${substrate}\` shows what its file says otherwise, ` +
        "and the next up makes that again"
    );
}

/** A VM that the run put back, since its gate stayed closed after a change. */
export interface RolledBack {
    /** As tenant/vm. */
    readonly name: string;
    readonly snapshot: string;
    /** The gate's reason. */
    readonly why: string;
    /** Whether it is back, and healthy there. */
    readonly back: boolean;
}

/** Everything that a run does with snapshots beside those that it takes. */
export class RunSnapshots {
    private constructor(
        private readonly substrate: Substrate,
        private readonly before: ReadonlyMap<number, string | undefined>,
    ) {}

    /** Looks before the run which snapshots VMs have; nothing is asked where no file has `snapshot`. */
    static async begin(substrate: Substrate): Promise<RunSnapshots> {
        const all = await snapshotsIn(substrate, asksForThem);
        return new RunSnapshots(
            substrate,
            new Map(all.map(({ vm, snapshots }) => [vm.vmid, newestOwn(snapshots)?.name])),
        );
    }

    /**
     * Waits for the health gates of VMs of which the run took a snapshot, puts those back whose gate stays closed, and removes
     * snapshots that are beyond their bounds.
     *
     * @param succeeded whether Pulumi did well; where it did not, the way back is only named.
     */
    async end(succeeded: boolean): Promise<RolledBack[]> {
        const all = await snapshotsIn(this.substrate, asksForThem);
        const taken = all.flatMap(({ vm, snapshots }) => {
            const name = newestOwn(snapshots)?.name;
            return name === undefined || name === this.before.get(vm.vmid) ? [] : [{ vm, name }];
        });
        if (!succeeded) {
            taken.forEach(({ vm, name }) =>
                complain(
                    `${nameOfVm(vm)}: ${name} was taken before its change; \`tenants rollback ${this.substrate.name} ${nameOfVm(vm)}\` goes back to it`,
                ),
            );
            return [];
        }
        const gated = taken.filter(({ vm }) => hasGate(this.substrate, vm));
        const ended = await Promise.all(gated.map(({ vm, name }) => this.judge(vm, name)));
        (await pruneAll(this.substrate, all)).forEach((one) => tell(`snapshot removed: ${one}`));
        return ended.flatMap((one) => one ?? []);
    }

    private async judge(vm: WorkloadVm, name: string): Promise<RolledBack | undefined> {
        note(`${nameOfVm(vm)}: it was changed; its health gate is waited for`);
        const why = await healthOf(this.substrate, vm);
        if (why === undefined) {
            return undefined;
        }
        complain(`${nameOfVm(vm)} is not healthy after its change: ${why}`);
        const stays = await this.backFrom(vm, name);
        const told = { name: nameOfVm(vm), snapshot: name, why };
        if (stays !== undefined) {
            complain(`${nameOfVm(vm)}: ${stays}`);
            return { ...told, back: false };
        }
        tell(afterRollback(this.substrate.name, vm, name));
        return { ...told, back: true };
    }

    /** Goes back; gives back what stands against it, in words. */
    private async backFrom(vm: WorkloadVm, name: string): Promise<string | undefined> {
        try {
            const ill = await rollBack(this.substrate, vm, name);
            return ill === undefined ? undefined : `it is back on ${name}, and not healthy there either: ${ill}`;
        } catch (error) {
            if (error instanceof Refusal) {
                return `it could not be put back on ${name}: ${error.message}`;
            }
            throw error;
        }
    }
}

function asksForThem({ snapshot }: WorkloadVm): boolean {
    return snapshot !== undefined;
}

/** The snapshot that a person goes back to: one by its name, else the newest own one. @throws Refusal where there is none. */
export function chosenSnapshot({ vm, snapshots }: WithSnapshots, to: string | undefined): Snapshot {
    const whole = snapshots.filter(({ state }) => state === undefined);
    const found = to === undefined ? newestOwn(whole) : whole.find(({ name }) => name === to);
    if (found === undefined) {
        const names =
            whole.map((one) => `${one.name}${isOwn(one) ? "" : " (not a run's)"}`).join(", ") || "none at all";
        const what = to === undefined ? "no snapshot that a run took" : `no whole snapshot ${to}`;
        throw new Refusal(`${nameOfVm(vm)} has ${what}: its node has ${names}; --to names one`);
    }
    return found;
}
