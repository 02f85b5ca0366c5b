import { parseArgs, type ParseArgsConfig } from "node:util";
import { DefinitionError } from "../model/faults";
import type { Substrate } from "../model/substrate";
import { loadAll } from "./substrates";

/** A command that was called wrongly: its message and the usage are printed, and the exit code is 2. */
export class UsageError extends Error {}

/** What a command cannot do, in words that a person can act on. */
export class Refusal extends Error {}

/** Flags that more than one command has. */
export const FLAG = { type: "boolean", default: false } as const;
export const TEXT = { type: "string" } as const;

/** Exit codes of every command. */
const FAULTS = 1;
const USAGE = 2;

/**
 * Runs a command about one substrate and sets the exit code: 0, unless the body sets another; 1 where the definitions, or a
 * file that was given, have faults, which are printed without a stack trace; `usage`, 2 as a rule, where it was called
 * wrongly. What stands after `--` is for another program, and is handed to the body as it is.
 */
export async function runCommand<T extends NonNullable<ParseArgsConfig["options"]>>(
    help: string,
    options: T,
    body: (
        substrate: Substrate,
        values: ReturnType<typeof parseArgs<{ allowPositionals: true; options: T }>>["values"],
        further: readonly string[],
    ) => void | Promise<void>,
    usage = USAGE,
): Promise<void> {
    try {
        const [own, further] = aroundDashes(process.argv.slice(2));
        const { values, positionals } = parseArgs({ args: own, allowPositionals: true, options });
        if ("help" in values && values.help === true) {
            console.log(help);
            return;
        }
        await body(substrateNamed(positionals), values, further);
    } catch (error) {
        process.exitCode = tell(error, help, usage);
    }
}

function aroundDashes(args: readonly string[]): [own: string[], further: string[]] {
    const at = args.indexOf("--");
    return at < 0 ? [[...args], []] : [args.slice(0, at), args.slice(at + 1)];
}

function substrateNamed([name, ...others]: readonly string[]): Substrate {
    if (name === undefined || others.length > 0) {
        throw new UsageError(name === undefined ? "SUBSTRATE is missing" : "one SUBSTRATE at a time");
    }
    const [loaded] = loadAll([name]);
    if (loaded?.substrate === undefined) {
        throw new Refusal(loaded?.text);
    }
    return loaded.substrate;
}

function tell(error: unknown, help: string, usage: number): number {
    if (error instanceof DefinitionError || error instanceof Refusal) {
        console.error(error.message);
        return FAULTS;
    }
    const code = (error as { code?: string }).code ?? "";
    if (error instanceof UsageError || code.startsWith("ERR_PARSE_ARGS_")) {
        console.error(`${(error as Error).message}\n${help}`);
        return usage;
    }
    if (/^E[A-Z]+$/.test(code)) {
        // A file that cannot be read or written: Node's message names it and says why.
        console.error((error as Error).message);
        return FAULTS;
    }
    throw error;
}
