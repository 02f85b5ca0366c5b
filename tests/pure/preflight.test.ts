import { resolve } from "node:path";
import { wrongBridge } from "../../node/preflight";
import { loadSubstrate } from "../../substrate/load";

const hv02 = loadSubstrate({ root: resolve(__dirname, "..", ".."), substrate: "dvntm" }).hypervisors[0]!;

describe("a bridge that the node does not have", () => {
    const [vmbr0, vmbr2] = ["vmbr0", "vmbr2"].map((iface) => ({ iface, type: "bridge" }));
    const nic = { iface: "vmbr1", type: "eth" };

    test("is told with those that it has", () => {
        expect(wrongBridge({ ...hv02, bridge: "vmbr1" }, [nic, vmbr0!, vmbr2!])).toEqual([
            "hv02: node pve2 has no bridge vmbr1, but vmbr0, vmbr2: correct hypervisors.hv02.bridge, or make it on the node",
        ]);
        expect(wrongBridge(hv02, [nic])).toEqual([expect.stringContaining("no bridge vmbr0, and no other")]);
    });

    test("control: one that it has is none, of Open vSwitch, too", () => {
        expect(wrongBridge(hv02, [nic, vmbr0!])).toEqual([]);
        expect(wrongBridge(hv02, [{ iface: "vmbr0", type: "OVSBridge" }])).toEqual([]);
    });
});
