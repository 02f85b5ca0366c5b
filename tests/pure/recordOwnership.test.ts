import { isTenants, ownerOfRecord, purposeOf } from "../../substrate/recordOwnership";

const TENANTS = ["grooveiq", "grooveiq2", "groove", "vintronics"];

test.each([
    ["tenant-hypervisors: grooveiq: api-vm01", "grooveiq", "api-vm01"],
    ["tenant-hypervisors: grooveiq2: x", "grooveiq2", "x"],
    ["tenant-hypervisors: grooveiq-2: a: b", "grooveiq-2", "a: b"],
    ["tenant-hypervisors: groove_iq: x", "groove_iq", "x"],
    // Marks of ours whose purpose was changed.
    ["tenant-hypervisors: grooveiq", "grooveiq", undefined],
    ["tenant-hypervisors: grooveiq api", "grooveiq", undefined],
    ["tenant-hypervisors: grooveiq:x", "grooveiq", undefined],
    ["tenant-hypervisors: grooveiq, once", "grooveiq", undefined],
    // No mark at all.
    ["", undefined, undefined],
    ["tenant-hypervisors: ", undefined, undefined],
    ["tenant-hypervisors: : x", undefined, undefined],
    ["tenant-hypervisors:  grooveiq: x", undefined, undefined],
    ["tenant-hypervisors:grooveiq: x", undefined, undefined],
    [" tenant-hypervisors: grooveiq: x", undefined, undefined],
    ["Tenant-hypervisors: grooveiq: x", undefined, undefined],
    ["not tenant-hypervisors: grooveiq: x", undefined, undefined],
    ["Ansible managed - api-vm01", undefined, undefined],
    ["Deevnet API - api", undefined, undefined],
    ["grooveiq", undefined, undefined],
    [undefined, undefined, undefined],
    [7, undefined, undefined],
])("%j is of %s", (description, owner, purpose) => {
    expect(ownerOfRecord(description)).toBe(owner);
    expect(TENANTS.filter((tenant) => isTenants(description, tenant))).toEqual(
        TENANTS.filter((tenant) => tenant === owner),
    );
    if (typeof description === "string") {
        expect(purposeOf(description)).toBe(purpose ?? description);
    }
});
