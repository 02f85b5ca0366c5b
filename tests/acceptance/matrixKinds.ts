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
    | "in place, cut off there until the guest's next boot"
    | "moves while the VM is off; refused while it runs without `reboot: when-needed`"
    | "replaces the VM"
    | "nothing on the node";

/** One attribute of a VM's definition. */
export interface Row {
    /** Path in tenants/*.yaml below `vms[]`. */
    readonly attribute: string;
    /** Attribute whose VM has this one too, which shows the same effect of both. Missing: a VM of its own. */
    readonly beside?: string;
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
export function config(key: string) {
    return ({ config: now, pending }: GuestState) => pending[key] ?? now[key];
}

export function put(fields: Readonly<Record<string, string>>): ByHand {
    return { method: "PUT", path: "/config", fields };
}

/** Size of a drive as the configuration says it. */
export function sizeOf(drive: string) {
    return ({ config: now }: GuestState) => /size=(\w+)/.exec(now[drive] ?? "")?.[1];
}

/** A further storage of the node, as PVE makes it. */
export const FAST = { storage: "fast", type: "dir", path: "/srv/fast", content: "images" };

/** Mappings of the node's devices, as its administrator makes them: each kind's, and the fields of each. */
export const MAPPINGS: readonly (readonly [kind: string, fields: Readonly<Record<string, string>>])[] = [
    ...[1, 2, 3, 4, 5].map((bus) => {
        const map = `node=pve2,path=0000:0${bus}:00.0,id=10de:1b80,iommugroup=${bus}`;
        return ["pci", { id: `gpu${bus - 1}`, map }] as const;
    }),
    ["usb", { id: "usb0", map: "node=pve2,path=1-2,id=10c4:ea60" }],
    ["usb", { id: "usb1", map: "node=pve2,path=1-4,id=1050:0407" }],
];

/**
 * A key of a VM's devices, on a VM of the machine type q35.
 *
 * @param place the setting and the property of it that has the key's value.
 */
export function device(
    key: string,
    devices: readonly [string, string],
    [setting, property]: readonly [string, string],
    values: readonly [unknown, unknown],
    drift: NonNullable<Row["drift"]>,
): Row {
    const lines = (list: string) => `machine: q35\n    devices: [${list}]`;
    return {
        attribute: `devices[].${key}`,
        lines: [lines(devices[0]), lines(devices[1])],
        update: key === "usb" ? "in place" : "in place, counts from the next start",
        node: { held: (vm) => new RegExp(`\\b${property}=([^,]+)`).exec(config(setting)(vm) ?? "")?.[1], values },
        drift,
    };
}

/** Storage that a drive's volume lies on. */
export function datastoreOf(drive: string) {
    return ({ config: now }: GuestState) => now[drive]?.split(":")[0];
}

/** A property of a drive. */
export function propertyOf(drive: string, name: string) {
    return ({ config: now }: GuestState) => new RegExp(`\\b${name}=([^,]+)`).exec(now[drive] ?? "")?.[1];
}

/** An attribute that a VM keeps as it was made with. */
export function made(
    attribute: string,
    line: string,
    held: NonNullable<Row["node"]>["held"],
    value: string,
    drift?: Row["drift"],
): Row {
    return {
        ...{ attribute, lines: [line, line], update: "nothing on the node" },
        node: { held, values: [value, value] },
        ...(drift && { drift }),
    };
}

/** Where a disk lies: on the hypervisor's own storage first, then on a further one, and somebody moves it back by hand. */
export function place(attribute: string, drive: string, line: (datastore: string) => string): Row {
    const lines = (datastore: string) => `${line(datastore)}\n    reboot: when-needed`;
    return {
        attribute,
        lines: [lines("local-lvm"), lines("fast")],
        update: "moves while the VM is off; refused while it runs without `reboot: when-needed`",
        node: { held: datastoreOf(drive), values: ["local-lvm", "fast"] },
        drift: {
            byHand: { method: "POST", path: "/move_disk", fields: { disk: drive, storage: "local-lvm", delete: "1" } },
            shown: /datastoreId\s*: "fast" => "local-lvm"/,
        },
    };
}

/** An option of a VM's disks: in the file at first and then, on the node the same, and what somebody makes of it by hand. */
export function diskOption(
    name: string,
    file: readonly [string, string],
    node: readonly [string, string],
    hand: string,
): Row {
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
