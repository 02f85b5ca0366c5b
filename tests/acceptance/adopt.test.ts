import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const OURS = ["5001", "5002", "5101", "5102", "5103"];
const CONFIG = "/nodes/pve2/qemu/5001/config";

interface Exported {
    readonly type: string;
    readonly urn: string;
    readonly parent: string;
    readonly provider: string;
}

describe("a substrate that is up", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        await lab.up();
    });
    afterAll(() => lab.stop());

    test("changes that mean nothing are no drift", async () => {
        const { config } = (await lab.state()).vms["5001"]!;
        await lab.node.byHand("PUT", CONFIG, { tags: "tenant,GrooveIQ" });
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/cloudinit");
        await lab.node.byHand("PUT", CONFIG, { scsi0: config["scsi0"]!.replace("size=32G", "size=34359738368") });
        await lab.node.set({ agents_answer: true });
        expect([...(await lab.driftByName()).keys()]).toEqual([]);
        await lab.succeed("preview", "--expect-no-changes");
    });

    test("control: one that means something is", async () => {
        await lab.node.byHand("PUT", CONFIG, { tags: "tenant" });
        expect([...(await lab.driftByName()).keys()]).toEqual(["grooveiq-api-vm01-vm"]);
        await lab.node.byHand("PUT", CONFIG, { tags: "grooveiq;tenant" });
    });

    test("a MAC in another case is left alone once a refresh has seen it", async () => {
        const { config } = (await lab.state()).vms["5001"]!;
        const lower = config["net0"]!.replace(/virtio=[^,]+/, (mac) => mac.toLowerCase());
        expect(lower).not.toBe(config["net0"]);
        await lab.node.byHand("PUT", CONFIG, { net0: lower });
        await lab.succeed("refresh", "--yes", "--skip-preview");
        await lab.succeed("up", "--yes", "--skip-preview", "--expect-no-changes");
        expect((await lab.state()).vms["5001"]!.config["net0"]).toBe(lower);
    });

    test("a VM that the state lost is told how to be taken back, and `pulumi import` does it as docs/recover.md says", async () => {
        const { stdout } = await lab.succeed("stack", "export");
        const { deployment } = JSON.parse(stdout) as { deployment: { resources: Exported[] } };
        const vm = deployment.resources.find(({ urn }) => urn.endsWith("::grooveiq-api-vm01-vm"))!;
        const before = (await lab.state()).vms["5001"]!;
        await lab.succeed("state", "delete", "--force", "--yes", "--target-dependents", vm.urn);

        const refused = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(refused.exitCode).not.toBe(0);
        expect(refused.output).toMatch(
            /VM 5001 is on node pve2 and looks like this one, but is not in the stack's state/,
        );
        expect((await lab.recover()).output).toMatch(/nothing to recover/);
        expect((await lab.state()).vms["5001"]).toEqual(before);

        const provider = vm.provider.split("::").slice(0, 4).join("::");
        const file = {
            nameTable: { parent: vm.parent, hv02: provider },
            resources: [
                { type: vm.type, name: "grooveiq-api-vm01-vm", id: "pve2/5001", parent: "parent", provider: "hv02" },
            ],
        };
        writeFileSync(join(lab.workspace.root, "import.json"), JSON.stringify(file));
        await lab.succeed(..."import --file import.json --yes --protect=false --generate-code=false".split(" "));
        expect((await lab.recover()).output).toMatch(
            /VM 5001: 3 firewall rules are removed, left by an interrupted run/,
        );
        await lab.up();
        await lab.expectSettled(OURS);
        expect((await lab.state()).vms["5001"]!.config["smbios1"]).toBe(before.config["smbios1"]);
    });
});
