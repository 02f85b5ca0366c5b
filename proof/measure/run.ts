import { DefinitionError } from "../../definitions/faults";
import type { Deployment } from "../../state/deployment";
import { identifiedBy } from "../../state/identities";
import { loadSubstrate } from "../../substrate/load";
import { vmsOf } from "../proof";
import { judgeLease } from "../lease";
import { stackFileOf } from "../../definitions/stackFile";
import type { Substrate } from "../../substrate/substrate";
import { DataPlane, type PlaneVm } from "../../lab/dataPlane";
import { LAB_SUBSTRATE } from "../../lab/definitions";
import { defineMany } from "../../lab/manyTenants";
import { readPlaneState } from "../../lab/planeState";
import { labSite } from "../../lab/site";
import { SimulatedNode } from "../../lab/simulatedNode";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { Workspace } from "../../lab/workspace";
import { bootControl, measureBoot } from "./boot";
import { dhcpControl, nicControl, ruleControl, tagControl, trunkControl, wallControl, type Site } from "./controls";
import type { Finding, Proof } from "../findings";
import { addStandIns, bootVms, measureMatrix, measureNames } from "./measure";
import { measureExported } from "./exported";
import { framesThrough, lifeOf, rebuildable, withoutFirewall } from "./moments";
import { measurePools } from "./pools";
import { prepareSite } from "./site";
import { measureSpoofing } from "./spoofing";

/** TCP port that each of many tenants opens to the next. */
const MANY_ALLOW = "5432";

/** Subject of a proof, and whom it tells how far it is. */
export interface ProofOptions {
    /** The substrate that is proved, and the folder of its definitions; the lab's own where it is missing. */
    readonly subject?: { readonly definitions: string; readonly substrate: string };
    /** That many VMs of ten tenants in place of the substrate's own. */
    readonly vms?: number;
    /** Whether PVE's firewall of nftables makes the node's walls, in place of that of iptables. */
    readonly nftables?: boolean;
    /** Changes the copied project before anything is made. */
    readonly define?: (root: string) => void;
    readonly say: (step: string) => void;
    /** Told what runs from now on. */
    readonly runs?: (what: string) => void;
    /** Called once all is brought up, before anything is measured. */
    readonly settled?: (node: SimulatedNode, workspace: Workspace) => Promise<void>;
    /** Called while everything stands as declared. */
    readonly inspect?: (site: Site, workspace: Workspace) => Promise<void>;
    /** Ends it early: the command that runs, and the data plane with all that is in it. */
    readonly signal?: AbortSignal;
}

/**
 * Brings a substrate up on the simulated node and router, builds the data plane from what they hold then, and measures
 * from inside every VM what the tenants' files declare. Nothing of it is left afterwards.
 *
 * @throws DefinitionError where the definitions have faults, or the simulated machines cannot stand for theirs.
 */
export async function prove(options: ProofOptions): Promise<Proof> {
    const began = Date.now();
    const { subject, signal } = options;
    // Faults are told of the person's own files, by their lines.
    const own = subject && provable(loadSubstrate({ root: subject.definitions, substrate: subject.substrate }));
    const site = own && labSite(own);
    const node = await SimulatedNode.start(undefined, site?.node);
    try {
        options.runs?.("the simulated node");
        const router = await SimulatedRouter.start(site && { site: site.router });
        try {
            options.runs?.("the simulated router");
            signal?.throwIfAborted();
            const proof = await proveOn(node, router, options);
            return { ...proof, seconds: Math.round((Date.now() - began) / 1000) };
        } finally {
            await router.stop();
        }
    } finally {
        await node.stop();
    }
}

/** @throws DefinitionError where the substrate has no walls of a router, or nodes beside the simulated one. */
function provable(substrate: Substrate): Substrate {
    const { name, coreRouter, hypervisors } = substrate;
    const file = stackFileOf(name);
    const [first] = hypervisors;
    const others = hypervisors.filter(({ node }) => node !== first!.node);
    const faults = [
        ...(coreRouter.mode === "none"
            ? [
                  {
                      file,
                      path: "coreRouter.mode",
                      message: "none: on a flat network nothing parts tenants, so nothing can be proved",
                  },
              ]
            : []),
        ...others.map((other) => ({
            file,
            path: `hypervisors.${other.name}.node`,
            message: `${other.node} cannot be proved: it is proved on one simulated node, which is ${first!.node}`,
        })),
    ];
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    return substrate;
}

async function proveOn(
    node: SimulatedNode,
    router: SimulatedRouter,
    options: ProofOptions,
): Promise<Omit<Proof, "seconds">> {
    const { substrate: name = LAB_SUBSTRATE, definitions } = options.subject ?? {};
    const workspace = await Workspace.create(name, node, router, {}, definitions);
    options.signal?.addEventListener("abort", () => workspace.interrupt());
    try {
        options.signal?.throwIfAborted();
        if (options.vms !== undefined) {
            defineMany(workspace.root, name, options.vms, MANY_ALLOW);
        }
        options.define?.(workspace.root);
        const substrate = loadSubstrate({ root: workspace.root, substrate: name });
        const vlans = substrate.tenants.map(({ segment }) => segment.vlan);
        await prepareSite(node, router, vlans);
        if (options.nftables) {
            await turnOnNftables(node, workspace, substrate);
        }
        const names = substrate.tenants.map(({ name }) => name).join(", ");
        options.say(`pulumi up of ${vmsOf(substrate).length} VMs of ${names} against the simulated node and router`);
        options.runs?.("pulumi up");
        const { exitCode, output } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
        if (exitCode !== 0) {
            throw new Error(`pulumi up ended with ${exitCode}:\n${output}`);
        }
        await options.settled?.(node, workspace);
        const { stdout } = await workspace.pulumi(["stack", "export"]);
        const { deployment } = JSON.parse(stdout) as { deployment: Deployment };
        return await measureAll({ substrate: identifiedBy(substrate, deployment), node, router }, workspace, options);
    } finally {
        workspace.remove();
    }
}

