import type { NodeState } from "../../../lab/expect";
import { grantsIn } from "../../../lab/pveum";
import { siteOf } from "./lab";

jest.setTimeout(900_000);

const PAGE = "docs/backups.md";
const RESTORE = "tenants restore dvntm grooveiq/db-vm01";

describe(PAGE, () => {
    const site = siteOf(
        [PAGE],
        async ({ runbook, node }) => {
            runbook.edit("Pulumi.dvntm.yaml", (text) => text.replace(/^( +)datastore: .*$/m, "$&\n$1backup: local"));
            runbook.edit("tenants/dvntm/vintronics.yaml", (text) =>
                text.replace("vms:", 'backup: { schedule: "sat 03:00", keep: { last: 2 } }\nvms:'),
            );
            const { output } = await runbook.first("tenants role dvntm");
            await node.set({ grants: grantsIn(output) });
            await runbook.first("tenants up dvntm");
        },
        { keyService: true },
    );

    const state = async () => (await site.node.state()) as NodeState & { backup_jobs: Record<string, object> };
    const backUp = (vmid: number) =>
        site.node.byHand("POST", "/nodes/pve2/vzdump", { vmid: `${vmid}`, storage: "local", compress: "zstd" });
    const refused = (command: string) => site.runbook.refused(command);

    /** A VM on the node with its firewall; without what PVE draws anew at each restore. */
    async function vmOf(vmid: number): Promise<unknown> {
        const { vms, firewall } = await state();
        const { vmgenid: _, ...config } = vms[vmid]!.config;
        return { ...vms[vmid], config, firewall: firewall.guests[vmid] };
    }

    /** VMs that were started before their rules stood around them. */
    async function nakedStarts(): Promise<string[]> {
        const starts = (await site.node.requests()).filter(({ firewall }) => firewall !== undefined);
        expect(starts.length).toBeGreaterThan(0);
        return starts
            .filter(({ firewall: wall }) => wall!.options?.["enable"] !== 1 || wall!.rules < 3)
            .map(({ path }) => path);
    }

    test("a tenant's backup is a job of its pool; drift tells what became of it by hand, and up makes it as declared", async () => {
        const declared = (await state()).backup_jobs;
        expect(declared).toEqual({
            "tenant-51": {
                ...{ schedule: "sat 03:00", storage: "local", pool: "vintronics", mode: "snapshot", compress: "zstd" },
                ...{ enabled: 1, "repeat-missed": 1, "prune-backups": "keep-last=2" },
                comment: "tenant-hypervisors: vintronics: declared in its file, changes by hand are undone",
                "notes-template": "vintronics: {{guestname}}, by its job",
            },
        });
        expect((await site.runbook.first("tenants drift dvntm")).output).toContain("no drift");
        await site.node.byHand("POST", "/cluster/backup", {
            id: "nightly",
            all: "1",
            schedule: "daily",
            storage: "local",
        });
        await site.node.byHand("PUT", "/cluster/backup/tenant-51", { enabled: "0", schedule: "sun 03:00" });
        const { output: drift } = await refused("tenants drift dvntm");
        expect(drift).toMatch(/backup job tenant-51: enabled +true +false/);
        expect(drift).toMatch(/backup job tenant-51: schedule +sat 03:00 +sun 03:00/);
        expect(drift).not.toContain("nightly");
        await site.node.byHand("DELETE", "/cluster/backup/tenant-51");
        expect((await refused("tenants drift dvntm")).output).toMatch(/backup job tenant-51 +there +none/);
        await site.runbook.first("tenants up dvntm");
        const { nightly, ...own } = (await state()).backup_jobs;
        expect([own, nightly]).toEqual([declared, { all: 1, enabled: 1, schedule: "daily", storage: "local" }]);
    });

    test("a VM that was destroyed by hand COMES BACK behind its wall, and no other is touched", async () => {
        const [before, other] = [await vmOf(5002), await vmOf(5101)];
        await backUp(5002);
        await backUp(5101);
        await site.node.byHand("POST", "/nodes/pve2/qemu/5002/status/stop");
        await site.node.byHand("DELETE", "/nodes/pve2/qemu/5002?purge=1&destroy-unreferenced-disks=1");

        const list = (await site.runbook.next(PAGE, "tenants backups")).output;
        expect(list).toMatch(/db-vm01 +5002 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +512MiB +hv02 local/);
        expect(list).toMatch(/web-vm01 +5101 /);
        await site.node.forgetRequests();
        const { output } = await site.runbook.next(PAGE, RESTORE);
        expect(output).toContain("grooveiq/db-vm01: VM 5002 comes back as it was at ");
        expect(await nakedStarts()).toEqual([]);
        expect([await vmOf(5002), await vmOf(5101)]).toEqual([before, other]);
        const foreign = (await site.node.requests()).filter(
            ({ method, path }) => method !== "GET" && !/\/qemu(\/5002|$|\?)/.test(path),
        );
        expect(foreign.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    });

    test("a VM that is there is REPLACED only by its name, unprotected, and by the backup of a time", async () => {
        const there = await refused(RESTORE);
        expect(there.exitCode).toBe(1);
        expect(there.output).toContain("VM 5002 is on its node: --replace puts the backup");
        const untold = await refused(`${RESTORE} --replace`);
        expect(untold.exitCode).toBe(64);
        expect(untold.output).toContain("no terminal to type db-vm01 at");
        const { output } = await refused(`${RESTORE} --replace --yes=db-vm01 --at=2020-01-01`);
        expect(output).toContain("begun by 2020-01-01T");
        const before = await vmOf(5002);
        const protect = (on: string) => site.node.byHand("PUT", "/nodes/pve2/qemu/5002/config", { protection: on });
        await protect("1");
        expect((await refused(`${RESTORE} --replace --yes=db-vm01`)).output).toContain("qm set 5002 --protection 0");
        await protect("0");
        await site.runbook.next(PAGE, RESTORE);
        expect(await vmOf(5002)).toEqual(before);
        expect(await nakedStarts()).toEqual([]);
    });

    test("each VM's newest backup is tried beside it", async () => {
        for (const vmid of [5001, 5102, 5103]) {
            await backUp(vmid);
        }
        const { output } = await site.runbook.next(PAGE, "tenants restore-test");
        // Nothing in the files has the token ask guest agents.
        expect(output.split("boots; the token may not ask its guest agent")).toHaveLength(1 + 5);
    });

    test("a backup becomes ANOTHER VM of the file, with that one's name and a MAC of its own", async () => {
        expect((await refused(`${RESTORE} --as 3`)).output).toContain("grooveiq declares no VM of instance 3");
        site.runbook.edit("tenants/dvntm/grooveiq.yaml", (text) =>
            text.replace(/\n*$/, "\n  - name: db-vm02\n    instance: 3\n    disk: 64GiB\n"),
        );
        const before = await vmOf(5002);
        await site.runbook.first(`${RESTORE} --as 3`);
        const { vms } = await state();
        expect(vms[5003]).toMatchObject({ status: "running", config: { name: "db-vm02" } });
        const macOf = (vmid: number) => /virtio=([^,]+)/.exec(vms[vmid]!.config["net0"]!)![1];
        expect(macOf(5003)).not.toBe(macOf(5002));
        expect(await vmOf(5002)).toEqual(before);
        expect(await nakedStarts()).toEqual([]);
        await site.runbook.first("tenants preview dvntm --expect-no-changes");
    });

    test("what the token does not see of a VM that is gone is said, with what root grants", async () => {
        const { output } = await site.runbook.first("tenants role dvntm");
        const narrow = grantsIn(output).map((one) => ({
            ...one,
            privileges: one.privileges.filter((name) => name !== "Datastore.Allocate"),
        }));
        site.runbook.edit("tenants/dvntm/vintronics.yaml", (text) => text.replace(/^backup: .*\n/m, ""));
        await site.node.set({ grants: narrow });
        await site.node.byHand("POST", "/nodes/pve2/qemu/5002/status/stop");
        await site.node.byHand("DELETE", "/nodes/pve2/qemu/5002?purge=1&destroy-unreferenced-disks=1");
        const { output: told } = await refused(RESTORE);
        expect(told).toContain("no storage of its node has a backup of VM 5002 db-vm01");
        expect(told).toContain("pveum acl modify /storage/local --roles DeevnetRestore");
    });

    test("a teardown takes the job away and says which backups stay", async () => {
        const { output } = await site.runbook.first("tenants role dvntm");
        site.runbook.edit("tenants/dvntm/vintronics.yaml", (text) =>
            text.replace("vms:", 'backup: { schedule: "sat 03:00", keep: { last: 2 } }\nvms:'),
        );
        await site.node.set({ grants: grantsIn((await site.runbook.first("tenants role dvntm")).output || output) });
        // As a run leaves one that is killed before the state hears of it; and one of a tenant whose name begins alike.
        const job = (id: string, owner: string) => ({
            ...{ id, schedule: "sat 03:00", storage: "local", pool: "vintronics" },
            comment: `tenant-hypervisors: ${owner}: declared in its file`,
        });
        await site.node.byHand("POST", "/cluster/backup", job("tenant-58", "vintronics"));
        await site.node.byHand("POST", "/cluster/backup", job("tenant-59", "vintronics2"));
        const gone = await site.runbook.first("tenants teardown dvntm vintronics --yes=vintronics");
        expect(gone.output).toContain("node: backup job tenant-51 (sat 03:00)");
        expect(gone.output).toContain(
            "vintronics: also gone, written by a run that was killed: node pve2: backup job tenant-58\n",
        );
        expect(gone.output).toContain("stays: 3 backups of vintronics on local (1.5GiB)");
        expect(Object.keys((await state()).backup_jobs)).toEqual(["nightly", "tenant-59"]);
        site.runbook.expectDone();
    });
});
