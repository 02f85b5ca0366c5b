import { spawnSync } from "node:child_process";
import { listSubstrates, listTenants } from "../../definitions/read";
import { optionsOf, type ArgumentDefinition, type CommandDefinition, type OptionDefinition } from "./definition";
import { definitions, prepareEnvironment } from "./environment";
import { allCommands, COMMAND_NAMES, commandNamed } from "./table";

/** Directive for the shell, as the last line says. */
type Directive = ":file" | ":folder" | ":none";

/**
 * Completion of the last word: one candidate a line, some with what it is behind a tab, and a directive.
 *
 * @param words what was typed behind `tenants`; the last is the one to complete, and may be empty.
 */
export async function candidates(words: readonly string[]): Promise<string[]> {
    const typed = words.at(-1) ?? "";
    const before = words.slice(0, -1);
    const name = before.find((word) => !word.startsWith("-"));
    if (name === undefined) {
        const commands = (await allCommands()).map((one) => `${one.name}\t${one.summary}`);
        return matching(typed, [...commands, "help\tall about a command"]);
    }
    if (name === "help") {
        return matching(typed, COMMAND_NAMES);
    }
    return COMMAND_NAMES.includes(name)
        ? ofCommand(await commandNamed(name), before.slice(before.indexOf(name) + 1), typed)
        : [":none"];
}

function matching(typed: string, all: readonly string[], directive: Directive = ":none"): string[] {
    return [...all.filter((candidate) => candidate.startsWith(typed)), directive];
}

function ofCommand(definition: CommandDefinition, before: readonly string[], typed: string): string[] {
    if (before.includes("--")) {
        return definition.further ? ofPulumi(definition.name, typed) : [":none"];
    }
    const options = optionsOf(definition);
    const valued = (word: string | undefined) => word?.startsWith("--") && options[word.slice(2)]?.value !== undefined;
    const operands = before.filter((word, index) => !word.startsWith("-") && !valued(before[index - 1]));
    const [flag = "", value] = split(typed);
    if (value !== undefined) {
        return ofValue(options[flag.slice(2)], value, operands).map((line) =>
            line.startsWith(":") ? line : `${flag}=${line}`,
        );
    }
    const last = before.at(-1);
    if (valued(last)) {
        return ofValue(options[last!.slice(2)], typed, operands);
    }
    if (typed.startsWith("-")) {
        const given = new Set(before.map((word) => split(word)[0]));
        const left = Object.entries(options).filter(([name]) => !given.has(`--${name}`));
        return matching(
            typed,
            left.map(([name, { says }]) => `--${name}\t${says}`),
        );
    }
    const argument = definition.arguments[operands.length];
    return argument === undefined ? [":none"] : ofArgument(argument, typed, operands);
}

function split(word: string): [flag: string, value?: string] {
    const at = word.indexOf("=");
    return word.startsWith("--") && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word];
}

function ofArgument({ kind, choices }: ArgumentDefinition, typed: string, operands: readonly string[]): string[] {
    if (kind === "substrate") {
        return matching(typed, listSubstrates(definitions()));
    }
    return kind === "tenant" || kind === "vm"
        ? matching(typed, listTenants(definitions(), operands[0] ?? ""))
        : matching(typed, choices ?? []);
}

/** Of a name that confirms what goes nothing is offered: whoever confirms it types it. */
function ofValue(option: OptionDefinition | undefined, typed: string, operands: readonly string[]): string[] {
    switch (option?.kind) {
        case "file":
            return [":file"];
        case "folder":
            return [":folder"];
        default:
            return ofArgument({ name: "", says: "", kind: "text", choices: option?.choices ?? [] }, typed, operands);
    }
}

/** The CLI knows its flags; it prints each with a description behind a tab, and its own remarks with a colon. */
function ofPulumi(command: string, typed: string): string[] {
    if (!typed.startsWith("-")) {
        return [":file"];
    }
    prepareEnvironment();
    const { stdout } = spawnSync("pulumi", ["__complete", command, typed], { cwd: definitions(), encoding: "utf8" });
    const lines = (stdout ?? "").split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    return [...lines, ":none"];
}
