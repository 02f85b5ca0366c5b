import { readFileSync } from "node:fs";
import type { NodeState } from "../../../lab/expect";
import { SimulatedNode } from "../../../lab/simulatedNode";
import { outputFaults } from "../../outputsSchema";
import { clone } from "./lab";
import type { Runbook } from "./runbook";

jest.setTimeout(600_000);

describe("what a person does from day to day", () => {
    let node: SimulatedNode;
    let runbook: Runbook;

    beforeAll(async () => {
        node = await SimulatedNode.start();
        runbook = clone(node);
        await runbook.first("make up SUBSTRATE=dvntm");
        ["docs/drift.md", "docs/map.md", "docs/outputs.md"].forEach((page) => runbook.open(page));
    });
    afterAll(async () => {
        runbook.remove();
        await node.stop();
    });

    test("docs/outputs.md", async () => {
        const { stdout } = await runbook.next("docs/outputs.md", "PATH=");
        expect(outputFaults(JSON.parse(stdout))).toEqual([]);
    });

    test("docs/drift.md: there is none, as a table and for scripts", async () => {
        const before = (await node.state()) as NodeState;
        expect((await runbook.next("docs/drift.md", "make drift")).stdout).toContain("dvntm: no drift");
        const { stdout } = await runbook.next("docs/drift.md", "PATH=");
        expect(JSON.parse(stdout)).toEqual({ substrate: "dvntm", drift: [], untold: [] });
        expect(await node.state()).toEqual(before);
    });

    test("docs/map.md: what the files declare, then with the drift that there is", async () => {
        const map = () => readFileSync(runbook.path("map-dvntm.html"), "utf8");
        expect((await runbook.next("docs/map.md", "make map")).stdout).toMatch(/map-dvntm\.svg\nsite\.html\n$/);
        expect(map()).toContain("Drift: not looked at");
        await node.byHand("POST", "/nodes/pve2/qemu/5001/config", { memory: "1024" });
        await runbook.next("docs/map.md", "PATH=");
        expect(map()).toContain("VM 5001 api-vm01: memory");
        runbook.expectDone();
    });
});
