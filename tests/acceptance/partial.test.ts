import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { byTenant, stackOutputsIn, type StateResource } from "../../state/deployment";
import type { VmOutput } from "../../substrate/outputs";
import { partialEnvironment } from "../../substrate/partial";
import { smallTenant } from "../fixtures";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

describe("a run that has something to do for one tenant alone", () => {
    let lab: AcceptanceLab;
    /** Whether rules are held to. The first test's runs are: it takes each a third longer. */
    let policy = "on";

    beforeAll(async () => {
        lab = await AcceptanceLab.startWithRouter();
        await tenants("up", "--yes", "--", "--skip-preview");
        // The state does not know yet that the first run started the VMs.
        await tenants("up", "--yes", "--", "--skip-preview", "--expect-no-changes");
    });
    afterAll(() => lab.stop());

    /** Nothing is left to do, after which the next run finds all of it as this one read it. */
    const settle = () => tenants("preview", "--expect-no-changes");

    function tenants(name: string, ...args: string[]) {
        return ending(0, name, ...args);
    }

    async function ending(code: number, name: string, ...args: string[]) {
        await lab.node.forgetRequests();
        const held = ["preview", "up"].includes(name) ? ["--policy", policy] : [];
        const { exitCode, output } = await lab.workspace.command(name, "dvntm", ...held, ...args);
        expect({ output, exitCode }).toEqual({ output, exitCode: code });
        const asked = (await lab.node.requests()).map(({ path }) => path);
        // The provider's own question for each guest that it reads.
        const reads = asked.flatMap((path) => /\/qemu\/(\d+)\/status\/current$/.exec(path)?.[1] ?? []);
        return { output, reads: [...new Set(reads)].sort() };
    }

    /** Nothing is left to do, and nothing differs, by a run that reads and declares all of it. */
    const expectWhole = () => tenants("preview", "--refresh", "always", "--expect-no-changes");

    async function state() {
        const deployment = await lab.deployment();
        const resources = deployment.resources as readonly StateResource[];
        const vms = stackOutputsIn(deployment)["vms"] as readonly VmOutput[];
        return { tenants: byTenant(resources), vms: vms.map(({ vmid }) => vmid) };
    }

    test("neither reads nor declares what another has, and leaves it in state and outputs as it is", async () => {
        const before = await state();
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace("memory: 4GiB", "memory: 3GiB"));
        for (let time = 0; time < 2; time++) {
            const preview = await tenants("preview");
            expect(preview.reads).toEqual([]);
            expect(preview.output).toMatch(
                /dvntm: for 1 tenant nothing is to do, as in the last run, but for grooveiq it may be/,
            );
            expect(preview.output).toMatch(/~ 1 to update\n\s+\d+ unchanged/);
        }
        const { reads, output } = await tenants("up", "--yes", "--", "--skip-preview");
        expect(output).toContain("but for grooveiq ");
        expect(output).toMatch(/~ 1 updated[^]*web-vm01 +5101 /);
        expect(reads).not.toContain("5101");
        const after = await state();
        expect(after.vms).toEqual(before.vms);
        expect(after.tenants.get("vintronics")).toEqual(before.tenants.get("vintronics"));
        expect(after.tenants.get("grooveiq")).not.toEqual(before.tenants.get("grooveiq"));
        await expectWhole();
    });

    const GROOVEIQ = ["5001", "5002"];

    test("reads what the last run changed, and what somebody changed, and nothing else", async () => {
        policy = "off";
        await settle();
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace("memory: 3GiB", "memory: 2GiB"));
        await tenants("up", "--yes", "--", "--skip-preview");
        expect((await tenants("preview", "--expect-no-changes")).reads).toEqual(GROOVEIQ);
        expect((await tenants("preview", "--expect-no-changes")).reads).toEqual([]);
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5002/config", { memory: "1024" });
        const drift = await ending(2, "drift");
        expect(drift.reads).toEqual(GROOVEIQ);
        expect(drift.output).toMatch(/db-vm01.*memory/);
        const { reads, output } = await tenants("up", "--yes", "--", "--skip-preview");
        expect(reads).toEqual(GROOVEIQ);
        expect(output).toContain("but for grooveiq it may be");
        expect(output).toContain("~ 1 updated");
        await expectWhole();
    });

    test("makes a tenant that is new", async () => {
        await settle();
        const before = await state();
        writeFileSync(join(lab.workspace.root, "tenants/dvntm/retro.yaml"), smallTenant("retro", 52));
        const { output } = await tenants("up", "--yes", "--", "--skip-preview");
        expect(output).toContain("dvntm: for 2 tenants nothing is to do, as in the last run, but for retro it may be");
        const after = await state();
        expect(after.vms).toEqual([...before.vms, 5201]);
        expect([...after.tenants].filter(([name]) => name !== "retro")).toEqual([...before.tenants]);
        await expectWhole();
    });

    test("control: a tenant that leaves, and what counts for all, has all of it read and declared", async () => {
        await lab.succeed("config", "set", "other:note", "of the person's");
        expect((await tenants("preview")).output).not.toContain("nothing is to do");
        rmSync(join(lab.workspace.root, "tenants/dvntm/retro.yaml"));
        const { output, reads } = await tenants("up", "--yes", "--", "--skip-preview");
        expect(output).not.toContain("nothing is to do");
        expect(reads).toContain("5101");
        expect((await state()).vms).not.toContain(5201);
    });

    test("takes a tenant away without a refresh where all of it is as it was read, and with one where it is not", async () => {
        await settle();
        const before = await state();
        expect((await tenants("teardown", "vintronics", "--yes=vintronics")).output).not.toContain("Refreshing");
        expect((await state()).tenants.get("grooveiq")).toEqual(before.tenants.get("grooveiq"));
        await lab.node.byHand("POST", "/nodes/pve2/qemu/5001/status/stop");
        await lab.node.byHand("DELETE", "/nodes/pve2/qemu/5001");
        expect((await tenants("teardown", "grooveiq", "--yes=grooveiq")).output).toContain("Refreshing");
        expect((await state()).tenants.size).toBe(0);
    });

    test("is refused where the state has other resources than it was cut for", async () => {
        const variables = partialEnvironment({ state: "another's", tenants: ["grooveiq"] });
        const ran = await lab.workspace.pulumi(["preview"], variables);
        expect(ran.output).toContain("another run changed the state of dvntm meanwhile");
        expect(ran.exitCode).not.toBe(0);
    });
});
