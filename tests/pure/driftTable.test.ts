import { driftTable, olderText } from "../../report/drift";
import type { DriftRow } from "../../report/row";

const MEMORY: DriftRow = {
    ...{ tenant: "grooveiq", where: "node pve2", what: "VM 5001 api-vm01: memory" },
    ...{ declared: "4096MiB", found: "1024MiB", since: "2026-11-24T08:13:00Z", who: "root@pam" },
    definedAt: { file: "tenants/dvntm/grooveiq.yaml", line: 8, key: "memory" },
    settle: "tenants up dvntm; or accept it: memory in tenants/dvntm/grooveiq.yaml:8",
    ...{ place: { kind: "node", name: "pve2" }, subject: { kind: "vm", id: "5001", name: "api-vm01" } },
};
const STRAY: DriftRow = {
    ...{ tenant: "", where: "router", what: "rule 1 (left over)", declared: "none", found: "pass tcp" },
    settle: "by hand: Firewall > Rules [new]: delete it there, or declare its tenant",
    ...{ place: { kind: "router" }, subject: { kind: "rule", id: "1" } },
};

test("in a pipe each row is one line of a table, which names the line of the key", () => {
    expect(driftTable("dvntm", [MEMORY, STRAY]).split("\n")).toEqual([
        expect.stringMatching(/^ {2}where +what +declared +is +since +who +defined at +to settle$/),
        "grooveiq",
        expect.stringMatching(
            /^ {2}node pve2 +VM 5001 api-vm01: memory +4096MiB +1024MiB +2026-11-24T08:13:00Z +root@pam +tenants\/dvntm\/grooveiq\.yaml:8 +tenants up/,
        ),
        "no tenant",
        expect.stringMatching(/^ {2}router +rule 1 \(left over\) +none +pass tcp {2,}by hand/),
    ]);
});

test("a column that no row has anything in is left out", () => {
    expect(driftTable("dvntm", [STRAY]).split("\n")[0]).toMatch(/^ {2}where +what +declared +is +to settle$/);
});

test("at a terminal where the table has no room each row is a block that fits, and nothing of it is missing", () => {
    const text = driftTable("dvntm", [MEMORY, STRAY], 80);
    expect(text).toBe(`grooveiq
  VM 5001 api-vm01: memory (node pve2)
    declared    4096MiB
    is          1024MiB
    since       2026-11-24T08:13:00Z
    who         root@pam
    defined at  tenants/dvntm/grooveiq.yaml:8
    to settle   tenants up dvntm; or accept it: memory in
                tenants/dvntm/grooveiq.yaml:8
no tenant
  rule 1 (left over) (router)
    declared   none
    is         pass tcp
    to settle  by hand: Firewall > Rules [new]: delete it there, or declare its
               tenant`);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("control: where the table has room at a terminal, it is the one of a pipe", () => {
    const rows = [MEMORY, STRAY];
    expect(driftTable("dvntm", rows, 300)).toBe(driftTable("dvntm", rows));
});

test("VMs on an older template stand behind the drift, and say that they are none", () => {
    const vm = { tenant: "grooveiq", vm: "api-vm01", vmid: 5001, newest: "fedora-1.10" };
    expect(olderText("dvntm", [{ ...vm, template: "fedora-1.9" }, vm])).toBe(`
no drift, and for \`tenants rotate dvntm\` to rebuild:
  grooveiq/api-vm01: stands on fedora-1.9; the newest is fedora-1.10
  grooveiq/api-vm01: stands on a template that is gone; the newest is fedora-1.10`);
    expect(olderText("dvntm", [])).toBe("");
});
