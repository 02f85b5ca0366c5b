import { kinds, type Operations } from "../../router/provider";
import { recordsOf } from "../routerRecords";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Answers of the provider without a question to the router. */
describe("the provider, of resources", () => {
    const { dhcp, rules, vlan, names } = kinds as Record<"dhcp" | "rules" | "vlan" | "names", Operations>;
    const target = { endpoint: "https://router.invalid", tenant: "grooveiq" };
    const records = recordsOf("grooveiq", 50);
    const dhcpInputs = { ...target, interface: "opt8", ...records.dhcp };
    const dhcpState = { ...dhcpInputs, uuids: { a: "b" }, unapplied: [], served: "opt8", __provider: "text" };

    test("nothing changed is no change, whatever the state keeps beside the inputs", async () => {
        expect(await dhcp.diff("", dhcpState, { ...dhcpInputs, __provider: "other" })).toEqual({
            changes: false,
            replaces: [],
        });
    });

    test.each([
        ["poolEnd", "10.20.50.150"],
        ["endpoint", "https://other.invalid"],
        ["interface", "opt9"],
        ["reservations", []],
    ])("a change of %s is an update", async (name, value) => {
        expect(await dhcp.diff("", dhcpState, { ...dhcpInputs, [name]: value })).toEqual({
            changes: true,
            replaces: [],
        });
    });

    test("a field that only the router has is a change", async () => {
        const changed = { ...dhcpState, byHand: { "match-client-id": "1" } };
        expect(await dhcp.diff("", changed, dhcpInputs)).toMatchObject({ changes: true });
    });

    test("what the router did not take over is a change", async () => {
        expect(await dhcp.diff("", { ...dhcpState, unapplied: ["kea"] }, dhcpInputs)).toMatchObject({ changes: true });
    });

    test("another subnet, VLAN or tenant is another resource", async () => {
        expect(await dhcp.diff("", dhcpState, { ...dhcpInputs, subnet: "10.20.51.0/24" })).toMatchObject({
            replaces: ["subnet"],
        });
        const vlanInputs = { ...target, ...records.vlan };
        expect(await vlan.diff("", vlanInputs, { ...vlanInputs, tag: 51 })).toMatchObject({ replaces: ["tag"] });
        const namesInputs = { ...target, ...records.names };
        expect(await names.diff("", namesInputs, { ...namesInputs, tenant: "other" })).toMatchObject({
            replaces: ["tenant"],
        });
    });

    test("rules that move to another VLAN are changed in place", async () => {
        const inputs = { ...target, interface: "opt8", ...records.rules };
        expect(await rules.diff("", inputs, { ...inputs, vlan: 51, interface: "opt9" })).toEqual({
            changes: true,
            replaces: [],
        });
    });

    test("what a preview does not know yet is left for later", async () => {
        const { failures } = await dhcp.check({}, { ...dhcpInputs, reservations: UNKNOWN });
        expect(failures).toEqual([]);
        expect(await dhcp.diff("", dhcpState, { ...dhcpInputs, interface: UNKNOWN })).toMatchObject({ changes: true });
    });

    test("control: what is known is checked", async () => {
        const { failures } = await dhcp.check({}, { ...dhcpInputs, description: "no mark" });
        expect(failures).toEqual([
            { property: "description", reason: '"no mark" must begin with "tenant-hypervisors: grooveiq"' },
        ]);
        expect((await dhcp.check({}, dhcpInputs)).failures).toEqual([]);
    });

    test("an error shows as its message alone", async () => {
        delete process.env["OPNSENSE_API_KEY"];
        const error = await dhcp.create(dhcpInputs).catch((failure: Error) => failure);
        expect(error).toMatchObject({ message: expect.stringContaining("OPNSENSE_API_KEY") as string, stack: "" });
    });
});
