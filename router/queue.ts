import { setTimeout as delay } from "node:timers/promises";
import type { RouterClient } from "./client";
import { RouterError } from "./errors";
import { reconfigure, type Service } from "./services";

/**
 * How long the queue waits for more work before it reconfigures, in milliseconds: a reconfigure interrupts the whole
 * site, and the tenants of one `up` reach the queue within two seconds of each other. Unit tests wait less.
 */
const SETTLE_MS = Number(process.env["ROUTER_SETTLE_MS"] ?? 2000);

/** What a piece of work writes with: the client, and a note of each service that must take over what was written. */
export interface Writer {
    readonly client: RouterClient;
    dirty(service: Service): void;
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

interface Job {
    readonly client: RouterClient;
    readonly work: (writer: Writer) => Promise<unknown>;
    readonly services: Set<Service>;
    readonly settle: (failures: ReadonlyMap<Service, string>) => void;
    readonly fail: (error: unknown) => void;
}

/**
 * Writes to one router one at a time, since parallel ones race (opnsense-go#71, opnsense/core#7954), and reconfigures
 * each service once for everything that is queued at the time. Whoever waits hears of it after that.
 */
export class WriteQueue {
    private readonly waiting: Job[] = [];
    private running = false;

    /**
     * Does a piece of work in its turn; its result comes once everything that it wrote is active.
     *
     * @throws UnappliedError where it was written and a service did not take it over; else whatever the work throws,
     *     after what it had written by then was taken over.
     */
    run<T>(client: RouterClient, work: (writer: Writer) => Promise<T>): Promise<T> {
        return new Promise<T>((resolve, reject) => {
            let outcome: T;
            const services = new Set<Service>();
            this.waiting.push({
                client,
                work: async (writer) => (outcome = await work(writer)),
                services,
                settle: (failures) => settleWith(services, failures, () => resolve(outcome), reject),
                fail: reject,
            });
            void this.drain();
        });
    }

    private async drain(): Promise<void> {
        if (this.running) {
            return;
        }
        this.running = true;
        try {
            while (this.waiting.length > 0) {
                await this.batch();
            }
        } finally {
            this.running = false;
        }
    }

    /** Does everything that waits and what comes meanwhile, then reconfigures once. */
    private async batch(): Promise<void> {
        const done: { job: Job; error: unknown }[] = [];
        const dirty = new Map<Service, RouterClient>();
        do {
            for (let job = this.waiting.shift(); job !== undefined; job = this.waiting.shift()) {
                done.push({ job, error: await attempt(job, dirty) });
            }
            if (dirty.size > 0) {
                await delay(SETTLE_MS);
            }
        } while (this.waiting.length > 0);
        const failures = await reconfigure(dirty);
        for (const { job, error } of done) {
            if (error === undefined) {
                job.settle(failures);
            } else {
                job.fail(withUnapplied(error, job.services, failures));
            }
        }
    }
}

const queues = new Map<string, WriteQueue>();

/** The queue of a router, one in the whole process. */
export function queueOf(endpoint: string): WriteQueue {
    const known = queues.get(endpoint) ?? new WriteQueue();
    queues.set(endpoint, known);
    return known;
}

/** Does a job; gives back what it threw. */
async function attempt(job: Job, dirty: Map<Service, RouterClient>): Promise<unknown> {
    const writer: Writer = {
        client: job.client,
        dirty: (service) => {
            job.services.add(service);
            dirty.set(service, job.client);
        },
    };
    try {
        await job.work(writer);
        return undefined;
    } catch (error) {
        return error ?? new RouterError("failed without a reason");
    }
}

function settleWith(
    services: ReadonlySet<Service>,
    failures: ReadonlyMap<Service, string>,
    resolve: () => void,
    reject: (error: unknown) => void,
): void {
    const unapplied = [...services].filter((service) => failures.has(service));
    if (unapplied.length === 0) {
        resolve();
        return;
    }
    const reasons = unapplied.map((service) => failures.get(service));
    reject(new UnappliedError(`written, but not taken over by the router: ${reasons.join(" ")}`, unapplied));
}

/** A failure of a job, with what of its earlier writes was not taken over either. */
function withUnapplied(
    error: unknown,
    services: ReadonlySet<Service>,
    failures: ReadonlyMap<Service, string>,
): unknown {
    const unapplied = [...services].filter((service) => failures.has(service));
    if (unapplied.length === 0) {
        return error;
    }
    const reasons = unapplied.map((service) => failures.get(service));
    return new UnappliedError(`${(error as Error).message} ${reasons.join(" ")}`, unapplied);
}
