import type { Value } from "../../../substrate/findings";
import { storageOf } from "../../inventory";
import { fieldOf } from "./fields";
import { DRIVE, isCd, isCloudInit, KEYS_OF_A_VM, NIC, propertiesOf } from "./settings";

/** A setting, or a property of it, that is not as expected. */
export interface Difference {
    /** PVE's setting. */
    readonly key: string;
    readonly field: string;
    readonly declared?: Value;
    readonly found?: Value;
}

/** A setting as PVE gives it; undefined for one that is left out. */
export type Setting = string | number | undefined;

/** Differences of a setting: of a NIC or a drive that is there, property by property; of any other the whole. */
export function differencesAt(key: string, expected: Setting, found: Setting): Difference[] {
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
    switch (name) {
        case "file":
            return isSameFile(cd, expected, found);
        case "size":
            return isSameSize(cd || KEYS_OF_A_VM.test(key), expected, found);
        case "ms-cert":
            // PVE notes which of Microsoft's keys it enrolled (create_efidisk, src/PVE/QemuServer.pm:9158 of qemu-server 8.4.10).
            return true;
        case "macaddr":
            return expected === undefined || expected === found;
        default:
            return expected === found;
    }
}

function isSameFile(cd: boolean, expected = "", found = ""): boolean {
    const cloudInit = isCloudInit(expected) && isCloudInit(found);
    return cd && !cloudInit ? expected === found : storageOf(expected) === storageOf(found);
}

/** @param unknown whether the size is nobody's to say. */
function isSameSize(unknown: boolean, expected: string | undefined, found: string | undefined): boolean {
    return unknown || expected === undefined || found === undefined || gibOf(expected) === gibOf(found);
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
