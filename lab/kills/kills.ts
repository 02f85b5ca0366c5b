import { setTimeout as pause } from "node:timers/promises";
import { UnexpectedError } from "../expect";
import { killProcess } from "../processes";
import { Dice } from "../soak/dice";
import { pairOf, RUNS, type KilledRun, type RunName } from "./runs";
import { Site, succeeded } from "./site";
import { isVictim, type Victim } from "./victims";

/** How often a run is looked at, and how long it may take, or may hold the stack while nobody hears of it, in milliseconds. */
const LOOK_MS = 50;
const LIMIT_MS = 300_000;

/** Most kills one after the other, before what is left is settled. */
const MOST_KILLS = 3;

/** Most writes after which a run is killed that goes on, and may have few to do; and of a kind whose number nobody counted. */
const MOST_WRITES_AGAIN = 3;
const MOST_WRITES_UNKNOWN = 8;

/** Most milliseconds from the beginning of a run, or of a recovery, to a kill before its first write, and from a write to a kill. */
const MOST_DELAY = { beginning: 4000, recovery: 500, write: 60 };

/** Something that was killed, in words. */
export interface Kill {
    readonly run: RunName;
    readonly victim: Victim;
}

/** One trial: a run that was killed, perhaps with those that went on with it, and what then settled all. */
export interface Trial {
    readonly number: number;
    readonly killed: readonly Kill[];
    /** The same in words, with the moments and how it went on. */
    readonly steps: readonly string[];
    /** Why something was not as it should; undefined where all was. */
    readonly broken?: string;
    readonly seconds: number;
}

/**
 * Runs of the real CLI on a small simulated substrate that are killed at any moment, one process or machine at a time, each from
 * the same beginning. The same seed kills the same at the same write.
 */
export class Kills {
    private steps: string[] = [];
    private killed: Kill[] = [];

    private constructor(
        readonly seed: number,
        readonly site: Site,
        private readonly checkpoints: boolean,
    ) {}

    /** @param checkpoints whether every run keeps the CLI's checkpoints, not those of a third of the trials alone. */
    static async start(seed: number, checkpoints = false): Promise<Kills> {
        return new Kills(seed, await Site.start(), checkpoints);
    }

    /** Ends the command that runs, so that whoever waits gets to its clean-up. */
    interrupt(): void {
        this.site.workspace.interrupt();
    }

    stop(): Promise<void> {
        return this.site.stop();
    }

    /**
     * Kills one kind of process in one kind of run, by the number of the trial, and perhaps what goes on with it; then has all
     * settle.
     */
    async trial(number: number): Promise<Trial> {
        const dice = new Dice(this.seed * 100_003 + number);
        const [name, victim] = pairOf(this.seed, number);
        return this.told(number, async () => {
            const { writes } = await this.site.reference(name);
            // Drawn either way, so that the same trial kills the same.
            const drawn = dice.percent(30);
            if (drawn || this.checkpoints) {
                this.keepCheckpoints();
            }
            await this.site.begin(name);
            await this.killIn(name, victim, writes, dice);
            await this.settle(name, dice.percent(50));
            await this.site.expectSettled(name);
        });
    }

    /**
     * Kills one after the other in one kind of run and in what goes on with it, each of which must get over what the one before
     * left (a recovery is killed after the run before it was); then has one run settle all. It costs less than a trial: no run
     * tells how it ends where another kind is known to end so, and ups are held to the policy pack where that is a victim.
     *
     * @param number draws the moments.
     * @param settles whether that last run is there at all.
     */
    async chain(number: number, name: RunName, victims: readonly Victim[], settles = true): Promise<Trial> {
        const dice = new Dice(this.seed * 100_003 + number);
        const { command, next }: KilledRun = RUNS[name];
        return this.told(number, async () => {
            if (number % 2 === 1) {
                this.keepCheckpoints();
            }
            this.site.policed = victims.includes("policy pack");
            let writes = await this.site.writesOf(name, MOST_WRITES_UNKNOWN);
            await this.site.begin(name);
            for (const [at, victim] of victims.entries()) {
                const again = name === "recover" ? ["recover"] : dice.pick(next)!;
                const run = at === 0 ? command : again;
                // What ended before it was killed has little left to do: the next is killed in its beginning.
                if (!(await this.killOne(name, run, victim, writes, dice))) {
                    await this.killOne(name, again, victim, 0, dice);
                }
                // A recovery may write nothing.
                writes = name === "recover" ? 0 : MOST_WRITES_AGAIN;
            }
            if (settles) {
                await this.settle(name, false);
            }
            await this.site.expectSettled(name);
        });
    }

