import { notLookedAt } from "../../node/drift";
import type { Guest, Inventory, Settings } from "../../node/inventory";
import type { NodeSite } from "../../node/site";
import { rowsOf } from "../../report/drift";
import type { DriftRow } from "../../report/row";
import type { PreviewStep } from "../../state/preview/client";
import { inventoryOf, removeProjects, SMALL_GUEST } from "../fixtures";
import { api, findings, guest, step, substrate, VM } from "./nodeSteps";

afterAll(removeProjects);

function rows(steps: readonly PreviewStep[], node: Partial<Inventory> = {}): DriftRow[] {
    return rowsOf(substrate, findings(steps, node));
}

/** Rows in short: what, declared, found. */
function short(steps: readonly PreviewStep[], node: Partial<Inventory> = {}): string[] {
    return rows(steps, node).map(({ what, declared, found }) => `${what} | ${declared} | ${found}`);
}

describe("guests with a NIC in a tenant's segment", () => {
    const rowsFor = (type: string, config: Settings, more: Partial<Guest> = {}) => {
        const guests = inventoryOf([guest(6001, "intruder", { type, ...more })]).guests;
        return rows([], { guests, configs: new Map([[6001, config]]) }).map(({ tenant, what, found }) => [
            ...[tenant, what, found],
        ]);
    };
    const nic = (more: string) => ({ net0: `virtio=02:00:00:00:00:01,bridge=vmbr0${more}` });

    test.each<[string, string, Settings, string, string]>([
        ["by its tag", "qemu", nic(",tag=50"), "grooveiq", "net0 in VLAN 50 by tag"],
        ["by its trunks", "qemu", nic(",tag=30,trunks=2-40;51"), "vintronics", "net0 in VLAN 51 by trunks"],
        ["by a range of several", "qemu", nic(",trunks=40-60"), "", "net0 in VLAN 50, 51 by trunks"],
        ["without a tag, by all of a bridge", "qemu", nic(""), "", "net0 without a tag, so in all VLANs"],
        [
            "of a container",
            "lxc",
            { net0: "name=eth0,bridge=vmbr0,tag=50,type=veth" },
            "grooveiq",
            "net0 in VLAN 50 by tag",
        ],
        [
            "by a second NIC",
            "qemu",
            { ...nic(",tag=30"), net1: "e1000=02:00:00:00:00:02,bridge=vmbr0,tag=51" },
            "vintronics",
            "net1 in VLAN 51 by tag",
        ],
    ])("%s", (_, type, config, tenant, words) => {
        const what = `${type === "lxc" ? "container" : "VM"} 6001 intruder`;
        expect(rowsFor(type, config)).toEqual([[tenant, what, `running, tags none, ${words}`]]);
    });

    test("control: on another VLAN, with trunks that leave the tenants out, or on another bridge it is none of ours", () => {
        expect(rowsFor("qemu", nic(",tag=30"))).toEqual([]);
        expect(rowsFor("qemu", nic(",trunks=2-49;60-4094"))).toEqual([]);
        expect(rowsFor("qemu", { net0: "virtio=02:00:00:00:00:01,bridge=vmbr1,tag=50" })).toEqual([]);
    });

    test("a template never runs, so its NICs are in none", () => {
        expect(rowsFor("qemu", nic(""), { template: true })).toEqual([]);
    });

    test("it says how to take it out", () => {
        const { guests } = inventoryOf([guest(6001, "intruder")]);
        const [row] = rows([], { guests, configs: new Map([[6001, nic(",tag=50")]]) });
        expect(row!.settle).toMatch(/^by hand, on the node: give its NIC a tag of its own, or trunks without/);
    });
});

test("a template in the tenants' ranges is told, and never proposed for deletion, since VMs may be linked clones of it", () => {
    const settleFor = (more: Partial<Guest>) =>
        rows([], inventoryOf([guest(5950, "golden", more)])).map((row) => row.settle);
    expect(settleFor({ template: true })).toEqual([
        "by hand, on the node: make the next template with a VMID outside of 5001-5999; this one stays while a VM is a linked " +
            "clone of it",
    ]);
    expect(settleFor({})).toEqual([expect.stringMatching(/or delete it/)]);
});

test("a container that has a VM's VMID is named as one, and is nobody's to recover", () => {
    const made = [step("create", VM, api)];
    const told = rows(made, inventoryOf([guest(5001, "pihole", { type: "lxc" })]));
    expect(told).toMatchObject([
        {
            ...{ what: "VM 5001 api-vm01", declared: "there", found: "pihole (container)" },
            settle: "by hand: give the VM another instance in its tenant's file, or that guest another VMID",
        },
    ]);
});

