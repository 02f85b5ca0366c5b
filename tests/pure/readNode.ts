/** A node as a value: its answers, what the provider reads of them, and what somebody may change on it. */
import type { Subjects } from "../../node/reading/subjects";
import { IPSET, OPTIONS, POOL, RULES, TENANT, VM } from "../../state/deployment";
import { loadSubstrate } from "../../substrate/load";
import { project, smallTenant, STACK } from "../fixtures";

type Text = Record<string, string | number>;

interface ModelGuest {
    node: string;
    pool: string | undefined;
    status: string;
    uptime: number;
    config: Text;
    options: Text;
    rules: Text[];
    ipsets: Record<string, { comment: string; entries: Text[] }>;
    addresses: string[];
    received: number;
}

export interface ModelNode {
    guests: Record<string, ModelGuest>;
    /** Comments of the pools. */
    pools: Record<string, string>;
    /** Storages by their pool. */
    storages: Record<string, string>;
    volumes: Record<string, { format: string; used: number }>;
    load: number;
}

/** Guests and pools that the state has: the second guest's agent is asked, the third's pool is nobody's. */
export const SUBJECTS: Subjects = {
    pools: ["grooveiq"],
    guests: [0, 1, 2].map((which) => ({
        vmid: 5001 + which,
        ipsets: which === 0 ? ["ipfilter-net0"] : [],
        asksAgent: which === 1,
    })),
};

export function nodeBefore(): ModelNode {
    const guests = SUBJECTS.guests.map(({ vmid, ipsets }) => [String(vmid), guestBefore(vmid, ipsets)] as const);
    return {
        guests: Object.fromEntries(guests),
        pools: { grooveiq: "a tenant's", others: "somebody's" },
        storages: { local: "grooveiq" },
        volumes: Object.fromEntries(
            SUBJECTS.guests.map(({ vmid }) => [`local-lvm:vm-${vmid}-disk-0`, { format: "raw", used: 1 }]),
        ),
        load: 0,
    };
}

function guestBefore(vmid: number, ipsets: readonly string[]): ModelGuest {
    return {
        node: "pve2",
        pool: vmid === 5003 ? undefined : "grooveiq",
        status: "running",
        uptime: 1,
        config: {
            ...{ name: `vm${vmid}`, memory: 2048, agent: "1", digest: "a", tags: "tenant" },
            ...{ scsi0: `local-lvm:vm-${vmid}-disk-0,size=32G`, ide3: "none,media=cdrom" },
        },
        options: { enable: 1, policy_in: "DROP", digest: "a" },
        rules: [
            { pos: 0, type: "in", action: "ACCEPT", proto: "tcp", dport: "22", digest: "a" },
            { pos: 1, type: "in", action: "ACCEPT", proto: "icmp", digest: "a" },
        ],
        ipsets: Object.fromEntries(ipsets.map((name) => [name, { comment: "", entries: [{ cidr: "10.20.50.4" }] }])),
        addresses: ["10.20.50.4"],
        received: 0,
    };
}

/** The data of a GET; what PVE refuses is undefined. */
export function answerOf(node: ModelNode, path: string): unknown {
    const [, vmid = "", part = ""] = /^\/nodes\/pve2\/qemu\/(\d+)\/(.*)$/.exec(path) ?? [];
    const [, pool] = /^\/pools\?poolid=(.*)$/.exec(path) ?? [];
    const guests = Object.entries(node.guests);
    if (vmid !== "") {
        return guestAnswer(node.guests[vmid]!, part);
    }
    if (pool !== undefined) {
        return [poolAnswer(node, pool)];
    }
    switch (path) {
        case "/cluster/resources?type=vm":
            return guests.map(([id, one]) => ({ vmid: Number(id), node: one.node, pool: one.pool, cpu: node.load }));
        case "/nodes/pve2/qemu":
            return guests
                .filter(([, one]) => one.node === "pve2")
                .map(([id, { status, uptime }]) => ({ vmid: Number(id), status, uptime }));
        case "/pools":
            return Object.entries(node.pools).map(([poolid, comment]) => ({ poolid, comment }));
        case "/nodes/pve2/storage/local-lvm/content":
            return Object.entries(node.volumes).map(([volid, volume]) => ({ volid, ...volume }));
        default:
            throw new Error(`no answer to ${path}`);
    }
}

