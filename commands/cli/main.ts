import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suggestion } from "../../definitions/suggest";
import { inOneLine } from "../../definitions/printed";
import { onWait } from "../../https/waiting";
import type { CommandDefinition, Request } from "./definition";
import { prepareEnvironment, ROOT } from "./environment";
import { Refusal, shown, UsageError } from "./errors";
import { EXIT } from "./exit";
import { ended } from "./interruption";
import { installNeeds } from "./needs";
import { parse } from "./parse";
import { COMMAND_NAMES, commandNamed } from "./table";
import { complain, note, speak } from "./terminal";

/** Runs what was typed behind `tenants`, and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
    // Whoever reads what is printed may have read enough, as `head` does.
    process.stdout.on("error", (error: NodeJS.ErrnoException) =>
        process.exit(error.code === "EPIPE" ? 0 : EXIT.failed),
    );
    let running: CommandDefinition | undefined;
    process.exitCode = await ended(
        () => run(argv, (definition) => (running = definition)),
        () => nextAfter(running),
    );
}

/** Next step for a person whose command was ended: what it left is settled by the next run of it. */
function nextAfter(definition: CommandDefinition | undefined): string {
    return definition?.writes === true || definition?.needs.includes("pulumi") === true
        ? "run the same command again: it settles what this one left, and goes on"
        : "nothing on a node or router was changed; run the same command again";
}

async function run(argv: readonly string[], runs: (definition: CommandDefinition) => void): Promise<number> {
    let definition: CommandDefinition | undefined;
    try {
        const wanted = commandIn(argv);
        if (wanted === undefined) {
            return await general(argv);
        }
        definition = await commandNamed(wanted.name);
        runs(definition);
        const request = parse(definition, wanted.rest);
        if (request === undefined) {
            return await help(definition);
        }
        return await start(definition, request);
    } catch (error) {
        return tellError(error, definition);
    }
}

/** The command's name is the first word that is no option; options of every command may stand before it. */
function commandIn(argv: readonly string[]): { name: string; rest: string[] } | undefined {
    const wrong = argv.find((argument) => argument.includes("\uFFFD"));
    if (wrong !== undefined) {
        throw new UsageError(`${shown(wrong)} is no UTF-8`);
    }
    const at = argv.findIndex((argument) => !argument.startsWith("-"));
    const name = argv[at];
    if (name === undefined) {
        return undefined;
    }
    const rest = argv.filter((_, index) => index !== at);
    if (name === "help") {
        const [about] = rest.filter((argument) => !argument.startsWith("-"));
        return about === undefined ? undefined : { name: known(about), rest: ["--help"] };
    }
    return name === "__complete" ? undefined : { name: known(name), rest };
}

function known(name: string): string {
    if (!COMMAND_NAMES.includes(name)) {
        throw new UsageError(`${shown(name)} is no command${suggestion(name, COMMAND_NAMES)}`);
    }
    return name;
}

/** Options of no command: completion, the version, and the list of all. */
async function general(argv: readonly string[]): Promise<number> {
    if (argv[0] === "__complete") {
        const { candidates } = await import("./complete");
        process.stdout.write((await candidates(argv.slice(1))).map((line) => `${inOneLine(line)}\n`).join(""));
        return EXIT.done;
    }
    if (argv.includes("--version")) {
        const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
        console.log(version);
        return EXIT.done;
    }
    const wrong = argv.find((argument) => !["help", "-h", "--help", "--quiet", "--no-color"].includes(argument));
    if (wrong !== undefined) {
        throw new UsageError(`${shown(wrong)} is no option${suggestion(wrong, ["--help", "--version"])}`);
    }
    const [{ helpOfAll }, { allCommands }] = await Promise.all([import("./help"), import("./table")]);
    console.log(helpOfAll(await allCommands()));
    return EXIT.done;
}

async function help(definition: CommandDefinition): Promise<number> {
    console.log((await import("./help")).helpOf(definition));
    return EXIT.done;
}

async function start(definition: CommandDefinition, request: Request): Promise<number> {
    speak(request);
    if (!request.color) {
        process.env["NO_COLOR"] = "1";
    }
    onWait(note);
    prepareEnvironment();
    await installNeeds(definition.needs);
    return (await definition.run(request)) ?? EXIT.done;
}

function tellError(error: unknown, definition: CommandDefinition | undefined): number {
    const { message = String(error), code = "" } = error as { message?: string; code?: string };
    if (error instanceof UsageError) {
        const more =
            definition === undefined ? "`tenants` alone lists all" : `\`tenants ${definition.name} --help\` says more`;
        complain(`${message}\n${more}`);
        return EXIT.usage;
    }
    // A file that cannot be read or written has Node's message.
    if (error instanceof Refusal || /^E[A-Z0-9]+$/.test(code)) {
        complain(message);
        return EXIT.failed;
    }
    // A fault of the program: its trace is what a report needs, and may hold what others wrote.
    complain((error as Error).stack ?? message);
    return EXIT.failed;
}
