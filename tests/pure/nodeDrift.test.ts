import type { Inventory } from "../../node/inventory";
import type { DriftRow } from "../../report/row";
import { rowsOf } from "../../report/drift";
import type { PreviewStep } from "../../state/preview/client";
import { inventoryOf, removeProjects } from "../fixtures";
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
    const options = { enable: 1, dhcp: 0, macfilter: 1, ndp: 1, policy_in: "DROP" };
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

test("a rule by which a VM uses a security group or an ipset of the datacentre is a row with its name", () => {
    const group = { type: "group", securityGroup: "webservers", comment: "", enabled: true };
    const set = { ...rule("", "+dc/friends") };
    const changed = step("update", RULES, rules(own), rules(own, group, set), ["rules[1]", "rules[2]"]);
    expect(short([changed])).toEqual([
        "VM 5001 api-vm01: firewall rule without a comment | none | group group webservers",
        "VM 5001 api-vm01: firewall rule without a comment | none | ACCEPT in from +dc/friends",
    ]);
});
