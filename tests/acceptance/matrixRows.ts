import type { GuestState, NodeState } from "../../lab/expect";

/** A call of the PVE API by hand; the path is below the VM's own, and `{vmid}` in a field is its VMID. */
export interface ByHand {
    readonly method: "PUT" | "POST";
    readonly path: string;
    readonly fields: Readonly<Record<string, string>>;
}

/** A change by hand as a call of the PVE API: method, path and fields. */
export function callOn(vmid: string, { method, path, fields }: ByHand): [string, string, Record<string, string>] {
    const own = Object.entries(fields).map(([key, text]) => [key, text.replace("{vmid}", vmid)]);
    return [method, `/nodes/pve2/qemu/${vmid}${path}`, Object.fromEntries(own) as Record<string, string>];
}

/** Effect of a change of an attribute on a VM that is there. */
export type Update =
    | "in place"
    | "in place, counts from the next start"
    | "in place, counts after a restart"
    | "in place, counts from the guest's next boot"
    | "replaces the VM"
    | "nothing on the node";

/** One attribute of a VM's definition, on a VM of its own that is named after it. */
export interface Row {
    /** Path in tenants/*.yaml below `vms[]`. */
    readonly attribute: string;
    /** Lines of the definition at creation and after the change. */
    readonly lines: readonly [string, string];
    readonly update: Update;
    /** Its place on the node, and its values at creation and after the change. Missing: not on the node. */
    readonly node?: {
        readonly held: (vm: GuestState, state: NodeState) => unknown;
        readonly values: readonly [unknown, unknown];
    };
    /** The change by hand, and how a refresh shows it. Missing: there is nothing on the node that could change. */
    readonly drift?: { readonly byHand: ByHand; readonly shown: RegExp; readonly settledBy?: string };
    /** Value after an up that repairs the drift, where that is a new definition's value. */
    readonly after?: { readonly lines: string; readonly value: unknown };
}

/** Whether a change of an attribute waits on the node for the VM's next start. */
export function waits({ update }: Row): boolean {
    return update === "in place, counts after a restart" || update === "in place, counts from the next start";
}

/** A value of the VM's configuration as its next start has it. */
function config(key: string) {
    return ({ config: now, pending }: GuestState) => pending[key] ?? now[key];
}

function put(fields: Readonly<Record<string, string>>): ByHand {
    return { method: "PUT", path: "/config", fields };
}

/** Size of a drive as the configuration says it. */
function sizeOf(drive: string) {
    return ({ config: now }: GuestState) => /size=(\w+)/.exec(now[drive] ?? "")?.[1];
}

/** An option of a VM's disks: in the file at first and then, on the node the same, and what somebody makes of it by hand. */
function diskOption(name: string, file: readonly [string, string], node: readonly [string, string], hand: string): Row {
    const value = (text: string) => (/^\d$/.test(text) ? String(text === "1") : `"${text}"`);
    return {
        attribute: `diskOptions.${name}`,
        lines: [`diskOptions: { ${name}: ${file[0]} }`, `diskOptions: { ${name}: ${file[1]} }`],
        update: name === "backup" ? "in place" : "in place, counts from the next start",
        node: {
            held: (vm) => new RegExp(`\\b${name}=(\\w+)`).exec(config("scsi0")(vm) ?? "")?.[1],
            values: node,
        },
        drift: {
            byHand: put({ scsi0: `local-lvm:vm-{vmid}-disk-0,size=32G,${name}=${hand}` }),
            shown: new RegExp(`${name}\\s*: ${value(node[1])} => ${value(hand)}`),
        },
    };
}

const DISK_OPTIONS = [
    diskOption("discard", ["true", "false"], ["on", "ignore"], "on"),
    diskOption("ssd", ["true", "false"], ["1", "0"], "1"),
    diskOption("iothread", ["false", "true"], ["0", "1"], "0"),
    diskOption("cache", ["writeback", "writethrough"], ["writeback", "writethrough"], "unsafe"),
    diskOption("backup", ["true", "false"], ["1", "0"], "1"),
];

const RESTART = "in place, counts after a restart";

/** Names of the templates that the node has. */
const [OLDER, NEWEST] = ["fedora-server-44-1.9", "fedora-server-44-1.10"];

