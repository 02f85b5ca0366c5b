import { notLookedAt } from "../../node/drift";
import type { Guest, Inventory, Settings } from "../../node/inventory";
import type { NodeSite } from "../../node/site";
import type { DriftRow } from "../../report/row";
import { rowsOf } from "../../report/drift";
import type { PreviewStep } from "../../state/client";
import { inventoryOf, removeProjects, SMALL_GUEST } from "../fixtures";
import {
    api,
    API_SETTINGS,
    findings,
    guest,
    IPSET,
    management,
    own,
    POOL,
    rule,
    RULES,
    rules,
    step,
    substrate,
    trusted,
    VM,
} from "./nodeSteps";

afterAll(removeProjects);

function rows(steps: readonly PreviewStep[], node: Partial<Inventory> = {}): DriftRow[] {
    return rowsOf(substrate, findings(steps, node));
}

/** Rows in short: what, declared, found. */
function short(steps: readonly PreviewStep[], node: Partial<Inventory> = {}): string[] {
    return rows(steps, node).map(({ what, declared, found }) => `${what} | ${declared} | ${found}`);
}

test.each<[string, PreviewStep[], string[]]>([
    ["what stays is no drift", [step("same", VM, api, api), step("refresh", VM, api, api)], []],
    [
        "of a VM that is gone, nothing else is told",
        [step("create", VM, api), step("replace", RULES, rules(own), rules())],
        ["VM 5001 api-vm01 | there | none"],
    ],
    [
        "of a pool that is gone, its VMs are not told to be out of it",
        [step("create", POOL, { poolId: "grooveiq" }), step("update", VM, api, { ...api, poolId: "" }, ["poolId"])],
        ["pool grooveiq | there | none"],
    ],
    [
        "control: a VM out of a pool that is there is told",
        [step("update", VM, api, { ...api, poolId: "" }, ["poolId"])],
        ["VM 5001 api-vm01: pool | grooveiq | none"],
    ],
    [
        "a VM that was taken out of its file is there",
        [step("delete", VM, undefined, { ...api, vmId: 5009, name: "old-vm09" })],
        ["VM 5009 old-vm09 | none | there"],
    ],
    [
        "what the router has is not the node's",
        [{ ...step("delete", VM, undefined, api), oldState: { type: "pulumi-nodejs:dynamic:Resource" } }],
        [],
    ],
    [
        "a property of plain values is told whole, and once",
        [step("update", VM, { ...api, tags: ["a", "b"] }, { ...api, tags: ["c"] }, ["tags[0]", "tags[1]"])],
        ["VM 5001 api-vm01: tags | a, b | c"],
    ],
    [
        "a disk that was detached is missing, and one without a name is none",
        [
            step(
                "update",
                VM,
                {
                    ...api,
                    disks: [
                        { interface: "scsi0", size: 32 },
                        { interface: "scsi1", size: 8 },
                    ],
                },
                {
                    ...api,
                    disks: [
                        { interface: "scsi0", size: 32 },
                        { interface: "", size: 8 },
                    ],
                },
                ["disks[1].interface"],
            ),
        ],
        ["VM 5001 api-vm01: disk scsi1 | 8 | none"],
    ],
    [
        "a rule in front of the others is one row",
        [
            step("update", RULES, rules(own, management), rules(rule("", "0.0.0.0/0"), own, management), [
                "rules[0].source",
            ]),
        ],
        ["VM 5001 api-vm01: firewall rule without a comment | none | ACCEPT in from 0.0.0.0/0"],
    ],
    [
        "a rule that was changed is one row",
        [
            step("update", RULES, rules(own, management), rules(own, { ...management, dport: "22", proto: "tcp" }), [
                "rules[1]",
            ]),
        ],
        [
            "VM 5001 api-vm01: firewall rule management | ACCEPT in from 10.20.99.0/24 (management) | " +
                "ACCEPT in from 10.20.99.0/24 tcp port 22 (management)",
        ],
    ],
    [
        "rules in another order are one row",
        [step("update", RULES, rules(own, management, trusted), rules(trusted, own, management), ["rules[0].source"])],
        [
            "VM 5001 api-vm01: firewall rules' order | own segment, management, trusted | trusted, own segment, management",
        ],
    ],
    [
        "a further address in the filter is one row",
        [
            step(
                "update",
                IPSET,
                { vmId: 5001, cidrs: [{ name: "10.20.50.10" }] },
                { vmId: 5001, cidrs: [{ name: "10.20.50.10" }, { name: "10.20.50.66" }] },
                ["cidrs[1]"],
            ),
        ],
        ["VM 5001 api-vm01: address filter address 10.20.50.66 | none | 10.20.50.66"],
    ],
])("%s", (_, steps, expected) => {
    expect(short(steps)).toEqual(expected);
});

