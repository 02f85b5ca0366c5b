import { removeProjects, smallTenant, SMALL_GUEST, STACK } from "../fixtures";
import { TEMPLATE } from "../pure/checkedNode";
import { BEFORE, declared, named, substrateOf } from "./declared";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const KEEPS = STACK.replace("      template:\n", "      keepTags: [backup-*, Seen]\n      template:\n");
const TENANTS = { grooveiq: smallTenant("grooveiq", 50), vintronics: smallTenant("vintronics", 51) };

/** Tags that the VM is declared with where it has these. */
async function tagsWith(found: readonly string[], stack = KEEPS): Promise<unknown> {
    const guest = { ...SMALL_GUEST, tags: [...SMALL_GUEST.tags, ...found] };
    const { registered } = await declared(substrateOf(TENANTS, stack), [guest], BEFORE);
    return named(registered, "grooveiq-api-vm01-vm")["tags"];
}

test("tags of other tools that the stack file keeps stay on a VM; any other goes", async () => {
    expect(await tagsWith(["backup-daily", "seen", "seen-too", "odd"])).toEqual([
        "backup-daily",
        "grooveiq",
        "seen",
        "tenant",
    ]);
    expect(await tagsWith(["backup-daily"], STACK)).toEqual(["grooveiq", "tenant"]);
});

test("a tag that makes a VM another tenant's is never kept", async () => {
    const all = STACK.replace("      template:\n", "      keepTags: [v*]\n      template:\n");
    expect(await tagsWith(["vintronics", "v2"], all)).toEqual(["grooveiq", "tenant", "v2"]);
});

test("capitals in a file become small, as PVE makes them", () => {
    const [tenant] = substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}    tags: [Web, web, DMZ]\n` }).tenants;
    expect(tenant!.vms[0]!.tags).toEqual(["dmz", "grooveiq", "tenant", "web"]);
});

describe("type of the guest system", () => {
    const ostypeOf = async (settings: Record<string, string>, recorded?: typeof BEFORE) => {
        const templates = new Map([[103, { ...TEMPLATE, settings }]]);
        const guests = recorded === undefined ? [] : [SMALL_GUEST];
        const { registered } = await declared(substrateOf({ grooveiq: TENANTS.grooveiq }), guests, recorded, {
            templates,
        });
        return named(registered, "grooveiq-api-vm01-vm")["operatingSystem"];
    };

    test("a VM that is made keeps its template's; a template without one is taken for Linux, as ever", async () => {
        expect(await ostypeOf({ ostype: "win11" })).toEqual({ type: "win11" });
        expect(await ostypeOf({})).toEqual({ type: "l26" });
    });

    test("one that is there keeps that which it was made with, whatever became of the template", async () => {
        const known = BEFORE.history.get("grooveiq-api-vm01")!;
        const history = new Map([["grooveiq-api-vm01", { ...known, ostype: "win11" }]]);
        expect(await ostypeOf({ ostype: "l26" }, { ...BEFORE, history })).toEqual({ type: "win11" });
        expect(await ostypeOf({ ostype: "win11" }, BEFORE)).toEqual({ type: "l26" });
    });
});