export const VM_ROWS: readonly Row[] = [
    {
        attribute: "description",
        lines: ["description: first", "description: then"],
        update: "in place",
        node: {
            held: ({ config: now }) => now["description"]?.split("\n")[0],
            values: ["first", "then"],
        },
        drift: { byHand: put({ description: "by hand" }), shown: /description:[^]*- then[^]*\+ by hand/ },
    },
    {
        attribute: "cores",
        lines: ["cores: 3", "cores: 4"],
        update: RESTART,
        node: { held: config("cores"), values: ["3", "4"] },
        drift: { byHand: put({ cores: "1" }), shown: /cores: 4 => 1/ },
    },
    {
        attribute: "cpu",
        lines: ["cpu: x86-64-v2-AES", "cpu: x86-64-v3"],
        update: RESTART,
        node: { held: config("cpu"), values: ["x86-64-v2-AES", "x86-64-v3"] },
        drift: { byHand: put({ cpu: "kvm64" }), shown: /type: "x86-64-v3" => "kvm64"/ },
    },
    {
        attribute: "memory",
        lines: ["memory: 640MiB", "memory: 768MiB"],
        update: RESTART,
        node: { held: config("memory"), values: ["640", "768"] },
        drift: { byHand: put({ memory: "1024" }), shown: /dedicated: 768 => 1024/ },
    },
    {
        attribute: "balloon",
        lines: ["balloon: 256MiB", "balloon: 384MiB"],
        update: "in place",
        node: { held: config("balloon"), values: ["256", "384"] },
        drift: { byHand: put({ balloon: "128" }), shown: /floating: 384 => 128/ },
    },
    {
        attribute: "disk",
        lines: ["disk: 33GiB", "disk: 34GiB"],
        update: "in place",
        node: { held: sizeOf("scsi0"), values: ["33G", "34G"] },
        drift: {
            byHand: { method: "PUT", path: "/resize", fields: { disk: "scsi0", size: "36G" } },
            shown: /size: 34 => 36/,
            settledBy: "refused: a disk only grows; declare the larger size",
        },
        after: { lines: "disk: 36GiB", value: "36G" },
    },
    {
        attribute: "disks[].size",
        lines: ["disks: [{ slot: 1, size: 2GiB }]", "disks: [{ slot: 1, size: 3GiB }]"],
        update: "in place",
        node: { held: sizeOf("scsi1"), values: ["2G", "3G"] },
        drift: {
            byHand: { method: "PUT", path: "/resize", fields: { disk: "scsi1", size: "5G" } },
            shown: /size: 3 => 5/,
            settledBy: "refused: a disk only grows; declare the larger size",
        },
        after: { lines: "disks: [{ slot: 1, size: 5GiB }]", value: "5G" },
    },
    {
        attribute: "disks[].slot",
        lines: ["disks: []", "disks: [{ slot: 7, size: 2GiB }]"],
        update: "in place",
        node: { held: sizeOf("scsi7"), values: [undefined, "2G"] },
        drift: {
            byHand: put({ delete: "scsi7" }),
            shown: /disks[^]*- interface\s*: "scsi7"/,
            settledBy: "refused: a detached disk holds data; told how to attach it",
        },
    },
    {
        attribute: "onBoot",
        lines: ["onBoot: true", "onBoot: false"],
        update: "in place",
        node: { held: config("onboot"), values: ["1", "0"] },
        drift: { byHand: put({ onboot: "1" }), shown: /onBoot: false => true/ },
    },
    {
        attribute: "startup.order",
        lines: ["startup: { order: 1 }", "startup: { order: 2 }"],
        update: "in place",
        node: { held: config("startup"), values: ["order=1", "order=2"] },
        drift: { byHand: put({ startup: "order=9" }), shown: /order: 2 => 9/ },
    },
    {
        attribute: "startup.upDelay",
        lines: ["startup: { order: 1, upDelay: 10 }", "startup: { order: 1, upDelay: 20 }"],
        update: "in place",
        node: { held: config("startup"), values: ["order=1,up=10", "order=1,up=20"] },
        drift: { byHand: put({ startup: "order=1,up=90" }), shown: /upDelay\s*: 20 => 90/ },
    },
    {
        attribute: "startup.downDelay",
        lines: ["startup: { order: 1, downDelay: 10 }", "startup: { order: 1, downDelay: 20 }"],
        update: "in place",
        node: { held: config("startup"), values: ["order=1,down=10", "order=1,down=20"] },
        drift: { byHand: put({ startup: "order=1,down=90" }), shown: /downDelay\s*: 20 => 90/ },
    },
    {
        attribute: "agent.enabled",
        lines: ["agent: { enabled: false }", "agent: { enabled: true }"],
        update: RESTART,
        node: {
            held: (vm) => /enabled=(\d)/.exec(config("agent")(vm) ?? "")?.[1],
            values: ["0", "1"],
        },
        drift: { byHand: put({ agent: "enabled=0" }), shown: /enabled: true => false/ },
    },
    {
        attribute: "agent.wait",
        lines: ["agent: { wait: false }", "agent: { wait: true }"],
        update: "nothing on the node",
    },
    {
        attribute: "agent.timeout",
        lines: ["agent: { timeout: 20 }", "agent: { timeout: 10 }"],
        update: "nothing on the node",
    },
    {
        attribute: "protection",
        lines: ["protection: false", "protection: true"],
        update: "in place",
        node: { held: config("protection"), values: [undefined, "1"] },
        drift: { byHand: put({ protection: "0" }), shown: /protection: true => false/ },
    },
    { attribute: "keep", lines: ["keep: false", "keep: true"], update: "nothing on the node" },
    { attribute: "reboot", lines: ["reboot: never", "reboot: when-needed"], update: "nothing on the node" },
    {
        attribute: "rebuild",
        lines: ["rebuild: once", "rebuild: twice"],
        update: "replaces the VM",
    },
    {
        attribute: "template",
        lines: [`template: ${OLDER}`, `template: ${NEWEST}`],
        update: "nothing on the node",
    },
    {
        attribute: "tags",
        lines: ["tags: [blue]", "tags: [green]"],
        update: "in place",
        node: { held: config("tags"), values: ["blue;matrix;tenant", "green;matrix;tenant"] },
        drift: { byHand: put({ tags: "matrix;red;tenant" }), shown: /tags[^]*"green" => "matrix"|tags[^]*"red"/ },
    },
    {
        attribute: "address",
        lines: ["address: dhcp", "address: fixed"],
        update: "in place, counts from the guest's next boot",
        node: {
            held: config("ipconfig0"),
            values: ["ip=dhcp", expect.stringMatching(/^gw=10\.20\.52\.1,ip=10\.20\.52\.\d+\/24$/)],
        },
        drift: { byHand: put({ ipconfig0: "ip=dhcp" }), shown: /address: "10\.20\.52\.\d+\/24" => "dhcp"/ },
    },
    { attribute: "aliases", lines: ["aliases: [first]", "aliases: [then]"], update: "nothing on the node" },
    ...DISK_OPTIONS,
    { attribute: "clone", lines: ["clone: linked", "clone: full"], update: "nothing on the node" },
];
