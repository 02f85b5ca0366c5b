import type { TemplateDetails } from "../../node/inventory";
import type { Recorded } from "../../state/recorded";
import { removeProjects, smallTenant, SMALL_GUEST } from "../fixtures";
import { TEMPLATE } from "../pure/checkedNode";
import { BEFORE, declared, named, substrateOf } from "./declared";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const PLAIN = { interface: "scsi0", datastoreId: "local-lvm", size: 32 };
const BROUGHT: TemplateDetails = {
    ...TEMPLATE,
    settings: { scsi0: "local-lvm:base-103-disk-0,discard=on,size=32G,ssd=1" },
};
const OPTIONS = "    diskOptions: {ssd: false, backup: false}\n";

/** System disk of a VM, and what its component keeps of the template's options. */
async function made(lines: string, recorded?: Recorded, details = BROUGHT) {
    const substrate = substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}${lines}` });
    const guests = recorded === undefined ? [] : [SMALL_GUEST];
    const templates = new Map([[103, details]]);
    const { registered } = await declared(substrate, guests, recorded, { templates });
    return (named(registered, "grooveiq-api-vm01-vm")["disks"] as unknown[])[0];
}

test("a VM that is made keeps the options of its template's disk, but for what the file says", async () => {
    expect(await made("")).toEqual({ ...PLAIN, discard: "on", ssd: true });
    expect(await made(OPTIONS)).toEqual({ ...PLAIN, discard: "on", ssd: false, backup: false });
    // Control: a template without options, and no word in the file.
    expect(await made("", undefined, TEMPLATE)).toEqual(PLAIN);
});

test("one that is there keeps those that it was made with, and one of an earlier release has none", async () => {
    const known = BEFORE.history.get("grooveiq-api-vm01")!;
    const history = new Map([["grooveiq-api-vm01", { ...known, diskOptions: { scsi0: { discard: true } } }]]);
    expect(await made("", { ...BEFORE, history })).toEqual({ ...PLAIN, discard: "on" });
    expect(await made("", BEFORE)).toEqual(PLAIN);
    expect(await made(OPTIONS, BEFORE)).toEqual({ ...PLAIN, ssd: false, backup: false });
});
