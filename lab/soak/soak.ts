import { loadSubstrate } from "../../substrate/load";
import { LAB_SUBSTRATE } from "../definitions";
import { expectSame, UnexpectedError, type NodeState } from "../expect";
import { makeRoomy, MANY_TENANTS } from "../manyTenants";
import { processesIn } from "../processes";
import { SimulatedNode } from "../simulatedNode";
import { SimulatedRouter } from "../simulatedRouter";
import { deploymentOf } from "../stateFile";
import { Workspace, type CliResult } from "../workspace";
import { grantRole } from "../pveum";
import { archivesOf, BACKUP_STORAGE, backUpByHand, restoreArchive } from "./archives";
import { driftOnNode, driftOnRouter } from "./byHand";
import { Dice } from "./dice";
import { closeDoor, expectTold, openDoor, type OpenDoor } from "./doors";
import { editAtRandom } from "./edits";
import { befall, heal, type SoakFault } from "./faults";
import { expectNoGrowth, type Memory, watchMemory } from "./memory";
import { expectNode, othersOnNode } from "./onNode";
import { expectTakenOver, othersOnRouter } from "./onRouter";
import { addOthers } from "./others";
import { expectState } from "./onState";
import { SoakTenants } from "./tenants";
import { upKilled } from "./kill";

const SUBSTRATE = LAB_SUBSTRATE;

/** Runs of up in which a round must settle: a disk grows in one, what needs a restart comes in the next. */
const MOST_RUNS = 4;

/** One round of a soak. */
export interface Round {
    readonly number: number;
    /** Edits of files, node and router, in words. */
    readonly edits: readonly string[];
    readonly seconds: number;
    readonly memory: Memory;
}

/** An invariant that a round broke. */
export class BrokenInvariant extends Error {}

/**
 * Tenants on the simulated node and router, edited at random, round by round, through the real CLI as make runs it.
 * The same seed makes the same rounds.
 */
export class Soak {
    private readonly names: readonly string[];
    private others: unknown;
    private readonly memories: Memory[] = [];

    private constructor(
        readonly seed: number,
        readonly node: SimulatedNode,
        readonly router: SimulatedRouter,
        readonly workspace: Workspace,
        readonly tenants: SoakTenants,
    ) {
        this.names = this.tenants.tenants.map(({ name }) => name);
    }

    /**
     * Brings the tenants up as they begin.
     *
     * @param tenants as many as a site has VLANs for, unless fewer are wanted.
     * @param environment further variables of every run, such as JOURNAL.
     */
    static async start(seed: number, tenants = MANY_TENANTS, environment = {}): Promise<Soak> {
        const node = await SimulatedNode.start();
        const router = await SimulatedRouter.start();
        const soak = new Soak(
            seed,
            node,
            router,
            await Workspace.create(SUBSTRATE, node, router, environment),
            new SoakTenants(tenants),
        );
        try {
            await soak.begin();
        } catch (error) {
            await soak.stop();
            throw error;
        }
        return soak;
    }

    private async begin(): Promise<void> {
        makeRoomy(this.workspace.root, SUBSTRATE, { backup: BACKUP_STORAGE });
        const macs = ["config", "set", "tenant-hypervisors:macPolicy", "deterministic"];
        this.succeeded("config set", await this.workspace.pulumi(macs));
        await addOthers(this.node, this.router);
        this.others = await this.seeOthers();
        this.tenants.write(this.workspace.root, SUBSTRATE);
        await grantRole(this.workspace, this.node);
        await this.settle();
    }

    /** Ends the command that runs, so that whoever waits gets to its clean-up. */
    interrupt(): void {
        this.workspace.interrupt();
    }

    async stop(): Promise<void> {
        this.workspace.remove();
        await this.node.stop();
        await this.router.stop();
    }