    /** Has runs keep the CLI's checkpoints in place of a journal. */
    private keepCheckpoints(): void {
        this.site.environment = { JOURNAL: "0" };
        this.steps.push("with checkpoints");
    }

    /** Tells how a trial went, and why something was not as it should. */
    private async told(number: number, tries: () => Promise<void>): Promise<Trial> {
        const began = Date.now();
        [this.steps, this.killed, this.site.environment, this.site.policed] = [[], [], {}, true];
        const told = () => ({ number, killed: this.killed, steps: this.steps, seconds: (Date.now() - began) / 1000 });
        try {
            await tries();
        } catch (error) {
            if (!(error instanceof UnexpectedError)) {
                throw error;
            }
            return { ...told(), broken: error.message };
        }
        return told();
    }

    /** The kills of a trial: that of its pair first, then others in what goes on. */
    private async killIn(name: RunName, victim: Victim, writes: number, dice: Dice): Promise<void> {
        const run: KilledRun = RUNS[name];
        if (name === "recover") {
            await this.killOne("create", run.command, "everything", writes, dice);
            await this.killOne(name, ["recover"], victim, 0, dice);
            return;
        }
        await this.killOne(name, run.command, victim, writes, dice);
        while (this.killed.length < MOST_KILLS && dice.percent(30)) {
            await this.killOne(name, dice.pick(run.next)!, dice.pick(run.victims)!, MOST_WRITES_AGAIN, dice);
        }
    }

    /** Runs a command, and kills a victim of it after a number of writes, or before the first; false where it ended before. */
    private async killOne(
        run: RunName,
        command: readonly string[],
        victim: Victim,
        writes: number,
        dice: Dice,
    ): Promise<boolean> {
        const { machines } = this.site;
        const after = dice.below(writes + 1);
        const beginning = MOST_DELAY[command[0] === "recover" ? "recovery" : "beginning"];
        const delay = dice.below(after === 0 ? beginning : MOST_DELAY.write);
        await machines.prepare(true);
        let ended = false;
        const running = this.site.run(command).finally(() => (ended = true));
        await this.until(async () => ended || (await machines.writes()) >= after);
        await pause(delay);
        const struck = await this.strike(victim, () => ended);
        const result = await Promise.race([running, pause(LIMIT_MS, undefined, { ref: false })]);
        if (result === undefined) {
            throw this.stuck(`${command[0]}, of which the ${victim} was killed, goes on`);
        }
        if (struck) {
            this.killed.push({ run, victim });
        }
        const how = `${victim} ${struck ? "killed" : "was gone"} after ${after} writes and ${delay} ms`;
        this.steps.push(`${command[0]}: ${how}, it ended with ${result.exitCode}`);
        await machines.prepare(false);
        return struck;
    }

    /** Kills; false where what was to be killed never came. */
    private async strike(victim: Victim, ended: () => boolean): Promise<boolean> {
        if (victim === "node" || victim === "router") {
            const came = !ended();
            await this.site.machines.crash(victim);
            await this.site.machines.prepare(true);
            return came;
        }
        const found = () => this.site.processes().filter(({ command }) => isVictim(victim, command));
        await this.until(() => Promise.resolve(ended() || found().length > 0));
        const struck = found().length > 0 && !ended();
        // Of all of them some may start others meanwhile.
        do {
            found().forEach(({ pid }) => killProcess(pid));
            await pause(LOOK_MS);
        } while (victim === "everything" && found().length > 0);
        return struck;
    }

    /** Has all settle, as docs/recover.md says: by one run, after a recovery of its own or with that of the run. */
    private async settle(name: RunName, recovers: boolean): Promise<void> {
        const { settles } = RUNS[name];
        for (const command of recovers ? [["recover"], settles] : [settles]) {
            let result = await this.site.run(command);
            // A CLI outlives the command that started it, and the next one says that it holds the stack.
            for (const since = Date.now(); /is held by .* Wait for that run to end/.test(result.output);) {
                if (Date.now() - since > LIMIT_MS) {
                    throw this.stuck(`the stack is held: ${result.output}`);
                }
                await pause(1000);
                result = await this.site.run(command);
            }
            this.steps.push(`${command[0]}: ended with ${result.exitCode}`);
            succeeded(command.join(" "), result);
        }
    }

    private async until(condition: () => Promise<boolean>): Promise<void> {
        for (const since = Date.now(); !(await condition()); await pause(LOOK_MS)) {
            if (Date.now() - since > LIMIT_MS) {
                throw this.stuck("a run does nothing");
            }
        }
    }

    private stuck(what: string): UnexpectedError {
        return new UnexpectedError([`after ${LIMIT_MS / 1000} s ${what}`, ...this.site.left()].join("\n"));
    }
}
