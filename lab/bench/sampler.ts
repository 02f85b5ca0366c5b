import { readdirSync, readFileSync } from "node:fs";

/** Cost of a command's processes, all of them together. */
export interface Taken {
    /** Seconds of user CPU by the program's name. */
    readonly cpu: Readonly<Record<string, number>>;
    /** Most memory that they held at one time, in MiB. */
    readonly peakMiB: number;
}

/** How often processes are looked at, in milliseconds: what begins and ends between two looks is not seen. */
const INTERVAL_MS = 50;

/** Ticks a second of the kernel's CPU times, the same on every Linux that Node.js runs on. */
const TICKS = 100;

const PAGE_MIB = 4096 / 1024 ** 2;

interface Seen {
    readonly pid: number;
    readonly parent: number;
    readonly program: string;
    /** User CPU in ticks. */
    readonly user: number;
    readonly pages: number;
    /** Tells it from a later process of the same number. */
    readonly started: string;
}

/** Watches a process and all that descend from it, until it is stopped. */
export class Sampler {
    private readonly timer: NodeJS.Timeout;
    private readonly last = new Map<string, Seen>();
    private peakPages = 0;

    constructor(private readonly root: number) {
        this.timer = setInterval(() => this.look(), INTERVAL_MS);
        this.look();
    }

    stop(): Taken {
        clearInterval(this.timer);
        const cpu: Record<string, number> = {};
        for (const { program, user } of this.last.values()) {
            cpu[program] = (cpu[program] ?? 0) + user / TICKS;
        }
        return { cpu, peakMiB: Math.round(this.peakPages * PAGE_MIB) };
    }

    private look(): void {
        const own = descendants(this.root, everyProcess());
        own.forEach((seen) => this.last.set(`${seen.pid} ${seen.started}`, seen));
        this.peakPages = Math.max(
            this.peakPages,
            own.reduce((sum, { pages }) => sum + pages, 0),
        );
    }
}

function descendants(root: number, all: readonly Seen[]): Seen[] {
    const found = all.filter(({ pid }) => pid === root);
    for (const { pid } of found) {
        // The list grows while it is gone through.
        found.push(...all.filter(({ parent }) => parent === pid));
    }
    return found;
}

function everyProcess(): Seen[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => {
            try {
                return [seenIn(readFileSync(`/proc/${name}/stat`, "utf8"))];
            } catch {
                // It ended meanwhile.
                return [];
            }
        });
}

/** Fields of proc(5), after the program's name in parentheses, which may hold spaces itself. */
function seenIn(stat: string): Seen {
    const close = stat.lastIndexOf(")");
    const fields = stat.slice(close + 2).split(" ");
    return {
        pid: Number.parseInt(stat, 10),
        program: stat.slice(stat.indexOf("(") + 1, close),
        parent: Number(fields[1]),
        user: Number(fields[11]),
        started: fields[19]!,
        pages: Number(fields[21]),
    };
}
