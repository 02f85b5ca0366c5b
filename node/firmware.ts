import type { Fault } from "../definitions/faults";
import { historyOf } from "../state/recorded";
import { FIRMWARE_KEYS, type FirmwareChoice, type OwnFirmware } from "../substrate/firmware";
import type { WorkloadVm } from "../substrate/substrate";
import { firmwareSettings } from "./drift/configuration/declared";
import type { Guest, Settings } from "./inventory";
import { faultOf, type Known } from "./known";
import { propertiesIn } from "./nics";

/** Firmware and machine of a VM or a template by its settings; PVE's defaults where it has none. */
function firmwareIn({ bios, efidisk0, tpmstate0, machine }: Settings): Required<FirmwareChoice> {
    return {
        firmware: bios === "ovmf" ? "uefi" : "bios",
        secureBoot: propertiesIn(efidisk0 ?? "", "file")["pre-enrolled-keys"] === "1",
        tpm: tpmstate0 !== undefined,
        machine: machineOf({ machine }),
    };
}

/** Machine type of a VM or a template by its settings, as PVE names it. */
export function machineOf({ machine }: Settings): string {
    return propertiesIn(machine ?? "pc", "type")["type"] ?? "pc";
}

/** Firmware and machine that a VM gets beside those of the template that it is made from. */
export function ownFirmware({ firmware: asked, datastore }: WorkloadVm, template: Settings): OwnFirmware {
    const brought = firmwareIn(template);
    const uefi = asked.firmware === "uefi";
    const { machine } = asked;
    return {
        ...(uefi && brought.firmware === "bios" && { bios: "ovmf" as const }),
        ...(uefi && template["efidisk0"] === undefined && { efiDisk: { datastore, keys: asked.secureBoot ?? false } }),
        ...(asked.tpm === true && !brought.tpm && { tpmState: { datastore } }),
        ...(machine !== undefined && machine !== brought.machine && { machine }),
    };
}

/** Firmware of a template that a VM is not to have, and that every clone has: key and message of each. */
export function unlikeTemplate(
    { firmware: asked }: WorkloadVm,
    settings: Settings,
    template: string,
): { readonly key: keyof FirmwareChoice; readonly message: string }[] {
    const { firmware, secureBoot, tpm, machine } = firmwareIn(settings);
    const wrong = [
        asked.firmware === "bios" &&
            firmware === "uefi" &&
            ({ key: "firmware", message: `${template} has UEFI firmware, by which its disk boots` } as const),
        asked.secureBoot !== undefined &&
            settings["efidisk0"] !== undefined &&
            asked.secureBoot !== secureBoot &&
            ({
                key: "secureBoot",
                message: `${template} has an EFI disk ${secureBoot ? "with" : "without"} keys`,
            } as const),
        asked.tpm === false && tpm && ({ key: "tpm", message: `${template} has a TPM` } as const),
        // The provider takes it for nothing said (dvMachineType of vm.go in bpg v0.111.1).
        asked.machine === "pc" &&
            machine !== "pc" &&
            ({ key: "machine", message: `${template} is of the machine type ${machine}` } as const),
    ];
    return wrong
        .filter((one) => one !== false)
        .map(({ key, message }) => ({
            key,
            message: `${message}, which every clone takes over; leave ${key} out, or clone another template`,
        }));
}

/** Whether a file says anything of a VM's firmware and machine. */
export function asksFirmware({ firmware }: WorkloadVm): boolean {
    return Object.keys(firmware).length > 0;
}

/**
 * Firmware and machine are those that a VM was made with: another firmware boots nothing of its disks, and a new EFI disk or TPM
 * has neither boot entries nor keys. One that somebody changed on the node since is no fault, whether the file says what was or what is.
 */
export function checkFirmware(vm: WorkloadVm, { vmid }: Guest, { inventory, recorded }: Known): Fault[] {
    const config = inventory.configs.get(vmid);
    if (config === undefined) {
        return [];
    }
    const { template, firmware = {} } = historyOf(vm, recorded) ?? {};
    const now = firmwareIn(config);
    // What an earlier release made has no record of its template.
    const made = template === undefined ? now : firmwareIn({ ...template, ...firmwareSettings(firmware) });
    return FIRMWARE_KEYS.flatMap((key) => {
        const asked = vm.firmware[key];
        if (asked === undefined || asked === made[key] || asked === now[key]) {
            return [];
        }
        const message =
            `VM ${vmid} was made with ${key}: ${String(made[key])}, which stays. To have ${String(asked)} make it anew ` +
            "by a new word in rebuild, which loses what is on its disks; else leave it out";
        return [faultOf(vm, key, message)];
    });
}
