import type { RouterClient } from "./client";
import { RouterError } from "./errors";
import { isMarked, mark, unmark } from "./mark";
import { currentRun, type Run } from "./run";
import { kindOf, reconfigure, SERVICE_NAMES, type Service } from "./services";
import { requireSupported } from "./version";

/**
 * How long nothing may be heard before a service is reconfigured of which it is not known what is still to come, in
 * milliseconds: what the engine starts at once reaches the queue within two seconds. Unit tests wait less.
 */
const SETTLE_MS = Number(process.env["ROUTER_SETTLE_MS"] ?? 2000);

/**
 * How many times that long where it is known that more is to come. It does not where something beside the router failed, or
 * with --target, and whoever waits here would then wait for ever.
 */
const IDLE = 5;

/** Tools of a piece of work that writes: the client, and a note of each service that must take over what was written. */
export interface Writer {
    readonly client: RouterClient;
    dirty(service: Service): void;
}

/** Of what a piece of work is part. */
export interface Operation {
    /** The resource, as partOf() names it. */
    readonly part: string;
    /** Whether the resource is deleted. */
    readonly removes: boolean;
}

/** A piece of work that did not end well, with the services that still have to take over what was written. */
export class UnappliedError extends RouterError {
    constructor(
        message: string,
        readonly unapplied: readonly Service[],
    ) {
        super(message);
    }
}

interface Job extends Operation {
    readonly client: RouterClient;
    readonly work: (writer: Writer) => Promise<void>;
    /** Whether the run told that it would come. */
    readonly foreseen: boolean;
    /** Services that must take over what was written, and have not been asked to yet. */
    readonly services: Set<Service>;
    /** Failures of those that were, in words. */
    readonly failures: Map<Service, string>;
    /** Error of the work itself. */
    error?: Error;
    readonly end: (error?: Error) => void;
}

/**
 * Writes to one router one at a time, since parallel ones race (opnsense-go#71, opnsense/core#7954), and reconfigures a
 * service once nothing more is to come for it: a reconfigure interrupts the whole site. Whoever waits hears of it then.
 *
 * One `up` reconfigures a service once for all that it writes, however slow the machine, and once more for what it takes
 * away, since the engine deletes last. There are more reconfigures where
 *   - more tenants change than the engine works on at once (Pulumi's --parallel, four for each core where nobody sets it),
 *     since of each one operation waits here: with n tenants one for each full n/parallel;
 *   - nothing is heard for ten seconds though more is to come, or for two where the run told nothing of itself, as a destroy
 *     without the refresh before it: what comes later is one more.
 *
 * A mark stands on the router from before the first write until all that was written is active (mark.ts). Where it is there
 * before that, a run was killed in between, and every service is reconfigured once.
 */
export class WriteQueue {
    private readonly waiting: Job[] = [];
    /** Jobs that are done but for the services. */
    private readonly unapplied = new Set<Job>();
    private running = false;
    /** Whether the mark stands on the router; undefined where that is not known. */
    private marked: boolean | undefined;
    /** Services that may not have taken over what a run wrote that was killed. */
    private readonly owed = new Set<Service>();
    /** Services that did not take over what this run wrote. */
    private readonly failed = new Set<Service>();
    private wake = () => {};

    /**
     * @param settle how long nothing may be heard, in milliseconds.
     */
    constructor(
        private readonly coming: Run,
        private readonly settle = SETTLE_MS,
    ) {
        coming.onChange(() => this.wake());
    }

    /**
     * Does a piece of work in its turn; its result comes once everything that it wrote is active.
     *
     * @throws UnappliedError where it was written and a service did not take it over; else whatever the work throws,
     *     after what it had written by then was taken over.
     */
    run<T>(client: RouterClient, operation: Operation, work: (writer: Writer) => Promise<T>): Promise<T> {
        const foreseen = this.coming.foresaw(operation.part, operation.removes);
        return new Promise<T>((resolve, reject) => {
            let outcome: T;
            this.waiting.push({
                ...operation,
                client,
                foreseen,
                work: async (writer) => void (outcome = await work(writer)),
                services: new Set(),
                failures: new Map(),
                end: (error) => (error === undefined ? resolve(outcome) : reject(error)),
            });
            this.coming.changed();
            void this.drain();
        });
    }

    private async drain(): Promise<void> {
        if (this.running) {
            return;
        }
        this.running = true;
        while (this.waiting.length > 0 || this.unapplied.size > 0) {
            const job = this.waiting.shift();
            const due = job === undefined ? this.due() : [];
            if (job !== undefined) {
                await this.attempt(job);
            } else if (due.length > 0) {
                await this.apply(due);
            } else {
                await this.more();
            }
        }
        this.running = false;
        // Until the next work the router may be changed by others, other runs among them.
        this.marked = undefined;
        this.failed.clear();
    }

