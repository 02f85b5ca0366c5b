import { CACHES, type DiskOptions } from "../substrate/diskOptions";
import type { Settings } from "./inventory";
import { propertiesIn } from "./nics";

/** Options of a disk by the text of its drive in PVE's settings; those that PVE leaves out are missing. */
export function diskOptionsIn(drive: string | number): DiskOptions {
    const { discard, ssd, iothread, cache, backup } = propertiesIn(drive, "file");
    const known = CACHES.find((one) => one === cache);
    return {
        ...(discard !== undefined && { discard: discard === "on" }),
        ...(ssd !== undefined && { ssd: ssd === "1" }),
        ...(iothread !== undefined && { iothread: iothread === "1" }),
        ...(known !== undefined && { cache: known }),
        ...(backup !== undefined && { backup: backup === "1" }),
    };
}

/** Options as PVE writes them behind a drive's volume, each with a comma before it. */
export function diskOptionsText({ discard, cache, ...others }: DiskOptions): string {
    const flags = Object.entries(others).map(([name, value]) => `,${name}=${Number(value)}`);
    return [
        ...(discard === undefined ? [] : [`,discard=${discard ? "on" : "ignore"}`]),
        ...(cache === undefined ? [] : [`,cache=${cache}`]),
        ...flags,
    ].join("");
}

/** Options that disks of a template have, by PVE name; none for a disk that has no option. */
export function optionsOfDisks(settings: Settings, names: readonly string[]): Readonly<Record<string, DiskOptions>> {
    const options = names.map((name) => [name, diskOptionsIn(settings[name] ?? "")] as const);
    return Object.fromEntries(options.filter(([, one]) => Object.keys(one).length > 0));
}
