import { LAB_DEFINITIONS } from "../../lab/definitions";
import type { DriftRow } from "../../report/row";
import { loadSubstrate } from "../../substrate/load";
import { mapOf } from "../../report/map/content";
import { diagram } from "../../report/map/diagram";
import { readDrift, type ToldDrift } from "../../report/map/driftFile";
import { lay, laneCount } from "../../report/map/lanes";
import { asPage } from "../../report/map/page";
import { EVERY_TENANT, pathsOf } from "../../report/map/paths";
import { line } from "../../report/map/shapes";
import { asSvg } from "../../report/map/svg";
import { driftVerdict, sizeText } from "../../report/map/words";
import type { Substrate } from "../../substrate/substrate";
import { definitionOf, nameOf, substrateOf } from "./paths";

const dvntm = loadSubstrate({ root: LAB_DEFINITIONS, substrate: "dvntm" });
const dvnt = loadSubstrate({ root: LAB_DEFINITIONS, substrate: "dvnt" });

/** @param where `router`, `node <name>` or `host <name>`. */
function row(tenant: string, where: string, what: string, vmid?: number): DriftRow {
    const [kind, name = ""] = where.split(" ");
    const place = kind === "router" ? { kind: "router" as const } : { kind: kind as "node" | "host", name };
    const subject = { kind: "vm" as const, id: what };
    const settle = "tenants up";
    return { tenant, where, what, declared: "a", found: "b", settle, place, subject, ...(vmid && { vmid }) };
}

function told(...drift: readonly DriftRow[]): ToldDrift {
    return { substrate: "dvntm", drift, untold: [] };
}

describe("paths", () => {
    const [a, b] = [nameOf(50), nameOf(51)];

    test("what every tenant may is one path, what one may is its own", () => {
        const paths = pathsOf(
            substrateOf([
                definitionOf(50, [
                    { to: b, protocol: "tcp", ports: "5432", why: "orders" },
                    { to: "10.20.99.95/32", protocol: "icmp", why: "artifact server" },
                ]),
                definitionOf(51),
            ]),
        );
        expect(paths).toEqual([
            { from: EVERY_TENANT, to: "gateway", open: ["tcp 53", "udp 53", "udp 67", "udp 123"] },
            { from: EVERY_TENANT, to: "platform", open: ["any"] },
            { from: a, to: "management", open: ["icmp of 10.20.99.95"] },
            { from: EVERY_TENANT, to: "internet", open: ["any"] },
            { from: "trusted", to: EVERY_TENANT, open: ["any"] },
            { from: "management", to: EVERY_TENANT, open: ["any"] },
            { from: a, to: b, open: ["tcp 5432"] },
        ]);
    });

    test("a flat network has none, nor has a substrate without tenants", () => {
        const flat: Substrate = { ...dvntm, coreRouter: { ...dvntm.coreRouter, mode: "none" } };
        expect(pathsOf(flat)).toEqual([]);
        expect(asPage(mapOf(flat))).toContain("nothing keeps them apart");
        expect(pathsOf({ ...dvntm, tenants: [] })).toEqual([]);
    });
});

