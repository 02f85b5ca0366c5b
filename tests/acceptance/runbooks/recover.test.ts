import type { NodeState } from "../../../lab/expect";
import { siteOf } from "./lab";

jest.setTimeout(600_000);

const PAGE = "docs/recover.md";
const URN = "$(pulumi stack --show-urns --stack dvntm | grep -o 'urn:.*::grooveiq-api-vm01-vm')";

describe(PAGE, () => {
    const site = siteOf([PAGE], async ({ node, runbook }) => {
        // The import asks the guest agent, as the page says.
        await node.set({ agents_answer: true });
        await runbook.first("tenants up dvntm");
    });

    test("after a run that ended well there is nothing to recover", async () => {
        expect((await site.runbook.next(PAGE, "tenants recover")).output).toMatch(/nothing to recover/);
    });

    test("a VM that the state lost is taken back as it is", async () => {
        const before = ((await site.node.state()) as NodeState).vms["5001"]!;
        const path = 'export PATH="$PWD/.tools/bin:$PATH"';
        await site.runbook.first(
            `${path}\npulumi state delete --stack dvntm --force --yes --target-dependents "${URN}"`,
        );
        await expect(site.runbook.first("tenants up dvntm")).rejects.toThrow(
            /VM 5001 is on node pve2 and looks like this one, but is not in the\s+stack's state/,
        );
        const { output } = await site.runbook.next(PAGE, "export PATH");
        site.runbook.write(PAGE, "Write `import.json`", "import.json");
        const { parent, hv02 } = (
            JSON.parse(site.runbook.shown(PAGE, "Write `import.json`")) as { nameTable: Record<string, string> }
        ).nameTable;
        expect(output).toContain(parent);
        expect(output).toContain(hv02);
        await site.runbook.next(PAGE, "pulumi import");
        await site.runbook.first("tenants preview dvntm --expect-no-changes");
        const after = ((await site.node.state()) as NodeState).vms["5001"]!;
        expect(after.config["smbios1"]).toBe(before.config["smbios1"]);
        site.runbook.expectDone();
    });
});
