import type { Recorded } from "../../state/recorded";
import { removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import { TEMPLATE } from "../pure/checkedNode";
import { BEFORE, declared, named, substrateOf } from "./declared";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const ASKED = "    firmware: uefi\n    secureBoot: true\n    tpm: true\n    machine: q35\n";
const DECLARED = {
    ...{ bios: "ovmf", machine: "q35", tpmState: { datastoreId: "local-lvm", version: "v2.0" } },
    efiDisk: { datastoreId: "local-lvm", type: "4m", fileFormat: "raw", preEnrolledKeys: true },
};

/** Firmware that the VM is declared with. */
async function made(lines: string, settings: object, recorded?: Recorded) {
    const substrate = substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}${lines}` });
    const templates = new Map([[103, { ...TEMPLATE, settings: { ...settings } }]]);
    const guests = recorded === undefined ? [] : [SMALL_GUEST];
    const { registered } = await declared(substrate, guests, recorded, { templates });
    const { bios, machine, efiDisk, tpmState } = named(registered, "grooveiq-api-vm01-vm");
    return { bios, machine, efiDisk, tpmState };
}

test("a VM gets what its file asks for and its template has not", async () => {
    expect(await made(ASKED, {})).toEqual(DECLARED);
    const uefi = { bios: "ovmf", machine: "q35", efidisk0: "a:b,pre-enrolled-keys=1", tpmstate0: "a:c,version=v2.0" };
    // Controls: the template has all of it; the file is silent.
    expect(await made(ASKED, uefi)).toEqual({});
    expect(await made("", uefi)).toEqual({});
});

test("one that is there has what it was made with, whatever its file says since", async () => {
    const known = BEFORE.history.get("grooveiq-api-vm01")!;
    const disk = { datastore: "local-lvm" };
    const firmware = { bios: "ovmf", machine: "q35", efiDisk: { ...disk, keys: true }, tpmState: disk } as const;
    const history = new Map([["grooveiq-api-vm01", { ...known, firmware }]]);
    expect(await made("", {}, { ...BEFORE, history })).toEqual(DECLARED);
    expect(await made(ASKED, {}, BEFORE)).toEqual({});
});
