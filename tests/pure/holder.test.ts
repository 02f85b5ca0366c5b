import { spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstChild, found } from "../../lab/processes";
import { isPulumi } from "../../state/orphans/read";

const folder = mkdtempSync(join(tmpdir(), "holder-"));
const started: ChildProcess[] = [];

afterAll(() => {
    started.forEach((child) => child.kill("SIGKILL"));
    rmSync(folder, { recursive: true });
});

function start(command: string, ...args: readonly string[]): number {
    const child = spawn(command, args, { stdio: "ignore" });
    started.push(child);
    return child.pid!;
}

/** Waits until something holds, as long as the test may last. */
async function until<T>(ask: () => T | undefined): Promise<T> {
    for (;;) {
        const answer = ask();
        if (answer !== undefined) {
            return answer;
        }
        await new Promise((done) => setTimeout(done, 10));
    }
}

function named(name: string): string {
    const file = join(folder, name);
    copyFileSync("/bin/sleep", file);
    return file;
}

test("a Pulumi CLI that lives holds its lock", async () => {
    const pid = start(named("pulumi"), "600");
    await until(() => (found(pid).command.includes("pulumi") ? true : undefined));
    expect(isPulumi(pid)).toBe(true);
});

test("one that was killed and that its parent does not wait for does not", async () => {
    // The shell becomes a program that never waits for the shell's child.
    const killed = named("pulumi-killed");
    const parent = start("/bin/sh", "-c", `${killed} 600 & exec /bin/sleep 600`);
    await until(() => (found(parent).command.startsWith("/bin/sleep") ? true : undefined));
    const pid = firstChild(parent)!;
    await until(() => (found(pid).command.startsWith(killed) ? true : undefined));
    expect(isPulumi(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
    await until(() => (found(pid).command === "" ? true : undefined));
    expect(() => process.kill(pid, 0)).not.toThrow();
    expect(isPulumi(pid)).toBe(false);
});

test("another program that got its number does not, and neither does a number that nobody has", async () => {
    const pid = start("/bin/sleep", "600");
    await until(() => (found(pid).command === "" ? undefined : true));
    expect(isPulumi(pid)).toBe(false);
    expect(isPulumi(2 ** 22 + 1)).toBe(false);
});
