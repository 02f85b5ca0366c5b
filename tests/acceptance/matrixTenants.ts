import type { AcceptanceLab } from "./lab";
import type { Cells } from "./matrix";
import { BACKUPS, changeJobs, JOBS_SHOWN } from "./matrixJobs";
import { instanceOf, type Row } from "./matrixRows";

/** When a definition holds: at creation, after the change, and after what a change by hand made necessary. */
export type Phase = "first" | "then" | "after";

/** The file of the tenant whose VMs have all the attributes. */
export const FILE = "tenants/dvntm/matrix.yaml";

const KEYS = {
    first: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFirstFirstFirstFirstFirstFirstFirstFirstFir first",
    then: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDThenThenThenThenThenThenThenThenThenThenTh then",
};

/** The tenant whose VMs have all the attributes. */
export const TENANT = {
    name: "matrix",
    /** Attributes that steer a run. */
    steering: ["hypervisor", "clone", "keep", "expires", "health", "snapshot", "snapshotKeep"],
    quota: ["quota.memory", "quota.disk", "quota.vcpus", "quota.vms"],
    sshkeys: { first: encodeURIComponent(KEYS.first), then: encodeURIComponent(KEYS.then) },
    /** Where a refresh shows what changeByHand did, by attribute. */
    shown: {
        description: { resource: "matrix-network-pool", pattern: /comment\s*: "then" => "by hand"/ },
        name: { resource: "matrix-vm23-vm", pattern: /poolId\s*: "matrix"/ },
        vlan: { resource: "matrix-vm23-vm", pattern: /vlanId\s*: 52 => 99/ },
        "user.name": { resource: "matrix-vm23-vm", pattern: /username\s*: "then" => "byhand"/ },
        "user.keys": { resource: "matrix-vm23-vm", pattern: /keys[^]*then/ },
        "vms[].name": { resource: "matrix-vm23-vm", pattern: /name\s*: "vm23" => "by-hand"/ },
        ...JOBS_SHOWN,
    } as Readonly<Record<string, { resource: string; pattern: RegExp }>>,
    async changeByHand(lab: AcceptanceLab): Promise<void> {
        const vm = "/nodes/pve2/qemu/5223";
        const { config } = (await lab.state()).vms["5223"]!;
        const fields = {
            ciuser: "byhand",
            sshkeys: encodeURIComponent(
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHandHandHandHandHandHandHandHandHandHandHan hand",
            ),
            name: "by-hand",
        };
        await lab.node.byHand("PUT", `${vm}/config`, { ...fields, net0: config["net0"]!.replace("tag=52", "tag=99") });
        await lab.node.byHand("PUT", "/pools", { poolid: "matrix", comment: "by hand" });
        await lab.node.byHand("PUT", "/pools", { poolid: "matrix", vms: "5223", delete: "1" });
        await changeJobs(lab);
    },
};

/** One of the VMs, with the attributes of those rows that are on it. */
function vmText(rows: readonly Row[], instance: number, phase: Phase): string {
    const backup = `backup: ${BACKUPS[phase === "first" ? "first" : "then"]}`;
    const own = rows
        .filter((row) => instanceOf(row) === instance)
        .map(({ lines: [first, then], after }) =>
            phase === "first" ? first : phase === "after" ? (after?.lines ?? then) : then,
        );
    const lines = ["memory: 512MiB", "cores: 1"]
        .filter((line) => !own.some((other) => other.startsWith(line.split(" ")[0]!)))
        .concat(instance === 1 ? backup : [], own);
    const number = String(instance).padStart(2, "0");
    return `  - name: vm${number}\n    instance: ${instance}\n    ${lines.join("\n    ")}\n`;
}

/** The tenant's file. */
export function tenantText(rows: readonly Row[], phase: Phase): string {
    const word = phase === "first" ? "first" : "then";
    const instances = [...new Set(rows.map(instanceOf))];
    const vms = instances.map((instance) => vmText(rows, instance, phase));
    return [
        `name: ${TENANT.name}`,
        `description: ${word}`,
        "vlan: 52",
        "hypervisor: hv02",
        `clone: ${phase === "first" ? "full" : "linked"}`,
        "keep: false",
        `health: { tcp: ${phase === "first" ? 22 : 23} }`,
        `snapshot: ${phase === "first" ? "before-change" : "never"}`,
        `snapshotKeep: { last: ${phase === "first" ? 3 : 4} }`,
        `expires: ${phase === "first" ? "2099-12-31" : "2099-12-30"}`,
        `isolate: ${word === "then"}`,
        `backup: ${BACKUPS[word]}`,
        "quota: { memory: 24GiB, disk: 2000GiB, vcpus: 99, vms: 99 }",
        `user: { name: ${word}, keys: ["${KEYS[word]}"] }`,
        `vms:\n${vms.join("")}`,
    ].join("\n");
}

