const MIB = 1024 ** 2;

/** Bytes in each unit that a definition may use; GB and TB are the decimal units that a disk's vendor prints. */
const units: Record<string, number> = {
    MiB: MIB,
    GiB: 1024 ** 3,
    TiB: 1024 ** 4,
    GB: 1000 ** 3,
    TB: 1000 ** 4,
};

/**
 * Size of a definition, such as `4GiB` or `1TB`, in whole MiB (rounded down).
 *
 * @throws RangeError for text that no schema lets through.
 */
export function parseMiB(text: string): number {
    const [, count, unit] = /^([0-9]+)([A-Za-z]+)$/.exec(text) ?? [];
    const bytes = units[unit ?? ""];
    if (count === undefined || bytes === undefined) {
        throw new RangeError(`not a size: ${text}`);
    }
    return Math.floor((Number(count) * bytes) / MIB);
}

/** Size of a definition, such as `32GiB` or `1TB`, in whole GiB (rounded down). */
export function parseGiB(text: string): number {
    return Math.floor(parseMiB(text) / 1024);
}

/** Bytes as a person reads them, such as 512MiB or 1.5GiB. */
export function bytesText(bytes: number): string {
    const unit = ["TiB", "GiB", "MiB"].find((one) => bytes >= units[one]!);
    return unit === undefined ? `${Math.ceil(bytes / 1024)}KiB` : `${Number((bytes / units[unit]!).toFixed(1))}${unit}`;
}
