import { rotating, rotationOf } from "../../substrate/rotation";
import { removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import { BEFORE, declared, named, substrateOf } from "./declared";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const SUBSTRATE = substrateOf({ grooveiq: smallTenant("grooveiq", 50) });

/** VMID of the template that the VM's clone is declared with; 0 where it is not cloned. */
async function clonedFrom(substrate: typeof SUBSTRATE, recorded = BEFORE): Promise<unknown> {
    const { registered } = await declared(substrate, [SMALL_GUEST], recorded);
    return (named(registered, "grooveiq-api-vm01-vm")["clone"] as { vmId: number }).vmId;
}

test("a run of a rotation clones the VM from the newest template, and no run behind it does", async () => {
    const word = "20261129T150000Z";
    expect(await clonedFrom(SUBSTRATE)).toBe(0);
    expect(await clonedFrom(rotating(SUBSTRATE, rotationOf(word, [5001])))).toBe(103);
    expect(await clonedFrom(rotating(SUBSTRATE, rotationOf(word, [5002])))).toBe(0);
    const [component, known] = [...BEFORE.history][0]!;
    const after = { ...BEFORE, history: new Map([[component, { ...known, rotation: word }]]) };
    expect(await clonedFrom(rotating(SUBSTRATE, rotationOf(word, [5001])), after)).toBe(0);
    expect(await clonedFrom(SUBSTRATE, after)).toBe(0);
});
