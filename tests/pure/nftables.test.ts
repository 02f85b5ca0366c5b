import { join } from "node:path";
import { checkNftables, nftablesWarning } from "../../node/nftables";
import { surveyParts, vmsOn } from "../../node/read";
import { NOTHING_RECORDED } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { inventoryOf, project, removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";
import { faultsOf, FILE, RECORDED, substrateOf } from "./checkedNode";

afterAll(removeProjects);

const NFTABLES = { nftables: 1 };
const OFF = "pvesh set /nodes/pve2/firewall/options --nftables 0";
const BY_DHCP = smallTenant("grooveiq", 50);
const FIXED = `${BY_DHCP}    address: fixed\n`;

test("a VM that would be made, and never get an address, is refused with what mends it", () => {
    expect(faultsOf({ hostFirewall: NFTABLES })).toEqual([
        `${FILE}:4 vms[0]: VM 5001 would ask by DHCP, and never get an address: node pve2 runs PVE's firewall of nftables, a ` +
            `tech preview, which drops DHCP of VMs on a VLAN. Turn it off, as root on the node: \`${OFF}\`; or give the VM address: fixed`,
    ]);
    expect(
        faultsOf({ hostFirewall: NFTABLES, guests: [SMALL_GUEST], recorded: RECORDED, vm: "    rebuild: again\n" }),
    ).toHaveLength(1);
});

test("control: none is that has a fixed address, nor one that is there, nor where nftables is off or nobody may ask", () => {
    expect(faultsOf({ hostFirewall: NFTABLES, vm: "    address: fixed\n" })).toEqual([]);
    expect(faultsOf({ hostFirewall: NFTABLES, guests: [SMALL_GUEST], recorded: RECORDED })).toEqual([]);
    expect([faultsOf({ hostFirewall: {} }), faultsOf({ hostFirewall: { nftables: 0 } }), faultsOf({})]).toEqual([
        [],
        [],
        [],
    ]);
});

test("each run warns, of VMs without an address by their numbers", () => {
    const warning = (tenant: string, hostFirewall: Record<string, number> | undefined) => {
        const substrate = substrateOf(tenant);
        return nftablesWarning(substrate, substrate.hypervisors[0]!, { ...(hostFirewall && { hostFirewall }) });
    };
    const others = `hv02: node pve2 runs PVE's firewall of nftables, a tech preview, under which the walls are others (docs/upgrade-pve.md). `;
    const lost = "VMs without an address there once their leases end: 5001. ";
    expect(warning(BY_DHCP, NFTABLES)).toBe(`${others}${lost}As root on the node: ${OFF}`);
    expect(warning(FIXED, NFTABLES)).toBe(`${others}As root on the node: ${OFF}`);
    expect([warning(BY_DHCP, {}), warning(BY_DHCP, undefined)]).toEqual([undefined, undefined]);
});

test("on a flat network, where PVE's option dhcp lets the answers in, none is refused", () => {
    const of = (root: string, name: string) => {
        const substrate = loadSubstrate({ root, substrate: name });
        const [hypervisor] = substrate.hypervisors;
        const known = { hypervisor: hypervisor!, inventory: inventoryOf([], { hostFirewall: NFTABLES }) };
        const vms = vmsOn(substrate, hypervisor!);
        return [checkNftables(vms, { substrate, ...known, recorded: NOTHING_RECORDED }).length, vms.length];
    };
    const [refused, vms] = of(join(__dirname, "../../examples/flat"), "flat");
    expect([refused, vms! > 0]).toEqual([0, true]);
    const [control, tagged] = of(join(__dirname, "../../examples/home"), "home");
    expect(control).toBeGreaterThan(0);
    expect(tagged).toBeGreaterThanOrEqual(control!);
});

test("the node's own options are asked for where the token may read them", () => {
    const asked = (stack: string) => {
        const substrate = loadSubstrate({
            root: project({ "Pulumi.dvntm.yaml": stack, [FILE]: BY_DHCP }),
            substrate: "dvntm",
        });
        return surveyParts(substrate, substrate.hypervisors[0]!, NOTHING_RECORDED).hostFirewall;
    };
    expect([asked(STACK), asked(STACK.replace("      bridge:", "      taskLog: true\n      bridge:"))]).toEqual([
        false,
        true,
    ]);
});
