import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AcceptanceLab } from "./lab";
import type { Matrix } from "./matrix";
import { FILE } from "./matrixTenants";

/** The changes of the lifecycle matrix that need a run of their own, each on a substrate that is settled. */

/** Another name for a VM in the file, the MAC policy switched for the whole substrate, and a tenant's keep set. */
export async function changeWhole(lab: AcceptanceLab, matrix: Matrix): Promise<void> {
    const then = (await lab.state()).vms;
    lab.edit(FILE, (text) => text.replace("name: vm01", "name: renamed").replace("keep: false", "keep: true"));
    await lab.workspace.pulumi(["config", "set", "macPolicy", "deterministic"]);
    await lab.up();
    const now = (await lab.state()).vms;
    expect([then["5201"]!.name, now["5201"]!.name]).toEqual(["vm01", "renamed"]);
    expect(then["5202"]!.config["net0"]).toMatch(/virtio=BC:24:11/);
    expect(now["5202"]!.config["net0"]).toMatch(/virtio=02:DE:20:52:00:02,/);
    for (const vmid of ["5201", "5202"]) {
        expect(now[vmid]!.config["smbios1"]).toBe(then[vmid]!.config["smbios1"]);
    }
    matrix.note("vms[].name", { update: "in place" });
    matrix.note("macPolicy", { create: "as declared", update: "in place" });
}

/** A MAC changed by hand on a substrate that may not be torn down: it is found, and repaired once the tenant's keep is lifted. */
export async function changeMacByHand(lab: AcceptanceLab, matrix: Matrix): Promise<void> {
    const { net0 } = (await lab.state()).vms["5202"]!.config;
    const other = net0!.replace("02:DE:20:52:00:02", "02:DE:20:52:00:FF");
    await lab.node.byHand("PUT", "/nodes/pve2/qemu/5202/config", { net0: other });
    expect((await lab.driftByName()).get("matrix-vm02-vm")).toMatch(
        /macAddress\s*: "02:DE:20:52:00:02" => "02:DE:20:52:00:FF"/,
    );
    const state = await lab.state();
    const { exitCode, output } = await lab.workspace.pulumi(["destroy", "--yes"]);
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/::matrix-vm02-\w+" cannot be deleted\s+because it is protected/);
    expect(await lab.state()).toEqual(state);
    matrix.note("keep", { update: "teardown and rebuild are refused" });
    lab.edit(FILE, (text) => text.replace("keep: true", "keep: false"));
    await lab.up();
    expect((await lab.state()).vms["5202"]!.config["net0"]).toBe(net0);
    matrix.note("macPolicy", { drift: "found", repair: "repaired" });
}

/** Another name for a tenant: another file, with the same VMs, of which all that keeps one is lifted in the same run. */
export async function renameTenant(lab: AcceptanceLab, matrix: Matrix): Promise<void> {
    const then = (await lab.state()).vms["5202"]!;
    const text = readFileSync(join(lab.workspace.root, FILE), "utf8")
        .replace("name: matrix", "name: other\nformerly: matrix")
        .replace("protection: true", "protection: false")
        .replaceAll("keep: true", "keep: false");
    writeFileSync(join(lab.workspace.root, "tenants/dvntm/other.yaml"), text);
    rmSync(join(lab.workspace.root, FILE));
    lab.edit("tenants/dvntm/grooveiq.yaml", (grooveiq) => grooveiq.replace("to: matrix", "to: other"));
    await lab.node.forgetRequests();
    await lab.up();
    expect(await lab.firewallWrites("5222")).toEqual([]);
    const { vms, pools } = await lab.state();
    expect(vms["5202"]).toMatchObject({ pool: "other", status: "running", name: "vm02" });
    expect(vms["5202"]!.config["smbios1"]).toBe(then.config["smbios1"]);
    expect(pools["matrix"]).toBeUndefined();
    await lab.succeed("preview", "--expect-no-changes");
    matrix.note("macPolicy", { second: "empty" });
    matrix.note("name", { update: "in place, with `formerly`" });
    matrix.note("formerly", {
        create: "accepted",
        second: "empty",
        update: "takes the VMs of the tenant of that name along",
        drift: "not on the node",
        repair: "not on the node",
    });
}