function guestAnswer(guest: ModelGuest, part: string): unknown {
    const [, set] = /^firewall\/ipset\/(.*)$/.exec(part) ?? [];
    const [, place] = /^firewall\/rules\/(\d+)$/.exec(part) ?? [];
    const { status, uptime, addresses, received } = guest;
    const ofPart: Record<string, unknown> = {
        config: guest.config,
        "status/current": { status, uptime },
        "firewall/options": guest.options,
        "firewall/rules": guest.rules,
        "firewall/ipset": Object.entries(guest.ipsets).map(([name, { comment }]) => ({ name, comment })),
        "agent/network-get-interfaces": {
            result: [{ name: "eth0", "ip-addresses": addresses, statistics: { "rx-bytes": received } }],
        },
    };
    return set !== undefined
        ? guest.ipsets[set]?.entries
        : place !== undefined
          ? guest.rules[Number(place)]
          : ofPart[part];
}

function poolAnswer({ guests, pools, storages, load }: ModelNode, pool: string): unknown {
    const vms = Object.entries(guests).filter(([, one]) => one.pool === pool);
    const stores = Object.entries(storages).filter(([, one]) => one === pool);
    return {
        poolid: pool,
        comment: pools[pool],
        members: [
            ...vms.map(([id, { node }]) => ({ id: `qemu/${id}`, type: "qemu", node, vmid: Number(id), cpu: load })),
            ...stores.map(([storage]) => ({ id: `storage/pve2/${storage}`, type: "storage", node: "pve2", storage })),
        ],
    };
}

/** The provider's own requests, in bpg 0.111.1; node/reading/read.ts names the places. */
export function readByProvider(node: ModelNode): unknown {
    const ask = (path: string) => structuredClone(answerOf(node, path));
    return {
        pools: SUBJECTS.pools.map((pool) => memberships(ask(`/pools?poolid=${pool}`))),
        guests: SUBJECTS.guests.map(({ vmid, ipsets, asksAgent }) => {
            const place = (ask("/cluster/resources?type=vm") as { vmid: number; node: string }[])
                .filter((one) => one.vmid === vmid)
                .map((one) => one.node)[0];
            return place !== "pve2" ? place : readGuest(ask, vmid, ipsets, asksAgent);
        }),
    };
}

function readGuest(ask: (path: string) => unknown, vmid: number, ipsets: readonly string[], asksAgent: boolean) {
    const of = (part: string) => ask(`/nodes/pve2/qemu/${vmid}/${part}`);
    const { digest: _, ...config } = of("config") as Text;
    const { status } = of("status/current") as { status: string };
    const volumes = ask("/nodes/pve2/storage/local-lvm/content") as { volid: string; format: string }[];
    const [volume] = String(config["scsi0"]).split(",");
    const pools = (ask("/pools") as { poolid: string }[]).filter(({ poolid }) =>
        JSON.stringify(ask(`/pools?poolid=${poolid}`)).includes(`"qemu/${vmid}"`),
    );
    const { digest: __, ...options } = of("firewall/options") as Text;
    const rules = (of("firewall/rules") as Text[]).map(({ pos }) => withoutDigest(of(`firewall/rules/${pos}`) as Text));
    const agent = of("agent/network-get-interfaces") as { result: { name: string; "ip-addresses": unknown }[] };
    return {
        ...{ config, started: status === "running", options, rules },
        pool: pools.map(({ poolid }) => poolid),
        format: volumes.find(({ volid }) => volid === volume)?.format,
        sets: ipsets.map((name) => [
            (of("firewall/ipset") as Text[]).filter((one) => one["name"] === name),
            of(`firewall/ipset/${name}`),
        ]),
        addresses:
            asksAgent && status === "running" && config["agent"] === "1"
                ? agent.result.map((one) => [one.name, one["ip-addresses"]])
                : [],
    };
}

function withoutDigest({ digest: _, ...rule }: Text): Text {
    return rule;
}

function memberships(answer: unknown): unknown {
    const [{ comment, members }] = answer as [{ comment: string; members: Text[] }];
    return [comment, members.map(({ id, type, node, vmid, storage }) => [id, type, node, vmid, storage])];
}

type Edit = (node: ModelNode, which: number) => ModelNode;

