import fc from "fast-check";
import { endOf, endingsOf, endsWithin, isDay, isOver, withoutReaped, type Held } from "../../substrate/expiry";
import { endingWarnings, endText } from "../../substrate/expiryWords";
import { removeProjects, smallTenant, STACK } from "../fixtures";
import { declaredIn, heldOf, substrateOf, TWO } from "./ending";

afterAll(removeProjects);

const MADE = new Date("2026-11-20T10:30:00Z");

describe("the end of a day", () => {
    test.each([
        ["2026-12-31", "UTC", "2027-01-01T00:00:00Z"],
        ["2026-12-31", "Europe/Berlin", "2026-12-31T23:00:00Z"],
        ["2026-12-31", "America/Los_Angeles", "2027-01-01T08:00:00Z"],
        ["2026-12-31", "Pacific/Kiritimati", "2026-12-31T10:00:00Z"],
        ["2026-12-31", "Asia/Kathmandu", "2026-12-31T18:15:00Z"],
        // The days on which clocks change have 23 and 25 hours.
        ["2026-03-28", "Europe/Berlin", "2026-03-28T23:00:00Z"],
        ["2026-03-29", "Europe/Berlin", "2026-03-29T22:00:00Z"],
        ["2026-10-24", "Europe/Berlin", "2026-10-24T22:00:00Z"],
        ["2026-10-25", "Europe/Berlin", "2026-10-25T23:00:00Z"],
        // Beirut has no midnight on that day: its clocks go from 23:59:59 to 01:00.
        ["2024-03-30", "Asia/Beirut", "2024-03-30T22:00:00Z"],
        // Cairo has the last hour of that day twice.
        ["2024-10-31", "Africa/Cairo", "2024-10-31T22:00:00Z"],
        // Samoa had no 30th of December in 2011.
        ["2011-12-29", "Pacific/Apia", "2011-12-30T10:00:00Z"],
        ["2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"],
        ["2028-02-29", "UTC", "2028-03-01T00:00:00Z"],
    ])("%s in %s", (day, zone, ends) => {
        expect(endOf(day, zone, undefined)).toEqual(new Date(ends));
    });

    test("of any day in any zone, the last second is of it and the next is not", () => {
        const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
        const days = fc.date({ min: new Date("2015-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
        const dayAt = (moment: number, timeZone: string) =>
            new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(new Date(moment));
        fc.assert(
            fc.property(days, zones, (date, zone) => {
                const day = date.toISOString().slice(0, 10);
                const ends = endOf(day, zone, undefined)!.getTime();
                expect([dayAt(ends - 1000, zone) <= day, dayAt(ends, zone) > day]).toEqual([true, true]);
            }),
            { numRuns: 60 },
        );
    });
});

describe("an age", () => {
    test.each([
        ["12h", "2026-11-20T22:30:00Z"],
        ["7d", "2026-11-27T10:30:00Z"],
        ["2w", "2026-12-04T10:30:00Z"],
    ])("%s from when it was made, in no time zone", (age, ends) => {
        expect(endOf(age, "Europe/Berlin", MADE)).toEqual(new Date(ends));
        expect(endOf(age, "Asia/Tokyo", MADE)).toEqual(new Date(ends));
        expect(endOf(age, "UTC", undefined)).toBeUndefined();
    });

    test("across a change of the clocks it is as many hours", () => {
        expect(endOf("1d", "Europe/Berlin", new Date("2026-10-24T12:00:00Z"))).toEqual(
            new Date("2026-10-25T12:00:00Z"),
        );
    });
});

describe("over", () => {
    const ends = new Date("2026-12-31T23:00:00Z");
    test.each([
        [-1, false],
        [0, true],
        [1, true],
    ])("%d ms after its end: %s", (after, over) => {
        expect(isOver({ ends }, new Date(ends.getTime() + after))).toBe(over);
    });

    test("is nothing without an end", () => {
        expect([isOver({}, ends), endsWithin({}, ends)]).toEqual([false, false]);
    });

    test.each([
        [7 * 24 * 3600 + 1, false],
        [7 * 24 * 3600, true],
        [-5, true],
    ])("%d s before its end it is said within a week: %s", (seconds, said) => {
        expect(endsWithin({ ends }, new Date(ends.getTime() - seconds * 1000))).toBe(said);
    });
});

test.each([
    ["2026-02-28", true],
    ["2026-02-29", false],
    ["2028-02-29", true],
    ["2026-13-01", false],
    ["2026-00-10", false],
    ["2026-04-31", false],
])("%s is a day: %s", (day, is) => expect(isDay(day)).toBe(is));

describe("the earlier of both counts", () => {
    const file = (tenant: string, vm: string) =>
        `${smallTenant("grooveiq", 50)}    expires: ${vm}\n${TWO}expires: ${tenant}\n`;
    test.each([
        ["2026-12-31", "2026-12-01", ["grooveiq/5001 2026-12-01", "grooveiq 2026-12-31"]],
        ["2026-12-01", "2026-12-31", ["grooveiq 2026-12-01"]],
        ["2026-12-01", "2026-12-01", ["grooveiq 2026-12-01"]],
        ["7d", "2026-12-31", ["grooveiq 7d"]],
        ["2026-12-31", "7d", ["grooveiq/5001 7d", "grooveiq 2026-12-31"]],
    ])("tenant %s, VM %s", (tenant, vm, expected) => {
        const made = new Map([
            ["grooveiq", MADE],
            ["5001", MADE],
        ]);
        const endings = endingsOf(substrateOf({ grooveiq: file(tenant, vm) }), made);
        expect(
            endings.map((one) => `${[one.tenant, ...(one.vm ? [one.vm.vmid] : [])].join("/")} ${one.expires}`),
        ).toEqual(expected);
    });
});

describe("what a run declares", () => {
    const BEFORE = new Date("2026-12-31T23:59:59.999Z");
    const AT = new Date("2027-01-01T00:00:00Z");
    const ending = {
        grooveiq: `${smallTenant("grooveiq", 50)}${TWO}expires: 2026-12-31\n`,
        other: smallTenant("other", 51),
    };
    const one = {
        grooveiq: `${smallTenant("grooveiq", 50)}    expires: 2026-12-31\n${TWO}`,
        other: smallTenant("other", 51),
    };
    const all = { grooveiq: [5001, 5002], other: [5101] };
    const cases: [string, Record<string, string>, Date, Held, Record<string, number[]>][] = [
        ["before its end a tenant that is not there is made", ending, BEFORE, heldOf([], []), all],
        ["at its end one that is there stays", ending, AT, heldOf(["grooveiq"], [5001, 5002]), all],
        ["one that is gone is not made again", ending, AT, heldOf(["other"], [5101]), { other: [5101] }],
        [
            "of one that went in part the rest stays",
            ending,
            AT,
            heldOf(["grooveiq"], [5002]),
            { ...all, grooveiq: [5002] },
        ],
        ["one whose VMs went keeps its pool", ending, AT, heldOf(["grooveiq"], []), { ...all, grooveiq: [] }],
        ["before its end a VM that is not there is made", one, BEFORE, heldOf(["grooveiq"], [5002]), all],
        ["at its end one that is there stays as it is", one, AT, heldOf(["grooveiq"], [5001, 5002]), all],
        ["a VM that is gone is not made again", one, AT, heldOf(["grooveiq"], [5002]), { ...all, grooveiq: [5002] }],
    ];
    test.each(cases)("%s", (_, files, now, held, expected) => {
        const substrate = substrateOf(files);
        const declared = withoutReaped(substrate, endingsOf(substrate, new Map()), held, now);
        expect(declaredIn(declared)).toEqual(expected);
        // The other tenant is the same value, whatever goes.
        expect(declared.tenants.find(({ name }) => name === "other")).toEqual(
            substrate.tenants.find(({ name }) => name === "other"),
        );
    });

    test("never is what the state has left out, nor anything that is not over", () => {
        const substrate = substrateOf(ending);
        const vmids = fc.subarray([5001, 5002, 5101]);
        const times = fc.date({ min: new Date("2026-12-01"), max: new Date("2027-02-01"), noInvalidDate: true });
        fc.assert(
            fc.property(vmids, times, (vms, now) => {
                const held = heldOf(vms.length > 0 ? ["grooveiq"] : [], vms);
                const declared = withoutReaped(substrate, endingsOf(substrate, new Map()), held, now);
                const found = Object.values(declaredIn(declared)).flat();
                expect(found).toEqual(expect.arrayContaining(now < AT ? [5001, 5002, 5101] : [...vms, 5101]));
                expect(found).toHaveLength(now < AT ? 3 : new Set([...vms, 5101]).size);
            }),
        );
    });
});

describe("words", () => {
    const zoned = STACK.replace("site: 20", "site: 20\n  tenant-hypervisors:timeZone: Europe/Berlin");
    const substrate = substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}expires: 2026-12-31\n` }, zoned);
    const endings = endingsOf(substrate, new Map());
    const at = (moment: string, held: Held) => endingWarnings(substrate, endings, held, new Date(moment));
    const there = heldOf(["grooveiq"], [5001]);
    const END = "the end of 2026-12-31 (Europe/Berlin)";

    test("warnings: a week before, when it is over, and when it is gone", () => {
        expect(at("2026-12-24T22:59:59Z", there)).toEqual([]);
        const where = "tenants/dvntm/grooveiq.yaml:6 expires: 2026-12-31";
        expect(at("2026-12-24T23:00:00Z", there)).toEqual([
            `grooveiq: it ends at ${END} (${where}); a later day or age keeps it`,
        ]);
        expect(at("2026-12-31T23:00:00Z", there)).toEqual([
            `grooveiq: it is over since ${END} (${where}), and stays until \`tenants reap dvntm\` takes it away`,
        ]);
        expect(at("2026-12-31T23:00:00Z", heldOf([], []))).toEqual([
            `grooveiq: it is over since ${END} and is not made: take it out of tenants/dvntm/grooveiq.yaml, or give it a later day or age (${where})`,
        ]);
    });

    test("an age is said to the minute, in the substrate's zone", () => {
        const ends = new Date("2026-12-24T09:30:59Z");
        expect(endText({ expires: "7d", ends }, "Europe/Berlin")).toBe("2026-12-24 10:30 (Europe/Berlin)");
        expect(endText({ expires: "7d" }, "UTC")).toBe("7d after it is made");
    });
});
