import { join } from "node:path";
import { defineCommand } from "./cli/definition";
import { ROOT } from "./cli/environment";
import { readText } from "./cli/files";

const SHELLS = ["bash", "zsh", "fish"];

export const command = defineCommand({
    name: "completion",
    group: "set up",
    summary: "completion of commands, options, substrates and tenants for a shell",
    details:
        'Prints a completion script for the shell to read: for bash `eval "$(tenants completion bash)"` in ~/.bashrc, for zsh the same with zsh in ' +
        "~/.zshrc, for fish `tenants completion fish | source` in ~/.config/fish/config.fish.",
    arguments: [{ name: "shell", kind: "text", says: SHELLS.join(", "), choices: SHELLS }],
    options: {},
    needs: [],
    example: 'eval "$(tenants completion bash)"',
    exits: {},
    run({ args }) {
        const script = readText(join(__dirname, "cli", "completion", `${args["shell"]}.sh`));
        const program = join(ROOT, "bin", "tenants").replaceAll("'", args["shell"] === "fish" ? "\\'" : "'\\''");
        process.stdout.write(script.replace("@PROGRAM@", () => program));
    },
});
