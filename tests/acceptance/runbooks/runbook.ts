import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { IsolatedCli, type CliResult } from "../../../lab/cli";
import { LAB_DEFINITIONS } from "../../../lab/definitions";
import { LAB_KEY } from "../../../lab/keys";
import { shareCompiled } from "../../../lab/workspace";
import { BIN } from "../../../tools/parts";
import { blocksIn, commandsOf, filesOfProject, PROJECT_ROOT, readPage, TOUR, type Block } from "./pages";

/** Page that has `tenants` put on PATH, and how. */
export const COMMANDS = "docs/commands.md";
export const ON_PATH = 'export PATH="$PWD/bin:$PATH"';

/**
 * A clone of the project in which a test does what a page says: its commands as they are written, by bash, one after the
 * other in one environment. Only what the page has a person do elsewhere is done by the test.
 */
export class Runbook {
    private readonly cli: IsolatedCli;
    /** The person's home, where files that hold secrets belong. */
    readonly home = mkdtempSync(join(tmpdir(), "runbook-home-"));
    private readonly left = new Map<string, Block[]>();

    /**
     * @param environment variables that the person's shell has before the first command.
     * @param keyService whether the tests' Vault encrypts the secrets of dvntm, and not a passphrase.
     */
    constructor(environment: Record<string, string>, keyService = false) {
        const own = {
            HOME: this.home,
            PATH: pathOfPerson(),
            // Another one than a lab's.
            ...(!keyService && { PULUMI_CONFIG_PASSPHRASE: "known to this person alone" }),
            // A run asks nobody: there is no terminal. What a person confirms by its name is in --yes in the pages.
            PULUMI_SKIP_CONFIRMATIONS: "true",
        };
        this.cli = new IsolatedCli({ ...own, ...environment });
        for (const file of filesOfProject().filter(
            (name) => existsSync(join(PROJECT_ROOT, name)) && !isWritten(name),
        )) {
            // make compares times.
            cpSync(join(PROJECT_ROOT, file), this.path(file), { preserveTimestamps: true });
        }
        cpSync(LAB_DEFINITIONS, this.cli.root, { recursive: true });
        if (keyService) {
            this.edit("Pulumi.dvntm.yaml", (text) => `secretsprovider: ${LAB_KEY}\n${text}`);
        }
        ["node_modules", ".tools"].forEach((name) => symlinkSync(join(PROJECT_ROOT, name), this.path(name)));
        shareCompiled(this.cli.root);
    }

    /** Path of a file of the clone. */
    path(file: string): string {
        return join(this.cli.root, file);
    }

    /**
     * Opens a page whose commands are to be run from now on, all of them until the end, but for the README's that are the tour's:
     * the test of the tour runs those.
     */
    open(page: string): void {
        const elsewhere = page === "README.md" ? commandsOf(TOUR).map(({ text }) => text) : [];
        this.left.set(
            page,
            commandsOf(page).filter(({ text }) => !elsewhere.includes(text)),
        );
    }

    /**
     * Runs the next block of commands of a page, as it is written.
     *
     * @param begins how the block must begin, so that a test that lags behind its page says so.
     * @param before commands of the same shell that come before it.
     * @throws Error where it is another block, or a command of it fails.
     */
    async next(page: string, begins: string, before = ""): Promise<CliResult> {
        const block = this.take(page, begins);
        const result = await this.bash(before + block.text);
        if (result.exitCode !== 0) {
            throw new Error(`${page}:${block.line} ended with ${result.exitCode}:\n${block.text}\n${result.output}`);
        }
        return result;
    }

    /** Has `tenants` on PATH as its page says that it gets there, for what takes that for done. */
    async find(): Promise<void> {
        const block = blocksIn(readPage(COMMANDS)).find(({ text }) => text.startsWith(ON_PATH));
        if (block === undefined) {
            throw new Error(`${COMMANDS}: no block begins with ${ON_PATH}`);
        }
        await this.first(block.text);
    }