function allowance(to: string, protocol: string, ports: string, why: string): string {
    return `  - { to: ${to}, protocol: ${protocol}, ports: "${ports}", why: ${why} }\n`;
}

const THEN = [
    allowance("matrix", "tcp", "1001", "row to"),
    allowance("vintronics", "udp", "1002", "row protocol"),
    allowance("vintronics", "tcp", "1013", "row ports"),
    allowance("vintronics", "tcp", "1004", "row other"),
].join("");

/** Allowances of grooveiq's file, phase by phase: each entry changes in one key. */
export const ALLOWANCES: Readonly<Record<Phase, string>> = {
    first: `allow:\n${[
        allowance("vintronics", "tcp", "1001", "row to"),
        allowance("vintronics", "tcp", "1002", "row protocol"),
        allowance("vintronics", "tcp", "1003", "row ports"),
        allowance("vintronics", "tcp", "1004", "row why"),
    ].join("")}`,
    then: `allow:\n${THEN}`,
    after: `allow:\n${THEN}`,
};

/** A change that no up makes to a VM that is there. */
interface Refused {
    readonly attribute: string;
    readonly what: string;
    readonly message: RegExp;
    readonly cells?: Cells;
}

/** Changes that one run refuses, all of them at once. */
interface Refusal {
    readonly run: string;
    /** Makes the changes; gives back how to undo them. */
    readonly edit: (lab: AcceptanceLab) => () => void;
    readonly command: readonly string[];
    readonly refused: readonly Refused[];
}

/** Replaces texts of a file, each of which must be there. */
function replacing(changes: readonly (readonly [string | RegExp, string])[], file = FILE): Refusal["edit"] {
    return (lab) => {
        let good = "";
        lab.edit(file, (text) => {
            good = text;
            return changes.reduce((changed, [from, to]) => {
                expect(changed).toMatch(from);
                return changed.replace(from, to);
            }, text);
        });
        return () => lab.edit(file, () => good);
    };
}

/** The tenants to a second hypervisor, but for two that stay. */
function moveToOther(lab: AcceptanceLab): () => void {
    const { endpoint } = lab.node.ready;
    const second =
        `    hv03: {node: pve3, endpoint: "${endpoint}", ssh: {host: hv03.dvntm.deevnet.net}, bridge: vmbr0, ` +
        "datastore: local-lvm, datastores: {fast: 200GiB}, template: {prefix: fedora-server-}, hardware: {memory: 32GiB, storage: 2TB, threads: 32}}\n";
    const edits = [
        replacing([["    hv02:\n", `${second}    hv02:\n`]], "Pulumi.dvntm.yaml"),
        replacing([["hypervisor: hv02", "hypervisor: hv03"]]),
        ...["grooveiq", "vintronics"].map((name) =>
            replacing([[/^vlan:/m, "hypervisor: hv02\nvlan:"]], `tenants/dvntm/${name}.yaml`),
        ),
    ];
    const undos = edits.map((edit) => edit(lab));
    return () => undos.forEach((undo) => undo());
}

const DELETES = "refused: it would delete the VM";
const GROWS = { update: "grows in place; shrinking is refused" };
const MADE = "refused without a new word in `rebuild`";
const KEYS_STAY = { update: MADE, drift: "told by `tenants drift`", repair: "never undone, since keys would be lost" };
const KEEPS = { update: "teardown and rebuild are refused" };
const WOULD_DELETE = /vm01 is VM 5201, and would be deleted with its data/;

