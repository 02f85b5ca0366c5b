import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeState } from "../../lab/expect";
import { killProcess, processesIn } from "../../lab/processes";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { SimulatedNode, type SimulatedGrant } from "../../lab/simulatedNode";
import { Workspace, type CliResult } from "../../lab/workspace";
import type { Deployment } from "../../state/deployment";
import { grantRole } from "../../lab/pveum";
import { deploymentOf, stateFile } from "../../lab/stateFile";
import { NO_DEBUG_MESSAGES } from "../../state/spared";

/** Runs of the real CLI take seconds, a minute each on a machine that does much else; no test is about time. */
export const RUN_TIMEOUT_MS = 900_000;

function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * The CLI saves the state at each step, as it does for a person: for labs in which a run is killed, or its state looked at under
 * way. In all others it saves it once, at the end, which halves its time.
 */
export const CHECKPOINTS = { PULUMI_SKIP_CHECKPOINTS: "false" };

/** Firewall of a VM on the node. */
interface GuestFirewall {
    readonly options?: Readonly<Record<string, unknown>>;
    readonly ipset?: Readonly<Record<string, readonly { readonly cidr: string }[]>>;
}

/** VMs that the simulated node has before the project comes: two templates and one that is somebody else's. */
export const NOT_OURS = ["100", "103", "110"];

/** A simulated node and a workspace of dvntm on it, for one test file. */
export class AcceptanceLab {
    private constructor(
        readonly node: SimulatedNode,
        readonly workspace: Workspace,
        private readonly ownRouter?: SimulatedRouter,
    ) {}

    /**
     * @param router the core router that the stack writes to; none: it writes to none.
     * @param environment further variables of every run.
     * @param pve version of the node, such as 9.2; missing: as SimulatedNode.start has it.
     */
    static async start(
        router?: SimulatedRouter,
        environment: Readonly<Record<string, string>> = {},
        pve?: string,
    ): Promise<AcceptanceLab> {
        const node = await SimulatedNode.start(undefined, undefined, pve);
        const variables = { PULUMI_SKIP_CHECKPOINTS: "true", [NO_DEBUG_MESSAGES]: "true", ...environment };
        return new AcceptanceLab(node, await Workspace.create("dvntm", node, router, variables));
    }

    /** With a core router of its own that the stack writes to, for tests that ask nothing of it themselves. */
    static async startWithRouter(): Promise<AcceptanceLab> {
        const router = await SimulatedRouter.start();
        const { node, workspace } = await AcceptanceLab.start(router);
        return new AcceptanceLab(node, workspace, router);
    }

