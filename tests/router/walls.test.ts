import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AuditedWrite, RouterState, SavedRecord, SimulatedRouter } from "../../lab/simulatedRouter";
import type { PacketProtocol } from "../../firewall/packetFilter";
import type { RuleInventory } from "../../router/inventory";
import type { Properties } from "../../state/dynamicResource";
import { routerRecordsOf } from "../../router/records";
import { interfaceFilter } from "../../router/rules/filter";
import { privileges } from "../../router/privileges";
import { loadSubstrate } from "../../substrate/load";
import { parseAddress } from "../../substrate/network";
import { ROUTER } from "../earlier/record";
import { recordsOf } from "../routerRecords";
import { recordWrites } from "../routerWrites";
import { interfaceOf, Managed, startRouter, uuidOf } from "./managed";

jest.setTimeout(60_000);

const EARLIER = resolve(__dirname, "../earlier");
const TENANT = "grooveiq";
const ON = interfaceOf(50);
const GATEWAY = "10.20.50.1";
const FOREIGN = "10.20.51.9";

/** Packets that nothing in the file of grooveiq allows, from its VM and from one with another's address. */
const CLOSED: readonly (readonly [PacketProtocol, source: string, destination: string, port: number])[] = [
    ["tcp", "10.20.50.10", "10.20.99.22", 8006],
    ["tcp", "10.20.50.10", "10.20.25.1", 443],
    ["tcp", "10.20.50.10", GATEWAY, 443],
    ["tcp", "10.20.50.10", "10.20.51.10", 22],
    ["udp", "10.20.50.10", "10.20.10.7", 53],
    ["icmp", "10.20.50.10", "192.168.1.1", 0],
    ["other", "10.20.50.10", "100.64.0.1", 0],
    ["tcp", FOREIGN, "10.20.25.7", 443],
    ["tcp", FOREIGN, "1.1.1.1", 443],
];

/** Packets of CLOSED that pass by a router's saved configuration; of rules in one place the one that opens counts as the first. */
function open({ aliases, rules }: Readonly<Record<"aliases" | "rules", ReadonlyMap<string, SavedRecord>>>): string[] {
    const rows = (records: ReadonlyMap<string, SavedRecord>): SavedRecord[] =>
        [...records].map(([uuid, one]) => ({ ...one, uuid }));
    const all = rows(rules).sort((one, other) => (one["action"]! < other["action"]! ? 1 : -1));
    const interfaces = [`${GATEWAY}/24`, "10.20.25.1/24", "10.20.51.1/24"].map((address, i) => ({
        identifier: i === 0 ? ON : `segment${i}`,
        address,
    }));
    const { filter } = interfaceFilter(
        { interfaces, rules: all, aliases: rows(aliases), doors: { groups: [] } } as unknown as RuleInventory,
        ON,
    );
    return CLOSED.flatMap(([protocol, source, destination, port]) => {
        const packet = { protocol, port, source: parseAddress(source)!, destination: parseAddress(destination)! };
        return filter.first(packet)?.["action"] === "pass" ? [`${protocol} ${source} to ${destination}`] : [];
    });
}

/** Everything of CLOSED that passes at some moment while writes are made one by one. */
function openMeanwhile({ saved }: RouterState, writes: readonly AuditedWrite[]): string[] {
    const found = new Set<string>();
    const now = {
        aliases: new Map(Object.entries(saved["alias"]!)),
        rules: new Map(Object.entries(saved["rule"]!)),
    };
    for (const { section, uuid, after } of writes) {
        const records = section === "rule" ? now.rules : now.aliases;
        if (after === null) {
            records.delete(uuid);
        } else {
            records.set(uuid, after);
        }
        open(now).forEach((one) => found.add(one));
    }
    return [...found];
}