const QUOTAS: readonly (readonly [from: string, to: string, message: RegExp])[] = [
    ["memory: 24GiB", "memory: 1GiB", /quota\.memory: 1 GiB is less than the tenant's VMs claim/],
    ["disk: 2000GiB", "disk: 9GiB", /quota\.disk: 9 GiB is less than/],
    ["vcpus: 99", "vcpus: 1", /quota\.vcpus: 1 vCPU is less than/],
    ["vms: 99", "vms: 1", /quota\.vms: 1 VM is less than/],
];

/** Changes that no up makes to a VM that is there, and how it says so: before anything is touched, so that nothing need be read anew. */
export const REFUSALS: readonly Refusal[] = [
    {
        run: "what the VMs are",
        edit: replacing([
            ["instance: 1\n", "instance: 90\n"],
            ["disk: 36GiB", "disk: 32GiB"],
            ["size: 5GiB", "size: 1GiB"],
            ["keep: true", "keep: true\n    rebuild: now"],
        ]),
        command: ["preview", "--refresh=false"],
        refused: [
            {
                attribute: "vms[].instance",
                what: "another VMID",
                message: WOULD_DELETE,
                cells: { update: DELETES, drift: "cannot change on a node", repair: "cannot change on a node" },
            },
            {
                attribute: "vms[].disk",
                what: "a smaller disk",
                message: /32GiB is less than the 36GiB on the node/,
                cells: GROWS,
            },
            {
                attribute: "vms[].disks[].size",
                what: "a smaller further disk",
                message: /scsi1: 1GiB is less than the 5GiB on the node/,
                cells: GROWS,
            },
            {
                attribute: "vms[].keep",
                what: "rebuild",
                message: /a new word deletes the VM, which keep: true forbids/,
            },
        ],
    },
    {
        run: "where a disk lies, of a VM that is not to be restarted",
        edit: replacing([["datastore: fast\n    reboot: when-needed", "datastore: local-lvm"]]),
        command: ["preview", "--refresh=false"],
        refused: [
            {
                attribute: "vms[].datastore",
                what: "another storage",
                message:
                    /scsi0 of VM \d+ lies on fast of hv02, and goes to local-lvm: a run moves disks of a VM that is off/,
            },
        ],
    },
    {
        run: "firmware and machine",
        edit: replacing([
            ["secureBoot: true", "secureBoot: false"],
            ["firmware: uefi", "firmware: bios"],
            ["tpm: true", "tpm: false"],
            ["machine: q35", "machine: pc-q35-9.0"],
        ]),
        command: ["preview", "--refresh=false"],
        refused: [
            ["firmware", "uefi", { update: MADE }],
            ["secureBoot", "true", KEYS_STAY],
            ["tpm", "true", KEYS_STAY],
            ["machine", "q35", { update: MADE }],
        ].map(([key, value, cells]) => ({
            ...{ attribute: `vms[].${key as string}`, what: "another one", cells: cells as Cells },
            message: new RegExp(`was made with ${key as string}: ${value as string}, which stays`),
        })),
    },
    {
        run: "the tenant's VLAN",
        edit: replacing([
            ["vlan: 52", "vlan: 53"],
            [/10\.20\.52\./g, "10.20.53."],
        ]),
        command: ["preview", "--refresh=false"],
        refused: [{ attribute: "vlan", what: "other VMIDs", message: WOULD_DELETE, cells: { update: DELETES } }],
    },
    {
        run: "its hypervisor",
        edit: moveToOther,
        command: ["preview", "--refresh=false"],
        refused: [
            {
                attribute: "hypervisor",
                what: "another node",
                // There is one simulated node; that nothing migrates between two is in tests/pure/checkNode.test.ts.
                message:
                    /hv03: https:\S+ is node pve2, not pve3: correct hypervisors\.hv03\.endpoint or hypervisors\.hv03\.node/,
                cells: { update: DELETES },
            },
        ],
    },
    {
        run: "its quota",
        edit: replacing(QUOTAS.map(([from, to]) => [from, to] as const)),
        command: ["preview", "--refresh=false"],
        refused: QUOTAS.map(([, , message], index) => ({
            attribute: TENANT.quota[index]!,
            what: "less than the VMs claim",
            message,
            cells: { update: "refused where the VMs claim more" },
        })),
    },
    {
        run: "destroy",
        edit: () => () => undefined,
        command: ["destroy", "--yes", "--refresh=false"],
        refused: [
            {
                attribute: "vms[].keep",
                what: "destroy",
                message: /cannot be deleted[^]*because it is protected/,
                cells: KEEPS,
            },
        ],
    },
];
