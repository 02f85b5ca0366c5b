import { elementIn, type Settle } from "../../../substrate/findings";
import { moveCommand } from "../../checkStorages";
import type { Settings } from "../../inventory";
import { keyOf, plainText } from "../view";
import type { Difference, Setting } from "./compare";
import { declaredSettings, type ConfiguredVm } from "./declared";
import { topOf } from "./fields";
import { DRIVE, isCd, KEYS_OF_A_VM, NIC, propertiesOf, settingIn } from "./settings";

/**
 * An up makes what it writes anyway as declared; the rest is a person's, on the node. Nothing is ever proposed that takes boot
 * entries, keys or data away.
 */
export function settleOf(vm: ConfiguredVm, difference: Difference, expected: Setting): Settle {
    const { key } = difference;
    const accept = keyOf(vm.named, difference.field);
    // qm reads SSH keys from a file, and an up writes them with the account.
    const byUp = vm.written.has(topOf(key)) || (key === "sshkeys" && expected !== undefined);
    const plain: Settle = byUp ? { by: "up" } : { by: "command", command: commandOf(vm, key, expected) };
    return ofDrive(vm, difference, expected) ?? { ...plain, ...(accept && { accept }) };
}

/** Settlement of a drive that nothing may make as it was, or that only the file or a person can; undefined for any other. */
function ofDrive(vm: ConfiguredVm, difference: Difference, expected: Setting): Settle | undefined {
    const { key, field, found } = difference;
    if (!DRIVE.test(key)) {
        return undefined;
    }
    const gone = found === undefined && elementIn(field)?.property === undefined;
    if (KEYS_OF_A_VM.test(key) && !gone) {
        return { by: "nothing", why: key.startsWith("efidisk") ? "boot entries" : "keys" };
    }
    if (field.endsWith(".size")) {
        const accept = keyOf(vm.named, field);
        return { by: "file", ...(accept && { accept }) };
    }
    return isCd(expected ?? "") ? undefined : ofDisk(vm, difference, gone);
}

/** A disk that lies elsewhere is moved, and one that is gone attached; undefined for any other difference. */
function ofDisk(vm: ConfiguredVm, { key, field, declared }: Difference, gone: boolean): Settle | undefined {
    if (field.endsWith(".datastoreId")) {
        return { by: "command", command: moveCommand(vm.named.vmid, key, plainText(declared)) };
    }
    return gone ? attached(vm, key) : undefined;
}

/** A disk that the file declares is the state's to know of again; one of the template's is the node's alone. */
function attached(vm: ConfiguredVm, key: string): Settle {
    const { vmid } = vm.named;
    return settingIn(declaredSettings(vm), key) === undefined
        ? { by: "command", command: `qm set ${vmid} --${key} ${detached(vm.settings)}` }
        : { by: "attach", vmid };
}

/** Volume of the disk that was detached, where it is the only one. */
function detached(settings: Settings): string {
    const volumes = Object.entries(settings).flatMap(([key, value = ""]) =>
        /^unused\d+$/.test(key) ? [String(value)] : [],
    );
    return volumes.length === 1 ? volumes[0]! : "<its volume>";
}

/** The command that makes a setting as it was expected, on the node. */
function commandOf({ named: { vmid }, settings }: ConfiguredVm, key: string, expected: Setting): string {
    if (expected === undefined) {
        return `qm set ${vmid} --delete ${key}`;
    }
    return `qm set ${vmid} --${key} ${quoted(written(key, expected, settingIn(settings, key)))}`;
}

/** An expected setting as PVE takes it: a drive keeps its volume, and a NIC the MAC that it has where none is declared. */
function written(key: string, expected: Setting, found: Setting): string {
    const text = String(expected);
    if (DRIVE.test(key) && found !== undefined && !isCd(text)) {
        const { file = "" } = propertiesOf(key, found);
        const [, ...options] = text.split(",").filter((part) => !part.startsWith("size="));
        return [file, ...options].join(",");
    }
    if (!NIC.test(key)) {
        return text;
    }
    const mac = (propertiesOf(key, text)["macaddr"] ?? propertiesOf(key, found)["macaddr"] ?? "").toUpperCase();
    return text.replace(/virtio(=[^,]*)?/, mac === "" ? "virtio" : `virtio=${mac}`);
}

/** A text as a shell takes it for one word. */
function quoted(text: string): string {
    return /^[\w.,:=/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
