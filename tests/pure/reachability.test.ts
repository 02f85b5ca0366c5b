import { complementOf, EVERY_ADDRESS, networkOf } from "../../substrate/network";
import { ELSEWHERE, GATEWAY, INTERNET, placesOf, reachabilityOf, ROUTER } from "../../firewall/reachability";
import { routerAddresses } from "../../firewall/routerRules";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, STACK } from "../fixtures";
import { definitionOf, nameOf, substrateOf } from "./paths";

afterAll(removeProjects);

const [A, B] = [nameOf(50), nameOf(51)];

const substrate = substrateOf([
    definitionOf(50, [
        { to: B, protocol: "tcp", ports: "5432,8000:8010", why: "orders" },
        { to: "10.20.99.95/32", protocol: "icmp", why: "artifact server" },
        { to: "10.10.0.0/16", protocol: "any", why: "the other site" },
    ]),
    definitionOf(51),
]);

function openings(from: string, to: string) {
    const cells = reachabilityOf(substrate).filter((cell) => cell.from === from && cell.to === to);
    expect(cells).toHaveLength(1);
    return cells[0]!.openings;
}

const ours = (what: string) => `tenant-hypervisors: ${A}: ${what}`;

test("a declared path names both walls' rules, port by port", () => {
    expect(openings(A, B)).toEqual([
        { protocol: "tcp", ports: "5432", rule: ours(`${B} tcp 5432: orders`), inbound: `${A}: orders` },
        { protocol: "tcp", ports: "8000-8010", rule: ours(`${B} tcp 8000-8010: orders`), inbound: `${A}: orders` },
    ]);
    expect(openings(B, A)).toEqual([]);
});

test("what opens a part of a segment names the part", () => {
    expect(openings(A, "management")).toEqual([
        { protocol: "icmp", rule: ours("10.20.99.95/32 icmp: artifact server"), part: ["10.20.99.95"] },
    ]);
    expect(openings(A, ELSEWHERE)).toEqual([
        { protocol: "any", rule: ours("10.10.0.0/16 any: the other site"), part: ["10.10.0.0/16"] },
    ]);
});

test("what every tenant has", () => {
    expect(openings(B, GATEWAY).map(({ protocol, ports }) => `${protocol} ${ports}`)).toEqual([
        "tcp 53",
        "udp 53",
        "udp 67",
        "udp 123",
        "udp 67",
    ]);
    expect(openings(B, "platform").map(({ protocol }) => protocol)).toEqual(["any"]);
    expect(openings(B, INTERNET).map(({ protocol }) => protocol)).toEqual(["any"]);
    expect(openings(B, B)).toEqual([{ protocol: "any", rule: "own segment" }]);
});

test("of a tenant that isolates its VMs: what its file opens at one of them, and nothing else", () => {
    const vms = `vms:
  - {name: web-vm01, instance: 1}
  - {name: db-vm01, instance: 2, address: fixed}
`;
    const allow = 'allow:\n  - {to: db-vm01, protocol: tcp, ports: "5432", why: orders}\n';
    const cells = (text: string) => {
        const file = `name: grooveiq\nvlan: 50\n${text}${vms}`;
        const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": file });
        return reachabilityOf(loadSubstrate({ root, substrate: "dvntm" }));
    };
    const own = (text: string) =>
        cells(text).find(({ from, to }) => from === "grooveiq" && to === "grooveiq")!.openings;
    expect(own("")).toEqual([{ protocol: "any", rule: "own segment" }]);
    expect(own("isolate: true\n")).toEqual([]);
    expect(own(`isolate: true\n${allow}`)).toEqual([
        { protocol: "tcp", ports: "5432", part: ["10.20.50.11"], rule: "db-vm01: orders" },
    ]);
    // What it reaches elsewhere is the same.
    const elsewhere = (text: string) => cells(text).filter(({ from, to }) => from !== to);
    expect(elsewhere(`isolate: true\n${allow}`)).toEqual(elsewhere(""));
});

test("the router's addresses in other segments are closed, in an open one too", () => {
    expect(openings(A, ROUTER)).toEqual([]);
});

test("into a tenant: management and trusted alone", () => {
    const into = reachabilityOf(substrate).filter(({ from, to }) => to === A && from !== A && from !== B);
    expect(into.filter((cell) => cell.openings.length > 0).map(({ from }) => from)).toEqual(["trusted", "management"]);
    expect(into.map(({ from }) => from)).toContain(INTERNET);
});

test("every address belongs to exactly one place", () => {
    const itself = routerAddresses(substrate.plan, [50, 51]);
    const places = [...placesOf(substrate, { gateway: "10.20.50.1", itself }).values()].flat();
    const size = (ranges: typeof places) => ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    expect(complementOf(places)).toEqual([]);
    expect(size(places)).toBe(size([EVERY_ADDRESS]));
    expect(size([networkOf("10.20.50.0/24")])).toBe(256);
});

test("a flat network has no walls to tell of", () => {
    const flat = { ...substrate, coreRouter: { ...substrate.coreRouter, mode: "none" as const } };
    expect(reachabilityOf(flat)).toEqual([]);
    expect(reachabilityOf(substrate)).not.toEqual([]);
});