    /** @throws Error where any run of the test file left a secret in plain text. */
    async stop(): Promise<void> {
        try {
            this.workspace.expectNoSecrets();
        } finally {
            this.workspace.remove();
            await this.node.stop();
            await this.ownRouter?.stop();
        }
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

    /** Leaves the definitions without vintronics and its three VMs: for tests of which a run with two says as much. */
    withoutVintronics(): void {
        rmSync(join(this.workspace.root, "tenants/dvntm/vintronics.yaml"));
    }

    /** Gives VM 5002 a fixed address in its definition. */
    fixAddress(): void {
        this.edit("tenants/dvntm/grooveiq.yaml", (text) =>
            text.replace("instance: 2\n", "instance: 2\n    address: fixed\n"),
        );
    }

    /** Step of make before each run of Pulumi. */
    async recover(): Promise<CliResult> {
        const result = await this.workspace.command("recover", "dvntm");
        if (result.exitCode !== 0) {
            throw new Error(`recover ended with ${result.exitCode}:\n${result.output}`);
        }
        return result;
    }

    async up(): Promise<CliResult> {
        return this.succeed("up", "--yes", "--skip-preview");
    }

    /**
     * Changes by hand, as a refresh that only looks shows them: the text of each resource's difference, by its name. Neither
     * the node nor the state is changed by it.
     */
    async driftByName(): Promise<ReadonlyMap<string, string>> {
        const { output, exitCode } = await this.workspace.pulumi([
            ..."refresh --preview-only --diff --expect-no-changes".split(" "),
        ]);
        const blocks = output.split(/^(?=\s*[~+-] \S+: \((?:refresh|update|delete)\))/m).flatMap((block) => {
            const name = /urn=\S*::([^\]\s]+)\]/.exec(block)?.[1];
            return name === undefined || name === "tenant-hypervisors-dvntm" ? [] : [[name, block] as const];
        });
        if (exitCode !== 7 && exitCode !== 0) {
            throw new Error(`the refresh ended with ${exitCode}:\n${output}`);
        }
        return new Map(blocks);
    }

    /** As the node tells it. */
    nakedStarts(): Promise<string[]> {
        return this.node.nakedStarts();
    }

    /** The rule with a comment in the firewall of a VM on the node. */
    async ruleOf(vmid: string, comment: string): Promise<Record<string, unknown> | undefined> {
        return (await this.rulesOf(vmid)).find((rule) => rule["comment"] === comment);
    }

    /** Changes, by hand, the rule with a comment; without fields it is deleted. */
    async changeRule(vmid: string, comment: string, fields?: Readonly<Record<string, string>>): Promise<void> {
        const position = (await this.rulesOf(vmid)).findIndex((rule) => rule["comment"] === comment);
        const path = `/nodes/pve2/qemu/${vmid}/firewall/rules/${position}`;
        await this.node.byHand(fields === undefined ? "DELETE" : "PUT", path, fields);
    }

    private async rulesOf(vmid: string): Promise<Record<string, unknown>[]> {
        const { guests } = (await this.state()).firewall as {
            guests: Record<string, { rules: Record<string, unknown>[] }>;
        };
        return guests[vmid]?.rules ?? [];
    }

    /** Everything is as declared: a preview is empty, and what expectMade says. */
    async expectSettled(...expected: Parameters<AcceptanceLab["expectMade"]>): Promise<void> {
        await this.succeed("preview", "--diff", "--expect-no-changes");
        await this.expectMade(...expected);
    }

    /**
     * Exactly these VMs run, with a firewall each, and the state has no other.
     *
     * @param fixed the addresses of those that have a fixed one, by VMID.
     * @param opened how many rules let something in that the definitions open, by VMID.
     */
    async expectMade(
        vmids: readonly string[],
        fixed: Readonly<Record<string, string>> = {},
        opened: Readonly<Record<string, number>> = {},
    ): Promise<void> {
        const { vms, firewall } = await this.state();
        expect(Object.keys(vms).sort()).toEqual([...NOT_OURS, ...vmids].sort());
        for (const vmid of vmids) {
            expect(vms[vmid]).toMatchObject({ status: "running", lock: null });
            expect(firewall.guests[vmid]).toMatchObject({ options: { enable: 1, policy_in: "DROP" } });
            expect(await this.rulesOf(vmid)).toHaveLength(3 + (opened[vmid] ?? 0));
            expect(await this.filterOf(vmid)).toEqual(
                fixed[vmid] === undefined ? { on: false } : { on: true, addresses: [fixed[vmid]] },
            );
        }
        const recorded = (await this.resources()).filter(({ type }) => type === "proxmoxve:index/vmLegacy:VmLegacy");
        expect(recorded.map(({ id }) => id).sort()).toEqual([...vmids].sort());
    }

    /** The address filter of a VM on the node: whether it is on, and the addresses of its ipset, if that is there. */
    async filterOf(vmid: string): Promise<{ on: boolean; addresses?: string[] }> {
        const { guests } = (await this.state()).firewall as { guests: Record<string, GuestFirewall> };
        const { options = {}, ipset = {} } = guests[vmid] ?? {};
        const addresses = ipset["ipfilter-net0"]?.map(({ cidr }) => cidr);
        return { on: options["ipfilter"] === 1, ...(addresses && { addresses }) };
    }

    /** Requests to the node that change the firewall of a VM, in this order: `POST ipset`. */
    async firewallWrites(vmid: string): Promise<string[]> {
        const writes = (await this.node.requests()).filter(({ method }) => method !== "GET");
        return writes.flatMap(({ method, path }) => {
            const part = new RegExp(`/qemu/${vmid}/firewall/([^?]*)`).exec(path)?.[1];
            return part === undefined ? [] : [`${method} ${part}`];
        });
    }

    /** Resources of the state. */
    async resources(): Promise<{ type: string; id?: string }[]> {
        return (await this.deployment()).resources?.slice() ?? [];
    }

    /** The state; where the backend is a folder, a run of the CLI is not needed to read it. */
    async deployment(): Promise<Deployment> {
        if (stateFile(this.workspace) !== undefined) {
            return deploymentOf(this.workspace);
        }
        const { stdout } = await this.succeed("stack", "export");
        return (JSON.parse(stdout) as { deployment: Deployment }).deployment;
    }

    /** Waits until the node was asked for so many changes. */
    async wrote(writes: number): Promise<void> {
        const written = async () => (await this.node.requests()).filter(({ method }) => method !== "GET").length;
        for (const started = Date.now(); (await written()) < writes;) {
            if (Date.now() - started > 60_000) {
                throw new Error(`the node was asked for ${await written()} changes, not ${writes}`);
            }
            await pause(10);
        }
    }

    /** Runs a command and kills the CLI once the node was asked for so many changes; then waits until all is quiet. */
    async killedAfter(writes: number, command: readonly string[]): Promise<void> {
        await this.node.forgetRequests();
        await this.node.set({ latency: 0.03 });
        const run = this.workspace.pulumi(command);
        await this.wrote(writes);
        this.workspace.kill();
        expect((await run).exitCode).toBe(-1);
        let seen = -1;
        for (let asked = 0; asked !== seen; asked = (await this.node.requests()).length) {
            seen = asked;
            await pause(700);
        }
        await this.node.set({ latency: 0 });
        await this.expectNobodyLeft();
    }

    /**
     * The program does not outlive a CLI that was killed. Pulumi's plugins do, idle, as nobody tells them (they end with the
     * machine, or by hand): here they are ended, so that the tests leave nothing.
     */
    async expectNobodyLeft(): Promise<void> {
        const left = () => processesIn(this.workspace.root);
        const programs = () => left().filter(({ command }) => command.includes("cmd/run/index.js"));
        for (let waited = 0; waited < 120_000 && programs().length > 0; waited += 200) {
            await pause(200);
        }
        expect(programs()).toEqual([]);
        left().forEach(({ pid }) => killProcess(pid));
    }

    /** Grants what tenants role prints for the definitions as they are now, and nothing else; gives it back. */
    grantRole(): Promise<SimulatedGrant[]> {
        return grantRole(this.workspace, this.node);
    }

    /** Changes a file of the workspace's copy of the project. */
    edit(file: string, change: (text: string) => string): void {
        const path = join(this.workspace.root, file);
        writeFileSync(path, change(readFileSync(path, "utf8")));
    }
}
