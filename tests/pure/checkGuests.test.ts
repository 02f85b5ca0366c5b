import { heldWarnings } from "../../node/checkNode";
import type { Guest } from "../../node/inventory";
import { inventoryOf, removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import { faultsOf, FILE, RECORDED, substrateOf } from "./checkedNode";

afterAll(removeProjects);

describe("a fixed address that is taken", () => {
    const fixed = "    address: fixed\n";
    const { pool: _, ...other } = { ...SMALL_GUEST, vmid: 204, name: "pihole", type: "lxc", tags: [] };
    const having = (config: Record<string, string>) => new Map([[204, config]]);
    const container = having({ net0: "name=eth0,bridge=vmbr0,tag=50,ip=10.20.50.10/24,type=veth" });

    test("by a container, or by a VM's cloud-init, is told by name", () => {
        expect(faultsOf({ vm: fixed, guests: [other], configs: container })).toEqual([
            `${FILE}:6 vms[0].address: 10.20.50.10 is the address of pihole (container) (VMID 204) on hv02, which is not ours ` +
                "and stays as it is. Give the VM another instance, or that guest another address",
        ]);
        const configs = having({ ipconfig0: "gw=10.20.50.1,ip=10.20.50.10/24" });
        expect(faultsOf({ vm: fixed, guests: [{ ...other, type: "qemu" }], configs })).toHaveLength(1);
    });

    test("control: another address, or a VM by DHCP, is none", () => {
        const near = having({ net0: "name=eth0,bridge=vmbr0,tag=50,ip=10.20.50.100/24,type=veth" });
        expect(faultsOf({ vm: fixed, guests: [other], configs: near })).toEqual([]);
        expect(faultsOf({ guests: [other], configs: container })).toEqual([]);
    });
});

describe("a VM that something holds", () => {
    const warningsOf = (guest: Partial<Guest>) => {
        const substrate = substrateOf(smallTenant("grooveiq", 50));
        return heldWarnings(substrate, substrate.hypervisors[0]!, inventoryOf([{ ...SMALL_GUEST, ...guest }]));
    };

    test("hibernated, is told with the command that wakes it, and fails the run before anything is touched", () => {
        const guest = { ...SMALL_GUEST, status: "stopped", lock: "suspended" };
        expect(faultsOf({ guests: [guest], recorded: RECORDED })).toEqual([
            `${FILE}:4 vms[0]: VM 5001 on hv02 is hibernated (lock suspended), and PVE changes nothing on it until it ` +
                "goes on: `qm resume 5001`, as root on the node",
        ]);
        expect(warningsOf(guest)).toEqual([]);
    });

    test.each([
        ["paused", { status: "paused" }, /VM 5001 api-vm01 is paused: `qm resume 5001` on the node lets it go on/],
        ["locked", { lock: "backup" }, /is locked \(backup\): .* where none runs, `qm unlock 5001` on the node/],
    ])("%s, is told and fails nothing, since the run may not touch it", (_, state, expected) => {
        expect(warningsOf(state)).toEqual([expect.stringMatching(expected)]);
        expect(faultsOf({ guests: [{ ...SMALL_GUEST, ...state }], recorded: RECORDED })).toEqual([]);
    });

    test("control: one that runs, or is stopped, is not told of", () => {
        expect([...warningsOf({}), ...warningsOf({ status: "stopped" })]).toEqual([]);
    });
});
