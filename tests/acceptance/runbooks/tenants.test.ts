import type { NodeState } from "../../../lab/expect";
import { siteOf } from "./lab";

jest.setTimeout(600_000);

const PAGE = "docs/tenants.md";
const FILE = "tenants/dvntm/moneyrouter.yaml";
const VM = "5201";

describe(PAGE, () => {
    let others: NodeState["vms"];

    const vms = async () => ((await site.node.state()) as NodeState).vms;

    const site = siteOf([PAGE], async ({ runbook }) => {
        await runbook.first("tenants up dvntm");
        others = await vms();
        expect(Object.keys(others)).toHaveLength(3 + 5);
    });

    test("build", async () => {
        site.runbook.write(PAGE, "## Build", FILE);
        const { output } = await site.runbook.next(PAGE, "tenants validate");
        expect(output).toMatch(/moneyrouter-web-vm01-vm +create/);
        expect(output).not.toMatch(/(grooveiq|vintronics)\S* +(create|update|replace|delete)/);
        await site.runbook.next(PAGE, "tenants up");
        expect((await vms())[VM]).toMatchObject({ status: "running", config: { name: "web-vm01", memory: "2048" } });
    });

    test("change", async () => {
        const { config } = (await vms())[VM]!;
        site.runbook.edit(FILE, (text) => text.replace("memory: 2GiB", "memory: 3GiB\n    reboot: when-needed"));
        const { output } = await site.runbook.next(PAGE, "tenants preview");
        expect(output).not.toMatch(/replace|delete/);
        const changed = (await vms())[VM]!;
        expect(changed.config).toMatchObject({ memory: "3072", smbios1: config["smbios1"] });
        expect(changed.pending).toEqual({});
    });

    test("verify", async () => {
        const { output } = await site.runbook.next(PAGE, "tenants drift");
        expect(output).toMatch(/no drift/);
    });

    test("rebuild", async () => {
        const { config } = (await vms())[VM]!;
        site.runbook.edit(FILE, (text) => text.replace("    aliases:", '    rebuild: "2026-11-25"\n    aliases:'));
        const { output } = await site.runbook.next(PAGE, "tenants preview");
        expect(output).toMatch(/moneyrouter-web-vm01-vm +replace/);
        expect(output).not.toMatch(/(grooveiq|vintronics)-\S+-vm +(replace|delete)/);
        const rebuilt = (await vms())[VM]!;
        expect(rebuilt).toMatchObject({ status: "running", config: { name: "web-vm01", memory: "3072" } });
        expect(rebuilt.config["smbios1"]).not.toBe(config["smbios1"]);
    });

    test("tear down", async () => {
        const { output } = await site.runbook.next(PAGE, "tenants teardown");
        expect(output).toMatch(/verified: nothing of moneyrouter is left on the node/);
        expect(await vms()).toEqual(others);
        site.runbook.expectDone();
    });
});
