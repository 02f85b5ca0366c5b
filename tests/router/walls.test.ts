import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AuditedWrite, RouterState, SavedRecord, SimulatedRouter } from "../../lab/simulatedRouter";
import type { PacketProtocol } from "../../firewall/packetFilter";
import type { RouterInventory } from "../../router/inventory";
import type { Properties } from "../../router/provider";
import { routerRecordsOf } from "../../router/records";
import { interfaceFilter } from "../../router/rules/filter";
import { loadSubstrate } from "../../substrate/load";
import { parseAddress } from "../../substrate/network";
import { ROUTER } from "../earlier/record";
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

/** What passes of CLOSED by a router's saved configuration; of rules in one place the one that opens counts as the first. */
function open({ aliases, rules }: Readonly<Record<"aliases" | "rules", ReadonlyMap<string, SavedRecord>>>): string[] {
    const rows = (records: ReadonlyMap<string, SavedRecord>): SavedRecord[] =>
        [...records].map(([uuid, one]) => ({ ...one, uuid }));
    const all = rows(rules).sort((one, other) => (one["action"]! < other["action"]! ? 1 : -1));
    const interfaces = [`${GATEWAY}/24`, "10.20.25.1/24", "10.20.51.1/24"].map((address, i) => ({
        identifier: i === 0 ? ON : `segment${i}`,
        address,
    }));
    const { filter } = interfaceFilter(
        { interfaces, rules: all, aliases: rows(aliases) } as unknown as RouterInventory,
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

async function audited(router: SimulatedRouter, work: () => Promise<unknown>): Promise<readonly AuditedWrite[]> {
    await router.forgetAudit();
    await work();
    return router.audit();
}

function bySequence(one: AuditedWrite, other: AuditedWrite): number {
    return Number(one.after?.["sequence"]) - Number(other.after?.["sequence"]);
}
