import { existsSync, readFileSync } from "node:fs";
import type { NodeState } from "../../../lab/expect";
import { outputFaults } from "../../outputsSchema";
import { siteOf } from "./lab";

jest.setTimeout(600_000);

const UPGRADE = "docs/upgrade.md";
const UPGRADE_PVE = "docs/upgrade-pve.md";
const RECOVER = "docs/recover.md";
const TENANTS = "docs/tenants.md";

/** The pages on a substrate that is up; each leaves it as declared to the next, up to the map, which shows what differs. */
describe("what a person does with a substrate that is up", () => {
    const pages = ["docs/drift.md", "docs/map.md", "docs/outputs.md", UPGRADE, UPGRADE_PVE, RECOVER, TENANTS];
    const site = siteOf(pages, ({ runbook }) => runbook.first("tenants up dvntm"), { pve: "8.4", keyService: true });
    const vms = async () => ((await site.node.state()) as NodeState).vms;

    test("docs/outputs.md", async () => {
        const { stdout } = await site.runbook.next("docs/outputs.md", "PATH=");
        expect(outputFaults(JSON.parse(stdout))).toEqual([]);
    });

    test("docs/drift.md: there is none, as a table and for scripts", async () => {
        const before = (await site.node.state()) as NodeState;
        expect((await site.runbook.next("docs/drift.md", "tenants drift")).stdout).toContain("dvntm: no drift");
        const { stdout } = await site.runbook.next("docs/drift.md", "tenants drift dvntm --json");
        const notLookedAt = expect.arrayContaining([
            expect.stringMatching(/^node pve2: not looked at: the options of its own firewall/),
        ]) as unknown;
        const nothing = { drift: [], templates: [], snapshots: [], untold: [] };
        expect(JSON.parse(stdout)).toEqual({ substrate: "dvntm", ...nothing, notLookedAt });
        expect(await site.node.state()).toEqual(before);
    });

    test(`${UPGRADE}: there and back, nothing of the node changes`, async () => {
        const before = await site.node.state();
        await site.runbook.next(UPGRADE, "export PATH");
        expect(existsSync(site.runbook.path("before.json"))).toBe(true);
        expect((await site.runbook.next(UPGRADE, "make tools")).output).toMatch(/^pulumi 3\.259\.0: /m);
        expect((await site.runbook.next(UPGRADE, "tenants preview")).output).toMatch(/no drift/);
        await site.runbook.next(UPGRADE, "make tools");
        expect(await site.node.state()).toEqual(before);
    });

    test(`${UPGRADE_PVE}: the node becomes one of PVE 9 between two runs, and all is as declared`, async () => {
        const before = await site.node.state();
        await site.runbook.next(UPGRADE_PVE, "tenants preview");
        const roles = readFileSync(site.runbook.path("role-9.2.sh"), "utf8");
        expect(roles).toMatch(/^# dvntm hv02: as root on node pve2, PVE 9\.2\n/);
        await site.node.upgrade("9.2");
        expect((await site.runbook.next(UPGRADE_PVE, "tenants role")).output).toMatch(/dvntm: no drift/);
        expect(await site.node.state()).toEqual(before);
    });

    describe(TENANTS, () => {
        const FILE = "tenants/dvntm/moneyrouter.yaml";
        const VM = "5201";
        let others: NodeState["vms"];

        beforeAll(async () => {
            others = await vms();
            expect(Object.keys(others)).toHaveLength(3 + 5);
        });

        test("build", async () => {
            site.runbook.write(TENANTS, "## Build", FILE);
            const { output } = await site.runbook.next(TENANTS, "tenants validate");
            expect(output).toMatch(/moneyrouter-web-vm01-vm +create/);
            expect(output).not.toMatch(/(grooveiq|vintronics)\S* +(create|update|replace|delete)/);
            await site.runbook.next(TENANTS, "tenants up");
            expect((await vms())[VM]).toMatchObject({
                status: "running",
                config: { name: "web-vm01", memory: "2048" },
            });
        });

        test("change", async () => {
            const { config } = (await vms())[VM]!;
            site.runbook.edit(FILE, (text) => text.replace("memory: 2GiB", "memory: 3GiB\n    reboot: when-needed"));
            const { output } = await site.runbook.next(TENANTS, "tenants preview");
            expect(output).not.toMatch(/replace|delete/);
            const changed = (await vms())[VM]!;
            expect(changed.config).toMatchObject({ memory: "3072", smbios1: config["smbios1"] });
            expect(changed.pending).toEqual({});
        });

        test("verify", async () => {
            const { output } = await site.runbook.next(TENANTS, "tenants drift");
            expect(output).toMatch(/no drift/);
        });

        test("rebuild", async () => {
            const { config } = (await vms())[VM]!;
            site.runbook.edit(FILE, (text) => text.replace("    aliases:", '    rebuild: "2026-11-25"\n    aliases:'));
            const { output } = await site.runbook.next(TENANTS, "tenants preview");
            expect(output).toMatch(/moneyrouter-web-vm01-vm +replace/);
            expect(output).not.toMatch(/(grooveiq|vintronics)-\S+-vm +(replace|delete)/);
            const rebuilt = (await vms())[VM]!;
            expect(rebuilt).toMatchObject({ status: "running", config: { name: "web-vm01", memory: "3072" } });
            expect(rebuilt.config["smbios1"]).not.toBe(config["smbios1"]);
        });

        test("tear down", async () => {
            const { output } = await site.runbook.next(TENANTS, "tenants teardown");
            expect(output).toMatch(/verified: nothing of moneyrouter is left on the node/);
            expect(await vms()).toEqual(others);
        });
    });

    describe(RECOVER, () => {
        const URN = "$(pulumi stack --show-urns --stack dvntm | grep -o 'urn:.*::grooveiq-api-vm01-vm')";

        // The import asks the guest agent, as the page says.
        beforeAll(() => site.node.set({ agents_answer: true }));

        test("after a run that ended well there is nothing to recover", async () => {
            expect((await site.runbook.next(RECOVER, "tenants recover")).output).toMatch(/nothing to recover/);
        });

        test("a VM that the state lost is taken back as it is", async () => {
            const path = 'export PATH="$PWD/.tools/bin:$PATH"';
            const lose = `${path}\npulumi state delete --stack dvntm --force --yes --target-dependents "${URN}"`;
            await site.runbook.first(lose);
            expect((await site.runbook.first("tenants recover dvntm")).output).toMatch(
                /VM 5001 bears all its marks on the node, and the state did not have it; it does now/,
            );
            await site.runbook.first("tenants up dvntm");

            // One that somebody changed so that it does not bear them all is taken back by hand.
            await site.node.byHand("PUT", "/nodes/pve2/qemu/5001/config", { description: "mine" });
            const {
                vms: before,
                firewall: { guests: firewalls },
            } = (await site.node.state()) as NodeState;
            await site.runbook.first(lose);
            await expect(site.runbook.first("tenants up dvntm")).rejects.toThrow(
                /VM 5001 is on node pve2 and looks like this one, but is not in the\s+stack's state/,
            );
            expect((await site.runbook.first("tenants recover dvntm")).output).toMatch(/nothing to recover/);
            expect(await vms()).toEqual(before);
            const { output } = await site.runbook.next(RECOVER, "export PATH");
            site.runbook.write(RECOVER, "Write `import.json`", "import.json");
            const { parent, hv02 } = (
                JSON.parse(site.runbook.shown(RECOVER, "Write `import.json`")) as { nameTable: Record<string, string> }
            ).nameTable;
            expect(output).toContain(parent);
            expect(output).toContain(hv02);
            expect((await site.runbook.next(RECOVER, "pulumi import")).output).toMatch(
                /VM 5001: 3 firewall rules are removed, left by an interrupted run/,
            );
            await site.runbook.first("tenants preview dvntm --expect-no-changes");
            const { vms: after, firewall } = (await site.node.state()) as NodeState;
            expect(Object.keys(after)).toEqual(Object.keys(before));
            expect(after["5001"]).toMatchObject({ status: "running", lock: null });
            expect(after["5001"]!.config["smbios1"]).toBe(before["5001"]!.config["smbios1"]);
            expect(firewall.guests["5001"]).toEqual(firewalls["5001"]);
        });
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
