import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadSubstrate } from "../../substrate/load";
import { LAB_SUBSTRATE } from "../definitions";
import { expectSame, UnexpectedError, type NodeState } from "../expect";
import { makeRoomy } from "../manyTenants";
import { killProcess, processesIn, type FoundProcess } from "../processes";
import type { RouterState } from "../simulatedRouter";
import { expectNode, othersOnNode } from "../soak/onNode";
import { expectTakenOver, othersOnRouter } from "../soak/onRouter";
import { expectState } from "../soak/onState";
import { addOthers } from "../soak/others";
import { vmidOf } from "../soak/tenants";
import { deploymentOf } from "../stateFile";
import { Workspace, type CliResult } from "../workspace";
import { Machines } from "./machines";
import { RUNS, tenantsOf, type KilledRun, type RunName } from "./runs";

const SUBSTRATE = LAB_SUBSTRATE;

/** Stack, node and router at one moment. */
interface Standing {
    readonly folder: string;
    readonly node: unknown;
    readonly router: unknown;
    readonly end: End;
}

/** How a kind of run ends that nothing interrupts: the router's records, and the resources of the state. */
interface End {
    readonly router: unknown;
    readonly urns: readonly string[];
}

/** A run that nothing interrupted. */
export interface Reference extends End {
    /** Writes that it asks node and router for. */
    readonly writes: number;
}

/** A small substrate with somebody else's things beside its two tenants, which goes back to its beginning without a run. */
export class Site {
    private readonly standings = new Map<boolean, Standing>();
    private readonly references = new Map<RunName, Reference>();
    private others: unknown;
    /** Writes of the run that made everything. */
    writesOfCreation = 0;
    /** Whether ups are held to the policy pack, which takes them a third longer. */
    policed = true;
    /** Further variables of every run. */
    environment: Readonly<Record<string, string>> = {};

    private constructor(
        readonly machines: Machines,
        readonly workspace: Workspace,
    ) {}

    static async start(): Promise<Site> {
        const machines = await Machines.start();
        const site = new Site(machines, await Workspace.create(SUBSTRATE, machines.node, machines.router));
        try {
            await site.fill();
        } catch (error) {
            await site.stop();
            throw error;
        }
        return site;
    }

    private async fill(): Promise<void> {
        makeRoomy(this.workspace.root, SUBSTRATE);
        const macs = ["config", "set", "tenant-hypervisors:macPolicy", "deterministic"];
        succeeded("config set", await this.workspace.pulumi(macs));
        await addOthers(this.machines.node, this.machines.router);
        // Theirs are started without walls.
        await this.machines.node.forgetRequests();
        this.others = await this.seeOthers();
        await this.keep(false);
        tenantsOf("created").write(this.workspace.root, SUBSTRATE);
        await this.machines.prepare(false);
        succeeded("up", await this.run(RUNS.create.command));
        this.writesOfCreation = await this.machines.writes();
        await this.expectSound("create");
        await this.keep(true);
    }

    async stop(): Promise<void> {
        this.workspace.remove();
        await this.machines.stop();
    }

    /** Runs one of the project's own commands on the substrate. */
    run([name, ...flags]: readonly string[]): Promise<CliResult> {
        const tenant = tenantsOf("created").tenants[1]!.name;
        const further: Readonly<Record<string, string>> = {
            up: `${this.policed ? "" : "--policy=off "}-- --skip-preview`,
            destroy: `--yes=${SUBSTRATE} -- --skip-preview`,
            teardown: `${tenant} --yes=${tenant}`,
        };
        const words = ["exec bin/tenants", name, SUBSTRATE, ...flags, further[name!] ?? ""];
        return this.workspace.shell(words.join(" "), this.environment);
    }

    /** Processes of the project that run. */
    processes(): FoundProcess[] {
        return processesIn(this.workspace.root);
    }

    /** The same in words. */
    left(): string[] {
        return Array.from(this.processes(), ({ pid, command }) => `${pid} ${command}`);
    }

    /** Goes back to where a kind of run begins, with its definitions. */
    async begin(name: RunName): Promise<void> {
        this.processes().forEach(({ pid }) => killProcess(pid));
        this.machines.naked.clear();
        const run: KilledRun = RUNS[name];
        const { folder, node, router } = this.standings.get(run.made)!;
        rmSync(this.stateFolder, { recursive: true, force: true });
        cpSync(folder, this.stateFolder, { recursive: true });
        await this.machines.node.restore(node);
        await this.machines.router.restore(router);
        if (run.deleted) {
            const [first] = tenantsOf("created").tenants;
            await this.machines.node.deleteByHand(vmidOf(first!, first!.vms[0]!));
        }
        tenantsOf(name).write(this.workspace.root, SUBSTRATE);
    }

