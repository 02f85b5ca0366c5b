import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { listSubstrates, listTenants } from "../../definitions/read";
import { suggestion } from "../../definitions/suggest";
import {
    optionsOf,
    type ArgumentDefinition,
    type CommandDefinition,
    type Kind,
    type OptionDefinition,
    type Request,
} from "./definition";
import { definitions } from "./environment";
import { Refusal, shown, UsageError } from "./errors";

/** A command as the library has it, for its help and for its parameters. */
export function commanderOf(definition: CommandDefinition): Command {
    const command = new Command(definition.name).exitOverride().configureOutput({ writeErr: () => undefined });
    command.helpOption(false).allowExcessArguments(true);
    for (const { name, says, optional, several } of definition.arguments) {
        const word = several ? `${name}...` : name;
        command.argument(optional ? `[${word}]` : `<${word}>`, says);
    }
    for (const [name, { says, value, default: fallback, several }] of Object.entries(optionsOf(definition))) {
        const option = new Option(value === undefined ? `--${name}` : `--${name} <${value}>`, says);
        if (several) {
            option.argParser((one: string, before: string[] = []) => [...before, one]);
        }
        command.addOption(fallback === undefined ? option : option.default(fallback));
    }
    return command;
}

/**
 * Request to a command.
 *
 * @param argv what stands behind the command's name.
 * @returns undefined where its help was asked for.
 * @throws UsageError where it is not as the definition has it; nothing was looked at then but the names of files.
 */
export function parse(definition: CommandDefinition, argv: readonly string[]): Request | undefined {
    const [own, further] = aroundDashes(argv);
    const command = commanderOf(definition);
    const { operands, unknown } = split(command, own);
    const given = command.opts<Record<string, string | boolean | string[]>>();
    if (given["help"]) {
        return undefined;
    }
    if (unknown[0] !== undefined) {
        const known = Object.keys(optionsOf(definition)).map((name) => `--${name}`);
        const [typed = ""] = unknown[0].split("=");
        throw new UsageError(`${shown(typed)} is no option of ${definition.name}${suggestion(typed, known)}`);
    }
    if (further.length > 0 && !definition.further) {
        throw new UsageError(`${definition.name} hands nothing on: nothing may stand behind --`);
    }
    const options = valuesOf(definition, given);
    const args = argumentsOf(definition, operands, () => folderOf(given["from"]));
    return {
        args,
        more: moreOf(definition, operands),
        options,
        further,
        json: given["json"] === true,
        quiet: given["quiet"] === true,
        // The library takes --no-color for the opposite of an option that is on.
        color: given["color"] !== false && !process.env["NO_COLOR"],
    };
}

/** Folder of the definitions that a command looks at: another one by an option of that name. @throws Refusal where there is none. */
function folderOf(from: string | boolean | string[] | undefined): string {
    if (typeof from !== "string") {
        return definitions();
    }
    if (!statSync(from, { throwIfNoEntry: false })?.isDirectory()) {
        throw new Refusal(`--from ${shown(from)}: there is no such folder`);
    }
    return from;
}

function aroundDashes(argv: readonly string[]): [own: string[], further: string[]] {
    const at = argv.indexOf("--");
    return at < 0 ? [[...argv], []] : [argv.slice(0, at), argv.slice(at + 1)];
}

function split(command: Command, own: string[]): { operands: string[]; unknown: string[] } {
    try {
        return command.parseOptions(own);
    } catch (error) {
        if (error instanceof CommanderError) {
            throw new UsageError(error.message.replace(/^error: /, ""));
        }
        throw error;
    }
}

function argumentsOf(
    definition: CommandDefinition,
    operands: readonly string[],
    folder: () => string,
): Record<string, string> {
    const args: Record<string, string> = {};
    definition.arguments.forEach((argument, index) => {
        const value = operands[index];
        if (value !== undefined) {
            check(`<${argument.name}>`, value, argument);
            requireKnown(argument, value, folder, args["substrate"]);
            args[argument.name] = value;
        } else if (!argument.optional) {
            throw new UsageError(`<${argument.name}> is missing`);
        }
    });
    return args;
}

