import type { Task } from "../../node/inventory";
import { removeProjects } from "../fixtures";
import { api, findings, guest, OWN, own, RULES, rules, step, VM } from "./nodeSteps";

afterAll(removeProjects);

test("a finding is typed: the provider's path, values as they are, where it was declared, and what settles it", () => {
    const on = {
        tenant: "grooveiq",
        place: { kind: "node", name: "pve2" },
        subject: { kind: "vm", id: "5001", name: "api-vm01" },
    };
    const memory = step("update", VM, { ...api, memory: { dedicated: 2048 } }, { ...api, memory: { dedicated: 512 } }, [
        "memory.dedicated",
    ]);
    const key = { file: "tenants/dvntm/grooveiq.yaml", line: 4, key: "memory" };
    expect(findings([memory])).toEqual([
        {
            ...{ ...on, vmid: 5001, field: "memory.dedicated", declared: 2048, found: 512 },
            ...{ definedAt: key, settle: { by: "up", accept: key } },
        },
    ]);
    const changed = step("update", RULES, rules(own), rules({ ...own, source: "0.0.0.0/0" }), ["rules[0].source"]);
    expect(findings([changed])).toMatchObject([
        {
            ...on,
            field: "rules[own segment]",
            declared: own,
            found: { ...own, source: "0.0.0.0/0" },
            settle: { by: "up" },
        },
    ]);
    const detached = step("update", VM, { ...api, disks: [{ interface: "scsi1", size: 8 }] }, { ...api, disks: [] }, [
        "disks",
    ]);
    expect(findings([detached])).toMatchObject([
        { field: "disks[scsi1]", declared: { interface: "scsi1", size: 8 }, settle: { by: "attach", vmid: 5001 } },
    ]);
    const guests = new Map([[5077, guest(5077, "x", { status: "stopped", pool: "desk" })]]);
    expect(findings([], { guests })).toEqual([
        {
            ...{ ...on, subject: { kind: "vm", id: "5077", name: "x" } },
            ...{
                found: { status: "stopped", pool: "desk", tags: [] },
                settle: { by: "guest", of: "vmid", range: "5001-5999" },
            },
        },
    ]);
});

describe("since when, and who", () => {
    const changed = [step("update", VM, { ...api, name: "api-vm01" }, { ...api, name: "x" }, ["name"])];
    const task = (type: string, user: string, starttime: number, more: Partial<Task> = {}): Task => ({
        ...{ type, id: "5001", user, starttime, status: "OK" },
        ...more,
    });
    const named = (...tasks: Task[]) => findings(changed, { tasks }).map(({ since, who }) => [since, who]);

    test.each<[string, Task[], (string | undefined)[]]>([
        [
            "the last change of settings",
            [task("qmconfig", "b@pam", 60), task("qmconfig", "a@pam", 0)],
            ["1970-01-01T00:01:00.000Z", "b@pam"],
        ],
        ["none without a task", [], [undefined, undefined]],
        ["none by a task of another kind", [task("qmstart", "a@pam", 60)], [undefined, undefined]],
        ["none by one about another VM", [task("qmconfig", "a@pam", 60, { id: "5002" })], [undefined, undefined]],
        [
            "none by one that failed",
            [task("qmconfig", "a@pam", 60, { status: "VM is locked" })],
            [undefined, undefined],
        ],
        [
            "none where our own came later",
            [task("qmconfig", "a@pam", 0), task("qmconfig", OWN, 60)],
            [undefined, undefined],
        ],
    ])("%s", (_, tasks, expected) => {
        expect(named(...tasks)).toEqual([expected]);
    });
});