    /**
     * Does one round: drift by hand, edits of the files, perhaps a fault, and `up` until all is settled.
     *
     * @param sabotage breaks an invariant on purpose, before they are looked at.
     * @throws BrokenInvariant with the round's edits, where one is broken.
     */
    async round(number: number, sabotage?: (soak: Soak) => Promise<void>): Promise<Round> {
        const dice = new Dice(this.seed * 100_003 + number);
        const began = Date.now();
        const edits = [
            ...(await driftOnNode(this.node, this.tenants, dice)),
            ...(await driftOnRouter(this.router, dice)),
            ...(await backUpByHand(this.node, this.tenants, dice)),
            ...editAtRandom(this.tenants, dice),
        ];
        const door = await openDoor(this.router, this.tenants, dice);
        this.tenants.write(this.workspace.root, SUBSTRATE);
        const fault = await befall(this.node, this.router, dice);
        edits.push(...[door, fault].flatMap((one) => one?.what ?? []));
        const watched = watchMemory(this.workspace.root, [this.node.pid, this.router.pid]);
        try {
            await this.underFault(fault);
            await this.settle(door, sabotage);
            if (dice.percent(20)) {
                edits.push(...(await this.restore(1)));
            }
            this.memories.push(watched.end());
            expectNoGrowth(this.memories);
        } catch (error) {
            throw new BrokenInvariant(`round ${number} (${edits.join("; ")}): ${(error as Error).message}`);
        } finally {
            watched.end();
        }
        return { number, edits, seconds: (Date.now() - began) / 1000, memory: this.memories.at(-1)! };
    }

    /**
     * Has every backup come back that is still there of VMs that are declared; gives back which.
     *
     * @throws BrokenInvariant where one does not.
     */
    async restoreAll(): Promise<string[]> {
        try {
            return await this.restore();
        } catch (error) {
            throw new BrokenInvariant(`after the last round: ${(error as Error).message}`);
        }
    }

    private async restore(most = Infinity): Promise<string[]> {
        const archives = (await archivesOf(this.node, this.tenants)).slice(0, most);
        for (const archive of archives) {
            await restoreArchive(this.workspace, this.node, this.tenants, archive);
        }
        if (archives.length > 0) {
            await this.settle();
        }
        return archives.map(({ volume }) => `${volume} restored`);
    }

    /** The run that something befalls; how it ends is told by nobody. */
    private async underFault(fault: SoakFault | undefined): Promise<void> {
        if (fault?.killedAfter !== undefined) {
            await upKilled(this.workspace, this.node, fault.killedAfter);
        } else if (fault !== undefined) {
            await this.up();
        }
        await heal(this.node, this.router);
    }

    /** Brings everything up until no VM waits for a restart, and looks at every invariant. */
    private async settle(door?: OpenDoor, sabotage?: (soak: Soak) => Promise<void>): Promise<void> {
        let output = "";
        for (let runs = 0; runs === 0 || waits(output); runs++) {
            if (runs === MOST_RUNS) {
                throw new UnexpectedError(`after ${runs} runs something still waits for the next one:\n${output}`);
            }
            output = this.succeeded("up", await this.up()).output;
            for (const [, vmid] of output.matchAll(/\(qm reboot (\d+)\)/g)) {
                await this.node.byHand("POST", `/nodes/${this.node.ready.node}/qemu/${vmid}/status/reboot`);
            }
        }
        if (door !== undefined) {
            expectTold(door, await this.workspace.command("drift", SUBSTRATE));
            await closeDoor(this.router, door);
        }
        await sabotage?.(this);
        await this.expectInvariants();
    }

    /** Command that `tenants up` runs. */
    private async up(): Promise<CliResult> {
        const settled = await this.workspace.command("recover", "--quiet", SUBSTRATE);
        return settled.exitCode === 0
            ? this.workspace.command("up", SUBSTRATE, "--", "--yes", "--skip-preview")
            : settled;
    }

    /** Checks every invariant; those that need no run come first. @throws UnexpectedError that names the first invariant that is broken. */
    async expectInvariants(): Promise<void> {
        const substrate = loadSubstrate({ root: this.workspace.root, substrate: SUBSTRATE });
        expectNode(substrate, (await this.node.state()) as NodeState);
        expectTakenOver(await this.router.state());
        expectSame("what is not the tenants'", await this.seeOthers(), this.others);
        expectSame("drift", this.succeeded("drift", await this.workspace.command("drift", SUBSTRATE)).exitCode, 0);
        expectState(
            deploymentOf(this.workspace),
            this.tenants.tenants.map(({ name }) => name),
            this.tenants.vmids(),
        );
        expectSame("processes left", [...processesIn(this.workspace.root)], []);
        this.workspace.expectNoSecrets();
    }

    private async seeOthers(): Promise<unknown> {
        const onNode = othersOnNode((await this.node.state()) as NodeState, this.names);
        return { onNode, onRouter: othersOnRouter(await this.router.state()) };
    }

    private succeeded(what: string, result: CliResult): CliResult {
        if (result.exitCode !== 0) {
            throw new UnexpectedError(`${what} ended with ${result.exitCode}:\n${result.output}`);
        }
        return result;
    }
}

/** Whether a run said that something comes with the next one. */
function waits(output: string): boolean {
    return /come with the next up|and the next up limits/.test(output);
}