    /** How a kind of run ends, from a run of it that nothing interrupts; later calls tell the same. */
    async reference(name: RunName): Promise<Reference> {
        const known = this.references.get(name);
        if (known !== undefined) {
            return known;
        }
        await this.begin(name);
        await this.machines.prepare(false);
        const { command, settles } = RUNS[name];
        succeeded(`${name}, which nothing interrupts`, await this.run(command));
        const writes = await this.machines.writes();
        if (settles.join() !== command.join()) {
            succeeded(`${settles[0]} after ${name}`, await this.run(settles));
        }
        await this.expectSound(name);
        const reference = { writes, ...(await this.end()) };
        this.references.set(name, reference);
        return reference;
    }

    /** How a kind of run ends: as one that nothing interrupted was seen to, or as another kind begins where it ends so. */
    private endOf(name: RunName): End | undefined {
        const { ends }: KilledRun = RUNS[name];
        return this.references.get(name) ?? (ends && this.standings.get(ends === "made")!.end);
    }

    /**
     * Most writes of a kind of run that one of it may be killed after; where that is not known from another kind of run, a run
     * that nothing interrupts tells it.
     *
     * @param few those that every kind of run has.
     */
    async writesOf(name: RunName, few: number): Promise<number> {
        if (name === "create") {
            return this.writesOfCreation;
        }
        return this.endOf(name) === undefined ? (await this.reference(name)).writes : few;
    }

    /** Everything is as it is after such a run that nothing interrupted, and nothing else. @throws UnexpectedError where it is not. */
    async expectSettled(name: RunName): Promise<void> {
        const { router, urns } = this.endOf(name)!;
        await this.expectSound(name);
        expectSame("records on the router", recordsOf(await this.machines.router.state()), router);
        expectSame("resources of the state", this.urns(), urns);
    }

    private async expectSound(name: RunName): Promise<void> {
        const substrate = loadSubstrate({ root: this.workspace.root, substrate: SUBSTRATE });
        const tenants = name === "destroy" ? [] : tenantsOf(name).tenants;
        const stays = substrate.tenants.filter((tenant) => tenants.some((one) => one.name === tenant.name));
        expectNode({ ...substrate, tenants: stays }, (await this.machines.node.state()) as NodeState);
        expectTakenOver(await this.machines.router.state());
        expectSame("what is not the tenants'", await this.seeOthers(), this.others);
        const vmids = tenants.flatMap((tenant) => tenant.vms.map((vm) => vmidOf(tenant, vm)));
        const names = tenants.map(({ name: tenant }) => tenant);
        expectState(deploymentOf(this.workspace), names, vmids);
        expectSame("processes left", this.left(), []);
        await this.machines.seeStarts();
        expectSame("VMs that were started without their walls", [...this.machines.naked], []);
        this.workspace.expectNoSecrets();
    }

    private async keep(made: boolean): Promise<void> {
        const folder = join(dirname(this.workspace.root), made ? "made" : "empty");
        cpSync(this.stateFolder, folder, { recursive: true });
        const [node, router] = [await this.machines.node.whole(), await this.machines.router.whole()];
        this.standings.set(made, { folder, node, router, end: await this.end() });
    }

    private async end(): Promise<End> {
        return { router: recordsOf(await this.machines.router.state()), urns: this.urns() };
    }

    private get stateFolder(): string {
        return join(dirname(this.workspace.root), "state");
    }

    private urns(): string[] {
        return (deploymentOf(this.workspace).resources ?? []).map(({ urn }) => urn).sort();
    }

    private async seeOthers(): Promise<unknown> {
        const names = tenantsOf("created").tenants.map(({ name }) => name);
        const onNode = othersOnNode((await this.machines.node.state()) as NodeState, names);
        return { onNode, onRouter: othersOnRouter(await this.machines.router.state()) };
    }
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** All records of a router as texts, without identities of chance: Kea numbers subnets in the order in which they came. */
function recordsOf({ saved }: RouterState): unknown {
    const sections = Object.entries(saved).map(([section, records]) => [
        section,
        Object.values(records)
            .map((record) => JSON.stringify({ ...record, subnet_id: undefined }).replace(UUID, "uuid"))
            .sort(),
    ]);
    return Object.fromEntries(sections) as unknown;
}

/** @throws UnexpectedError where a run did not succeed. */
export function succeeded(what: string, result: CliResult): CliResult {
    if (result.exitCode !== 0) {
        throw new UnexpectedError(`${what} ended with ${result.exitCode}:\n${result.output}`);
    }
    return result;
}
