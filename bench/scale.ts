/**
 * The benchmark of one node with many VMs: what `make bench` runs. It prints, and with --write puts into
 * docs/benchmark.md, the wall time and the API requests of each command. The peer is not in it yet.
 */
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { resolve } from "node:path";
import { defineMany, MANY_TENANTS } from "../lab/manyTenants";
import { SimulatedNode } from "../lab/simulatedNode";
import { Workspace } from "../lab/workspace";

const SUBSTRATE = "dvntm";
const DOCUMENT = resolve(__dirname, "..", "docs", "benchmark.md");

interface Measured {
    readonly command: string;
    readonly seconds: number;
    readonly requests: number;
}

const COMMANDS: readonly (readonly string[])[] = [
    ["up", "--yes", "--skip-preview"],
    ["preview", "--expect-no-changes"],
    ["refresh", "--yes", "--skip-preview", "--expect-no-changes"],
    ["destroy", "--yes", "--skip-preview"],
];

async function main(): Promise<void> {
    const vms = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 100);
    const node = await SimulatedNode.start();
    const workspace = await Workspace.create(SUBSTRATE, node);
    process.once("SIGINT", () => workspace.interrupt());
    try {
        defineMany(workspace.root, SUBSTRATE, vms);
        const measured: Measured[] = [];
        for (const command of COMMANDS) {
            measured.push(await measure(node, workspace, command));
            console.log(lineOf(measured.at(-1)!, vms));
        }
        if (process.argv.includes("--write")) {
            writeFileSync(DOCUMENT, documentOf(measured, vms));
        }
    } finally {
        workspace.remove();
        await node.stop();
    }
}

async function measure(node: SimulatedNode, workspace: Workspace, command: readonly string[]): Promise<Measured> {
    await node.forgetRequests();
    const started = Date.now();
    const { exitCode, output } = await workspace.pulumi(command);
    const seconds = (Date.now() - started) / 1000;
    if (exitCode !== 0) {
        throw new Error(`pulumi ${command.join(" ")} ended with ${exitCode}:\n${output}`);
    }
    return { command: command[0]!, seconds, requests: (await node.requests()).length };
}

function lineOf({ command, seconds, requests }: Measured, vms: number): string {
    return `${command.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s ${String(requests).padStart(6)} requests, ${(requests / vms).toFixed(1)} per VM`;
}

function documentOf(measured: readonly Measured[], vms: number): string {
    const rows = measured.map(
        ({ command, seconds, requests }) =>
            `| ${command} | ${seconds.toFixed(1)} | ${requests} | ${(requests / vms).toFixed(1)} |`,
    );
    const machine = `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 1024 ** 3)} GiB`;
    return `# Benchmark

${vms} VMs of ${MANY_TENANTS} tenants on one simulated node whose tasks end at once, on ${machine}; one run, by
\`make bench VMS=${vms} WRITE=1\`. A real node's tasks take most of the time there; the requests are the same.

| command | wall s | API requests | per VM |
|---|---|---|---|
${rows.join("\n")}

Every \`preview\` and \`up\` reads all VMs first (\`refresh: always\`), so an empty preview is a drift check as well. The comparison
with Terraform on the same work is still to come.
`;
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
