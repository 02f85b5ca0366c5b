import { rmSync } from "node:fs";
import { join } from "node:path";
import { outputsTable } from "../report/outputsTable";
import { loadSubstrate } from "../substrate/load";
import type { StackOutputs } from "../substrate/outputs";
import { LAB_DEFINITIONS, LAB_SUBSTRATE } from "./definitions";
import { expectSame, expectThat, guests, UnexpectedError, type NodeState } from "./expect";
import { configureHost, findHostDrift } from "./hostDemo";
import type { LabHost } from "./labHost";
import type { SimulatedNode } from "./simulatedNode";
import type { CliResult, Workspace } from "./workspace";

/** Substrate of the demo, as the lab defines it. */
export const SUBSTRATE = LAB_SUBSTRATE;
const VMS = loadSubstrate({ root: LAB_DEFINITIONS, substrate: SUBSTRATE }).tenants.flatMap(({ vms }) => vms);
const UNRELATED = ["100", "103", "110"];
const GROOVEIQ = vmidsOf("grooveiq");
const VINTRONICS = vmidsOf("vintronics");
const CHANGED = vmidOf("grooveiq", "api-vm01");
const DELETED = vmidOf("vintronics", "web-vm02");
const BESIDE = vmidOf("vintronics", "web-vm01");

function vmidsOf(tenant: string): string[] {
    return VMS.filter((vm) => vm.tenant === tenant).map(({ vmid }) => String(vmid));
}

function vmidOf(tenant: string, name: string): string {
    return String(VMS.find((vm) => vm.tenant === tenant && vm.name === name)!.vmid);
}

/** Machines and workspace of the steps. */
export interface Lab {
    readonly node: SimulatedNode;
    /** Missing where this machine cannot give it. */
    readonly host: LabHost | undefined;
    readonly workspace: Workspace;
}

/** A step of the demo. */
export interface Step {
    readonly title: string;
    /** Does the step and gives back what came of it, in a few words, and below them lines that show it. */
    readonly run: (lab: Lab, found: NodeState) => Promise<string>;
}

/** Steps that need a host. */
export const hostSteps: readonly Step[] = [
    {
        title: "up: a fresh Debian 12 host becomes a tenant hypervisor, over SSH with Ansible",
        run: ({ host, workspace }) => configureHost(host!, workspace),
    },
    {
        title: "by hand on the host: other sudoers; its drift, changing nothing",
        run: ({ host, workspace }) => findHostDrift(host!, workspace),
    },
];

/** Steps on the node, of which the last one takes everything away. */
export const steps: readonly Step[] = [
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
    const { stdout } = succeeded(await workspace.pulumi(["stack", "output", "--json"]));
    const table = outputsTable(SUBSTRATE, JSON.parse(stdout) as StackOutputs);
    return `${GROOVEIQ.length + VINTRONICS.length} VMs run beside one that is not ours\n${table}`;
}

async function previewEmpty({ workspace }: Lab): Promise<string> {
    succeeded(await workspace.pulumi(["preview", "--expect-no-changes"]));
    return "every VM, pool and firewall unchanged";
}

async function changeByHand({ node }: Lab): Promise<string> {
    const pve = `/nodes/${node.ready.node}/qemu`;
    await node.byHand("PUT", `${pve}/${CHANGED}/config`, { memory: "1024" });
    await node.deleteByHand(Number(DELETED));
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
    expectThat(
        "the refresh names the deleted VM",
        new RegExp(`- proxmoxve:index/vmLegacy[^]*?\\[id=${DELETED}\\]`).test(output),
    );
    expectSame("node after a refresh that only looks", await node.state(), before);
    const excerpt = differenceOf("grooveiq-api-vm01-vm", output);
    return `both found, by name: memory 4096 => 1024, and VM ${DELETED} gone; of the first, Pulumi says:\n${excerpt}`;
}

async function repair({ node, workspace }: Lab): Promise<string> {
    succeeded(await workspace.pulumi(["up", "--yes", "--skip-preview"]));
    const { vms, firewall } = (await node.state()) as NodeState;
    const memory = vms[CHANGED]?.pending["memory"] ?? vms[CHANGED]?.config["memory"];
    expectSame("memory of grooveiq/api-vm01", memory, "4096");
    expectSame(`name of VM ${DELETED}`, vms[DELETED]?.name, "web-vm02");
    expectThat(`VM ${BESIDE} has a firewall`, firewall.guests[BESIDE] !== undefined);
    expectSame(`firewall of VM ${DELETED}, as that of ${BESIDE}`, firewall.guests[DELETED], firewall.guests[BESIDE]);
    return `memory is back, and VM ${DELETED} with the same VMID, name and firewall`;
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

/** Pulumi's own diff of a resource, without URNs. */
function differenceOf(name: string, output: string): string {
    const blocks = output.split(/^Resources:/m)[0]!.split(/^(?=\s*[~+-] \S+: \()/m);
    const block = blocks.find((one) => one.includes(`::${name}]`)) ?? "";
    return block
        .split("\n")
        .filter((line) => line.trim() !== "" && !/\[(urn|provider)=/.test(line))
        .map((line) => line.replace(/^ {4}/, ""))
        .join("\n");
}

function succeeded(result: CliResult): CliResult {
    if (result.exitCode !== 0) {
        throw new UnexpectedError(`pulumi ended with ${result.exitCode}:\n${result.output}`);
    }
    return result;
}
