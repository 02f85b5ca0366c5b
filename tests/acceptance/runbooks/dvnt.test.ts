import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeState } from "../../../lab/expect";
import { SimulatedNode } from "../../../lab/simulatedNode";
import { grantsIn } from "../../../lab/pveum";
import { clone, reach } from "./lab";
import type { Runbook } from "./runbook";

jest.setTimeout(600_000);

const UP = "docs/bring-up-dvnt.md";
const MOVE = "docs/move-tenant.md";
const STACK = "Pulumi.dvnt.yaml";

describe("the other substrate", () => {
    let dvntm: SimulatedNode;
    let dvnt: SimulatedNode;
    let runbook: Runbook;

    const vms = async (node: SimulatedNode) => ((await node.state()) as NodeState).vms;

    /** Values that a person fills into the environment of a substrate. */
    function fillIn(name: string, { apiToken, caFile }: SimulatedNode["ready"]): void {
        const lines = [`PROXMOX_VE_API_TOKEN='${apiToken}'`, `SSL_CERT_FILE='${caFile}'`];
        writeFileSync(join(runbook.home, `${name}.env`), lines.map((line) => `export ${line}\n`).join(""));
    }

    beforeAll(async () => {
        [dvntm, dvnt] = [await SimulatedNode.start(), await SimulatedNode.start()];
        await dvnt.set({ address: "10.10.99.22" });
        runbook = clone(dvntm);
        await runbook.find();
        reach(runbook, dvnt, "dvnt");
        fillIn("dvntm", dvntm.ready);
        fillIn("dvnt", dvnt.ready);
        runbook.addSecret(dvnt.ready.apiToken.split("=")[1]!);
        await runbook.first("tenants up dvntm");
        runbook.open("docs/bring-up-dvnt.md");
        runbook.open("docs/move-tenant.md");
    });
    afterAll(async () => {
        runbook.remove();
        await dvntm.stop();
        await dvnt.stop();
    });

    test("planned: a plan, and an up that says what is missing", async () => {
        expect((await runbook.next(UP, "tenants preview")).output).toMatch(/grooveiq-api-vm01-vm +create/);
        await expect(runbook.first("tenants up dvnt")).rejects.toThrow(/planned/);
    });

    test("real: what was written is checked, the roles are granted, and it comes up", async () => {
        const hardware = runbook.shown(UP, "**Say so**").replace(/^/gm, "      ").trimEnd();
        runbook.edit(STACK, (text) =>
            text.replace("status: planned", "status: active").replace(/(prefix: fedora-server-\n)/, `$1${hardware}\n`),
        );
        expect((await runbook.next(UP, "tenants validate")).output).toMatch(
            /dvnt: active, 1 tenants, 1 VMs, no faults/,
        );
        const grants = grantsIn((await runbook.next(UP, "tenants role")).stdout);
        await dvnt.set({ grants });
        const before = await vms(dvntm);
        await expect(runbook.first("tenants up dvnt")).rejects.toThrow(/401|authentication|certificate/i);
        expect((await runbook.next(UP, ". ~/dvnt.env")).output).toMatch(/no drift/);
        expect((await vms(dvnt))["5001"]).toMatchObject({ status: "running", config: { name: "api-vm01" } });
        expect(await vms(dvntm)).toEqual(before);
    });

    test("move: the tenant is built there, and taken away here", async () => {
        await runbook.next(MOVE, "cp tenants");
        await dvnt.set({ grants: grantsIn((await runbook.first("tenants role dvnt")).stdout) });
        const [there, here] = [await vms(dvnt), await vms(dvntm)];
        await runbook.next(MOVE, ". ~/dvnt.env");
        const moved = Object.keys(await vms(dvnt)).filter((vmid) => !(vmid in there));
        expect(moved).toEqual(["5101", "5102", "5103"]);
        const { output } = await runbook.next(MOVE, ". ~/dvntm.env");
        expect(output).toMatch(/verified: nothing of vintronics is left on the node/);
        const left = Object.entries(here).filter(([vmid]) => !moved.includes(vmid));
        expect(await vms(dvntm)).toEqual(Object.fromEntries(left));
        expect(readFileSync(runbook.path("tenants/dvnt/vintronics.yaml"), "utf8")).toContain("name: vintronics");
        runbook.expectDone();
    });
});
