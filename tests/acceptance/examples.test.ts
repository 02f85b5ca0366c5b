import type { NodeState } from "../../lab/expect";
import { labSite } from "../../lab/site";
import { SimulatedNode } from "../../lab/simulatedNode";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { Workspace, type CliResult } from "../../lab/workspace";
import { loadSubstrate } from "../../substrate/load";
import { exampleFolder, SITES } from "../examples";
import { NOT_OURS, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

describe.each(SITES)("the example %s, site %s, on simulators started from its own plan", (folder, name) => {
    const root = exampleFolder(folder);
    const substrate = loadSubstrate({ root, substrate: name });
    const vms = substrate.tenants.flatMap((tenant) => tenant.vms.map((vm) => ({ tenant, vm })));
    const site = labSite(substrate);
    /** Whether the stack writes to the router itself. */
    const writes = substrate.coreRouter.mode === "api";
    let node: SimulatedNode;
    let router: SimulatedRouter | undefined;
    let workspace: Workspace;
    let found: readonly unknown[];

    beforeAll(async () => {
        // The deevnet site mobile runs PVE 9.2.
        node = await SimulatedNode.start(undefined, site.node, name === "mobile" ? "9.2" : undefined);
        router = writes ? await SimulatedRouter.start({ site: site.router }) : undefined;
        workspace = await Workspace.create(name, node, router, {}, root);
        found = await states();
    });
    afterAll(async () => {
        workspace.remove();
        await Promise.all([node.stop(), router?.stop()]);
    });

    const states = async () => [await node.state(), await router?.state()];
    const succeed = async (...command: string[]): Promise<CliResult> => {
        const result = await workspace.pulumi(command);
        expect([result.exitCode, result.exitCode === 0 ? "" : result.output]).toEqual([0, ""]);
        return result;
    };

    test("is previewed and brought up: its VMs, by its plan", async () => {
        // It previews before it asks, and --yes answers; of one example, as what a preview shows an up does, too.
        const previews = folder === "home";
        const { output } = await succeed("up", "--yes", ...(previews ? [] : ["--skip-preview"]));
        expect(/^Previewing update/m.test(output)).toBe(previews);
        const { vms: made } = (await node.state()) as NodeState;
        expect(Object.keys(made).sort()).toEqual([...NOT_OURS, ...vms.map(({ vm }) => String(vm.vmid))].sort());
        for (const { tenant, vm } of vms) {
            const { status, config } = made[vm.vmid]!;
            const tag = /\btag=(\d+)/.exec(config["net0"]!)?.[1];
            expect([vm.vmid, status, tag]).toEqual([
                vm.vmid,
                "running",
                tenant.segment.tagged ? String(tenant.segment.vlan) : undefined,
            ]);
        }
        const subnets = Object.values((await router?.state())?.saved["subnet4"] ?? {}).map(({ subnet }) => subnet);
        expect(subnets.filter((one) => vms.some(({ tenant }) => tenant.segment.subnet.cidr === one))).toHaveLength(
            writes ? substrate.tenants.length : 0,
        );
        if (name !== "school") {
            // Of the class room it takes as long as all of the others, and is no different.
            await succeed("preview", "--expect-no-changes");
        }
    });

    test("is destroyed: node and router are as they were found", async () => {
        await succeed("destroy", "--yes", "--skip-preview");
        expect(await states()).toEqual(found);
    });
});