describe("lanes", () => {
    const height = (place: string) => Number(place);

    test("upright lines that would lie on each other are in different lanes, the short ones nearest", () => {
        const laid = lay(
            [
                { source: "0", targets: ["9"] },
                { source: "1", targets: ["2"] },
                { source: "3", targets: ["4"] },
                { source: "2", targets: ["3"] },
            ],
            height,
        );
        expect(laid.map(({ source, lane }) => [source, lane])).toEqual([
            ["1", 0],
            ["3", 0],
            ["2", 1],
            ["0", 2],
        ]);
        expect(laneCount(laid)).toBe(3);
        expect(laneCount([])).toBe(0);
    });

    test("ten tenants that all reach each other fit beside each other", () => {
        const vlans = Array.from({ length: 10 }, (_, i) => 50 + i);
        const all = vlans.map((vlan) =>
            definitionOf(
                vlan,
                vlans
                    .filter((other) => other !== vlan)
                    .map((other) => ({ to: nameOf(other), protocol: "tcp" as const, ports: "1", why: "all" })),
            ),
        );
        const { shapes, width } = diagram(mapOf(substrateOf(all)));
        expect(shapes.match(/class="path own-path/g)).toHaveLength(90);
        expect(width).toBeLessThan(420);
    });
});

describe("drift", () => {
    const [, other] = dvntm.tenants[0]!.vms;

    test("each row stands at its VM, segment, hypervisor or router, and nowhere else", () => {
        const content = mapOf(
            dvntm,
            told(
                row("grooveiq", "node pve2", "VM 5001 api-vm01: memory", 5001),
                row("grooveiq", "router", "reservation 10.20.50.10 (api-vm01): MAC", 5001),
                row("vintronics", "router", "DHCP scope 10.20.51.0/24"),
                row("", "node pve2", "VM 5999 stray"),
                row("", "host hv02", "sudoers"),
                row("", "node pve9", "VM 5998 of another node"),
                row("", "router", "Kea"),
            ),
        );
        const [grooveiq, vintronics] = content.tenants;
        expect(grooveiq!.vms.map(({ drift }) => drift.length)).toEqual([2, 0]);
        expect(vintronics!.vms.map(({ drift }) => drift.length)).toEqual([0, 0, 0]);
        expect([grooveiq!.segmentDrifts, vintronics!.segmentDrifts]).toEqual([true, true]);
        expect(content.hypervisors[0]!.drift.map(({ what }) => what)).toEqual(["VM 5999 stray", "sudoers"]);
        expect(content.routerDrift.map(({ what }) => what)).toEqual(["Kea"]);
        expect(other!.name).toBe("db-vm01");
    });

    test("that nobody looked, that there is none and that it could not be read are three things", () => {
        expect(driftVerdict(mapOf(dvntm))).toBe("Drift: not looked at.");
        expect(driftVerdict(mapOf(dvntm, told()))).toBe("No drift.");
        const untold = { ...told(row("", "router", "Kea")), untold: [{ source: "node", reason: "it is off" }] };
        expect(driftVerdict(mapOf(dvntm, untold))).toBe(
            "Drift: 1 difference from the tenants' files; node could not be read: it is off.",
        );
    });

    test("a VM on an older template is said at that VM, in page and picture, and is no drift", () => {
        const vm = { tenant: "grooveiq", vm: "api-vm01", vmid: 5001, template: "fedora-1.9", newest: "fedora-1.10" };
        const given = { ...told(), templates: [vm] };
        expect(readDrift(JSON.stringify(given), "x", "dvntm")).toEqual(given);
        const [content, without] = [mapOf(dvntm, given), mapOf(dvntm, told())];
        expect(driftVerdict(content)).toBe("No drift.");
        expect(asPage(content)).toContain("<dt>template</dt><dd>stands on fedora-1.9; the newest is fedora-1.10</dd>");
        expect(asPage(content).match(/<span>older template<\/span>/g)).toHaveLength(1);
        expect(asSvg(content)).toContain("stands on fedora-1.9; the newest is fedora-1.10");
        expect(asPage(without) + asSvg(without)).not.toMatch(/older template|stands on/);
    });

    test("every fault of a file that is none of drift's is told at once", () => {
        const text = JSON.stringify({
            substrate: "dvnt",
            drift: [{ ...row("", "router", "b"), what: 5, who: 6 }],
            untold: {},
        });
        expect(() => readDrift(text, "drift.json", "dvntm")).toThrow(
            [
                "drift.json drift[0].what: 5 is not text",
                "drift.json drift[0].who: 6 is not text",
                "drift.json substrate: dvnt; allowed: dvntm",
                "drift.json untold: {} is not a list",
            ].join("\n"),
        );
        expect(() => readDrift("null", "x", "dvntm")).toThrow("x: null is not a mapping");
        expect(() => readDrift("{", "x", "dvntm")).toThrow(/^x: no JSON \(.*\); give what `tenants drift/);
        const right = told(row("grooveiq", "router", "b"));
        expect(readDrift(JSON.stringify(right), "x", "dvntm")).toEqual(right);
    });
});

describe("what is drawn", () => {
    const drawn = [asPage, asSvg];

    test("every VM with its size, number and names", () => {
        for (const draw of drawn) {
            const text = draw(mapOf(dvntm));
            for (const vm of dvntm.tenants.flatMap(({ vms }) => vms)) {
                const parts = [vm.name, String(vm.vmid), sizeText(vm), vm.fqdn, ...vm.aliases];
                expect(parts.filter((part) => !text.includes(part))).toEqual([]);
            }
        }
    });

    test("a planned substrate says that its hardware is not chosen", () => {
        drawn.forEach((draw) => expect(draw(mapOf(dvnt))).toMatch(/its hardware is not chosen yet/i));
    });

    test("nothing that a person or a router says becomes markup", () => {
        const bad = `<script>alert(1)</script>"'&`;
        const [tenant] = dvntm.tenants;
        const content = mapOf(
            { ...dvntm, tenants: [{ ...tenant!, description: bad }] },
            told({ ...row("grooveiq", "router", bad), settle: bad }, row("", "router", bad), row("", "node pve2", bad)),
        );
        for (const text of drawn.map((draw) => draw(content))) {
            expect(text).not.toContain("<script>alert");
            expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;");
        }
    });

    test("a page and a picture name no other place to load from", () => {
        for (const text of drawn.map((draw) => draw(mapOf(dvntm, told(row("", "router", "Kea")))))) {
            expect(text.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
                /https?:|url\(|@import|\bsrc=/,
            );
        }
    });

    test("a text is cut where its room ends, and its title has all of it", () => {
        expect(line("short", {}, 10, 100)).toBe('<text font-size="10">short</text>');
        expect(line("a long text that does not fit", {}, 10, 62)).toBe(
            '<text font-size="10">a lon… fit<title>a long text that does not fit</title></text>',
        );
    });
});

describe("what ends", () => {
    const [first] = dvntm.tenants;
    const [vm] = first!.vms;
    const definedAt = first!.definedAt;
    const endings = [
        { tenant: first!.name, expires: "2026-12-31", ends: new Date("2027-01-01T00:00:00Z"), definedAt },
        { tenant: first!.name, vm: vm!, expires: "2026-12-01", ends: new Date("2026-12-02T00:00:00Z"), definedAt },
    ];
    const drawn = (now: string) => {
        const content = mapOf(dvntm, undefined, endings, new Date(now));
        return [asPage(content), asSvg(content)];
    };

    test.each([
        ["2026-11-24T23:59:59Z", []],
        ["2026-11-25T00:00:00Z", ["ends at the end of 2026-12-01 (UTC)"]],
        ["2026-12-02T00:00:00Z", ["over since the end of 2026-12-01 (UTC)"]],
        ["2026-12-25T00:00:00Z", ["over since the end of 2026-12-01 (UTC)", "ends at the end of 2026-12-31 (UTC)"]],
    ])("is on page and picture from a week before: %s", (now, expected) => {
        for (const text of drawn(now)) {
            const found = [...new Set(text.match(/(ends at|over since) the end of \S+ \(UTC\)/g))].sort();
            expect(found).toEqual([...expected].sort());
        }
    });
});
