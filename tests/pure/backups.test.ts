import { newestOf, type Backup } from "../../node/backups";
import { checkBackups } from "../../node/checkBackups";
import type { NodeClient } from "../../node/client";
import { declaredFields, differing, foundFields, requestOf } from "../../node/jobs/fields";
import { calendarFault } from "../../substrate/calendarEvent";
import { loadSubstrate } from "../../substrate/load";
import { grantsOf } from "../../substrate/role";
import { project, STACK } from "../fixtures";

const FILE = "tenants/dvntm/grooveiq.yaml";

/** dvntm with a tenant of three VMs. */
function siteOf(tenant = "", ofVm = "") {
    const vms = ["api-vm01", "db-vm01", "web-vm01"].map((name, at) => `  - name: ${name}\n    instance: ${at + 1}\n`);
    const text = `name: grooveiq\nvlan: 50\n${tenant}vms:\n${vms[0]}${vms[1]}${ofVm}${vms[2]}`;
    return loadSubstrate({ root: project({ "Pulumi.dvntm.yaml": STACK, [FILE]: text }), substrate: "dvntm" });
}

const jobsOf = (...given: Parameters<typeof siteOf>) => siteOf(...given).tenants[0]!.backupJobs;
const TENANT = 'backup: { schedule: "02:30", storage: local }\n';
const OF_VM = '    backup: { schedule: "sat 03:00", storage: nas, mode: stop, keep: { weekly: 4, last: 2 } }\n';

describe("calendar events", () => {
    test.each([
        ...["daily", "02:30", "2:30", "sat 02:30", "mon..fri,sun 02:30", "Saturday", "*:0/15", "*/5", "8..17,22:0/15"],
        ...["*-1..7 15:00", "2027-*-1 04:00", "*-12-24 18:00:30", "semi-annually"],
    ])("%s is one", (text) => expect(calendarFault(text)).toBeUndefined());

    test.each([
        ["", "it is empty"],
        ["25:00", "25 is no hour: 0 to 23"],
        ["02:60", "60 is no minute"],
        ["at noon", "noon is one word too many"],
        ["noon", "noon is no minute"],
        ["sat..sun..mon", "no minute"],
        ["*-13-1 02:00", "13 is no month"],
        ["1-2-3-4", "no date"],
        ["1:2:3:4", "no time"],
        ["5..3:00", "5..3 is no hour"],
        ["*:0/0", "0/0 is no minute"],
        ["0 3 * * *", "one word too many"],
    ])("%j is none: %s", (text, fault) => expect(calendarFault(text)).toContain(fault));
});

describe("jobs of a tenant", () => {
    test("none without `backup`", () => expect(jobsOf()).toEqual([]));

    test("one of its pool, which keeps three where the file does not say", () => {
        expect(jobsOf(TENANT)).toMatchObject([{ id: "tenant-50", keep: { "keep-last": 3 }, mode: "snapshot" }]);
        expect(declaredFields("grooveiq", jobsOf(TENANT)[0]!)).toMatchObject({ pool: "grooveiq", enabled: true });
    });

    test("of a VM with its own, which the tenant's leaves out", () => {
        const [ofTenant, ofVm] = jobsOf(TENANT, OF_VM);
        expect(ofTenant).toMatchObject({ id: "tenant-50", vmids: [5001, 5003] });
        expect(ofVm).toMatchObject({
            id: "tenant-vm-5002",
            vm: "db-vm01",
            vmids: [5002],
            storage: "nas",
            mode: "stop",
        });
        expect(ofVm!.keep).toEqual({ "keep-last": 2, "keep-weekly": 4 });
        expect(jobsOf("", OF_VM)).toHaveLength(1);
    });

    test("as PVE takes and tells it there is no difference, and each change by hand is one", () => {
        for (const job of jobsOf(TENANT, OF_VM)) {
            const declared = declaredFields("grooveiq", job);
            const { vmid, pool, ...sent } = requestOf("grooveiq", declared);
            const told = { id: job.id, ...sent, ...(pool && { pool }), ...(vmid && { vmid }) };
            expect(differing(declared, foundFields(told))).toEqual([]);
            const rules = { "keep-weekly": "4", "keep-last": "2" };
            expect(
                differing(
                    { ...declared, keep: { "keep-last": 2, "keep-weekly": 4 } },
                    foundFields({ ...told, "prune-backups": rules }),
                ),
            ).toEqual([]);
            const changed = foundFields({
                ...told,
                enabled: 0,
                schedule: "daily",
                vmid: "110",
                "prune-backups": "keep-all=1",
            });
            expect(differing(declared, changed)).toEqual(["schedule", "keep", "vmids", "enabled"]);
        }
    });

    test("ask for Sys.Modify, and for Datastore.Audit and Datastore.Allocate on their storages alone, and without them nobody does", () => {
        const asked = (...given: Parameters<typeof siteOf>) => {
            const site = siteOf(...given);
            return grantsOf(site, site.hypervisors[0]!).flatMap(({ path, privileges, reaches, when }) =>
                privileges.map((name) => `${name} ${path}${reaches === undefined ? "" : ` (${when})`}`),
            );
        };
        const plain = asked();
        expect(asked(TENANT, OF_VM).filter((one) => !plain.includes(one))).toEqual([
            "VM.Backup /pool",
            "Datastore.Audit /storage/local (backup.schedule)",
            "Datastore.Allocate /storage/local (backup.schedule)",
            "Datastore.Audit /storage/nas (backup.schedule)",
            "Datastore.Allocate /storage/nas (backup.schedule)",
            "Sys.Modify / (backup.schedule)",
        ]);
    });

    test("go to a storage that takes backups on the node, or are refused at their line", async () => {
        const site = siteOf(TENANT, OF_VM);
        const client = {
            get: () =>
                Promise.resolve([
                    { storage: "local", active: 1 },
                    { storage: "nas", active: 0 },
                ]),
        };
        expect(await checkBackups(client as unknown as NodeClient, site, site.hypervisors[0]!)).toEqual([
            expect.stringMatching(/grooveiq\.yaml:9 .*storage nas takes no backups on node pve2, but local: /),
        ]);
    });
});

describe("the backup that a VM comes back from", () => {
    const backup = (vmid: number, day: number): Backup => ({
        ...{ volid: `local:backup/${vmid}-${day}`, storage: "local", vmid, at: new Date(Date.UTC(2026, 10, day)) },
        ...{ bytes: 1, protected: false, notes: "" },
    });
    const all = [backup(5001, 3), backup(5001, 1), backup(5001, 2), backup(5002, 9)];

    test("is the newest of its own, and the newest by a time", () => {
        expect(newestOf(all, 5001)?.volid).toBe("local:backup/5001-3");
        expect(newestOf(all, 5001, new Date(Date.UTC(2026, 10, 2)))?.volid).toBe("local:backup/5001-2");
        expect(newestOf(all, 5001, new Date(Date.UTC(2026, 9, 31)))).toBeUndefined();
        expect(newestOf(all, 5003)).toBeUndefined();
    });
});
