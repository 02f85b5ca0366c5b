import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeState } from "../../lab/expect";
import { SimulatedNode, type SimulatedGrant } from "../../lab/simulatedNode";
import { Workspace, type CliResult } from "../../lab/workspace";
import { grantsIn } from "./pveum";

/** Runs of the real CLI take seconds, more on a loaded CI machine; no test is about time. */
export const RUN_TIMEOUT_MS = 180_000;

/** VMs that the simulated node has before the project comes: two templates and one that is somebody else's. */
export const NOT_OURS = ["100", "103", "110"];

/** A simulated node and a workspace of dvntm on it, for one test file. */
export class AcceptanceLab {
    private constructor(
        readonly node: SimulatedNode,
        readonly workspace: Workspace,
    ) {}

    static async start(): Promise<AcceptanceLab> {
        const node = await SimulatedNode.start();
        return new AcceptanceLab(node, await Workspace.create("dvntm", node));
    }

    async stop(): Promise<void> {
        this.workspace.remove();
        await this.node.stop();
    }

    async state(): Promise<NodeState> {
        return (await this.node.state()) as NodeState;
    }

    /** Runs a command that must succeed; a failure shows what the CLI said. */
    async succeed(...command: string[]): Promise<CliResult> {
        const result = await this.workspace.pulumi(command);
        if (result.exitCode !== 0) {
            throw new Error(`pulumi ${command.join(" ")} ended with ${result.exitCode}:\n${result.output}`);
        }
        return result;
    }

    async up(): Promise<CliResult> {
        return this.succeed("up", "--yes", "--skip-preview");
    }

    /** Grants what make role prints for the definitions as they are now, and nothing else; gives it back. */
    async grantRole(): Promise<SimulatedGrant[]> {
        const { exitCode, output } = await this.workspace.command("role", this.workspace.stack);
        if (exitCode !== 0) {
            throw new Error(`make role ended with ${exitCode}:\n${output}`);
        }
        const grants = grantsIn(output);
        await this.node.set({ grants });
        return grants;
    }

    /** Changes a file of the workspace's copy of the project. */
    edit(file: string, change: (text: string) => string): void {
        const path = join(this.workspace.root, file);
        writeFileSync(path, change(readFileSync(path, "utf8")));
    }
}
