import type { BackupDefinition, SubstrateDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import { faultAt, type CheckedTenant } from "../../definitions/places";
import { calendarFault } from "../calendarEvent";

/** Checks the backups that tenants and VMs ask for: that PVE takes the schedule, and that there is a storage. */
export function checkBackups({ hypervisors }: SubstrateDefinition, tenants: readonly CheckedTenant[]): Fault[] {
    return tenants.flatMap((tenant) => {
        const { hypervisor = Object.keys(hypervisors)[0]!, backup, vms } = tenant.value;
        const check = (path: readonly (string | number)[], one: BackupDefinition | undefined) =>
            one === undefined ? [] : checkBackup(tenant, path, one, hypervisor, hypervisors[hypervisor]?.backup);
        return [
            ...check(["backup"], backup),
            ...vms.flatMap((vm, index) => check(["vms", index, "backup"], vm.backup)),
        ];
    });
}

function checkBackup(
    tenant: CheckedTenant,
    path: readonly (string | number)[],
    { schedule, storage }: BackupDefinition,
    hypervisor: string,
    byHypervisor: string | undefined,
): Fault[] {
    const wrong = calendarFault(schedule);
    const nowhere = storage === undefined && byHypervisor === undefined;
    return [
        ...(wrong === undefined
            ? []
            : [faultAt(tenant, [...path, "schedule"], `${JSON.stringify(schedule)}: ${wrong}`)]),
        ...(nowhere
            ? [
                  faultAt(
                      tenant,
                      [...path],
                      `it names no storage, and hypervisors.${hypervisor}.backup does not either: set \`storage\` here, or that one in the stack file, to a PVE storage that takes backups`,
                  ),
              ]
            : []),
    ];
}
