import type { DriftRow } from "../../report/drift";
import { loadSubstrate } from "../../substrate/load";
import { nodeDrift } from "../../node/drift";
import type { PreviewStep, Properties } from "../../state/preview";
import type { Guest, Inventory, Task } from "../../node/inventory";
import { inventoryOf, project, removeProjects, SMALL_GUEST, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const OWN = "deevnet@pve!pulumi";

const substrate = loadSubstrate({
    root: project({
        "Pulumi.dvntm.yaml": STACK,
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
        "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
    }),
    substrate: "dvntm",
});

const VM = "index/vmLegacy:VmLegacy";
const POOL = "index/poolLegacy:PoolLegacy";
const RULES = "firewall/rulesLegacy:RulesLegacy";
const IPSET = "firewall/ipsetLegacy:IpsetLegacy";

function step(
    op: string,
    type: string,
    declared?: Properties,
    found?: Properties,
    differing: string[] = [],
): PreviewStep {
    const of = { type: `proxmoxve:${type}` };
    return {
        op,
        urn: "urn:pulumi:dvntm::tenant-hypervisors::x::y",
        ...(found && { oldState: { ...of, inputs: found, outputs: found } }),
        ...(declared && { newState: { ...of, inputs: declared } }),
        detailedDiff: Object.fromEntries(differing.map((path) => [path, { kind: "update" }])),
    };
}

const api = { vmId: 5001, nodeName: "pve2", poolId: "grooveiq", name: "api-vm01" };

function rows(steps: readonly PreviewStep[], node: Partial<Inventory> = {}): DriftRow[] {
    return nodeDrift(substrate, steps, [inventoryOf([], node)], OWN);
}

/** Rows in short: what, declared, found. */
function short(steps: readonly PreviewStep[], node: Partial<Inventory> = {}): string[] {
    return rows(steps, node).map(({ what, declared, found }) => `${what} | ${declared} | ${found}`);
}

const rule = (comment: string, source: string) => ({ type: "in", action: "ACCEPT", source, comment, enabled: true });
const [own, management, trusted] = [
    rule("own segment", "10.20.50.0/24"),
    rule("management", "10.20.99.0/24"),
    rule("trusted", "10.20.10.0/24"),
];
const rules = (...list: Properties[]) => ({ vmId: 5001, nodeName: "pve2", rules: list });

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

const { pool: _, ...UNMARKED } = { ...SMALL_GUEST, tags: [] };
const guest = (vmid: number, name: string, more: Partial<Guest> = {}): Guest => ({ ...UNMARKED, vmid, name, ...more });

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
    const configs = new Map([
        [5001, { scsi0: "x", ide2: "x", ide3: "none", scsi4: "local-lvm:vm-5001-disk-1", args: "-x" }],
    ]);
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

describe("since when, and who", () => {
    const changed = [step("update", VM, { ...api, name: "api-vm01" }, { ...api, name: "x" }, ["name"])];
    const task = (type: string, user: string, starttime: number, more: Partial<Task> = {}): Task => ({
        ...{ type, id: "5001", user, starttime, status: "OK" },
        ...more,
    });
    const named = (...tasks: Task[]) => rows(changed, { tasks }).map(({ since, who }) => [since, who]);

    test.each<[string, Task[], (string | undefined)[]]>([
        [
            "the last change of settings",
            [task("qmconfig", "b@pam", 60), task("qmconfig", "a@pam", 0)],
            ["1970-01-01T00:01:00.000Z", "b@pam"],
        ],
        ["none without a task", [], [undefined, undefined]],
        ["none by a task of another kind", [task("qmstart", "a@pam", 60)], [undefined, undefined]],
        ["none by one about another VM", [task("qmconfig", "a@pam", 60, { id: "5002" })], [undefined, undefined]],
        [
            "none by one that failed",
            [task("qmconfig", "a@pam", 60, { status: "VM is locked" })],
            [undefined, undefined],
        ],
        [
            "none where our own came later",
            [task("qmconfig", "a@pam", 0), task("qmconfig", OWN, 60)],
            [undefined, undefined],
        ],
    ])("%s", (_, tasks, expected) => {
        expect(named(...tasks)).toEqual([expected]);
    });
});
