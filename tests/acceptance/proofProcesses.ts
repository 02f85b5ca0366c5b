import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The first process within a data plane. */
export function firstOf(pid: number | string): string {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
}

/** Network devices of this machine. */
export function devices(): string[] {
    return readdirSync("/sys/class/net").sort();
}

export function namespaceOf(pid: string): string | undefined {
    try {
        return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
        // It ended meanwhile.
        return undefined;
    }
}

/** Processes in a pid namespace. */
export function inNamespace(namespace: string): string[] {
    return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && namespaceOf(pid) === namespace);
}

export async function gone(namespace: string): Promise<void> {
    for (const since = Date.now(); inNamespace(namespace).length > 0;) {
        if (Date.now() - since > 30_000) {
            throw new Error(`still there: ${inNamespace(namespace).join(" ")}`);
        }
        await new Promise((done) => setTimeout(done, 50));
    }
}