describe("a VM that something holds", () => {
    const held = (state: Partial<Guest>, steps: PreviewStep[] = []) =>
        rows(steps, inventoryOf([{ ...SMALL_GUEST, ...state }])).map(({ what, declared, found, settle }) => [
            `${what} | ${declared} | ${found}`,
            settle,
        ]);

    test.each<[Partial<Guest>, string, string]>([
        [{ status: "paused" }, "paused", "by hand, on the node: qm resume 5001"],
        [{ status: "io-error" }, "io-error (its storage failed or is full)", "by hand, on the node: qm resume 5001"],
        [{ status: "internal-error" }, "internal-error (QEMU cannot go on)", "by hand, on the node: qm reset 5001"],
        [
            { status: "guest-panicked" },
            "guest-panicked (its guest system crashed)",
            "by hand, on the node: qm reset 5001",
        ],
        [
            { status: "stopped", lock: "suspended" },
            "hibernated (lock suspended)",
            "by hand, on the node: qm resume 5001",
        ],
        ...["backup", "snapshot", "migrate", "clone", "rollback"].map((lock): [Partial<Guest>, string, string] => [
            { lock },
            `locked (${lock})`,
            "it ends with its task; where none runs, by hand, on the node: qm unlock 5001",
        ]),
    ])("%j", (state, found, settle) => {
        expect(held(state)).toEqual([[`VM 5001 api-vm01: state | running | ${found}`, settle]]);
    });

    test("hibernated, it is not told to be stopped, which no up could mend", () => {
        const stopped = step("update", VM, { ...api, started: true }, { ...api, started: false }, ["started"]);
        expect(held({ status: "stopped", lock: "suspended" }, [stopped])).toHaveLength(1);
        // Control: one that was stopped is, and an up starts it.
        expect(held({ status: "stopped" }, [stopped])).toEqual([
            ["VM 5001 api-vm01: power | running | stopped", "tenants up dvntm"],
        ]);
    });
});

describe("the firewall around a VM", () => {
    const options = { enable: 1, dhcp: 0, macfilter: 1, ndp: 1, policy_in: "DROP" };
    const around = (found: Settings, ipsets: string[] = [], steps: PreviewStep[] = []) =>
        short(steps, { firewalls: new Map([[5001, { ...options, ...found }]]), ipsets: new Map([[5001, ipsets]]) });

    test.each<[Settings, string]>([
        [{ macfilter: 0 }, "firewall macfilter | 1 | 0"],
        [{ policy_out: "DROP" }, "firewall outputPolicy | ACCEPT | DROP"],
        [{ radv: 1 }, "firewall radv | 0 | 1"],
    ])("%j", (found, row) => {
        expect(around(found)).toEqual([`VM 5001 api-vm01: ${row}`]);
    });

    test("an ipset of a NIC that nobody declared filters what the VM sends", () => {
        expect(around({}, ["ipfilter-net0"])).toEqual([
            "VM 5001 api-vm01: firewall ipset ipfilter-net0 | none | there",
        ]);
        expect(around({})).toEqual([]);
    });
});

describe("walls and bridge of the node", () => {
    const whole = {
        ...{ datacentre: { enable: 1 }, blacklist: [] },
        bridges: [{ name: "vmbr0", vlanAware: true }],
    };
    /** Rows of a node whose site, or own firewall, is another one in part. */
    const site = ({ host = {}, ...found }: Partial<NodeSite> & { host?: Settings }) =>
        rows([], { site: { ...whole, ...found }, hostFirewall: host });

    test.each<[Parameters<typeof site>[0], string, string]>([
        [
            { datacentre: {} },
            "datacentre firewall: enable | 1 | 0",
            "with the way back that tenants preview dvntm prints",
        ],
        [{ datacentre: { enable: 1, ebtables: 0 } }, "datacentre firewall: ebtables | 1 | 0", "--ebtables 1"],
        [
            { datacentre: { enable: 1, policy_in: "ACCEPT" } },
            "datacentre firewall: policy_in | DROP | ACCEPT",
            "--policy_in DROP",
        ],
        [
            { datacentre: { enable: 1, policy_forward: "DROP" } },
            "datacentre firewall: policy_forward | ACCEPT | DROP",
            "--policy_forward ACCEPT",
        ],
        [
            { blacklist: ["10.20.50.11"] },
            "datacentre firewall: ipset blacklist | none | 10.20.50.11",
            "/ipset/blacklist/<address>",
        ],
        [
            { host: { nftables: 1 } },
            "firewall of node pve2: nftables | 0 | 1",
            "/nodes/pve2/firewall/options --nftables 0",
        ],
        [{ host: { enable: 0 } }, "firewall of node pve2: enable | 1 | 0", "/nodes/pve2/firewall/options --enable 1"],
        [
            { host: { nf_conntrack_allow_invalid: 1 } },
            "firewall of node pve2: nf_conntrack_allow_invalid | 0 | 1",
            "--nf_conntrack_allow_invalid 0",
        ],
        [
            { host: { nf_conntrack_helpers: "ftp" } },
            "firewall of node pve2: nf_conntrack_helpers | none | ftp",
            "--nf_conntrack_helpers ''",
        ],
        [
            { bridges: [{ name: "vmbr0", vlanAware: false }] },
            "bridge vmbr0: VLAN aware | true | false",
            "--bridge_vlan_aware 1",
        ],
    ])("%j", (found, row, settle) => {
        const told = site(found);
        expect(told.map(({ what, declared, found: is }) => `${what} | ${declared} | ${is}`)).toEqual([row]);
        expect(told[0]!.settle).toContain(settle);
        expect(told[0]).toMatchObject({ tenant: "", where: "node pve2" });
    });

    test("control: as PVE has them none is told; the time when it was turned on is on, too", () => {
        expect(site({})).toEqual([]);
        expect(
            site({ datacentre: { enable: 1735689600, log_ratelimit: "enable=0" }, host: { log_level_in: "info" } }),
        ).toEqual([]);
    });

    test("what the token may not read is said once, and is no finding", () => {
        expect(rows([], { site: whole })).toEqual([]);
        expect(notLookedAt(inventoryOf([], { site: whole }))).toEqual([
            "node pve2: not looked at: the options of its own firewall, for which the token needs Sys.Audit on /nodes/pve2 " +
                "(taskLog: true at the hypervisor)",
        ]);
        expect(notLookedAt(inventoryOf([], { site: whole, hostFirewall: {} }))).toEqual([]);
    });
});
