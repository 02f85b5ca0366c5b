import { rmSync } from "node:fs";
import { join } from "node:path";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** Longer than the program waits before it first asks the node how far a clone is. */
const CLONE_SECONDS = 12;

describe("clones that take their time", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        rmSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"));
    });
    afterAll(() => lab.stop());

    test("control: of clones that are done at once nothing is told", async () => {
        const { output } = await lab.up();
        expect(output).not.toContain("cloning");
        await lab.succeed("destroy", "--yes", "--skip-preview");
    });

    test("each tells beside its VM how far it is, and is no other's", async () => {
        await lab.node.set({ clone_seconds: CLONE_SECONDS });
        const { output } = await lab.up();
        const told = [...output.matchAll(/TenantVm (\S+) .*cloning: (\d+) % copied/g)];
        const names = new Set(told.map(([, name]) => name));
        expect([...names].sort()).toEqual(["grooveiq-api-vm01", "grooveiq-db-vm01"]);
        expect(told.every(([, , percent]) => Number(percent) > 0 && Number(percent) < 100)).toBe(true);
        await lab.node.set({ clone_seconds: 0 });
        await lab.expectSettled(["5001", "5002"]);
    });

    test("a node that does not answer it keeps no clone from being made", async () => {
        await lab.succeed("destroy", "--yes", "--skip-preview");
        await lab.node.set({ clone_seconds: CLONE_SECONDS });
        await lab.node.fail({ method: "GET", path: "/nodes/{node}/tasks", status: 503, message: "busy", times: 100 });
        const { output } = await lab.up();
        expect(output).not.toContain("cloning");
        await lab.node.set({ clone_seconds: 0 });
        const refused = (await lab.node.requests()).filter(
            ({ path, status }) => path.includes("/tasks?") && status === 503,
        );
        expect(refused.length).toBeGreaterThan(0);
    });
});
