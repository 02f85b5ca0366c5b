import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeState } from "../../lab/expect";
import type { SimulatedNode } from "../../lab/simulatedNode";
import type { Workspace } from "../../lab/workspace";
import { mismatchesOf, type Proof } from "../../proof/findings";
import { prove } from "../../proof/measure/run";
import { asText } from "../../report/proofText";
import { systemMissing } from "../../tools/labSystem";
import { exampleFolder } from "../examples";
import { grantsIn } from "../../lab/pveum";

jest.setTimeout(600_000);

const missing = systemMissing();
if (missing !== undefined) {
    process.stderr.write(`proofExamples.test.ts: not run, ${missing}\n`);
}
const describeHere = missing === undefined ? describe : describe.skip;

/** VMIDs of the tenant media, one with an address of its choice and one that asks by DHCP. */
const LOST = ["10001", "10002"];

/** Deletes a tenant's VMs as `qm destroy` does, and has their backups restored. */
async function lostAndRestored(node: SimulatedNode, workspace: Workspace): Promise<void> {
    const file = join(workspace.root, "Pulumi.home.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^( +)datastore: .*$/m, "$&\n$1backup: local"));
    const grants = grantsIn((await workspace.command("role", "home")).output);
    // For as long as backups of VMs that are gone must be seen, as docs/backups.md says.
    const backups = { path: "/storage/local", privileges: ["Datastore.Allocate"], propagate: true };
    await node.set({ grants: [...grants, { ...backups, userids: grants[0]!.userids }] });
    const there = async () => {
        const { vms } = (await node.state()) as NodeState;
        return LOST.filter((vmid) => vms[vmid] !== undefined);
    };
    expect(await there()).toEqual(LOST);
    for (const vmid of LOST) {
        await node.byHand("POST", "/nodes/pve/vzdump", { vmid, storage: "local", compress: "zstd" });
        await node.byHand("POST", `/nodes/pve/qemu/${vmid}/status/stop`);
        await node.byHand("DELETE", `/nodes/pve/qemu/${vmid}`);
    }
    expect(await there()).toEqual([]);
    const { exitCode, output } = await workspace.command("restore", "home", "media");
    expect([output, exitCode]).toEqual([output, 0]);
    const preview = await workspace.command("preview", "home", "--expect-no-changes");
    expect([preview.output, preview.exitCode]).toEqual([preview.output, 0]);
}

// The class room's takes several times as long: `tenants prove school --from examples/school`.
describeHere("the example home, measured from inside on a node and router of its own plan, after a restore", () => {
    let proof: Proof;

    beforeAll(async () => {
        const subject = { definitions: exampleFolder("home"), substrate: "home" };
        proof = await prove({ subject, settled: lostAndRestored, say: () => undefined });
    });

    test("all is as declared, and the faults made on purpose are found", () => {
        expect([mismatchesOf(proof), asText(proof).trimEnd().split("\n").at(-1)]).toEqual([
            [],
            expect.stringMatching(/^home: 4 VMs, .* all as declared/) as string,
        ]);
        expect(proof.controls).toHaveLength(7);
    });

    test("addresses and names are the plan's", () => {
        const said = (findings: Proof["addresses"]) => findings.map(({ what, measured }) => `${what}: ${measured}`);
        expect(said(proof.addresses)).toEqual(
            expect.arrayContaining([
                "media/player-vm01 address: 192.168.100.60",
                "media/player-vm01 gateway: 192.168.100.1",
                "apps/web-vm01 resolver: 192.168.101.1",
                "apps/work-vm01 search domain: apps.home.lab.internal",
            ]) as string[],
        );
        expect(said(proof.names)).toContain("apps/web-vm01 asks for player.media.home.lab.internal: 192.168.100.60");
    });

    test("who reaches what goes by the plan's segments", () => {
        const open = proof.matrix.filter((one) => one.open).map(({ from, to }) => `${from} ${to}`);
        expect(open).toEqual(expect.arrayContaining(["media/index-vm01 nas", "lan apps/web-vm01"]) as string[]);
        expect(open).not.toContain("visitors apps/web-vm01");
        // Control: it was asked.
        expect(proof.matrix.some(({ from, to }) => from === "visitors" && to === "apps/web-vm01")).toBe(true);
    });
});
