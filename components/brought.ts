import { inheritedSettings } from "../node/drift/configuration/declared";
import { optionsOfDisks } from "../node/diskOptions";
import { ownFirmware } from "../node/firmware";
import type { TemplateDetails } from "../node/inventory";
import { LINUX, type Brought } from "../state/recorded";
import type { WorkloadVm } from "../substrate/substrate";

/**
 * Settings that a clone of a template brings: options of the disks that the file declares, and the rest of its settings; and what
 * the file gives it beside them.
 */
export function broughtFrom({ settings, vmid, name, created }: TemplateDetails, vm: WorkloadVm): Brought {
    const diskOptions = optionsOfDisks(settings, ["scsi0", ...vm.extraDisks.map((disk) => disk.interface)]);
    const firmware = ownFirmware(vm, settings);
    const ostype = String(settings["ostype"] ?? LINUX);
    return {
        ...(Object.keys(diskOptions).length > 0 && { diskOptions }),
        ...(Object.keys(firmware).length > 0 && { firmware }),
        ...(ostype !== LINUX && { ostype }),
        template: inheritedSettings(settings, vm.clone === "full" ? vm.datastore : undefined),
        clonedFrom: { vmid, name, ...(created !== undefined && { created }) },
    };
}
