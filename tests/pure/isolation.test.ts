import fc from "fast-check";
import type { AllowanceDefinition } from "../../definitions/definitions";
import { EVERY_ADDRESS } from "../../substrate/network";
import type { RouterRule, RouterRules } from "../../firewall/rules";
import { OWNER_PREFIX } from "../../substrate/recordOwnership";
import { compare, definitionOf, faultsOf, nameOf, substrateOf, wallsOf, type Walls } from "./paths";

jest.setTimeout(120_000);

const VLANS = Array.from({ length: 10 }, (_, i) => 50 + i);
const SEGMENTS = ["trusted", "storage", "iot", "iot_vendor", "iot_backend", "guest", "management"];
const NETWORKS = ["10.20.99.95/32", "192.168.7.0/24", "10.10.0.0/16", "172.16.0.0/12", "10.20.30.128/25"];

const port = fc.integer({ min: 1, max: 65_535 });
const ports = fc
    .array(
        fc.oneof(
            port.map(String),
            fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`),
        ),
        {
            minLength: 1,
            maxLength: 3,
        },
    )
    .map((list) => list.join(","));

function allowance(vlans: readonly number[]): fc.Arbitrary<AllowanceDefinition> {
    const to = fc.oneof(
        fc.constantFrom(...vlans.map(nameOf)),
        fc.constantFrom(...SEGMENTS),
        fc.constantFrom(...NETWORKS),
    );
    const why = fc.constant("a reason");
    return fc.oneof(
        fc.record({ to, why, protocol: fc.constantFrom("tcp" as const, "udp" as const), ports }),
        fc.record({ to, why, protocol: fc.constantFrom("tcp", "udp", "icmp", "any" as const) }),
    );
}

/** A few tenants, each with a few allowances; those that `tenants validate` refuses are left out, entry by entry. */
const tenants = fc.uniqueArray(fc.constantFrom(...VLANS), { minLength: 2, maxLength: 5 }).chain((vlans) =>
    fc
        .tuple(...vlans.map(() => fc.array(allowance(vlans), { maxLength: 4 })))
        .map((lists) => lists.map((allow, i) => definitionOf(vlans[i]!, allow)))
        .map((definitions) =>
            definitions.map((definition) => ({
                ...definition,
                allow: definition.allow.filter((one, i) => {
                    const before = definition.allow.slice(0, i);
                    const alone = definitions.map((other) =>
                        other === definition ? { ...other, allow: [...before, one] } : { ...other, allow: [] },
                    );
                    return faultsOf(alone).length === 0;
                }),
            })),
        ),
);

test("what passes the walls is what is declared: between tenants, to management and everywhere else", () => {
    const sum = { open: 0, closed: 0, allowances: 0 };
    fc.assert(
        fc.property(tenants, fc.array(fc.nat(EVERY_ADDRESS.last), { maxLength: 20 }), (definitions, further) => {
            expect(faultsOf(definitions)).toEqual([]);
            const substrate = substrateOf(definitions);
            const { wrong, open, closed } = compare(substrate, wallsOf(substrate), further);
            expect(wrong.slice(0, 5)).toEqual([]);
            sum.open += open;
            sum.closed += closed;
            sum.allowances += definitions.flatMap(({ allow }) => allow).length;
        }),
        { numRuns: 50, interruptAfterTimeLimit: 60_000 },
    );
    expect(Math.min(sum.open, sum.closed, sum.allowances)).toBeGreaterThan(100);
});

describe("controls: walls with one rule tampered with are caught", () => {
    const definitions = [
        definitionOf(50, [
            { to: nameOf(51), protocol: "tcp", ports: "5432", why: "database" },
            { to: "iot_backend", protocol: "udp", ports: "1883", why: "sensors" },
        ]),
        definitionOf(51),
    ];
    const substrate = substrateOf(definitions);
    const walls = wallsOf(substrate);

    /** The walls with the router's rules of the first tenant changed. */
    function tampered(change: (rules: RouterRules) => RouterRules): Walls {
        return { ...walls, rules: new Map([...walls.rules, [nameOf(50), change(walls.rules.get(nameOf(50))!)]]) };
    }
    function one(what: string, change: Partial<RouterRule>) {
        return (all: RouterRules) => {
            const described = (rule: RouterRule) =>
                rule.description.startsWith(`${OWNER_PREFIX}${nameOf(50)}: ${what}`);
            expect(all.rules.filter(described)).toHaveLength(1);
            return { ...all, rules: all.rules.map((rule) => (described(rule) ? { ...rule, ...change } : rule)) };
        };
    }

    test("the walls as rendered are right", () => {
        expect(compare(substrate, walls).wrong).toEqual([]);
    });

    test.each<[string, (rules: RouterRules) => RouterRules, RegExp]>([
        [
            "dhcp from any to any, as the lab has it",
            one("dhcp broadcast", { source: "any", destination: "any" }),
            /^open: udp 10.* -> 10\.20\.99\.2:67$/,
        ],
        [
            "dhcp to everybody from any source",
            one("dhcp broadcast", { source: "any" }),
            /^open: udp 10\.20\.51\.5 -> 255\.255\.255\.255:67$/,
        ],
        ["the router not blocked", one("block the router", { action: "pass" }), /^open: tcp .* -> 10\.20\.25\.1:443$/],
        [
            "a pass where the block stands",
            one("block the rest", { action: "pass" }),
            /^open: tcp 10\.20\.51\.5 -> 8\.8\.8\.8:443$/,
        ],
        ["the internet before what is private", one("internet", { sequence: 1 }), /^open: icmp .* -> 10\.20\.99\.2:0$/],
        [
            "platform from any source",
            one("platform", { source: "any" }),
            /^open: tcp 10\.20\.51\.5 -> 10\.20\.25\.2:443$/,
        ],
        [
            "an allowance without its port",
            one("iot_backend", { protocol: "UDP", ports: "1-65535" }),
            /-> 10\.20\.35\.2:443$/,
        ],
        [
            "an allowance to the wrong port",
            one(nameOf(51), { ports: "5433" }),
            /^closed: tcp .* -> 10\.20\.51\.2:5432$/,
        ],
        [
            "the last block before the others",
            one("block the rest", { sequence: 0 }),
            /^closed: tcp .* -> 8\.8\.8\.8:443$/,
        ],
        [
            "10.0.0.0/8 taken for the internet",
            one("block 10.0.0.0/8", { destination: "192.168.0.0/16" }),
            /^open: tcp .* -> 10\.20\.99\.2:443$/,
        ],
    ])("%s", (_, change, expected) => {
        const { wrong } = compare(substrate, tampered(change));
        expect(wrong.filter((line) => expected.test(line)).length).toBeGreaterThan(0);
    });

    test("PVE's wall without the allowance", () => {
        const inbound = new Map([...walls.inbound, [nameOf(51), []]]);
        expect(compare(substrate, { ...walls, inbound }).wrong).toContain(
            "closed: tcp 10.20.50.100 -> 10.20.51.2:5432",
        );
    });

    test("either wall alone opened between two tenants opens no path; both together do", () => {
        const open = one(nameOf(51), { protocol: "any", ports: undefined as never });
        const router = tampered(open);
        const inbound = new Map([...walls.inbound, [nameOf(51), [{ name: "all", cidr: "10.20.50.0/24" }]]]);
        expect(compare(substrate, router).wrong).toEqual([]);
        expect(compare(substrate, { ...walls, inbound }).wrong).toEqual([]);
        expect(compare(substrate, { ...router, inbound }).wrong).toContain("open: tcp 10.20.50.100 -> 10.20.51.2:443");
    });
});
