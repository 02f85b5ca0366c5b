import { loadSubstrate } from "../../model/load";
import { NOTHING_RECORDED, restartSettingsOf, type NodeFacts, type Recorded } from "../../model/nodeFacts";
import type { Substrate } from "../../model/substrate";
import { warningsOf } from "../../model/warnings";
import { project, removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

function substrateWith(lines = ""): Substrate {
    const tenant = `${smallTenant("grooveiq", 50)}${lines}`;
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": tenant });
    return loadSubstrate({ root, substrate: "dvntm" });
}

const FACTS: NodeFacts = { guests: new Map(), templates: [], made: new Map(), firewall: true };

function warningsWith(substrate: Substrate, known: Partial<NodeFacts> = {}, recorded = NOTHING_RECORDED): string[] {
    return warningsOf(substrate, substrate.hypervisors[0]!, { ...FACTS, ...known }, recorded);
}

test("a datacentre firewall that is off is told with the way to turn it on and the way back in; one that is on is not", () => {
    const [warning] = warningsWith(substrateWith(), { firewall: false });
    expect(warning).toMatch(/^hv02: PVE's datacentre firewall is off/);
    expect(warning).toContain("ipset --name management");
    expect(warning).toContain("pvesh set /cluster/firewall/options --enable 1");
    expect(warning).toContain("pve-firewall stop");
    expect(warningsWith(substrateWith())).toEqual([]);
});

describe("an address that becomes fixed", () => {
    const fixed = substrateWith("    address: fixed\n");
    const madeWith = (substrate: Substrate): Recorded => {
        const restartSettings = restartSettingsOf(substrate.tenants[0]!.vms[0]!);
        return {
            ...NOTHING_RECORDED,
            made: new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "", restartSettings }]]),
        };
    };
    const guests = new Map([[5001, { ...SMALL_GUEST, running: true }]]);

    test("cuts off a running VM until its guest is restarted, which is told", () => {
        expect(warningsWith(fixed, { guests }, madeWith(substrateWith()))).toEqual([
            expect.stringMatching(/^grooveiq\/api-vm01 \(VM 5001\): .* 10\.20\.50\.10 alone .*qm reboot 5001/),
        ]);
    });

    test.each([
        ["a VM that is new", fixed, {}, NOTHING_RECORDED],
        ["a VM that had it before", fixed, { guests }, madeWith(fixed)],
        [
            "a VM that is stopped",
            fixed,
            { guests: new Map([[5001, { ...SMALL_GUEST, running: false }]]) },
            madeWith(substrateWith()),
        ],
        [
            "a VM that may be restarted",
            substrateWith("    address: fixed\n    reboot: when-needed\n"),
            { guests },
            madeWith(substrateWith()),
        ],
        ["one that uses DHCP again", substrateWith(), { guests }, madeWith(fixed)],
    ])("is nothing to tell for %s", (_, substrate, known, recorded) => {
        expect(warningsWith(substrate, known, recorded)).toEqual([]);
    });
});
