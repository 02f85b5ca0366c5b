import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { candidates } from "../../commands/cli/complete";
import { COMMAND_NAMES } from "../../commands/cli/table";
import { atTerminal } from "../terminal";

const ROOT = resolve(__dirname, "..", "..");

jest.setTimeout(180_000);

/** Candidates for a line, without their descriptions. */
async function offered(line: string): Promise<string[]> {
    return (await candidates(line.split(" ").slice(1))).map((one) => one.split("\t")[0]!);
}

const TENANTS_OF_DVNT = readdirSync(join(ROOT, "tenants/dvnt")).map((file) => file.split(".")[0]!);

/** Candidates that every shell is to offer. */
const LINES: readonly (readonly [line: string, expected: readonly string[]])[] = [
    ["tenants reach", ["reachability"]],
    ["tenants up ", ["dvnt", "dvntm"]],
    ["tenants teardown dvntm ", ["grooveiq", "vintronics"]],
    ["tenants teardown dvnt ", TENANTS_OF_DVNT],
    ["tenants teardown dvntm v", ["vintronics"]],
    ["tenants reachability dvntm --format ", ["markdown", "text"]],
    ["tenants capacity dvntm --js", ["--json"]],
    ["tenants help inv", ["inventory"]],
];

describe("what is offered", () => {
    test.each([...LINES, ["tenants ", [...COMMAND_NAMES, "help"]] as const])("%j", async (line, expected) => {
        expect((await offered(line)).sort()).toEqual([...expected, ":none"].sort());
    });

    test.each([
        ["the name that confirms what goes", "tenants destroy dvntm --yes=", [":none"]],
        ["a tenant where the command takes none", "tenants capacity dvntm ", [":none"]],
        ["an option that is there already", "tenants map dvntm --json --js", [":none"]],
        ["a value behind =", "tenants reachability dvntm --format=m", ["--format=markdown", ":none"]],
        ["a file", "tenants map dvntm --drift ", [":file"]],
        ["a folder", "tenants inventory dvntm --output=", [":folder"]],
        ["what is handed to nobody", "tenants map dvntm -- -", [":none"]],
    ])("%s", async (_, line, expected) => {
        expect(await offered(line)).toEqual(expected);
    });

    test.each([
        ["tenants up dvntm -- --suppress-o", "--suppress-outputs"],
        ["tenants refresh dvntm -- --preview-o", "--preview-only"],
    ])("%j: behind -- the flags of the CLI itself", async (line, flag) => {
        expect(await offered(line)).toEqual([flag, ":none"]);
    });
});

/** Whether the machine has a shell; completion is that shell's own work. */
function has(shell: string): boolean {
    return spawnSync(shell, ["--version"]).status === 0;
}

function lines(text: string): string[] {
    return text.split("\n").filter((line) => line.trim() !== "");
}

describe("bash", () => {
    function inBash(line: string, setup = ""): string[] {
        const script = [
            `cd '${ROOT}'; eval "$(bin/tenants completion bash)"; ${setup}`,
            'COMP_LINE=$1; COMP_POINT=${#1}; __tenants tenants; printf "%s\\n" "${COMPREPLY[@]}"',
        ].join("\n");
        return lines(spawnSync("bash", ["--norc", "-c", script, "bash", line], { encoding: "utf8" }).stdout);
    }

    test.each([
        ...LINES,
        ["tenants reachability dvntm --format=", ["markdown", "text"]] as const,
        ["tenants map dvntm --drift REA", ["README.md"]] as const,
        ["tenants map dvntm --drift=REA", ["README.md"]] as const,
    ])("%j", (line, expected) => {
        expect(inBash(line).sort()).toEqual([...expected].sort());
    });

    test("where bash does not split at =, the option comes back with the value", () => {
        expect(inBash("tenants reachability dvntm --format=m", "COMP_WORDBREAKS=' '")).toEqual(["--format=markdown"]);
    });

    test("at a terminal the Tab key completes", () => {
        const typed = 'eval "$(bin/tenants completion bash)"; PATH=$PWD/bin:$PATH\ntenants capac\tdvntm\nexit\n';
        expect(atTerminal(typed, "bash --norc --noprofile -i").stdout).toMatch(/^dvntm hv02/m);
    });
});

(has("zsh") ? describe : describe.skip)("zsh, where this machine has it", () => {
    test("at a terminal the Tab key completes commands, substrates and values", () => {
        const setup =
            "autoload -U compinit; compinit -u -D; source <(bin/tenants completion zsh); path=($PWD/bin $path)";
        const typed = `${setup}\ntenants reach\tdvntm --format m\t\ntenants capac\tdvntm\nexit\n`;
        const { stdout } = atTerminal(typed, "zsh -f -i");
        expect(stdout).toMatch(/^\| from \\ to \| gateway /m);
        expect(stdout).toMatch(/^dvntm hv02/m);
    });
});

(has("fish") ? describe : describe.skip)("fish, where this machine has it", () => {
    test.each([
        ...LINES,
        ["tenants reachability dvntm --format=", ["--format=markdown", "--format=text"]] as const,
        ["tenants map dvntm --drift REA", ["README.md"]] as const,
    ])("%j", (line, expected) => {
        const script = `source (bin/tenants completion fish | psub); complete -C '${line}'`;
        const { stdout } = spawnSync("fish", ["--no-config", "-c", script], { cwd: ROOT, encoding: "utf8" });
        const words = lines(stdout.replaceAll("\0", "")).map((one) => one.split("\t")[0]!.trim());
        expect(words.sort()).toEqual([...expected].sort());
    });
});
