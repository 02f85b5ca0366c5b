/**
 * Tells all about one target: what `make help TARGET=...` calls. make calls it too for a target that there is not, and, with
 * --given, for parameters that the run's targets do not take.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { suggestion } from "../model/suggest";
import { slips, targetsIn } from "../model/targets";
import { FLAG, runNamed, TEXT, UsageError } from "./command";

const HELP = `usage: make help [TARGET=<target>]
Lists the targets, or tells all about one: its parameters, what it does and its exit codes.
Exit 0; 2: there is no such target.`;

const ROOT = resolve(__dirname, "..");

void runNamed(HELP, { given: TEXT, help: FLAG }, (names, { given }) => {
    const targets = targetsIn(
        execFileSync("awk", ["-f", "completion/targets.awk", "Makefile"], { cwd: ROOT, encoding: "utf8" }),
    );
    if (given !== undefined) {
        const wrong = slips(targets, names, given.split(" "));
        wrong.forEach((line) => console.error(line));
        process.exitCode = wrong.length > 0 ? 2 : 0;
        return;
    }
    const [name = ""] = names;
    const target = targets.find((one) => one.name === name);
    if (target === undefined) {
        const known = targets.map((one) => one.name);
        throw new UsageError(`${name} is no target here${suggestion(name, known)}; \`make\` alone lists them`);
    }
    if (target.program === "") {
        console.log(`usage: make ${target.name} ${target.parameters}`.trimEnd() + `\n${target.does}`);
    } else {
        spawnSync(process.execPath, ["--require", "./start/typescript", target.program, "--help"], {
            cwd: ROOT,
            stdio: "inherit",
        });
    }
});