/** The rules of a stack that an earlier release made, whose way to the internet went by an alias. */
describe("rules of an earlier release", () => {
    let router: SimulatedRouter;
    let before: RouterState;
    let rules: Managed;

    beforeAll(async () => {
        router = await startRouter();
        await router.restore(JSON.parse(readFileSync(join(EARLIER, "router.json"), "utf8")));
        before = await router.state();
        const substrate = loadSubstrate({ root: EARLIER, substrate: "dvntm" });
        const tenant = substrate.tenants.find(({ name }) => name === TENANT)!;
        rules = new Managed("rules", {
            endpoint: router.ready.endpoint,
            tenant: TENANT,
            interface: ON,
            ...routerRecordsOf(substrate, tenant).rules,
        });
        rules.props = earlierProps(router);
    });
    afterAll(() => router.stop());

    function earlierProps({ ready }: SimulatedRouter): Properties {
        const text = readFileSync(join(EARLIER, "state.json"), "utf8").replaceAll(ROUTER, ready.endpoint);
        const { checkpoint } = JSON.parse(text) as {
            checkpoint: { latest: { resources: { urn: string; outputs: Properties }[] } };
        };
        return checkpoint.latest.resources.find(({ urn }) => urn.endsWith(`::${TENANT}-network-rules`))!.outputs;
    }

    test("somebody else's rule on the alias keeps it from being deleted, by the router's own words", async () => {
        const rule = { interface: "opt1", destination_net: "vlan50_private_networks", description: "by hand" };
        const { uuid } = await router.byHand("firewall/filter/addRule", { rule });
        const whole = await router.whole();
        await expect(rules.copy().up()).rejects.toThrow(
            /500 Alias in use Cannot delete alias vlan50_private_networks\. Currently in use by .*rules\.rule\.\d+\/destination_net\]/,
        );
        await router.restore(whole);
        await router.byHand(`firewall/filter/delRule/${String(uuid)}`);
    });

    test("one up changes them, and whatever is loaded between two writes opens nothing", async () => {
        expect(await rules.refresh()).toEqual(["rules", "aliases"]);
        await router.forgetAudit();
        await rules.apply();
        const writes = await router.audit();
        expect(openMeanwhile(before, writes)).toEqual([]);
        expect(writes.map(({ section }) => section).lastIndexOf("rule")).toBeLessThan(writes.length - 1);
        const { saved, active } = await router.state();
        expect([active["rule"], active["alias"]]).toEqual([saved["rule"], saved["alias"]]);
        expect(Object.values(saved["alias"]!).map(({ name }) => name)).toEqual([
            "lab_private",
            "vlan51_private_networks",
        ]);
        expect(await rules.up()).toBe(false);

        // Control: the same writes in the order of the rules have a moment that is open.
        const inOrder = writes.filter(({ section }) => section === "rule").sort(bySequence);
        expect(openMeanwhile(before, inOrder)).toContain("tcp 10.20.50.10 to 10.20.25.1");
    });

    test("a block that somebody moved behind the internet is moved back before anything passes", async () => {
        const uuid = await uuidOf(router, "rule", { sequence: "50901" });
        await router.byHand(`firewall/filter/setRule/${uuid}`, { rule: { sequence: "50995" } });
        const moved = await router.state();
        expect(openMeanwhile(moved, await audited(router, () => rules.up()))).toEqual([]);
        // Control: it was open until then.
        expect(openMeanwhile(moved, [{ section: "none", uuid: "", after: null } as AuditedWrite])).not.toEqual([]);
    });
});

/** A connection as pf keeps it: a state where it comes in, and one where it goes out. */
function connection(protocol: string, from: string, to: string, port: string, devices: readonly [string, string]) {
    const ends = { proto: protocol, src_addr: from, src_port: "40000", dst_addr: to, dst_port: port };
    return devices.map((iface, index) => {
        const id = `${ends.src_addr}${to}${port}${index}`.replaceAll(".", "");
        return { ...ends, iface, direction: index === 0 ? "in" : "out", id: `${id}/1b2c3d` };
    });
}