test("what is known only after an up is no drift", () => {
    const changed = step("update", VM, api, { ...api, ipv4Addresses: [] }, ["name"]);
    const added = { ...changed, detailedDiff: { ipv4Addresses: { kind: "add" } } };
    expect(short([added])).toEqual([]);
    // Control: what somebody added by hand is to be deleted.
    const deleted = {
        ...step("update", VM, api, { ...api, startup: { order: 1 } }),
        detailedDiff: { startup: { kind: "delete" } },
    };
    expect(short([deleted])).toEqual(["VM 5001 api-vm01: startup | none | order 1"]);
});

test("a row names where it can be accepted, and a disk that grew can only be", () => {
    const memory = step("update", VM, { ...api, memory: { dedicated: 2048 } }, { ...api, memory: { dedicated: 512 } }, [
        "memory.dedicated",
    ]);
    const disk = step(
        "update",
        VM,
        { ...api, disks: [{ interface: "scsi0", size: 32 }] },
        { ...api, disks: [{ interface: "scsi0", size: 40 }] },
        ["disks[0].size"],
    );
    expect(rows([memory])).toMatchObject([
        {
            ...{ tenant: "grooveiq", where: "node pve2", declared: "2048MiB", found: "512MiB" },
            settle: "tenants up dvntm; or accept it: memory in tenants/dvntm/grooveiq.yaml:4",
        },
    ]);
    expect(rows([disk])).toMatchObject([
        { settle: "accept it, since a disk only grows: disk in tenants/dvntm/grooveiq.yaml:4" },
    ]);
});

test("undeclared are guests with our VMIDs, pools or tags; others are none", () => {
    const { guests } = inventoryOf([
        guest(110, "homeassistant", { tags: ["home"] }),
        guest(103, "fedora", { template: true, tags: ["tenant"] }),
        guest(5000, "no-instance"),
        guest(6001, "above"),
        guest(5001, "api-vm01"),
        guest(5077, "in-range", { status: "running" }),
        guest(120, "in-pool", { pool: "vintronics" }),
        guest(121, "tagged", { tags: ["tenant", "old"] }),
    ]);
    expect(rows([], { guests }).map(({ tenant, what, declared }) => [tenant, what, declared])).toEqual([
        ["vintronics", "VM 120 in-pool", "none"],
        ["", "VM 121 tagged", "none"],
        ["grooveiq", "VM 5077 in-range", "none"],
    ]);
});

test("a VM that the state lost is not gone", () => {
    const made = [step("create", VM, api)];
    expect(rows(made, inventoryOf([guest(5001, "api-vm01")]))).toMatchObject([
        { what: "VM 5001 api-vm01", found: "api-vm01, which the state does not have", settle: /^tenants recover/ },
    ]);
});

test("what no refresh reads back is asked of the node", () => {
    const configs = new Map([[5001, { ...API_SETTINGS, scsi4: "local-lvm:vm-5001-disk-1", args: "-x" }]]);
    const options = { enable: 1, dhcp: 1, macfilter: 1, ndp: 1, policy_in: "DROP" };
    const node = { configs, firewalls: new Map([[5001, options]]) };
    expect(short([], node)).toEqual([
        "VM 5001 api-vm01: args | none | -x",
        "VM 5001 api-vm01: disk scsi4 | none | local-lvm:vm-5001-disk-1",
    ]);
    const { enable, ...without } = options;
    expect(enable).toBe(1);
    expect(short([], { ...node, firewalls: new Map([[5001, without]]) })).toContain(
        "VM 5001 api-vm01: firewall options | enable 1 | none",
    );
    // A VM that is to be made has no other difference.
    expect(short([step("create", VM, api)], node)).toEqual(["VM 5001 api-vm01 | there | none"]);
});

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
    const options = { enable: 1, dhcp: 1, macfilter: 1, ndp: 1, policy_in: "DROP" };
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
        ...{ datacentre: { enable: 1 }, blacklist: [], host: {} },
        bridges: [{ name: "vmbr0", vlanAware: true }],
    };
    const site = (found: Partial<NodeSite>) => rows([], { site: { ...whole, ...found } });

    test.each<[Partial<NodeSite>, string, string]>([
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
        const { host: _, ...unread } = whole;
        expect(rows([], { site: unread })).toEqual([]);
        expect(notLookedAt(inventoryOf([], { site: unread }))).toEqual([
            "node pve2: not looked at: the options of its own firewall, for which the token needs Sys.Audit on /nodes/pve2 " +
                "(taskLog: true at the hypervisor)",
        ]);
        expect(notLookedAt(inventoryOf([], { site: whole }))).toEqual([]);
    });
});

test("a rule by which a VM uses a security group or an ipset of the datacentre is a row with its name", () => {
    const group = { type: "group", securityGroup: "webservers", comment: "", enabled: true };
    const set = { ...rule("", "+dc/friends") };
    const changed = step("update", RULES, rules(own), rules(own, group, set), ["rules[1]", "rules[2]"]);
    expect(short([changed])).toEqual([
        "VM 5001 api-vm01: firewall rule without a comment | none | group group webservers",
        "VM 5001 api-vm01: firewall rule without a comment | none | ACCEPT in from +dc/friends",
    ]);
});
