import { templateWarnings } from "../../node/templateWarnings";
import { loadSubstrate } from "../../substrate/load";
import { inventoryOf, project, removeProjects, smallTenant, STACK, templateGuest } from "../fixtures";
import { TEMPLATE } from "./checkedNode";

afterAll(removeProjects);

const { hypervisors } = loadSubstrate({
    root: project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) }),
    substrate: "dvntm",
});

/** Warnings of a run that clones a template, with others on the node. */
function warningsOf(template: Partial<typeof TEMPLATE>, ...others: readonly string[]): string[] {
    const cloned = { ...TEMPLATE, name: "fedora-tenant-44-1.7", ...template };
    const guests = [cloned.name, ...others].map((name, n) => templateGuest(103 + n, name));
    return templateWarnings(hypervisors[0]!, inventoryOf(guests, { templates: new Map([[103, cloned]]) }));
}

test("control: a template for tenants has none, whatever else the node has", () => {
    expect(warningsOf({}, "fedora-server-44-1.7")).toEqual([]);
    expect(templateWarnings(hypervisors[0]!, inventoryOf([templateGuest(100, "fedora-server-44-1.7")]))).toEqual([]);
});

test.each([
    [
        "the substrate's own",
        { name: "fedora-server-44-1.7" },
        /carries the automation account, with sudo.*; build one for tenants/,
    ],
    ["no drive of cloud-init", { cloudInit: false }, /has no cloud-init drive.*machine-id and SSH host keys/],
    ["somebody's keys", { account: ["ciuser", "sshkeys"] }, /has ciuser, sshkeys: every clone lets in whom it names/],
])("%s", (_, template, message) => {
    expect(warningsOf(template)).toEqual([expect.stringMatching(message)]);
});

test("where the node has one for tenants, it is named", () => {
    expect(warningsOf({ name: "fedora-server-44-1.7" }, "fedora-tenant-44-1.7")).toEqual([
        expect.stringMatching(/set template\.prefix: fedora-tenant-, of which the node has one$/),
    ]);
});