    /**
     * Starts the next block of commands of a page, which stays until it is ended, as in a terminal of its own.
     *
     * @param log file for what it says, and at the end its exit code.
     * @returns on standard output the id of its process group.
     */
    async background(page: string, begins: string, log: string): Promise<CliResult> {
        const { text } = this.take(page, begins);
        // The shell around it goes on after Ctrl-C, which a terminal sends to both.
        const script = `trap : INT; ( trap - INT; ${text.trim()} ); echo "exit code $?"`;
        return this.bash(`set -m\nbash -c '${script.replaceAll("'", "'\\''")}' > '${log}' 2>&1 < /dev/null & echo $!`);
    }

    /** Leaves the next block of a page out, which this machine cannot run, and says why. */
    leave(page: string, begins: string, reason: string): void {
        process.stderr.write(`${page}:${this.take(page, begins).line}: not run, ${reason}\n`);
    }

    private take(page: string, begins: string): Block {
        const block = this.left.get(page)?.shift();
        if (block === undefined || !block.text.startsWith(begins)) {
            throw new Error(`${page}: expected a block that begins with ${begins}, found ${block?.text ?? "none"}`);
        }
        return block;
    }

    /** Runs commands that no page shows here, as what a page takes for done; they must succeed. */
    async first(text: string): Promise<CliResult> {
        const result = await this.bash(text);
        if (result.exitCode !== 0) {
            throw new Error(`${text} ended with ${result.exitCode}:\n${result.output}`);
        }
        return result;
    }

    /** Runs commands that no page shows, which must end with an exit code other than 0. */
    async refused(text: string): Promise<CliResult> {
        const result = await this.bash(text);
        if (result.exitCode === 0) {
            throw new Error(`${text} was not refused:\n${result.output}`);
        }
        return result;
    }

    /** Commands as a block of a page is run: the variables that one exports are there in the next. */
    private async bash(text: string): Promise<CliResult> {
        const variables = join(this.home, ".variables");
        const before = existsSync(variables) ? `source '${variables}'\n` : "";
        const script = `${before}trap "export -p > '${variables}'" EXIT\n${text}`;
        return this.cli.program("bash", ["-euo", "pipefail", "-c", script]);
    }

    /** Writes the block that follows the line of a page that holds a text, into a file of the clone. */
    write(page: string, after: string, file: string): void {
        mkdirSync(dirname(this.path(file)), { recursive: true });
        writeFileSync(this.path(file), this.shown(page, after));
    }

    /** The first block that is no command after a text of a page. */
    shown(page: string, after: string): string {
        const text = readPage(page);
        const line = text.slice(0, text.indexOf(after)).split("\n").length;
        const block = blocksIn(text).find((one) => one.line > line && one.language !== "sh");
        if (!text.includes(after) || block === undefined) {
            throw new Error(`${page}: no block after ${after}`);
        }
        return block.text;
    }

    /** Changes a file of the clone, or of the home where its path is whole; the change must be one. */
    edit(file: string, change: (text: string) => string): void {
        const path = file.startsWith("/") ? file : this.path(file);
        const before = readFileSync(path, "utf8");
        const after = change(before);
        if (after === before) {
            throw new Error(`${file}: nothing changed`);
        }
        writeFileSync(path, after);
    }

    /** A further text that no run may show. */
    addSecret(text: string): void {
        this.cli.scan.add(text);
    }

    /** @throws Error where a block of an opened page was not run, or a secret was seen in plain text. */
    expectDone(): void {
        const left = [...this.left].flatMap(([page, blocks]) => blocks.map(({ line }) => `${page}:${line}`));
        if (left.length > 0) {
            throw new Error(`no test ran ${left.join(", ")}`);
        }
        this.cli.expectNoSecrets();
    }

    remove(): void {
        this.cli.remove();
        rmSync(this.home, { recursive: true, force: true });
    }
}

/** Whether a file is what a person writes; a clone begins with the lab's, whatever became of those in this folder. */
function isWritten(file: string): boolean {
    return /^(Pulumi\..+\.yaml|tenants\/.*)$/.test(file);
}

/**
 * PATH without this project's own tools: make puts the clone's before it. The same folder by another path would pass for
 * programs that the machine has, in place of which `make tools` takes its own away.
 */
export function pathOfPerson(): string {
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    return folders.filter((folder) => folder !== "" && resolve(folder) !== BIN).join(delimiter);
}
