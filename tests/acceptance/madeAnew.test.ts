import { EmptyPreviews } from "./emptyPreviews";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const OURS = ["5001", "5002", "5101", "5102", "5103"];
const FIXED = { "5002": "10.20.50.11" };

/** kills.test.ts has what a run leads to that ends without a word while it makes a VM anew. */
describe("a VM that is made anew", () => {
    let lab: AcceptanceLab;
    let previews: EmptyPreviews;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        previews = new EmptyPreviews(lab);
        lab.fixAddress();
    });
    afterAll(() => lab.stop());

    test("after it was deleted by hand, in a kept tenant: it has its firewall, and is not destroyed", async () => {
        const file = "tenants/dvntm/grooveiq.yaml";
        lab.edit(file, (text) => `${text}keep: true\n`);
        await lab.up();
        await lab.node.deleteByHand(5002);
        const start = { method: "POST", path: "/nodes/pve2/qemu/5002/status/start" };
        await lab.node.fail({ ...start, task: "start failed", times: 1 });
        const failed = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(failed.exitCode).not.toBe(0);
        expect(failed.output).toContain("VM 5002 could not be started on node pve2: start failed; see PVE's task log");
        expect((await lab.state()).vms["5002"]!.status).toBe("stopped");
        await lab.up();
        await lab.expectMade(OURS, FIXED);
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
        await previews.expect();
        await lab.expectMade(OURS, FIXED);
    });

    test("protected by hand: nothing is stopped, and the next up lifts it", async () => {
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5002/config", { protection: "1" });
        await lab.node.forgetRequests();
        const destroy = await lab.workspace.command("destroy", "dvntm", "--yes=dvntm");
        expect(destroy.exitCode).toBe(1);
        expect(destroy.output).toMatch(
            /grooveiq-db-vm01-vm: PVE protects VM 5002, which the state did not know; the next up lifts it/,
        );
        expect(destroy.output).toMatch(
            /grooveiq is not torn down: PVE protects VM 5002 .*: qm set 5002 --protection 0/,
        );
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        await lab.up();
        expect((await lab.state()).vms["5002"]!.config["protection"] ?? "0").toBe("0");
        await previews.expect();
        await lab.expectMade(OURS, FIXED);
    });
});
