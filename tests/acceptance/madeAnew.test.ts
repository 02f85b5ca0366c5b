import type { NodeState } from "../../lab/expect";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const UP = ["up", "--yes", "--skip-preview"];
const OURS = ["5001", "5002", "5101", "5102", "5103"];
const FIXED = { "5002": "10.20.50.11" };

/** A run that ends without a word while it makes a VM for the second time: what went with the first one is made, too. */
describe("the CLI killed while a VM is made anew", () => {
    let lab: AcceptanceLab;
    let found: NodeState;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        found = await lab.state();
        lab.fixAddress();
    });
    afterAll(() => lab.stop());

    test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
        "of a rebuild, after write %i: the next one converges",
        async (writes) => {
            await lab.up();
            lab.edit("tenants/dvntm/grooveiq.yaml", (text) =>
                text.replace(/instance: 2\n(    rebuild: .*\n)?/, `instance: 2\n    rebuild: after${writes}\n`),
            );
            await lab.killedAfter(writes, UP);
            await lab.recover();
            await lab.up();
            await lab.expectSettled(OURS, FIXED);
        },
    );

    test.each([5, 6, 7, 8, 9])("that was deleted by hand, after write %i: it has its firewall", async (writes) => {
        await lab.up();
        await lab.node.byHand("POST", "/nodes/pve2/qemu/5001/status/stop");
        await lab.node.byHand("DELETE", "/nodes/pve2/qemu/5001");
        await lab.killedAfter(writes, UP);
        await lab.recover();
        await lab.up();
        await lab.expectSettled(OURS, FIXED);
    });

    test("a VM of a kept tenant that was deleted by hand is made again, with its firewall", async () => {
        const file = "tenants/dvntm/grooveiq.yaml";
        lab.edit(file, (text) => `${text}keep: true\n`);
        await lab.up();
        await lab.node.byHand("POST", "/nodes/pve2/qemu/5002/status/stop");
        await lab.node.byHand("DELETE", "/nodes/pve2/qemu/5002");
        await lab.up();
        await lab.expectSettled(OURS, FIXED);
        const { exitCode, output } = await lab.workspace.pulumi(["destroy", "--yes"]);
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(/::grooveiq-db-vm01-vm\W+cannot be deleted\s+because it is protected/);

        // Without the preview others go, as Pulumi has it; the kept VM is left as it is, its firewall on the node with it.
        const { firewall } = await lab.state();
        expect((await lab.workspace.pulumi(["destroy", "--yes", "--skip-preview"])).exitCode).not.toBe(0);
        const left = await lab.state();
        expect(Object.keys(left.vms)).not.toContain("5101");
        expect(left.vms["5002"]).toMatchObject({ status: "running" });
        expect(left.firewall.guests["5002"]).toEqual(firewall.guests["5002"]);

        await lab.recover();
        lab.edit(file, (text) => text.replace("keep: true\n", ""));
        await lab.up();
        await lab.expectSettled(OURS, FIXED);
    });

    test("destroy leaves the node as it was", async () => {
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
    });
});
