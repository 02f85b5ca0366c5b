import { fleetReport, reasonFrom, resultOf, type FleetRow, type Told } from "../../report/fleet";

const row = (substrate: string, changes: Record<string, number>, reason?: string): FleetRow => ({
    substrate,
    changes,
    seconds: 1.25,
    ...(reason !== undefined && { reason }),
});

test.each([
    [{}, "no changes"],
    [{ same: 20, refresh: 3 }, "no changes"],
    [{ same: 20, create: 2, delete: 0, replace: 1 }, "2 create, 1 replace"],
])("%j is %s", (changes, told) => {
    expect(resultOf(row("dvntm", changes))).toBe(told);
});

test("the report counts, and says at its end why those failed that did", () => {
    const rows = [row("abc", {}, "no way there"), row("dvnt", { create: 25 }), row("dvntm", { same: 9, update: 1 })];
    expect(fleetReport(rows, 3.04)).toBe(
        [
            "substrate  resources  seconds  result",
            "abc        0          1.3      failed",
            "dvnt       25         1.3      25 create",
            "dvntm      10         1.3      1 update",
            "3 substrates, 2 with changes, 1 failed, in 3.0 s",
            "abc: no way there",
        ].join("\n"),
    );
});

const error = (message: string): Told => ({ diagnosticEvent: { severity: "error", message } });
const rule = (enforcementLevel: string): Told => ({
    policyEvent: {
        enforcementLevel,
        policyName: "quota",
        resourceUrn: "urn:pulumi:dvntm::p::proxmoxve:index:Vm::large-vm",
        message: "too large",
    },
});

test.each<[string, Told[], string, string]>([
    ["each error once", [error("one\n"), error("two"), error("one"), error("preview failed")], "", "one\n    two"],
    [
        "a broken rule",
        [rule("mandatory"), rule("warning"), error("preview failed")],
        "",
        "policy quota, large-vm: too large",
    ],
    [
        "no colour and no stack trace",
        [error("<{%reset%}>it\nfell<{%reset%}>\n    at x (y.ts:1)\n")],
        "",
        "it\n    fell",
    ],
    ["what was said, where no event tells", [], " stderr: error: held by another\nerr?: \n", "held by another"],
    ["the last line, where no error is named", [], "some\nlast\n\n", "last"],
    ["that it said nothing", [], "", "it said nothing"],
])("of a run that failed, %s is told", (_what, events, said, reason) => {
    expect(reasonFrom(events, said)).toBe(reason);
});
