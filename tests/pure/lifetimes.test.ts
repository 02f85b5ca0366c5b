import { TENANT, TENANT_VM, VM, type StateResource } from "../../state/deployment";
import { asksCreated, asOutput, keptIn, madeIn, newestIn } from "../../state/lifetimes";
import { clockFaults } from "../../substrate/clock";
import { endingsOf, keptMade, withoutReaped, type Held } from "../../substrate/expiry";
import { removeProjects, smallTenant } from "../fixtures";
import { declaredIn, heldOf, substrateOf, TWO } from "./ending";

afterAll(removeProjects);

const MADE = new Date("2026-11-20T10:30:00Z");

describe("when things were made whose end is an age", () => {
    const substrate = substrateOf({
        grooveiq: `${smallTenant("grooveiq", 50)}    expires: 1d\n${TWO}expires: 7d\n`,
        other: `${smallTenant("other", 51)}expires: 2026-12-31\n`,
    });
    const now = new Date("2026-11-21T12:00:00Z");
    const kept = (made: ReadonlyMap<string, Date>, held: Held, when = now) => {
        const declared = withoutReaped(substrate, endingsOf(substrate, made), held, when);
        return {
            declared: declaredIn(declared)["grooveiq"],
            made: asOutput(keptMade(substrate, declared, made, held, when)),
        };
    };
    const there = heldOf(["grooveiq", "other"], [5001, 5002, 5101]);
    const made = new Map([
        ["grooveiq", MADE],
        ["5001", MADE],
    ]);

    test("a first run writes its own time down, and the next keeps it", () => {
        const first = kept(new Map(), heldOf([], []));
        expect(first).toEqual({
            declared: [5001, 5002],
            made: { "5001": now.toISOString(), grooveiq: now.toISOString() },
        });
        expect(kept(keptIn({ made: first.made }), there, new Date("2026-11-22T11:59:59Z")).made).toEqual(first.made);
    });

    test("what was reaped is not made again, and not forgotten", () => {
        const reaped = kept(made, heldOf(["grooveiq", "other"], [5002, 5101]));
        expect(reaped).toEqual({
            declared: [5002],
            made: { "5001": MADE.toISOString(), grooveiq: MADE.toISOString() },
        });
        const later = new Date("2026-12-24T00:00:00Z");
        expect(kept(made, heldOf(["other"], [5101]), later)).toEqual({
            declared: undefined,
            made: { "5001": MADE.toISOString(), grooveiq: MADE.toISOString() },
        });
    });

    test("what was torn down before its end is made anew, from then on", () => {
        const anew = kept(made, heldOf(["other"], [5101]), new Date("2026-11-21T10:00:00Z"));
        expect(anew.made).toEqual({ "5001": "2026-11-21T10:00:00.000Z", grooveiq: "2026-11-21T10:00:00.000Z" });
    });

    test("nothing is kept where no file has an age", () => {
        const without = substrateOf({ other: `${smallTenant("other", 51)}expires: 2026-12-31\n` });
        expect(asOutput(keptMade(without, without, made, there, now))).toBeUndefined();
    });

    test("the state is asked only for what is there and was never written down", () => {
        expect(asksCreated(substrate, new Map(), there)).toBe(true);
        expect(asksCreated(substrate, new Map([["grooveiq", MADE]]), there)).toBe(true);
        expect(asksCreated(substrate, made, there)).toBe(false);
        expect(asksCreated(substrate, new Map(), heldOf([], []))).toBe(false);
    });
});

describe("a state", () => {
    const urn = (name: string) => `urn:pulumi:dvntm::tenant-hypervisors::x::${name}`;
    const resources: StateResource[] = [
        {
            urn: urn("stack"),
            type: "pulumi:pulumi:Stack",
            outputs: { made: { "5002": "2026-10-01T00:00:00Z", bad: 7 } },
        },
        { urn: urn("grooveiq"), type: TENANT, created: "2026-11-20T10:00:00.5Z", modified: "2026-11-22T00:00:00Z" },
        {
            ...{ urn: urn("grooveiq-api-vm01"), type: TENANT_VM, parent: urn("grooveiq"), outputs: { vmid: 5001 } },
            created: "2026-11-19T00:00:00Z",
        },
        {
            ...{ urn: urn("grooveiq-api-vm01-vm"), type: VM, id: "5001", parent: urn("grooveiq-api-vm01") },
            created: "2026-11-21T00:00:00Z",
        },
    ];

    test("says when the first of each was made, so that a rebuild begins nothing anew, and what it keeps counts", () => {
        expect([...madeIn({ resources })].sort()).toEqual([
            ["5001", new Date("2026-11-19T00:00:00Z")],
            ["5002", new Date("2026-10-01T00:00:00Z")],
            ["grooveiq", new Date("2026-11-19T00:00:00Z")],
        ]);
        expect(newestIn({ resources })).toEqual(new Date("2026-11-22T00:00:00Z"));
        expect([newestIn({}), madeIn({}).size]).toEqual([undefined, 0]);
    });
});

describe("a clock", () => {
    const now = new Date("2026-12-01T12:00:00Z");
    const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
    test.each([
        [
            "agrees",
            [
                ["pve2", minutes(5)],
                ["pve3", minutes(-5)],
            ],
            minutes(-1),
            [],
        ],
        ["is behind a node's", [["pve2", minutes(6)]], undefined, [/pve2 is 6 minutes ahead of this machine's/]],
        ["is ahead of a node's", [["pve2", minutes(-600)]], undefined, [/pve2 is 600 minutes behind this machine's/]],
        ["is behind the state", [["pve2", now]], minutes(6), [/the state tells of 2026-12-01T12:06/]],
        ["is not known of a node", [["pve2", undefined]], now, [/pve2 told no time/]],
    ] as [string, [string, Date | undefined][], Date | undefined, RegExp[]][])("that %s", (_, nodes, newest, told) => {
        expect(clockFaults({ now, nodes, newest })).toEqual(told.map((one) => expect.stringMatching(one) as unknown));
    });
});
