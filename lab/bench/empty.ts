import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { IsolatedCli } from "../cli";
import type { Command } from "./side";

/** A Pulumi project without a resource, as `pulumi new typescript` makes it. */
const FILES: Readonly<Record<string, string>> = {
    "Pulumi.yaml": "name: empty\nruntime:\n  name: nodejs\n  options:\n    packagemanager: npm\n",
    "package.json": '{"name": "empty", "main": "index.ts"}\n',
    "index.ts": 'import * as pulumi from "@pulumi/pulumi";\n\nexport const stack = pulumi.getStack();\n',
    "tsconfig.json": JSON.stringify({
        compilerOptions: {
            strict: true,
            outDir: "bin",
            target: "es2020",
            module: "nodenext",
            moduleResolution: "nodenext",
            sourceMap: true,
            experimentalDecorators: true,
            pretty: true,
            noFallthroughCasesInSwitch: true,
            noImplicitReturns: true,
            forceConsistentCasingInFileNames: true,
        },
        files: ["index.ts"],
    }),
};

/** An empty Pulumi program: what any preview costs. It has one output, so that it does load Pulumi's SDK. */
export class EmptyProgram {
    private constructor(private readonly cli: IsolatedCli) {}

    static async create(): Promise<EmptyProgram> {
        const cli = new IsolatedCli();
        for (const [file, text] of Object.entries(FILES)) {
            writeFileSync(join(cli.root, file), text);
        }
        symlinkSync(resolve(__dirname, "../../node_modules"), join(cli.root, "node_modules"));
        await cli.makeStack("dev");
        await cli.succeed(["up", "--yes", "--skip-preview", "--stack", "dev"]);
        return new EmptyProgram(cli);
    }

    preview(): Command {
        const args = ["preview", "--stack", "dev", "--non-interactive", "--expect-no-changes"];
        return { program: "pulumi", args, cwd: this.cli.root, env: this.cli.variables() };
    }

    remove(): void {
        this.cli.remove();
    }
}
