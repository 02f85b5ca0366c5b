import { fleetReport, reasonIn, resultOf, type FleetRow } from "../../model/fleet";

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

test("the report is in the order of names, counts, and says at its end why those failed that did", () => {
    const rows = [row("dvntm", { same: 9, update: 1 }), row("dvnt", { create: 25 }), row("abc", {}, "no way there")];
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

test.each([
    ["each error once", "  error: one\nerror: two\n   error: one\nerror: preview failed\n", "one\n    two"],
    ["the last line, where no error is named", "some\nlast\n\n", "last"],
    ["that it said nothing", "", "it said nothing"],
])("of a run that failed, %s is told", (_what, said, reason) => {
    expect(reasonIn(said)).toBe(reason);
});
