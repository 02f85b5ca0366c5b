import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeState } from "../../lab/expect";
import { SimulatedRouter, type RouterState } from "../../lab/simulatedRouter";
import { interfaceOf } from "../router/managed";
import { AcceptanceLab, NOT_OURS, RUN_TIMEOUT_MS } from "./lab";
import { recordWrites } from "../routerWrites";
import { foreign, foreignWrites } from "./foreign";

jest.setTimeout(RUN_TIMEOUT_MS);

const VLANS = [50, 51, 52, 53, 54, 55, 56, 57, 58, 59];

function fileOf(vlan: number): string {
    return `tenants/dvntm/tenant${vlan}.yaml`;
}

function textOf(vlan: number): string {
    const vm = (name: string, instance: number) =>
        `  - name: ${name}\n    instance: ${instance}\n    memory: 512MiB\n    cores: 1\n    aliases: [${name}-alias]\n`;
    const disks = "    disks:\n      - slot: 1\n        size: 8GiB\n";
    const second = vlan === 53 ? vm("db-vm01", 2) + disks : "";
    const keep = vlan === 56 ? "keep: true\n" : "";
    return `${keep}name: tenant${vlan}\nvlan: ${vlan}\nvms:\n${vm("api-vm01", 1)}${second}`;
}

describe("ten tenants on node and router", () => {
    let router: SimulatedRouter;
    let lab: AcceptanceLab;
    let node: NodeState;
    let before: RouterState;

    beforeAll(async () => {
        router = await SimulatedRouter.start();
        lab = await AcceptanceLab.start(router, {}, "9.2");
        await lab.succeed("config", "set", "macPolicy", "deterministic");
        node = await lab.state();
        before = await router.state();
        for (const name of ["grooveiq", "vintronics"]) {
            rmSync(join(lab.workspace.root, `tenants/dvntm/${name}.yaml`));
        }
        VLANS.forEach((vlan) => writeFileSync(join(lab.workspace.root, fileOf(vlan)), textOf(vlan)));
        await lab.up();
    });
    afterAll(async () => {
        await lab.stop();
        await router.stop();
    });

    async function forget(): Promise<void> {
        await lab.node.forgetRequests();
        await router.forgetAudit();
    }

    async function expectUntouched(): Promise<void> {
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        expect(await router.audit()).toEqual([]);
    }

    /** Things of others than one tenant on node and router. */
    async function others(vlan: number): Promise<unknown> {
        const { vms, pools, firewall } = await lab.state();
        const { saved } = await router.state();
        const stay = (records: Readonly<Record<string, unknown>>) =>
            Object.fromEntries(Object.entries(records).filter(([vmid]) => !vmid.startsWith(String(vlan))));
        const rows = Object.values(saved)
            .flatMap((section) => Object.entries(section))
            .filter(([uuid, record]) => uuid !== "general" && !record["description"]?.includes(`tenant${vlan}:`));
        const { [`tenant${vlan}`]: _, ...pooled } = pools;
        return { vms: stay(vms), pools: pooled, firewall: stay(firewall.guests), rows };
    }

    test("asks for the tenant's name, and without a terminal says what to do", async () => {
        await forget();
        const teardown = (...args: string[]) => lab.workspace.command("teardown", "dvntm", ...args);
        expect(await teardown()).toMatchObject({
            exitCode: 64,
            output: expect.stringMatching(/^<tenant> is missing/) as string,
        });
        const silent = await teardown("tenant53");
        expect(silent.exitCode).toBe(64);
        expect(silent.output).toMatch(
            /there is no terminal to type tenant53 at, and nothing was touched: --yes=tenant53 says it/,
        );
        expect(silent.output).toContain(
            "tenant53: this goes, with all that is on the disks (2 VMs, 3 disks, 72GiB):\n" +
                "  VLAN 53 (10.20.53.0/24)\n" +
                "  node pve2: VM 5301 api-vm01 (scsi0 32GiB)\n" +
                "  node pve2: VM 5302 db-vm01 (scsi0 32GiB, scsi1 8GiB)\n" +
                "  node: pool tenant53\n" +
                "  router: DHCP scope 10.20.53.0/24 with 2 reservations\n" +
                "  router: 4 names: api-vm01.tenant53.dvntm.deevnet.net, api-vm01-alias.tenant53.dvntm.deevnet.net, " +
                "db-vm01.tenant53.dvntm.deevnet.net, db-vm01-alias.tenant53.dvntm.deevnet.net\n" +
                "  router: 24 rules\n" +
                "what stays: tenant50, tenant51, tenant52, tenant54, tenant55, tenant56, tenant57, tenant58, tenant59\n",
        );
        const wrong = await teardown("tenant53", "--yes", "tenant54");
        expect([wrong.exitCode, wrong.output]).toEqual([64, expect.stringMatching(/--yes=tenant54 is not tenant53/)]);
        await expectUntouched();
    });

    test("BACKUP goes nowhere without a storage, and a backup that fails keeps the tenant", async () => {
        await forget();
        const teardown = () => lab.workspace.command("teardown", "dvntm", "tenant53", "--yes", "tenant53", "--backup");
        const nowhere = await teardown();
        expect([nowhere.exitCode, nowhere.output]).toEqual([
            1,
            expect.stringMatching(
                /tenant53 is not torn down: hypervisors\.hv02\.backup does not say which PVE storage/,
            ),
        ]);
        await lab.succeed("config", "set", "--path", "tenant-hypervisors:hypervisors.hv02.backup", "local");
        const lacking = await lab.workspace.command("role", "--check", "dvntm");
        expect(lacking.output).toContain("lacks VM.Backup on /pool");
        await lab.grantRole();
        await lab.node.fail({
            method: "POST",
            path: "/nodes/{node}/vzdump",
            task: "no space left on device",
            times: 1,
        });
        const failed = await teardown();
        expect([failed.exitCode, failed.output]).toEqual([
            1,
            expect.stringMatching(
                /tenant53 is not torn down, since a backup failed: VM 5301 on node pve2: no space left/,
            ),
        ]);
        expect(await router.audit()).toEqual([]);
        expect((await lab.state()).vms["5301"]!.status).toBe("running");
        expect((await lab.state()).vms["5302"]!.status).toBe("running");
    });

    test("takes one of ten away with a backup of each VM, request by request nothing of another", async () => {
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5302/config", { scsi2: "local-lvm:4" });
        await forget();
        const rest = await others(53);
        const args = ["dvntm", "tenant53", "--yes", "tenant53", "--backup"];
        const { exitCode, output } = await lab.workspace.command("teardown", ...args);
        expect(output).toContain("tenant53: released (2 VMs, 4 disks, 76GiB):\n  VLAN 53 (10.20.53.0/24)\n");
        expect(output).toContain("  node pve2: VM 5302 db-vm01 (scsi0 32GiB, scsi1 8GiB, scsi2 4GiB)\n");
        expect(output).toContain("  stays: router: VLAN device vlan0.53, assigned as opt11\n");
        expect(output).toContain("  verified: nothing of tenant53 is left on the node or the router\n");
        expect(output).toContain(`${fileOf(53)} is still there: remove it, or the next up makes the tenant again`);
        expect(exitCode).toBe(0);

        const requests = await lab.node.requests();
        const writes = await recordWrites(router);
        expect(foreign(requests, 53)).toEqual([]);
        expect(foreignWrites(writes, 53)).toEqual([]);
        expect(requests.filter(({ method }) => method === "DELETE")).toHaveLength(3);
        expect(writes.length).toBeGreaterThan(15);
        // Controls: of another tenant every one of them would be told.
        expect(foreign(requests, 54).length).toBeGreaterThan(5);
        expect(foreignWrites(writes, 54)).toHaveLength(writes.length);

        expect(await others(53)).toEqual(rest);
        const { vms, pools, storages } = await lab.state();
        expect(Object.keys(vms).filter((vmid) => vmid.startsWith("53"))).toEqual([]);
        expect(Object.keys(pools)).not.toContain("tenant53");
        const volumes = Object.keys(storages["local-lvm"]!.volumes);
        expect(volumes.filter((name) => name.includes("-53"))).toEqual([]);
        const archives = Object.keys(storages["local"]!.volumes).map((name) => /qemu-(\d+)-/.exec(name)?.[1]);
        expect(archives.sort()).toEqual(["5301", "5302"]);
    });

    test("a second time there is nothing to do", async () => {
        await forget();
        const again = await lab.workspace.command("teardown", "dvntm", "tenant53");
        expect(again).toMatchObject({
            exitCode: 0,
            output: "nothing to do: dvntm has no tenant tenant53 in its state\n",
        });
        const typo = await lab.workspace.command("teardown", "dvntm", "tennant54");
        expect(typo.exitCode).toBe(1);
        expect(typo.output).toMatch(
            /^tennant54 is no tenant of dvntm, neither in its state nor in its files; did you mean tenant54\?; nothing was touched$/m,
        );
        await expectUntouched();
    });

    test("what a KILLED run wrote to the router, and no state knows, goes with the tenant's name, and nobody else's", async () => {
        const rest = await others(53);
        const description = "tenant-hypervisors: tenant53: late";
        const host = { hostname: "late", domain: "tenant53.dvntm.deevnet.net", server: "10.20.53.100", description };
        await router.byHand("unbound/settings/addHostOverride", { host });
        const subnet4 = { subnet: "10.20.53.0/24", pools: "10.20.53.100-10.20.53.200", description };
        await router.byHand("kea/dhcpv4/add_subnet", { subnet4 });
        const rule = {
            interface: interfaceOf(53),
            action: "pass",
            source_net: "any",
            destination_net: "any",
            description,
        };
        await router.byHand("firewall/filter/addRule", { rule });
        const teardown = (...args: string[]) => lab.workspace.command("teardown", "dvntm", "tenant53", ...args);
        await forget();
        // Control: a pool of that name may be another state's, whose records these then are.
        await lab.node.byHand("POST", "/pools", { poolid: "tenant53", comment: "of another state" });
        await lab.node.byHand("PUT", "/pools/tenant53", { vms: "110" });
        expect(await teardown("--yes=tenant53")).toMatchObject({
            exitCode: 0,
            output: expect.not.stringContaining("gone") as string,
        });
        expect(await router.audit()).toEqual([]);
        await lab.node.byHand("PUT", "/pools/tenant53", { vms: "110", delete: "1" });
        await lab.node.byHand("DELETE", "/pools/tenant53");

        const { exitCode, output } = await teardown("--yes=tenant53");
        const words = "tenant53: also gone, written by a run that was killed: router:";
        expect(output.split("\n").filter((line) => line.includes("router:"))).toEqual([
            `${words} DHCP scope 10.20.53.0/24`,
            `${words} name late.tenant53.dvntm.deevnet.net`,
            `${words} rule ${description}`,
        ]);
        expect(exitCode).toBe(0);
        expect(await others(53)).toEqual(rest);
        expect(foreignWrites(await recordWrites(router), 53)).toEqual([]);
        rmSync(join(lab.workspace.root, fileOf(53)));
    });

    test("another file cannot claim the VLAN of a tenant that is still there", async () => {
        const path = (name: string) => join(lab.workspace.root, `tenants/dvntm/${name}.yaml`);
        renameSync(path("tenant54"), path("fresh"));
        lab.edit("tenants/dvntm/fresh.yaml", (text) => text.replace("name: tenant54", "name: fresh"));
        await forget();
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(exitCode).not.toBe(0);
        expect(output).toContain(
            "tenants/dvntm/fresh.yaml:2 vlan: 54 is the VLAN of tenant tenant54 until that one is torn down: the stack still " +
                "has its VM 5401. First `tenants teardown dvntm tenant54`, or give fresh another VLAN (free: 53)",
        );
        await expectUntouched();
        rmSync(path("fresh"));
    });

    test("a tenant that is kept is not torn down, and says how", async () => {
        await forget();
        const { exitCode, output } = await lab.workspace.command("teardown", "dvntm", "tenant56");
        expect(exitCode).toBe(1);
        expect(output).toMatch(/^tenant56 is not torn down: tenant56 is kept \(keep: true\): set keep: false/);
        await expectUntouched();
        // It is lifted with the next up.
        lab.edit(fileOf(56), (text) => text.replace("keep: true\n", ""));
    });

    test("removing the file and up says the same, before and after", async () => {
        await forget();
        const rest = await others(54);
        const { exitCode, output } = await lab.workspace.command("up", "dvntm", "--", "--yes", "--skip-preview");
        expect(exitCode).toBe(0);
        expect(output).toMatch(/^tenant54: this goes, with all that is on the disks \(1 VM, 1 disk, 32GiB\):$/m);
        expect(output).toMatch(/^tenant54: released \(1 VM, 1 disk, 32GiB\):\n {2}VLAN 54 \(10\.20\.54\.0\/24\)$/m);
        expect(output).toMatch(/^ {2}verified: nothing of tenant54 is left on the node or the router$/m);
        // Then the table of what there is, in place of the outputs that the CLI prints.
        expect(output).toMatch(
            /^dvntm: 8 tenants, 8 VMs\n {2}VM +VMID +VLAN +address +MAC +name \(aliases\)\ntenant50$/m,
        );
        expect(output).toMatch(
            /^ {2}api-vm01 +5001 +50 +10\.20\.50\.10 +02:de:20:50:00:01 +api-vm01\.tenant50\.\S+ \(api-vm01-alias\)$/m,
        );
        expect(output).not.toMatch(/^Outputs:/m);
        expect(foreign(await lab.node.requests(), 54)).toEqual([]);
        expect(foreignWrites(await recordWrites(router), 54)).toEqual([]);
        expect(await others(54)).toEqual(rest);
    });

    test("what is left is told, and is no success", async () => {
        rmSync(join(lab.workspace.root, fileOf(55)));
        await router.byHand("unbound/settings/addHostOverride", {
            host: { hostname: "byhand", domain: "tenant55.dvntm.deevnet.net", server: "10.20.55.9" },
        });
        const { exitCode, output } = await lab.workspace.command("up", "dvntm", "--", "--yes", "--skip-preview");
        expect(output).toMatch(/^tenant55: this is left, and should not be:\n {2}router: name byhand\.tenant55\./m);
        expect(exitCode).toBe(1);
        const { saved } = await router.state();
        const [uuid] = Object.entries(saved["host"]!).find(([, { hostname }]) => hostname === "byhand")!;
        await router.byHand(`unbound/settings/delHostOverride/${uuid}`);
    });

    test("a whole substrate asks for its name, and leaves node and router as they were", async () => {
        await forget();
        const silent = await lab.workspace.command("destroy", "dvntm");
        expect([silent.exitCode, silent.output]).toEqual([64, expect.stringMatching(/--yes=dvntm says it/)]);
        await expectUntouched();
        const { exitCode, output } = await lab.workspace.command("destroy", "--yes", "dvntm", "dvntm");
        expect(exitCode).toBe(0);
        expect(output.match(/^tenant5\d: released/gm)).toHaveLength(7);
        const { storages, ...after } = await lab.state();
        expect(after).toMatchObject({ vms: node.vms, pools: node.pools, firewall: node.firewall });
        expect(Object.keys(after.vms).sort()).toEqual([...NOT_OURS].sort());
        expect(storages["local-lvm"]).toEqual(node.storages["local-lvm"]);
        expect(await router.state()).toEqual(before);
    });
});
