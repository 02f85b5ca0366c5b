import { linkedOn, sharesOf } from "../../substrate/capacity";
import { nodeSettleText } from "../../report/nodeSettle";
import { chooseTemplate } from "../../substrate/template";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

/** grooveiq's two VMs of 32 GiB each, with a word for its hypervisor, for itself and for its second VM. */
function loaded(words: { hypervisor?: string; tenant?: string; vm?: string }) {
    const clone = (indent: string, word?: string) => (word === undefined ? "" : `${indent}clone: ${word}\n`);
    const stack = STACK.replace("      template:\n", `${clone("      ", words.hypervisor)}      template:\n`);
    const tenant = `${clone("", words.tenant)}${smallTenant("grooveiq", 50)}  - name: db-vm01\n    instance: 2\n`;
    const files = { "Pulumi.dvntm.yaml": stack, "tenants/dvntm/grooveiq.yaml": `${tenant}${clone("    ", words.vm)}` };
    return loadSubstrate({ root: project(files), substrate: "dvntm" });
}

test.each([
    [{}, ["full", "full"]],
    [{ hypervisor: "linked" }, ["linked", "linked"]],
    [{ hypervisor: "linked", tenant: "full" }, ["full", "full"]],
    [{ hypervisor: "linked", tenant: "full", vm: "linked" }, ["full", "linked"]],
    [{ vm: "linked" }, ["full", "linked"]],
])("VM, tenant and hypervisor say it in this order: %j", (words, kinds) => {
    expect(loaded(words).tenants[0]!.vms.map(({ clone }) => clone)).toEqual(kinds);
});

test("a disk of a linked clone is promised in full, and told as shared at first", () => {
    const disks = (words: Parameters<typeof loaded>[0]) => {
        const substrate = loaded(words);
        const [hypervisor] = substrate.hypervisors;
        const disk = sharesOf(substrate, hypervisor!).find(({ resource }) => resource === "disk")!;
        return { promised: disk.promised, linked: linkedOn(substrate, hypervisor!) };
    };
    expect(disks({})).toEqual({ promised: 64, linked: { vms: 0, diskGiB: 0 } });
    expect(disks({ vm: "linked" })).toEqual({ promised: 64, linked: { vms: 1, diskGiB: 32 } });
    expect(disks({ tenant: "linked" })).toEqual({ promised: 64, linked: { vms: 2, diskGiB: 64 } });
});

describe("a template, of which VMs may be linked clones, is never proposed for removal", () => {
    const range = "5001-5999";

    test("as a guest that no file declares", () => {
        const settled = [
            ...(["vmid", "nic"] as const).map((of) => ({ by: "guest" as const, of, range })),
            { by: "guest" as const, of: "mark" as const },
        ];
        for (const settle of settled) {
            expect(nodeSettleText("dvntm", { ...settle, template: true })).not.toMatch(/delete|remove/);
            // Control: any other guest may be deleted.
            expect(nodeSettleText("dvntm", settle)).toMatch(/or delete it/);
        }
        expect(nodeSettleText("dvntm", { ...settled[0]!, template: true })).toMatch(
            /make the next template with a VMID outside of 5001-5999; this one stays while a VM is a linked clone of it$/,
        );
    });

    test("as one of two between which nothing decides", () => {
        const two = [103, 104].map((vmid) => ({ vmid, name: "fedora-44" }));
        expect(() => chooseTemplate(two, { name: "fedora-44" }, "pve2")).toThrow(
            /two templates named fedora-44: .*: rename one, or say one by template\.name\.$/,
        );
    });
});
