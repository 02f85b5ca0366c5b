import type { Settle, Value } from "../../../substrate/findings";
import type { Settings } from "../../inventory";
import { keyOf, vmFinding, type Named, type NodeFinding, type Told } from "../view";
import { declaredSettings, inheritedSettings, isWithout, withoutTemplate, type DeclaredVm } from "./declared";
import { fieldOf, topOf } from "./fields";
import { DRIVE, isCd, isCloudInit, isOfPve, KEYS_OF_A_VM, NIC, propertiesOf, settingIn } from "./settings";

/** A VM's settings on its node, and what a preview told of it. */
export interface ConfiguredVm extends DeclaredVm {
    readonly named: Named;
    readonly settings: Settings;
    /** Settings of the template that it was made from; missing where nobody knows them. */
    readonly template?: Settings;
    /** Fields that the preview has told of. */
    readonly told: ReadonlySet<string>;
    /** Provider's properties that an up would write. */
    readonly written: ReadonlySet<string>;
}

/**
 * Everything in which the settings of a VM are neither as declared nor as its template brought them, but for what the preview
 * has told of.
 */
export function configurationFindings(vm: ConfiguredVm): NodeFinding[] {
    const declared = declaredSettings(vm);
    const brought = vm.template === undefined ? withoutTemplate(vm.settings) : inheritedSettings(vm.template);
    const expected = (key: string) =>
        settingIn(declared, key) ?? (isWithout(key) ? undefined : settingIn(brought, key));
    const keys = [...new Set([...Object.keys(declared), ...Object.keys(brought), ...Object.keys(vm.settings)])];
    return keys
        .filter((key) => !isOfPve(key))
        .flatMap((key) => differencesAt(key, expected(key), settingIn(vm.settings, key)))
        .filter((difference) => !isTold(difference, vm.told))
        .map((difference) => findingOf(vm, difference, expected(difference.key)));
}

/** Whether a preview told of a difference, of a part of it, or of the whole that it is a part of. */
function isTold({ key, field }: Difference, told: ReadonlySet<string>): boolean {
    const whole = topOf(key);
    return [...told].some(
        (one) =>
            field === one ||
            field.startsWith(`${one}.`) ||
            one.startsWith(`${field}.`) ||
            (field === key && one === whole),
    );
}

interface Difference {
    /** PVE's setting. */
    readonly key: string;
    readonly field: string;
    readonly declared?: Value;
    readonly found?: Value;
}

type Setting = string | number | undefined;

/** Differences of a setting: of a NIC or a drive that is there, property by property; of any other the whole. */
function differencesAt(key: string, expected: Setting, found: Setting): Difference[] {
    const [wanted, now] = [propertiesOf(key, expected), propertiesOf(key, found)];
    const properties = [...new Set([...Object.keys(wanted), ...Object.keys(now)])];
    const cd = DRIVE.test(key) && isCd(found ?? expected ?? "");
    const differing = properties.filter((name) => !isSameProperty({ key, name, cd }, wanted[name], now[name]));
    if (differing.length === 0) {
        return [];
    }
    if ((NIC.test(key) || DRIVE.test(key)) && expected !== undefined && found !== undefined) {
        return differing.map((name) => ({
            ...{ key, field: fieldOf(key, name) },
            ...side("declared", valueOf({ key, name, cd }, wanted[name])),
            ...side("found", valueOf({ key, name, cd }, now[name])),
        }));
    }
    return [
        { key, field: fieldOf(key), ...side("declared", shown(key, expected)), ...side("found", shown(key, found)) },
    ];
}

function side(name: "declared" | "found", value: Value): Partial<Difference> {
    return value === undefined ? {} : { [name]: value };
}

/** A property of a setting. */
interface Property {
    readonly key: string;
    readonly name: string;
    /** Whether the setting is a CD drive, whose medium is declared, and no volume of the VM's. */
    readonly cd: boolean;
}

/**
 * Whether a property is as expected. Of a volume its storage alone is declared; a size is PVE's to write where nobody declared
 * one, and of what holds boot entries or keys; and a MAC that PVE picked is the preview's to tell.
 */
function isSameProperty({ key, name, cd }: Property, expected: string | undefined, found: string | undefined): boolean {
    if (name === "file") {
        const cloudInit = isCloudInit(expected ?? "") && isCloudInit(found ?? "");
        return cd && !cloudInit ? expected === found : storageOf(expected) === storageOf(found);
    }
    if (name === "size" && DRIVE.test(key)) {
        const unknown = cd || KEYS_OF_A_VM.test(key) || expected === undefined || found === undefined;
        return unknown || gibOf(expected) === gibOf(found);
    }
    return (name === "macaddr" && expected === undefined) || expected === found;
}

function storageOf(file = ""): string {
    return file.includes(":") ? file.split(":")[0]! : file;
}

/** A size as PVE writes it, in GiB. */
function gibOf(size: string): number {
    const [, count = "", unit = ""] = /^([\d.]+)([KMGT]?)$/.exec(size) ?? [];
    return Number(count) * ({ K: 1 / 1024 ** 2, M: 1 / 1024, G: 1, T: 1024 }[unit] ?? 1 / 1024 ** 3);
}

function valueOf({ name, cd }: Property, text: string | undefined): Value {
    if (text === undefined) {
        return undefined;
    }
    return name === "size" ? gibOf(text) : name === "file" && !cd ? storageOf(text) : text;
}

/** Settings that are told as yes or no. */
const BOOLEANS = /^(onboot|protection)$/;

/** A setting as it is told; PVE shows no password, and its mask would say nothing. */
function shown(key: string, value: Setting): Value {
    if (value === undefined) {
        return BOOLEANS.test(key) ? false : undefined;
    }
    return BOOLEANS.test(key) ? Number(value) === 1 : key === "cipassword" ? "set" : value;
}

function findingOf(vm: ConfiguredVm, difference: Difference, expected: Setting): NodeFinding {
    const { field, declared, found } = difference;
    const told: Told = {
        ...{ field, settle: settleOf(vm, difference, expected), task: "config" },
        ...(declared !== undefined && { declared }),
        ...(found !== undefined && { found }),
    };
    return vmFinding(vm.named, told);
}

/**
 * An up makes what it writes anyway as declared; the rest is a person's, on the node. Nothing is ever proposed that takes boot
 * entries, keys or data away.
 */
function settleOf(vm: ConfiguredVm, { key, field, found }: Difference, expected: Setting): Settle {
    const accept = keyOf(vm.named, field);
    const { vmid } = vm.named;
    if (KEYS_OF_A_VM.test(key) && found !== undefined) {
        return { by: "nothing", why: key.startsWith("efidisk") ? "boot entries" : "keys" };
    }
    if (field.endsWith(".size") && found !== undefined && DRIVE.test(key)) {
        return { by: "file", ...(accept && { accept }) };
    }
    if (DRIVE.test(key) && found === undefined && !isCd(expected!)) {
        return settingIn(declaredSettings(vm), key) === undefined
            ? { by: "command", command: `qm set ${vmid} --${key} ${detached(vm.settings)}` }
            : { by: "attach", vmid };
    }
    // qm reads SSH keys from a file, and an up writes them with the account.
    if (vm.written.has(topOf(key)) || (key === "sshkeys" && expected !== undefined)) {
        return { by: "up", ...(accept && { accept }) };
    }
    return { by: "command", command: commandOf(vm, key, expected), ...(accept && { accept }) };
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
