import { removeProjects, smallTenant, STACK } from "../fixtures";
import { declared, named, substrateOf } from "./declared";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

test("each disk is declared on its own datastore, and a full clone goes to that of the system disk", async () => {
    const stack = STACK.replace(
        "datastore: local-lvm\n",
        "datastore: local-lvm\n      datastores: {fast: 1TB, bulk: 4TB}\n",
    );
    const vm =
        "    datastore: fast\n    disks: [{slot: 1, size: 8GiB, datastore: bulk}, {slot: 2, size: 4GiB}]\n" +
        "  - name: db-vm01\n    instance: 2\n";
    const { registered } = await declared(substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}${vm}` }, stack));
    const inputs = named(registered, "grooveiq-api-vm01-vm");
    expect(inputs["clone"]).toEqual({ vmId: 103, full: true, datastoreId: "fast", retries: 5 });
    expect(inputs["disks"]).toEqual([
        { interface: "scsi0", datastoreId: "fast", size: 32 },
        { interface: "scsi1", datastoreId: "bulk", size: 8 },
        { interface: "scsi2", datastoreId: "fast", size: 4 },
    ]);
    expect(inputs["initialization"]).toMatchObject({ datastoreId: "local-lvm" });
    // Control: a VM whose file names none.
    expect(named(registered, "grooveiq-db-vm01-vm")).toMatchObject({
        clone: { datastoreId: "local-lvm" },
        disks: [{ interface: "scsi0", datastoreId: "local-lvm", size: 32 }],
    });
});