/** Words behind the last argument: more of it, where it may stand several times. */
function moreOf({ arguments: args }: CommandDefinition, operands: readonly string[]): string[] {
    const more = operands.slice(args.length);
    const last = args.at(-1);
    if (last?.several) {
        more.forEach((value) => check(`<${last.name}>`, value, last));
    } else if (more[0] !== undefined) {
        throw new UsageError(
            `${shown(more[0])} is one too many${last === undefined ? "" : `: one ${last.name} at a time`}`,
        );
    }
    return more;
}

/** A substrate must be there; a tenant may be gone already, or yet to come: each command looks for itself. */
function requireKnown(
    { name, kind }: ArgumentDefinition,
    value: string,
    folder: () => string,
    substrate: string | undefined,
): void {
    const known = kind === "substrate" ? listSubstrates(folder()) : [];
    if (kind === "substrate" && !known.includes(value)) {
        throw new UsageError(
            `${shown(value)} is no ${name} here${suggestion(value, known)}; allowed: ${known.join(", ")}`,
        );
    }
    if (kind === "tenant" && !LABEL.test(value)) {
        const near = substrate === undefined ? "" : suggestion(value, listTenants(folder(), substrate));
        throw new UsageError(
            `${shown(value)} cannot be a tenant's name${near}; allowed: a DNS label, such as grooveiq`,
        );
    }
    if (kind === "vm" && !value.split("/", 3).every((part, at) => at < 2 && LABEL.test(part))) {
        throw new UsageError(
            `${shown(value)} names no VM and no tenant; allowed: tenant/vm or a tenant, such as grooveiq/db-vm01`,
        );
    }
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function valuesOf(
    definition: CommandDefinition,
    given: Readonly<Record<string, string | boolean | string[]>>,
): Request["options"] {
    const values: Record<string, string | boolean | string[] | undefined> = {};
    for (const [name, option] of Object.entries(definition.options)) {
        const value = given[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
        const all = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
        all.forEach((one) => check(`--${name}`, one, option));
        values[name] = option.value === undefined ? value === true : option.several ? all : value;
    }
    return values as Request["options"];
}

/** Rule for the value of an argument or option. */
type Allowed = Pick<OptionDefinition, "kind" | "choices" | "bounds">;

/**
 * @throws UsageError where a value cannot be one of its kind; Refusal where a file is in no folder, which a command would
 * else say when its work is done.
 */
function check(name: string, value: string, { kind = "text", choices, bounds }: Allowed): void {
    if (choices !== undefined && !choices.includes(value)) {
        const allowed = `${suggestion(value, choices)}; allowed: ${choices.join(", ")}`;
        throw new UsageError(`${name} ${shown(value)} is not allowed${allowed}`);
    }
    if (value === "" || /[\u0000-\u001f\u007f]/.test(value)) {
        throw new UsageError(`${name} ${shown(value)} is not allowed: it is empty, or not one line`);
    }
    if (bounds !== undefined && !isWithin(value, bounds)) {
        const [least, most] = bounds;
        const range = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
        throw new UsageError(`${name} ${shown(value)} is not allowed; allowed: a whole number ${range}`);
    }
    if ((kind === "file" || kind === "folder") && value !== "-") {
        checkPath(name, value, kind);
    }
}

function isWithin(value: string, [least, most]: readonly [least: number, most: number]): boolean {
    return /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
}

function checkPath(name: string, value: string, kind: Kind): void {
    if (value.startsWith("-")) {
        throw new UsageError(
            `${name} needs a ${kind}, and ${shown(value)} looks like an option; write ./${shown(value)}`,
        );
    }
    if (!existsSync(dirname(value))) {
        throw new Refusal(`${name} ${shown(value)}: there is no folder ${shown(dirname(value))}`);
    }
}
