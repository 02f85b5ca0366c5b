import { historyOf, restartSettingsOf, type Recorded, type RestartSettings } from "../state/recorded";
import type { WorkloadVm } from "../substrate/substrate";
import { runs } from "./guestState";
import type { Guest } from "./inventory";

/**
 * Whether a VM's disks grow first and its other changes wait for the next run: the provider grows no disk of a running VM
 * in the same update as a change that needs a restart, unless it may restart it.
 */
export function growsFirst(vm: WorkloadVm, guest: Guest | undefined, recorded: Recorded): boolean {
    const had = historyOf(vm, recorded)?.restartSettings;
    if (had === undefined || guest === undefined || !runs(guest) || vm.reboot !== "never") {
        return false;
    }
    const grows =
        guest.systemDiskGiB < vm.diskGiB ||
        vm.extraDisks.some(({ interface: name, sizeGiB }) => (guest.extraDisks[name] ?? sizeGiB) < sizeGiB);
    const now = restartSettingsOf(vm);
    const keys = Object.keys({ ...had, ...now }) as (keyof RestartSettings)[];
    return grows && keys.some((key) => now[key] !== had[key]);
}