async function measureAll(
    { substrate, node, router }: Pick<Site, "substrate" | "node" | "router">,
    workspace: Workspace,
    { say, runs, inspect, signal }: ProofOptions,
): Promise<Omit<Proof, "seconds">> {
    signal?.throwIfAborted();
    const plane = await DataPlane.start();
    runs?.("the data plane");
    signal?.addEventListener("abort", () => void plane.stop());
    try {
        say("switch, router, DHCP and DNS from what they hold");
        const state = await readPlaneState(node, router);
        const ports = await plane.apply(state);
        await addStandIns(plane, substrate);
        say("VMs and names by the inventory of mode export");
        const exported = await measureExported(plane, substrate, state);
        say("VMs ask for their addresses");
        const vms = vmsOf(substrate);
        const leases = await bootVms(
            plane,
            vms.map(([, vm]) => vm),
        );
        const site = { plane, substrate, node, router, leases };
        say("names");
        const names = [...(await measureNames(plane, substrate, leases)), ...exported];
        say("probes from every VM, and into every VM");
        const matrix = await measureMatrix(plane, substrate, leases);
        await inspect?.(site, workspace);
        const tried = await tryAll(site, ports, workspace, say);
        const addresses = vms.flatMap(([tenant, vm]) => judgeLease(tenant, vm, leases.get(vm.vmid)));
        const known = { substrate: substrate.name, node: await nodeText(node), vms: vms.length };
        return { ...known, matrix, addresses, names, ...tried };
    } finally {
        await plane.stop();
    }
}

/** Has the node run PVE's firewall of nftables. A run that may read it makes no VM that never gets an address, which is to be measured here. */
async function turnOnNftables(node: SimulatedNode, workspace: Workspace, { hypervisors }: Substrate): Promise<void> {
    for (const { name } of hypervisors.filter(({ taskLog }) => taskLog)) {
        const key = `tenant-hypervisors:hypervisors.${name}.taskLog`;
        await workspace.pulumi(["config", "set", "--path", key, "false"]);
    }
    await node.byHand("PUT", hostFirewall(node), { nftables: "1" });
}

/** Path of the options of the node's own firewall. */
function hostFirewall({ ready }: SimulatedNode): string {
    return `/nodes/${ready.node}/firewall/options`;
}

/** The node in words: its version, and which of PVE's two firewalls makes its walls. */
async function nodeText(node: SimulatedNode): Promise<string> {
    const { version } = (await node.byHand("GET", "/version")) as { version: string };
    const { nftables } = (await node.byHand("GET", hostFirewall(node))) as { nftables?: number };
    return `PVE ${version}, walls of ${nftables === 1 ? "proxmox-firewall (nftables)" : "pve-firewall (iptables)"}`;
}

/** Everything that changes the site or the data plane: faults on purpose, attempts, a VM's life. */
async function tryAll(
    site: Site,
    ports: readonly PlaneVm[],
    workspace: Workspace,
    say: ProofOptions["say"],
): Promise<Pick<Proof, "spoofing" | "moments" | "controls">> {
    const { plane, substrate, leases } = site;
    say("a rule removed on purpose");
    const rule = await ruleControl(site);
    say("a VM's firewall off on purpose");
    const wall = [await wallControl(site), ...(await nicControl(site))];
    say("the router boots, with the tables of its aliases still empty");
    const booted = await measureBoot(site);
    const byAlias = await bootControl(site);
    say("its option for DHCP on, and a trunk at its NIC, on purpose");
    const doors = [await dhcpControl(site), await trunkControl(site)];
    say("VMs that pass for others");
    const spoofing = await measureSpoofing(plane, substrate, ports, leases);
    const [moments, unwalled] = await momentsOf(site, workspace, say);
    say("an address of another tenant's pool");
    const taken = await measurePools(plane, substrate, new Map(ports.map(({ vmid, mac }) => [vmid, mac])));
    say("a VM in another VLAN on purpose");
    const controls = [rule, ...wall, byAlias, ...doors, ...unwalled, await tagControl(site)];
    return { spoofing: [...spoofing, ...taken], moments: [...moments, booted], controls };
}

/** Findings of one VM's life, and of a control in which it has no firewall; none where every VM is kept. */
async function momentsOf(
    site: Site,
    workspace: Workspace,
    say: ProofOptions["say"],
): Promise<readonly [moments: Finding[], controls: Finding[]]> {
    const subject = rebuildable(site.substrate);
    if (subject === undefined) {
        return [[], []];
    }
    say("a VM rebuilt and restarted, with frames past its walls at every moment");
    const [tenant, vm] = subject;
    const watched = { ...site, tenant, vm };
    const moments = await lifeOf(site.node, workspace, site.substrate, subject);
    const found = await framesThrough(watched, moments);
    const control = await withoutFirewall(watched, moments);
    await site.plane.apply(await readPlaneState(site.node, site.router));
    return [[found], [control]];
}
