import { Command } from "commander";
import { EXIT } from "./exit";
import { GROUPS, type CommandDefinition } from "./definition";
import { commanderOf } from "./parse";

const TITLES = { daily: "Daily:", look: "Look:", "set up": "Set up:", lab: "Lab:" } as const;

/** Meaning of each exit code, where a command has no words of its own. */
const EXITS: readonly (readonly [code: number, words: string])[] = [
    [EXIT.done, "done"],
    [EXIT.failed, "it could not, for the reason that it says"],
    [EXIT.differences, ""],
    [EXIT.usage, "wrong usage; nothing was touched"],
    [EXIT.interrupted, "interrupted"],
];

/** All about one command. */
export function helpOf(definition: CommandDefinition): string {
    const command = commanderOf(definition).name(`tenants ${definition.name}`).description(definition.details);
    command.usage(usageOf(definition)).configureHelp({ helpWidth: width() });
    const exits = EXITS.map(([code, words]) => [code, definition.exits[code as 0 | 1 | 2] ?? words] as const);
    const told = exits
        .filter(([, words]) => words !== "")
        .map(([code, words]) => `  ${String(code).padEnd(5)}${words}`);
    const schema = definition.output === undefined ? "" : `\nJSON: schemas/output/${definition.output}.schema.json\n`;
    return `${command.helpInformation()}\nExit codes:\n${told.join("\n")}\n${schema}\nExample:\n  ${definition.example}`;
}

/** The list of all commands, by group. */
export function helpOfAll(definitions: readonly CommandDefinition[]): string {
    const program = new Command("tenants")
        .description("Tenants as code on standalone Proxmox VE nodes: a YAML file for each, VMs on a substrate.")
        .usage("<command> [arguments] [options]")
        .helpOption(false)
        .helpCommand(false)
        .configureHelp({
            helpWidth: width(),
            subcommandTerm: (command) => `${command.name()} ${command.usage()}`.trimEnd(),
        });
    for (const group of GROUPS) {
        for (const definition of definitions.filter((one) => one.group === group)) {
            const command = commanderOf(definition).summary(definition.summary).helpGroup(TITLES[group]);
            program.addCommand(command.usage(inShort(definition)));
        }
    }
    const last = "`tenants <command> --help` says all about one, with an example.";
    return `${program.helpInformation()}\n${last} Examples:\n${examplesOf(definitions)}`;
}

/** One example of each group, of its first command. */
function examplesOf(definitions: readonly CommandDefinition[]): string {
    const first = GROUPS.flatMap((group) => definitions.find((one) => one.group === group) ?? []);
    return first.map(({ example }) => `  ${example}`).join("\n");
}

/** How a command is called, as behind its name in a usage line. */
export function usageOf(definition: CommandDefinition): string {
    return `${argumentsOf(definition)} [options]${definition.further ? " [-- <Pulumi's options>]" : ""}`.trimStart();
}

/** The arguments in the list of all, where more than two would leave no room for what the command does. */
function inShort(definition: CommandDefinition): string {
    const [first, ...others] = definition.arguments;
    return others.length < 2 ? argumentsOf(definition) : `${argumentsOf({ ...definition, arguments: [first!] })} ...`;
}

function argumentsOf({ arguments: args }: CommandDefinition): string {
    const words = args.map(({ name, several }) => (several ? `${name}...` : name));
    return words.map((word, at) => (args[at]!.optional ? `[${word}]` : `<${word}>`)).join(" ");
}

/** Columns of a help text: those of the terminal; in a pipe as a narrow one. */
function width(): number {
    return process.stdout.columns || 80;
}
