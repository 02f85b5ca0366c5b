import { detailsOf, type TemplateDetails } from "../../node/inventory";
import type { Recorded } from "../../state/recorded";
import { removeProjects, SMALL_GUEST, smallTenant, USER_KEY } from "../fixtures";
import { faultsOf, RECORDED, TEMPLATE } from "./checkedNode";

afterAll(removeProjects);

describe("disks of a VM that had some", () => {
    const had = (extraDisks: string[]): Recorded => ({
        ...RECORDED,
        history: new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "", extraDisks }]]),
    });
    const slots = (...all: number[]) =>
        `    disks:\n${all.map((slot) => `      - { slot: ${slot}, size: 8GiB }\n`).join("")}`;
    const on = (...names: string[]) => [
        { ...SMALL_GUEST, extraDisks: Object.fromEntries(names.map((name) => [name, 8])) },
    ];
    const config = (more: Record<string, string | number> = {}) =>
        new Map([[5001, { scsi5: "local-lvm:vm-5001-disk-1,size=8G", ...more }]]);

    test("one that takes another's place in one edit would carry its data: told with the volume, and what to do", () => {
        const [fault, ...others] = faultsOf({
            vm: slots(6),
            guests: on("scsi5"),
            recorded: had(["scsi5"]),
            configs: config(),
        });
        expect(fault).toMatch(
            /vms\[0\]\.disks: scsi6 of VM 5001 is new while scsi5 goes: .* old data \(local-lvm:vm-5001-disk-1\)/,
        );
        expect(fault).toContain("Take scsi5 out and `tenants up dvntm` first");
        expect(fault).toContain("qm set 5001 --scsi6 local-lvm:vm-5001-disk-1");
        expect(others).toEqual([]);
    });

    test.each([
        ["goes", "", ["scsi5"]],
        ["is added", slots(5, 6), ["scsi5"]],
        ["is added below", slots(3, 5), ["scsi5"]],
    ])("control: one that %s alone has no fault", (_, vm, names) => {
        expect(faultsOf({ vm, guests: on(...names), recorded: had(names), configs: config() })).toEqual([]);
    });

    test.each([
        ["", "with protection: false"],
        ["    protection: true\n", "set protection: false"],
    ])("none goes while PVE protects it: two runs (%s)", (vm, word) => {
        const given = { vm, guests: on("scsi5"), recorded: had(["scsi5"]), configs: config({ protection: 1 }) };
        expect(faultsOf(given)).toEqual([
            expect.stringMatching(
                `scsi5 of VM 5001 goes, and PVE protects .* It takes two runs: leave the disk in, ${word}`,
            ),
        ]);
    });

    test("control: a protected VM that keeps its disks has no fault", () => {
        const given = { guests: on("scsi5"), recorded: had(["scsi5"]), configs: config({ protection: 1 }) };
        expect(faultsOf({ ...given, vm: slots(5) })).toEqual([]);
    });
});

describe("VMs that PVE would not delete", () => {
    const gone: Recorded = {
        ...RECORDED,
        vms: new Map([...RECORDED.vms, [5101, { component: "old-db-vm01", node: "pve2" }]]),
    };

    test.each([
        [{ protection: 1 }, /old-db-vm01 is in no file any more, .*qm set 5101 --protection 0/],
        [{ lock: "backup" }, /VM 5101 is locked \(backup\); wait for that task to end; .*qm unlock 5101/],
        [{ lock: "suspended" }, /VM 5101 is locked \(suspended\); it is hibernated: qm resume 5101/],
    ])("one that leaves the files is told before anything is stopped: %j", (config, told) => {
        const faults = faultsOf({ guests: [SMALL_GUEST], recorded: gone, configs: new Map([[5101, config]]) });
        expect(faults).toEqual([expect.stringMatching(told)]);
    });

    test("one that is made anew, too", () => {
        const given = { vm: "    rebuild: twice\n", guests: [SMALL_GUEST], recorded: RECORDED };
        expect(faultsOf({ ...given, configs: new Map([[5001, { protection: 1 }]]) })).toEqual([
            expect.stringMatching(/vms\[0\]\.rebuild: a new word deletes the VM: .*qm set 5001 --protection 0/),
        ]);
        expect(faultsOf({ ...given, configs: new Map([[5001, {}]]) })).toEqual([]);
    });

    test("control: one without protection or lock has no fault", () => {
        expect(faultsOf({ guests: [SMALL_GUEST], recorded: gone, configs: new Map([[5101, {}]]) })).toEqual([]);
    });
});

describe("settings of a template that its clones inherit", () => {
    const detailed = (config: Record<string, string>): Partial<TemplateDetails> => {
        const { rootOnly, account } = detailsOf({ vmid: 103, name: TEMPLATE.name }, config, [], []);
        return { rootOnly, account };
    };

    test.each([
        [{ hookscript: "local:snippets/x.pl" }, "hookscript"],
        [{ args: "-device x", affinity: "0-3" }, "affinity and args"],
        [{ hostpci0: "0000:01:00.0", usb0: "host=1-2", serial0: "/dev/ttyS0" }, "hostpci0, serial0 and usb0"],
    ])("that only root may set: %j", (config, names) => {
        expect(faultsOf({ template: detailed(config) })).toEqual([
            expect.stringMatching(`has ${names}, which only root may set, .*qm set 103 --delete `),
        ]);
    });

    test("of an account, where the tenant declares its own", () => {
        const template = detailed({ ciuser: "fedora", cipassword: "**********", sshkeys: "ssh-ed25519" });
        const tenant = smallTenant("grooveiq", 50).replace(
            "vms:",
            "user: {name: ops, keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrooveiqGrooveiqGrooveiqGrooveiqGrooveiqGro ops]}\nvms:",
        );
        expect(faultsOf({ tenant, template })).toEqual([
            expect.stringMatching(
                /has cipassword, ciuser and sshkeys, which every clone inherits.*qm set 103 --delete cipassword,ciuser,sshkeys$/,
            ),
        ]);
        expect(faultsOf({ template })).toEqual([]);
    });

    test("of Windows, where the tenant declares an account with keys", () => {
        const template = { settings: { ostype: "win11" } };
        const tenant = smallTenant("grooveiq", 50).replace("vms:", `user: {name: ops, keys: [${USER_KEY}]}\nvms:`);
        expect(faultsOf({ tenant, template })).toEqual([
            expect.stringMatching(
                /is of Windows \(ostype win11\), where cloud-init makes no account .*; leave out user/,
            ),
        ]);
        expect(faultsOf({ template })).toEqual([]);
        expect(faultsOf({ tenant, template: { settings: { ostype: "l26" } } })).toEqual([]);
    });

    test("control: devices that are mapped, and a firewall of its own without rules, have no fault", () => {
        const config = {
            hostpci0: "mapping=gpu",
            usb0: "spice",
            usb1: "mapping=key",
            serial0: "socket",
            net0: "virtio=x",
        };
        expect(faultsOf({ template: detailed(config) })).toEqual([]);
    });
});