    /** Does a job, and holds it until the services have taken over what it wrote. */
    private async attempt(job: Job): Promise<void> {
        try {
            await this.look(job.client);
            this.owed.forEach((service) => job.services.add(service));
            const client = job.client.announcing(() => this.mark(job.client));
            await job.work({ client, dirty: (service) => job.services.add(service) });
        } catch (error) {
            job.error = error instanceof Error ? error : new RouterError(String(error));
            this.coming.fail();
        }
        this.coming.done(job.part);
        this.unapplied.add(job);
        await this.release();
    }

    /** Looks, before anything is written, whether the router is new enough, and for the mark of a run that was killed. */
    private async look(client: RouterClient): Promise<void> {
        if (this.marked === undefined) {
            await requireSupported(client);
            this.marked = await isMarked(client);
            (this.marked ? SERVICE_NAMES : []).forEach((service) => this.owed.add(service));
        }
    }

    private async mark(client: RouterClient): Promise<void> {
        if (this.marked !== true) {
            await mark(client);
            this.marked = true;
        }
    }

    /** Takes the mark away once every service has taken over what was written. Left behind, it costs the next run a reconfigure. */
    private async unmark(): Promise<void> {
        const jobs = [...this.unapplied];
        const [job] = jobs;
        const open = this.owed.size > 0 || this.failed.size > 0 || jobs.some(({ services }) => services.size > 0);
        if (this.marked !== true || job === undefined || open || this.waiting.length > 0) {
            return;
        }
        this.marked = undefined;
        await unmark(job.client).catch((error: unknown) => console.error(`warning: ${(error as Error).message}`));
    }

    /** Services for which nothing more is to come. */
    private due(): Service[] {
        const quiet = this.coming.quietFor();
        const jobs = [...this.unapplied];
        const dirty = new Set(jobs.flatMap(({ services }) => [...services]));
        if (quiet >= IDLE * this.settle) {
            // Perhaps for want of room: a destroy cannot be told by the program how much there is.
            this.coming.parallel = jobs.length;
        }
        if (jobs.length >= this.coming.parallel) {
            return [...dirty];
        }
        return [...dirty].filter((service) => {
            const writers = jobs.filter(({ services }) => services.has(service));
            const more = writers.some(({ removes }) => this.coming.awaits(kindOf(service), removes));
            const certain = !this.coming.failed && writers.every(({ foreseen }) => foreseen);
            return (!more || this.coming.failed) && (certain || quiet >= this.settle);
        });
    }

    private async apply(due: readonly Service[]): Promise<void> {
        const jobs = [...this.unapplied].filter(({ services }) => due.some((service) => services.has(service)));
        const clients = new Map(due.map((one) => [one, jobs.find(({ services }) => services.has(one))!.client]));
        const failures = await reconfigure(clients);
        for (const service of due) {
            this.owed.delete(service);
            this.failed[failures.has(service) ? "add" : "delete"](service);
        }
        for (const job of jobs) {
            due.filter((service) => job.services.delete(service) && failures.has(service)).forEach((service) =>
                job.failures.set(service, failures.get(service)!),
            );
        }
        if (failures.size > 0) {
            this.coming.fail();
        }
        await this.release();
        this.coming.changed();
    }

    /** Ends the jobs for which no service is left. */
    private async release(): Promise<void> {
        await this.unmark();
        for (const job of [...this.unapplied].filter(({ services }) => services.size === 0)) {
            this.unapplied.delete(job);
            job.end(failureOf(job));
        }
    }

    /** Waits until something comes, or until so long nothing came that a service may be due. */
    private async more(): Promise<void> {
        const quiet = this.coming.quietFor();
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
            this.wake = resolve;
            timer = setTimeout(resolve, (quiet < this.settle ? 1 : IDLE) * this.settle - quiet);
        });
        clearTimeout(timer);
    }
}

const queues = new Map<string, WriteQueue>();

/** The queue of a router, one in the whole process. */
export function queueOf(endpoint: string): WriteQueue {
    const known = queues.get(endpoint) ?? new WriteQueue(currentRun);
    queues.set(endpoint, known);
    return known;
}

/** Error that a job ends with: its own, with what of its writes was not taken over; undefined where all went well. */
function failureOf({ error, failures }: Job): Error | undefined {
    if (failures.size === 0) {
        return error;
    }
    const reasons = [...failures.values()].join(" ");
    const told = error === undefined ? "written, but not taken over by the router:" : error.message;
    return new UnappliedError(`${told} ${reasons}`, [...failures.keys()]);
}
