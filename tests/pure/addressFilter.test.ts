import { asksProcess, filterWaits, waitsFor } from "../../node/addressFilter";
import { loadSubstrate } from "../../substrate/load";
import type { Guest } from "../../node/inventory";
import { NOTHING_RECORDED, restartSettingsOf, type Recorded, type VmHistory } from "../../state/recorded";
import { project, removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

/** The one VM of tenant grooveiq, with further lines. */
function vmWith(lines: string) {
    const tenant = `${smallTenant("grooveiq", 50)}${lines}`;
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": tenant });
    return loadSubstrate({ root, substrate: "dvntm" }).tenants[0]!.vms[0]!;
}

const FIXED = "    address: fixed\n";
const fixed = vmWith(FIXED);
const dhcp = vmWith("");

/** The state of a VM that was last declared as one given. */
function recorded(vm = fixed, more: Partial<VmHistory> = {}): Recorded {
    const history = { generation: 1, rebuild: "", restartSettings: restartSettingsOf(vm), ...more };
    return {
        ...NOTHING_RECORDED,
        vms: new Map([[5001, { component: "grooveiq-api-vm01", node: "pve2" }]]),
        history: new Map([["grooveiq-api-vm01", history]]),
    };
}

const running: Guest = { ...SMALL_GUEST, process: 20_000 };
const stopped: Guest = { ...SMALL_GUEST, status: "stopped" };

test("the address of a VM that runs is switched to fixed: its filter waits for another process, and says for which", () => {
    expect(filterWaits(fixed, running, recorded(dhcp))).toBe(true);
    expect(waitsFor(fixed, running, recorded(dhcp))).toBe(20_000);
    const since = recorded(fixed, { addressWaitsFor: 20_000 });
    expect([filterWaits(fixed, running, since), waitsFor(fixed, running, since)]).toEqual([true, 20_000]);
    const restarted = { ...running, process: 20_001 };
    expect([filterWaits(fixed, restarted, since), waitsFor(fixed, restarted, since)]).toEqual([false, undefined]);
});

test.each([
    ["a VM that is new", fixed, undefined, NOTHING_RECORDED],
    ["one that has had its address", fixed, running, recorded()],
    ["one that is stopped, and starts with it", fixed, stopped, recorded(dhcp)],
    ["one that was stopped while it waited", fixed, stopped, recorded(fixed, { addressWaitsFor: 20_000 })],
    ["one that restarts in the same run", vmWith(`${FIXED}    reboot: when-needed\n`), running, recorded(dhcp)],
    ["one that is rebuilt in the same run", vmWith(`${FIXED}    rebuild: again\n`), running, recorded(dhcp)],
    ["one that goes back to DHCP", dhcp, running, recorded(fixed, { addressWaitsFor: 20_000 })],
] as const)("the filter of %s waits for nothing", (_, vm, guest, known) => {
    expect([filterWaits(vm, guest, known), waitsFor(vm, guest, known)]).toEqual([false, undefined]);
});

test("while a disk grows first the VM has not been given its address, so the next run switches it", () => {
    const grows = vmWith(`${FIXED}    disk: 64GiB\n`);
    expect(filterWaits(grows, running, recorded(dhcp))).toBe(true);
    expect(waitsFor(grows, running, recorded(dhcp))).toBeUndefined();
});

test("another site's address is another address", () => {
    const moved = { ...fixed, address: "10.10.50.10" };
    expect(filterWaits(moved, running, recorded(fixed))).toBe(true);
});

test.each([
    ["it has DHCP", dhcp, recorded(fixed), false],
    ["it has had its address", fixed, recorded(), false],
    ["it is new", fixed, NOTHING_RECORDED, false],
    ["its address is switched", fixed, recorded(dhcp), true],
    ["its filter waits", fixed, recorded(fixed, { addressWaitsFor: 20_000 }), true],
])("the process of a VM is asked only where it counts: %s", (_, vm, known, asked) => {
    expect(asksProcess(vm, known)).toBe(asked);
});
