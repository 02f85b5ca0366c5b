/**
 * Writes the state that this commit makes of the definitions in this folder, with the node and the router that belong to it:
 * node --require ./start/typescript tests/earlier/record.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SimulatedNode } from "../../lab/simulatedNode";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { Workspace } from "../../lab/workspace";
import { stateFile } from "../../lab/stateFile";

/** Stand for the addresses of the simulated node and router, which have other ports in each run. */
export const NODE = "https://node.invalid/";
export const ROUTER = "https://router.invalid/";

async function main(): Promise<void> {
    const [node, router] = [await SimulatedNode.start(), await SimulatedRouter.start()];
    const workspace = await Workspace.create("dvntm", node, router, {}, __dirname);
    try {
        const { exitCode, output } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
        if (exitCode !== 0) {
            throw new Error(output);
        }
        const state = readFileSync(stateFile(workspace)!, "utf8");
        const open = state.replaceAll(node.ready.endpoint, NODE).replaceAll(router.ready.endpoint, ROUTER);
        write("state.json", JSON.parse(open));
        write("node.json", await node.whole());
        write("router.json", await router.whole());
    } finally {
        workspace.remove();
        await Promise.all([node.stop(), router.stop()]);
    }
}

function write(file: string, value: unknown): void {
    writeFileSync(join(__dirname, file), `${JSON.stringify(value, undefined, 1)}\n`);
}

if (require.main === module) {
    void main();
}
