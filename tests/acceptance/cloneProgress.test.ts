import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** Longer than the program waits before it first asks the node how far a clone is. */
const CLONE_SECONDS = 12;

/** One tenant that gets further VMs from test to test. */
describe("clones that take their time", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        writeFileSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"), "name: vintronics\nvlan: 51\nvms:\n");
        add(1);
    });
    afterAll(() => lab.stop());

    function add(instance: number): void {
        const vm = `  - { name: vm${instance}, instance: ${instance}, memory: 512MiB }\n`;
        lab.edit("tenants/dvntm/vintronics.yaml", (text) => text + vm);
    }

    test("each tells beside its VM how far it is, and is no other's", async () => {
        await lab.node.set({ clone_seconds: CLONE_SECONDS });
        const { output } = await lab.up();
        const told = [...output.matchAll(/TenantVm (\S+) .*cloning: (\d+) % copied/g)];
        const names = new Set(told.map(([, name]) => name));
        expect([...names].sort()).toEqual(["grooveiq-api-vm01", "grooveiq-db-vm01", "vintronics-vm1"]);
        expect(told.every(([, , percent]) => Number(percent) > 0 && Number(percent) < 100)).toBe(true);
        await lab.node.set({ clone_seconds: 0 });
        await lab.expectMade(["5001", "5002", "5101"]);
    });

    test("control: of clones that are done at once nothing is told", async () => {
        add(2);
        const { output } = await lab.up();
        expect(output).not.toContain("cloning");
        expect(Object.keys((await lab.state()).vms)).toContain("5102");
    });

    test("a node that does not answer it keeps no clone from being made", async () => {
        add(3);
        await lab.node.set({ clone_seconds: CLONE_SECONDS });
        await lab.node.fail({ method: "GET", path: "/nodes/{node}/tasks", status: 503, message: "busy", times: 100 });
        const { output } = await lab.up();
        expect(output).not.toContain("cloning");
        expect(Object.keys((await lab.state()).vms)).toContain("5103");
        await lab.node.set({ clone_seconds: 0 });
        const refused = (await lab.node.requests()).filter(
            ({ path, status }) => path.includes("/tasks?") && status === 503,
        );
        expect(refused.length).toBeGreaterThan(0);
    });
});
