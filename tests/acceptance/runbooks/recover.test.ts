import type { NodeState } from "../../../lab/expect";
import { SimulatedNode } from "../../../lab/simulatedNode";
import { clone } from "./lab";
import type { Runbook } from "./runbook";

jest.setTimeout(600_000);

const PAGE = "docs/recover.md";
const URN = "$(pulumi stack --show-urns --stack dvntm | grep -o 'urn:.*::grooveiq-api-vm01-vm')";

describe(PAGE, () => {
    let node: SimulatedNode;
    let runbook: Runbook;

    beforeAll(async () => {
        node = await SimulatedNode.start();
        runbook = clone(node);
        // The import asks the guest agent, as the page says.
        await node.set({ agents_answer: true });
        await runbook.first("make up SUBSTRATE=dvntm");
        runbook.open("docs/recover.md");
    });
    afterAll(async () => {
        runbook.remove();
        await node.stop();
    });

    test("after a run that ended well there is nothing to recover", async () => {
        expect((await runbook.next(PAGE, "make recover")).output).toMatch(/nothing to recover/);
    });

    test("a VM that the state lost is taken back as it is", async () => {
        const before = ((await node.state()) as NodeState).vms["5001"]!;
        const path = 'export PATH="$PWD/.tools/bin:$PATH"';
        await runbook.first(`${path}\npulumi state delete --stack dvntm --force --yes --target-dependents "${URN}"`);
        await expect(runbook.first("make up SUBSTRATE=dvntm")).rejects.toThrow(
            /VM 5001 is on node pve2 and looks like this one, but is not in the\s+stack's state/,
        );
        const { output } = await runbook.next(PAGE, "export PATH");
        runbook.write(PAGE, "Write `import.json`", "import.json");
        const { parent, hv02 } = (
            JSON.parse(runbook.shown(PAGE, "Write `import.json`")) as { nameTable: Record<string, string> }
        ).nameTable;
        expect(output).toContain(parent);
        expect(output).toContain(hv02);
        await runbook.next(PAGE, "pulumi import");
        await runbook.first("make preview SUBSTRATE=dvntm ARGS=--expect-no-changes");
        const after = ((await node.state()) as NodeState).vms["5001"]!;
        expect(after.config["smbios1"]).toBe(before.config["smbios1"]);
        runbook.expectDone();
    });
});
