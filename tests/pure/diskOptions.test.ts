import { diskOptionsIn, diskOptionsText, optionsOfDisks } from "../../node/diskOptions";

const ALL = { discard: true, ssd: true, iothread: false, cache: "writeback", backup: false } as const;

test.each([
    ["local-lvm:vm-1-disk-0,size=32G", {}],
    ["local-lvm:vm-1-disk-0,backup=0,cache=writeback,discard=on,iothread=0,size=32G,ssd=1", ALL],
    ["file=local-lvm:vm-1-disk-0,discard=ignore", { discard: false }],
    // A word that PVE does not have says nothing.
    ["local-lvm:vm-1-disk-0,cache=sometimes", {}],
])("a drive's options: %s", (drive, options) => {
    expect(diskOptionsIn(drive)).toEqual(options);
});

test("written as PVE writes them, they read the same", () => {
    expect(diskOptionsText(ALL)).toBe(",discard=on,cache=writeback,ssd=1,iothread=0,backup=0");
    expect(diskOptionsIn(`local-lvm:x${diskOptionsText(ALL)}`)).toEqual(ALL);
    expect(diskOptionsText({})).toBe("");
});

test("of the disks that are asked for, those that have options", () => {
    const settings = { scsi0: "a:b,ssd=1", scsi1: "a:c,size=1G", scsi2: "a:d,discard=on" };
    expect(optionsOfDisks(settings, ["scsi0", "scsi1", "scsi7"])).toEqual({ scsi0: { ssd: true } });
});