/** Changes by hand that the provider reads; each of a guest, or of the one that has it. */
export const EDITS: ReadonlyMap<string, Edit> = new Map<string, Edit>([
    ["a setting", ofGuest((guest) => void (guest.config["memory"] = Number(guest.config["memory"]) + 1024))],
    ["a description", ofGuest((guest) => void (guest.config["description"] = "by hand"))],
    ["a setting away", ofGuest((guest) => void delete guest.config["tags"])],
    ["a disk elsewhere", ofGuest((guest) => void (guest.config["scsi0"] = "other:vm-1-disk-0,size=32G,format=raw"))],
    ["stopped", ofGuest((guest) => void (guest.status = "stopped"))],
    ["firewall off", ofGuest((guest) => void (guest.options["enable"] = 0))],
    ["a firewall option more", ofGuest((guest) => void (guest.options["log_level_in"] = "info"))],
    ["a rule more", ofGuest(({ rules }) => void rules.push({ pos: rules.length, type: "out", action: "DROP" }))],
    ["a rule away", ofGuest(({ rules }) => void rules.pop())],
    ["a rule changed", ofGuest(({ rules }) => void rules.forEach((rule) => (rule["action"] = "DROP")))],
    ["a rule's comment", ofGuest(({ rules }) => void rules.forEach((rule) => (rule["comment"] = "by hand")))],
    [
        "rules in another order",
        ofGuest(({ rules }) => void rules.reverse().forEach((rule, pos) => (rule["pos"] = pos))),
    ],
    ["an address more in the filter", ofFilter((set) => void set.entries.push({ cidr: "10.20.50.5" }))],
    [
        "an address of the filter turned round",
        ofFilter((set) => void set.entries.forEach((one) => (one["nomatch"] = 1))),
    ],
    ["the filter's comment", ofFilter((set) => void (set.comment = "by hand"))],
    ["another pool", ofGuest((guest) => void (guest.pool = "others"))],
    ["on another node", ofGuest((guest) => void (guest.node = "pve3"))],
    ["a volume away", (node, which) => without(node, `local-lvm:vm-${5001 + which}-disk-0`)],
    ["the pool's comment", (node) => ({ ...node, pools: { ...node.pools, grooveiq: "by hand" } })],
    ["a storage out of the pool", (node) => ({ ...node, storages: {} })],
    ["another address by DHCP", (node) => ofGuest((guest) => void (guest.addresses = ["10.20.50.9"]))(node, 1)],
]);

function ofGuest(change: (guest: ModelGuest) => void): Edit {
    return (node, which) => {
        change(node.guests[String(5001 + which)]!);
        return node;
    };
}

function ofFilter(change: (set: { comment: string; entries: Text[] }) => void): Edit {
    return (node) => ofGuest(({ ipsets }) => change(ipsets["ipfilter-net0"]!))(node, 0);
}

function without(node: ModelNode, volid: string): ModelNode {
    delete node.volumes[volid];
    return node;
}

/** Changes that come by themselves as a guest is used. */
export const USES: ReadonlyMap<string, (node: ModelNode) => ModelNode> = new Map<
    string,
    (node: ModelNode) => ModelNode
>([
    ["load", (node) => ({ ...node, load: 0.5 })],
    ["uptime", (node) => ofGuest((guest) => void (guest.uptime = 99))(node, 0)],
    ["traffic", (node) => ofGuest((guest) => void (guest.received = 4711))(node, 1)],
    ["space of a disk", (node) => ({ ...node, volumes: usedMore(node.volumes) })],
]);

function usedMore(volumes: ModelNode["volumes"]): ModelNode["volumes"] {
    return Object.fromEntries(Object.entries(volumes).map(([volid, one]) => [volid, { ...one, used: 2 }]));
}

/** A substrate of one tenant, with a state in which it has a pool and a guest. */
export function substrateOfOne() {
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) });
    const substrate = loadSubstrate({ root, substrate: "dvntm" });
    const { name, node } = substrate.hypervisors[0]!;
    const provider = `urn:pulumi:s::p::pulumi:providers:proxmoxve::${name}::1`;
    const of = (type: string, id: string, more: object = {}) => ({
        ...{ urn: `urn:pulumi:s::p::${type}::${id}`, type, id, provider },
        outputs: { nodeName: node, vmId: 5001, ...more },
    });
    const resource = of(VM, "5001", { agent: { enabled: true, waitForIp: { disabled: true } } });
    const resources = [
        { urn: "urn:pulumi:s::p::pulumi:pulumi:Stack::s", type: "pulumi:pulumi:Stack" },
        { urn: provider, type: "pulumi:providers:proxmoxve", id: "1" },
        { urn: `urn:pulumi:s::p::${TENANT}::${substrate.tenants[0]!.name}`, type: TENANT },
        { ...of(POOL, "grooveiq"), outputs: { poolId: "grooveiq" } },
        ...[resource, of(OPTIONS, "o"), of(RULES, "r"), of(IPSET, "ipfilter-net0", { name: "ipfilter-net0" })],
        {
            urn: "urn:pulumi:s::p::pulumi-nodejs:dynamic/router:RouterVlan::v",
            type: "pulumi-nodejs:dynamic/router:RouterVlan",
        },
    ];
    return { substrate, deployment: { resources }, resource };
}
