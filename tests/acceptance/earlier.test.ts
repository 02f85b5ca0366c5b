import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { PASSPHRASE } from "../../lab/keys";
import { SimulatedNode } from "../../lab/simulatedNode";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { Workspace } from "../../lab/workspace";
import { stateFile } from "../../lab/stateFile";
import { NODE, ROUTER } from "../earlier/record";
import { RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const EARLIER = resolve(__dirname, "../earlier");
const FILE = "tenants/dvntm/grooveiq.yaml";

/** The state that an earlier release made (tests/earlier/record.ts), with the node and the router that belong to it. */
describe("a stack that an earlier release made", () => {
    let node: SimulatedNode;
    let router: SimulatedRouter;
    let workspace: Workspace;

    const text = (file: string) => readFileSync(join(EARLIER, file), "utf8");

    beforeAll(async () => {
        [node, router] = await Promise.all([SimulatedNode.start(), SimulatedRouter.start()]);
        workspace = await Workspace.create("dvntm", node, router, PASSPHRASE, EARLIER);
        const file = stateFile(workspace)!;
        mkdirSync(dirname(file), { recursive: true });
        const state = text("state.json")
            .replaceAll(NODE, node.ready.endpoint)
            .replaceAll(ROUTER, router.ready.endpoint);
        writeFileSync(file, state);
        await node.restore(JSON.parse(text("node.json")));
        await router.restore(JSON.parse(text("router.json")));
    });
    afterAll(async () => {
        workspace.remove();
        await Promise.all([node.stop(), router.stop()]);
    });

    async function preview(...flags: string[]): Promise<{ exitCode: number; output: string }> {
        const { exitCode, output } = await workspace.pulumi(["preview", ...flags]);
        return { exitCode, output };
    }

    /** Changes by a preview or an up of each resource that it does not leave alone, as `RouterRules grooveiq-network-rules update`. */
    function changesIn(output: string): string[] {
        const row = /^ *[~+-]+ +(?:[│├└─]+ +)*(?:\S+:)?([A-Z]\w+) +(\S+) +(updated?|created?|replaced?|deleted?)\b/gm;
        return [...output.matchAll(row)].map(([, type, name, what]) => `${type} ${name} ${what}`).sort();
    }

    // The way to the internet went by an alias, which is empty in moments; and PVE's option dhcp let DHCP's ports past every rule.
    const WALLS = [
        ...["grooveiq-api-vm01", "grooveiq-db-vm01", "vintronics-web-vm01", "vintronics-web-vm02"].map(
            (vm) => `OptionsLegacy ${vm}-firewall update`,
        ),
        ...["grooveiq", "vintronics"].map((tenant) => `RouterRules ${tenant}-network-rules update`),
    ];

    test("is as declared but for the walls: a preview shows these alone", async () => {
        const { exitCode, output } = await preview();
        expect([exitCode, output]).toEqual([0, output]);
        expect(changesIn(output)).toEqual(WALLS);
        expect(output).toMatch(/^ {4}~ 6 to update$/m);
    });

    test("control: what was changed since is shown, and a renamed VM is renamed in place", async () => {
        const path = join(workspace.root, FILE);
        const before = readFileSync(path, "utf8");
        writeFileSync(path, before.replace("name: db-vm01", "name: data-vm01"));
        const { exitCode, output } = await preview();
        writeFileSync(path, before);
        expect(exitCode).toBe(0);
        expect(changesIn(output)).toContain("VmLegacy grooveiq-data-vm01-vm update");
        expect(output).not.toMatch(/create|replace|delete/);
    });

    test("an up writes the walls and nothing else to node and router, and the next preview is empty", async () => {
        await node.forgetRequests();
        await router.forgetAudit();
        const { exitCode, output } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect([exitCode, output]).toEqual([0, output]);
        const put = (await node.requests()).filter(({ method }) => method !== "GET");
        expect(put.map(({ method, path }) => `${method} ${path.replace(/^.*qemu/, "")}`).sort()).toEqual(
            [5001, 5002, 5101, 5102].map((vmid) => `PUT /${vmid}/firewall/options`),
        );
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        // Beside rules a run writes its mark, an alias, and takes it away again.
        const written = new Set((await router.audit()).map(({ section }) => section));
        expect([...written].sort()).toEqual(["alias", "rule"]);
        expect(Object.values(saved["alias"]!).map(({ name }) => name)).toEqual(["lab_private"]);
        expect((await preview("--expect-no-changes")).exitCode).toBe(0);
    });
});
