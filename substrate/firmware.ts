/** Firmware and machine of a VM as its file asks for them when it is made; what is missing is its template's. */
export interface FirmwareChoice {
    readonly firmware?: "bios" | "uefi";
    /** Whether an EFI disk of its own has keys enrolled, with which Secure Boot is on. */
    readonly secureBoot?: boolean;
    readonly tpm?: boolean;
    /** Machine type as PVE names it. */
    readonly machine?: string;
}

export const FIRMWARE_KEYS = ["firmware", "secureBoot", "tpm", "machine"] as const;

/** Firmware and machine that a VM got beside what its template brought, when it was made; datastores are PVE storages. */
export interface OwnFirmware {
    readonly bios?: "ovmf";
    readonly machine?: string;
    /** @property keys whether keys are enrolled. */
    readonly efiDisk?: { readonly datastore: string; readonly keys: boolean };
    readonly tpmState?: { readonly datastore: string };
}
