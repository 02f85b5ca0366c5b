import { bearsMarkOf, isVm, marksOf, ownerOf, type Owner } from "../../substrate/guestOwnership";
import { loadSubstrate } from "../../substrate/load";
import { remainsOf } from "../../node/teardown";
import { PLAN, inventoryOf, project, removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";
import { slotOf } from "../../substrate/plan";

afterAll(removeProjects);

const { tenants } = loadSubstrate({
    root: project({
        "Pulumi.dvntm.yaml": STACK,
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
        "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
    }),
    substrate: "dvntm",
});

/** A guest as its marks are: VMID, pool, tags, and whether it is a template. */
type Case = readonly [vmid: number, pool: string, tags: string, template?: "template"];

function guest([vmid, pool, tags, template]: Case) {
    const { pool: _, ...unmarked } = SMALL_GUEST;
    const marks = { tags: tags.split(" ").filter(Boolean), template: template !== undefined };
    return { ...unmarked, vmid, name: "x", ...(pool !== "" && { pool }), ...marks };
}

test.each<[string, Case, Owner | undefined, boolean]>([
    ["in a tenant's pool, without a tag", [110, "grooveiq", ""], { tenant: "grooveiq", by: "pool" }, true],
    ["with a tenant's tag alone", [110, "", "grooveiq"], { tenant: "grooveiq", by: "tag" }, true],
    ["with it in the tenants' range", [5077, "", "grooveiq"], { tenant: "grooveiq", by: "tag" }, true],
    ["with it on another's VLAN", [5177, "", "grooveiq"], { tenant: "grooveiq", by: "tag" }, true],
    ["with it in somebody's pool", [110, "desk", "grooveiq"], { tenant: "grooveiq", by: "tag" }, true],
    [
        "in one tenant's pool with another's tag",
        [110, "vintronics", "grooveiq"],
        { tenant: "vintronics", by: "pool" },
        true,
    ],
    ["a template in its pool", [110, "grooveiq", "", "template"], { tenant: "grooveiq", by: "pool" }, true],
    ["a template with its tag", [110, "", "grooveiq", "template"], { tenant: "grooveiq", by: "tag" }, true],
    ["of a tenant that no file has, by its pool", [110, "old", "tenant"], { tenant: "old", by: "pool" }, false],
    ["of one by its tag", [110, "", "old tenant"], { tenant: "old", by: "tag" }, false],
    ["of one that nothing names", [110, "", "tenant"], { by: "tag" }, false],
    ["without a mark, on a tenant's VLAN", [5077, "", ""], { tenant: "grooveiq", by: "vlan" }, false],
    ["without a mark, on a VLAN that is free", [5901, "desk", "desk"], { by: "vlan" }, false],
    // Controls: nobody's.
    ["a template whose clones are to be tenants'", [103, "", "tenant", "template"], undefined, false],
    ["in a pool that no file has, without a tag", [110, "old", ""], undefined, false],
    ["with a tag that begins like a tenant's", [110, "", "grooveiq2"], undefined, false],
    ["below the tenants' range", [4999, "", ""], undefined, false],
    ["above it", [6001, "", ""], undefined, false],
    ["of no instance", [5000, "", ""], undefined, false],
])("a guest %s", (_, marks, owner, isLeft) => {
    const one = guest(marks);
    expect(ownerOf(one, { plan: PLAN, tenants })).toEqual(owner);
    expect(bearsMarkOf(one, "grooveiq")).toBe(isLeft);
    // After a teardown of grooveiq exactly what bears its mark is left, whatever its VMID.
    const remains = remainsOf({ tenant: "grooveiq", vms: [] }, [inventoryOf([one])]);
    expect(remains).toEqual(isLeft ? [`node pve2: VM ${one.vmid} x`] : []);
});

test("marks are told apart, so that a clone that has its pool and not yet its tag is known", () => {
    expect(marksOf(guest([5001, "grooveiq", ""]), "grooveiq")).toEqual(["pool"]);
    expect(marksOf(guest([5001, "grooveiq", "grooveiq tenant"]), "grooveiq")).toEqual(["pool", "tag"]);
    expect(marksOf(guest([5001, "", "tenant"]), "grooveiq")).toEqual([]);
});

test("a guest at a VM's VMID is that VM by pool, tag or name, and else somebody's", () => {
    const vm = tenants[0]!.vms[0]!;
    const bare = guest([5001, "desk", "desk"]);
    expect(isVm(guest([5001, "grooveiq", ""]), vm)).toBe(true);
    expect(isVm(guest([5001, "", "grooveiq"]), vm)).toBe(true);
    expect(isVm({ ...bare, name: "api-vm01" }, vm)).toBe(true);
    expect(isVm(bare, vm)).toBe(false);
});

test("VMIDs of tenants are 5001 to 5999 with an instance", () => {
    const isTenants = (vmid: number) => slotOf(PLAN, vmid) !== undefined;
    expect([5001, 5099, 5101, 5999].filter((vmid) => slotOf(PLAN, vmid) !== undefined)).toEqual([
        5001, 5099, 5101, 5999,
    ]);
    expect([100, 4999, 5000, 5100, 6000, 6001].filter(isTenants)).toEqual([]);
});
