import { progressIn } from "../../node/clones";

const LOG = [
    "create full clone of drive scsi0 (local-lvm:base-103-disk-0)",
    '  Logical volume "vm-5001-disk-0" created.',
    "transferred 0.0 B of 32.0 GiB (0.00%)",
    "transferred 13.3 GiB of 32.0 GiB (41.53%)",
];

test("a clone's log tells which VM it makes, and how far it is", () => {
    expect(progressIn(LOG)).toEqual([5001, 41]);
    const second = ["create full clone of drive scsi1", "Formatting '/d/images/5001/vm-5001-disk-1.qcow2'"];
    expect(progressIn([...LOG, ...second, "transferred 0.0 B of 8.0 GiB (0.00%)"])).toEqual([5001, 0]);
});

test("a log that tells neither yet", () => {
    expect(progressIn([])).toBeUndefined();
    expect(progressIn(LOG.slice(0, 2))).toBeUndefined();
});
