import { removeProjects, smallTenant } from "../fixtures";
import { declared, named, substrateOf } from "./declared";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

async function cloneOf(clone: string): Promise<unknown> {
    const { registered } = await declared(substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}${clone}` }));
    return named(registered, "grooveiq-api-vm01-vm")["clone"];
}

test("a linked clone is asked for without a storage, which PVE refuses with it; a full one with the hypervisor's", async () => {
    expect(await cloneOf("    clone: linked\n")).toEqual({ vmId: 103, full: false, retries: 5 });
    expect(await cloneOf("")).toEqual({ vmId: 103, full: true, datastoreId: "local-lvm", retries: 5 });
});
