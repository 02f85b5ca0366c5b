import { parseArgs, type ParseArgsConfig } from "node:util";
import { HostError } from "../host/error";
import { DefinitionError } from "../model/faults";
import type { Substrate } from "../model/substrate";
import { NodeError } from "../node/client";
import { RouterError } from "../router/errors";
import { loadAll, type Loaded } from "./substrates";

/** A command that was called wrongly: its message and the usage are printed, and the exit code is 2. */
export class UsageError extends Error {}

/** What a command cannot do, in words that a person can act on. */
export class Refusal extends Error {}

/** Flags that more than one command has. */
export const FLAG = { type: "boolean", default: false } as const;
export const TEXT = { type: "string" } as const;

/** Exit codes of every command. */
export const FAULTS = 1;
const USAGE = 2;

/** Values of the flags that were given. */
type Values<T extends ParseArgsConfig["options"]> = ReturnType<
    typeof parseArgs<{ allowPositionals: true; options: T }>
>["values"];

/**
 * Runs a command about one substrate and sets the exit code: 0, unless the body sets another; 1 where the definitions, or a
 * file that was given, have faults, or a node, a host or the router cannot be asked, which is printed without a stack trace;
 * `usage`, 2 as a rule, where it was called wrongly. What stands after `--` is for another program, and is handed to the
 * body as it is.
 */
export function runCommand<T extends NonNullable<ParseArgsConfig["options"]>>(
    help: string,
    options: T,
    body: (substrate: Substrate, values: Values<T>, further: readonly string[]) => void | Promise<void>,
    usage = USAGE,
): Promise<void> {
    return runNamed(help, options, (names, values, further) => body(substrateNamed(names), values, further), usage);
}

/** Runs a command about the named substrates, or about all where none is named, as runCommand does about one. */
export function runForAll<T extends NonNullable<ParseArgsConfig["options"]>>(
    help: string,
    options: T,
    body: (loaded: readonly Loaded[], values: Values<T>) => void | Promise<void>,
): Promise<void> {
    return runNamed(help, options, (names, values) => body(loadAll(names), values));
}

/** Runs a command about whatever it names, as runCommand does about a substrate. */
export async function runNamed<T extends NonNullable<ParseArgsConfig["options"]>>(
    help: string,
    options: T,
    body: (names: readonly string[], values: Values<T>, further: readonly string[]) => void | Promise<void>,
    usage = USAGE,
): Promise<void> {
    try {
        const [own, further] = aroundDashes(process.argv.slice(2));
        const { values, positionals } = parseArgs({ args: own, allowPositionals: true, options });
        if ("help" in values && values.help === true) {
            console.log(help);
            return;
        }
        await body(positionals, values, further);
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
    if ([DefinitionError, Refusal, NodeError, HostError, RouterError].some((kind) => error instanceof kind)) {
        console.error((error as Error).message);
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
