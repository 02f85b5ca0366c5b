import { existsSync } from "node:fs";
import { SimulatedNode } from "../../../lab/simulatedNode";
import { clone } from "./lab";
import type { Runbook } from "./runbook";

jest.setTimeout(600_000);

const PAGE = "docs/upgrade.md";

describe(PAGE, () => {
    let node: SimulatedNode;
    let runbook: Runbook;

    beforeAll(async () => {
        node = await SimulatedNode.start();
        runbook = clone(node);
        await runbook.first("make up SUBSTRATE=dvntm");
        runbook.open("docs/upgrade.md");
    });
    afterAll(async () => {
        runbook.remove();
        await node.stop();
    });

    test("there and back, nothing of the node changes", async () => {
        const before = await node.state();
        await runbook.next(PAGE, "export PATH");
        expect(existsSync(runbook.path("before.json"))).toBe(true);
        expect((await runbook.next(PAGE, "make tools")).output).toMatch(/^pulumi 3\.259\.0: /m);
        expect((await runbook.next(PAGE, "make preview")).output).toMatch(/no drift/);
        await runbook.next(PAGE, "make tools");
        expect(await node.state()).toEqual(before);
        runbook.expectDone();
    });
});
