/**
 * The main job on the simulated substrate, from `up` to `destroy`: what `make demo` runs. It ends with exit code 0 when
 * every step went as expected, else with 1 and the reason.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expectSame, expectThat, guests, UnexpectedError, type NodeState } from "./expect";
import { configureHost, findHostDrift } from "./hostDemo";
import { LabHost } from "./labHost";
import { SimulatedNode } from "./simulatedNode";
import { systemMissing } from "./system";
import { Workspace, type CliResult } from "./workspace";

const SUBSTRATE = "dvntm";
const UNRELATED = ["100", "103", "110"];
const GROOVEIQ = ["5001", "5002"];
const VINTRONICS = ["5101", "5102", "5103"];

interface Lab {
    readonly node: SimulatedNode;
    /** Missing where this machine cannot give it. */
    readonly host: LabHost | undefined;
    readonly workspace: Workspace;
}

interface Step {
    readonly title: string;
    /** Does the step and gives back what came of it, in a few words. */
    readonly run: (lab: Lab, found: NodeState) => Promise<string>;
}

const hostSteps: readonly Step[] = [
    {
        title: "up: a fresh Debian 12 host becomes a tenant hypervisor, over SSH with Ansible",
        run: ({ host, workspace }) => configureHost(host!, workspace),
    },
    {
        title: "by hand on the host: other sudoers; its drift, changing nothing",
        run: ({ host, workspace }) => findHostDrift(host!, workspace),
    },
];

const steps: readonly Step[] = [
    { title: "up: two tenants, five VMs", run: bringUp },
    { title: "preview again: nothing to change", run: previewEmpty },
    { title: "by hand: other memory for grooveiq/api-vm01, vintronics/web-vm02 deleted", run: changeByHand },
    { title: "refresh: drift, changing nothing", run: findDrift },
    { title: "up: repaired", run: repair },
    { title: "teardown of vintronics alone", run: tearDownOne },
    { title: "destroy: the node as it was found", run: destroyAll },
];

async function bringUp({ node, workspace }: Lab): Promise<string> {
    succeeded(await workspace.pulumi(["up", "--yes", "--skip-preview"]));
    const state = (await node.state()) as NodeState;
    expectSame("VMs on the node", Object.keys(state.vms).sort(), [...UNRELATED, ...GROOVEIQ, ...VINTRONICS].sort());
    return `${GROOVEIQ.length + VINTRONICS.length} VMs run beside one that is not ours`;
}

async function previewEmpty({ workspace }: Lab): Promise<string> {
    succeeded(await workspace.pulumi(["preview", "--expect-no-changes"]));
    return "every VM, pool and firewall unchanged";
}

async function changeByHand({ node }: Lab): Promise<string> {
    const pve = `/nodes/${node.ready.node}/qemu`;
    await node.byHand("PUT", `${pve}/5001/config`, { memory: "1024" });
    await node.deleteByHand(5102);
    return "as root@pam, through the PVE API";
}

async function findDrift({ node, workspace }: Lab): Promise<string> {
    const before = await node.state();
    const { exitCode, output } = await workspace.pulumi(["refresh", "--preview-only", "--diff", "--expect-no-changes"]);
    expectSame("exit code of a refresh that finds drift", exitCode, 7);
    expectThat(
        "the refresh names the VM with other memory",
        /grooveiq-api-vm01-vm[^]*?dedicated: 4096 => 1024/.test(output),
    );
    expectThat("the refresh names the deleted VM", /- proxmoxve:index\/vmLegacy[^]*?\[id=5102\]/.test(output));
    expectSame("node after a refresh that only looks", await node.state(), before);
    return "both found, by name: memory 4096 => 1024, and VM 5102 gone";
}

async function repair({ node, workspace }: Lab): Promise<string> {
    succeeded(await workspace.pulumi(["up", "--yes", "--skip-preview"]));
    const { vms, firewall } = (await node.state()) as NodeState;
    const memory = vms["5001"]?.pending["memory"] ?? vms["5001"]?.config["memory"];
    expectSame("memory of grooveiq/api-vm01", memory, "4096");
    expectSame("name of VM 5102", vms["5102"]?.name, "web-vm02");
    expectThat("VM 5101 has a firewall", firewall.guests["5101"] !== undefined);
    expectSame("firewall of VM 5102, as that of 5101", firewall.guests["5102"], firewall.guests["5101"]);
    return "memory is back, and VM 5102 with the same VMID, name and firewall";
}

async function tearDownOne({ node, workspace }: Lab): Promise<string> {
    const before = (await node.state()) as NodeState;
    rmSync(join(workspace.root, "tenants", SUBSTRATE, "vintronics.yaml"));
    succeeded(await workspace.pulumi(["up", "--yes", "--skip-preview"]));
    const after = (await node.state()) as NodeState;
    const staying = [...UNRELATED, ...GROOVEIQ];
    expectSame("VMs on the node", Object.keys(after.vms).sort(), [...staying].sort());
    expectSame("VMs of others", guests(after, staying), guests(before, staying));
    expectSame("pools", Object.keys(after.pools), ["grooveiq"]);
    return "three VMs, their disks and their pool are gone; grooveiq and the rest are untouched";
}

async function destroyAll({ node, workspace }: Lab, found: NodeState): Promise<string> {
    succeeded(await workspace.pulumi(["destroy", "--yes", "--skip-preview"]));
    expectSame("node after destroy", await node.state(), found);
    return "VMs, disks, pools, firewall: equal to the first look";
}

function succeeded({ exitCode, output }: CliResult): void {
    if (exitCode !== 0) {
        throw new UnexpectedError(`pulumi ended with ${exitCode}:\n${output}`);
    }
}

async function main(): Promise<void> {
    const started = Date.now();
    console.log(`The substrate ${SUBSTRATE} on a simulated PVE node (real Pulumi CLI, real bpg provider code):`);
    const lacks = systemMissing();
    const all = lacks === undefined ? [...steps.slice(0, -1), ...hostSteps, ...steps.slice(-1)] : steps;
    const node = await SimulatedNode.start();
    const host = lacks === undefined ? await LabHost.start() : undefined;
    try {
        const workspace = await Workspace.create(SUBSTRATE, node);
        endOnSignal(workspace);
        try {
            await runAll({ node, host, workspace }, all);
        } finally {
            workspace.remove();
        }
    } finally {
        await host?.remove();
        await node.stop();
    }
    if (lacks !== undefined) {
        console.log(`Not shown: the host's baseline, since ${lacks}.`);
    }
    console.log(`All ${all.length} steps as expected, in ${seconds(started)} s.`);
}

/** Ended by hand, the demo still cleans up: the command that runs is ended, and the step that waits for it fails. */
function endOnSignal(workspace: Workspace): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => workspace.interrupt());
    }
}

async function runAll(lab: Lab, all: readonly Step[]): Promise<void> {
    const found = (await lab.node.state()) as NodeState;
    for (const [index, { title, run }] of all.entries()) {
        const started = Date.now();
        console.log(`${index + 1}/${all.length} ${title}`);
        const outcome = await run(lab, found);
        console.log(`    ${outcome} (${seconds(started)} s)`);
    }
}

function seconds(since: number): string {
    return ((Date.now() - since) / 1000).toFixed(1);
}

main().catch((error: unknown) => {
    console.error(error instanceof UnexpectedError ? `NOT AS EXPECTED: ${error.message}` : error);
    process.exitCode = 1;
});
