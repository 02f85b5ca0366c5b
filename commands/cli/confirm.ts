import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { Refusal, shown, UsageError } from "./errors";

/**
 * Looks whether what a script says is the name of what goes, before anything else is done.
 *
 * @throws UsageError where it is another.
 */
export function requireName(name: string, yes: string | undefined): void {
    if (yes !== undefined && yes !== name) {
        throw new UsageError(`--yes=${shown(yes)} is not ${name}: nothing was touched`);
    }
}

/**
 * Has a person type a name before something is taken away, unless a script said it with --yes.
 *
 * @param option how a script says it.
 * @throws UsageError where there is neither --yes nor a terminal; Refusal where another name is typed.
 */
export async function confirm(
    what: string,
    name: string,
    yes: string | undefined,
    option = `--yes=${name}`,
): Promise<void> {
    requireName(name, yes);
    if (yes !== undefined) {
        return;
    }
    if (!process.stdin.isTTY) {
        throw new UsageError(`there is no terminal to type ${name} at, and nothing was touched: ${option} says it`);
    }
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // A terminal that a line is read from hands Ctrl-C on as a key.
    terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    const closed = once(terminal, "close").then(() => "");
    try {
        // Ctrl-D fails the question, or leaves it open, by the version of Node.js.
        const asked = terminal.question(`${what} Type ${name} to go on: `).catch(() => "");
        const typed = await Promise.race([asked, closed]);
        if (typed.trim() !== name) {
            throw new Refusal(`${shown(typed.trim() || '""')} is not ${name}: nothing was touched`);
        }
    } finally {
        terminal.close();
    }
}