describe("open connections", () => {
    const [VLAN50, VLAN51, WAN] = ["vlan0.50", "vlan0.51", "re1"];
    const orders = connection("tcp", "10.20.50.10", "10.20.51.10", "5432", [VLAN50, VLAN51]);
    const others = [
        ...connection("tcp", "10.20.50.10", "1.1.1.1", "443", [VLAN50, WAN]),
        ...connection("udp", "10.20.50.10", GATEWAY, "53", [VLAN50, "lo0"]),
        ...connection("tcp", "10.20.99.22", "10.20.50.10", "22", ["re0", VLAN50]),
        ...connection("tcp", "10.20.51.10", "10.20.50.10", "22", [VLAN51, VLAN50]),
    ];
    const ids = (states: readonly Readonly<Record<string, unknown>>[]) => states.map(({ id }) => id);
    const said: string[] = [];
    let router: SimulatedRouter;
    let rules: Managed;
    let allowing: Properties;
    let without: Properties;

    beforeAll(async () => {
        router = await startRouter();
        const { rules: records } = recordsOf(TENANT, 50);
        const allow = {
            ...records.rules[3]!,
            sequence: 50_100,
            protocol: "TCP",
            ports: "5432",
            destination: "10.20.51.0/24",
            description: "tenant-hypervisors: grooveiq orders",
        };
        const target = { endpoint: router.ready.endpoint, tenant: TENANT, interface: ON };
        // Before the block of what is private.
        const later = records.rules.map((rule) => ({
            ...rule,
            sequence: rule.sequence + (rule.sequence > 50_004 ? 500 : 0),
        }));
        rules = new Managed("rules", { ...target, ...records, rules: later });
        without = rules.inputs;
        allowing = { ...without, rules: [...later, allow] };
        jest.spyOn(console, "error").mockImplementation((text: string) => void said.push(text));
    });
    beforeEach(async () => {
        await router.set({ privileges: null });
        rules.inputs = allowing;
        await rules.up();
        rules.inputs = without;
        said.length = 0;
        await router.setStates([...orders, ...others]);
    });
    afterAll(async () => {
        jest.restoreAllMocks();
        await router.stop();
    });

    test("end with the allowance that let them in, and no others do", async () => {
        await rules.up();
        expect(ids(await router.states())).toEqual(ids(others));
        expect(said).toEqual(["grooveiq: 1 open connection ended, which the rules let in no more."]);
    });

    test("control: a reload alone ends none, nor does an allowance that comes", async () => {
        await router.byHand("firewall/filter/apply");
        await rules.up();
        await router.setStates([...orders, ...others]);
        rules.inputs = allowing;
        await rules.up();
        expect(ids(await router.states())).toEqual(ids([...orders, ...others]));
    });

    test("go on where the key's user may not see them, and it is said how they are ended", async () => {
        await router.set({ privileges: privileges() });
        await rules.up();
        expect(ids(await router.states())).toEqual(ids([...orders, ...others]));
        expect(said).toEqual([
            expect.stringMatching(
                /^warning: grooveiq: connections that are open go on.*lacks the privilege "Diagnostics: Show States".*States on the router, search for 10\.20\.50\.0\/24, delete\.$/,
            ),
        ]);
    });

    test("end also where the rules were not loaded at first", async () => {
        await router.fail({ method: "POST", path: "/firewall/filter/apply", status: 500, message: "busy", times: 2 });
        await expect(rules.up()).rejects.toThrow(/busy/);
        expect(ids(await router.states())).toEqual(ids([...orders, ...others]));
        await rules.up();
        expect(ids(await router.states())).toEqual(ids(others));
    });
});

async function audited(router: SimulatedRouter, work: () => Promise<unknown>): Promise<readonly AuditedWrite[]> {
    await router.forgetAudit();
    await work();
    return recordWrites(router);
}

function bySequence(one: AuditedWrite, other: AuditedWrite): number {
    return Number(one.after?.["sequence"]) - Number(other.after?.["sequence"]);
}
