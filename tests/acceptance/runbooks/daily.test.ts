import { readFileSync } from "node:fs";
import type { NodeState } from "../../../lab/expect";
import { outputFaults } from "../../outputsSchema";
import { siteOf } from "./lab";

jest.setTimeout(600_000);

describe("what a person does from day to day", () => {
    const site = siteOf(["docs/drift.md", "docs/map.md", "docs/outputs.md"], ({ runbook }) =>
        runbook.first("tenants up dvntm"),
    );

    test("docs/outputs.md", async () => {
        const { stdout } = await site.runbook.next("docs/outputs.md", "PATH=");
        expect(outputFaults(JSON.parse(stdout))).toEqual([]);
    });

    test("docs/drift.md: there is none, as a table and for scripts", async () => {
        const before = (await site.node.state()) as NodeState;
        expect((await site.runbook.next("docs/drift.md", "tenants drift")).stdout).toContain("dvntm: no drift");
        const { stdout } = await site.runbook.next("docs/drift.md", "tenants drift dvntm --json");
        expect(JSON.parse(stdout)).toEqual({ substrate: "dvntm", drift: [], untold: [] });
        expect(await site.node.state()).toEqual(before);
    });

    test("docs/map.md: what the files declare, then with the drift that there is", async () => {
        const map = () => readFileSync(site.runbook.path("map-dvntm.html"), "utf8");
        expect((await site.runbook.next("docs/map.md", "tenants map")).stdout).toMatch(/map-dvntm\.svg\nsite\.html\n$/);
        expect(map()).toContain("Drift: not looked at");
        await site.node.byHand("POST", "/nodes/pve2/qemu/5001/config", { memory: "1024" });
        await site.runbook.next("docs/map.md", "tenants drift");
        expect(map()).toContain("VM 5001 api-vm01: memory");
        site.runbook.expectDone();
    });
});
