import { faultAt, unique, type CheckedTenant, type Place } from "../../definitions/places";
import type { VmDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import { parseMiB } from "../../definitions/size";
import { cpuFault } from "../cpuTypes";

/** Checks what the keys of one VM say together. */
export function checkVmDefinitions(tenants: readonly CheckedTenant[]): Fault[] {
    return tenants.flatMap((tenant) =>
        tenant.value.vms.flatMap((vm, index) => [
            ...checkBalloon(tenant, index, vm),
            ...checkCpu(tenant, index, vm),
            ...checkSlots(tenant, index, vm),
        ]),
    );
}

function checkBalloon(tenant: CheckedTenant, index: number, { memory, balloon }: VmDefinition): Fault[] {
    return balloon === undefined || parseMiB(balloon) <= parseMiB(memory)
        ? []
        : [
              faultAt(
                  tenant,
                  ["vms", index, "balloon"],
                  `${balloon} is more than memory, ${memory}; allowed: up to that`,
              ),
          ];
}

/** The node's own types are checked where it is asked (preflight). */
function checkCpu(tenant: CheckedTenant, index: number, { cpu }: VmDefinition): Fault[] {
    const message = cpuFault(cpu);
    return message === undefined ? [] : [faultAt(tenant, ["vms", index, "cpu"], message)];
}

function checkSlots(tenant: CheckedTenant, index: number, { disks }: VmDefinition): Fault[] {
    const places = disks.map(({ slot }, at): Place => ({
        tenant,
        path: ["vms", index, "disks", at, "slot"],
        value: slot,
    }));
    return unique(places, "slot");
}
