import { faultAt, unique, type CheckedTenant, type Place } from "../../definitions/places";
import type { HealthDefinition, VmDefinition } from "../../definitions/definitions";
import type { Fault, Path } from "../../definitions/faults";
import { parseMiB } from "../../definitions/size";
import { cpuFault } from "../cpuTypes";
import { checkDevices } from "./devices";

/** Checks what the keys of one VM say together. */
export function checkVmDefinitions(tenants: readonly CheckedTenant[]): Fault[] {
    return tenants.flatMap((tenant) => [
        ...checkHealth(tenant, ["health"], tenant.value.health),
        ...tenant.value.vms.flatMap((vm, index) => [
            ...checkHealth(tenant, ["vms", index, "health"], vm.health),
            ...checkBalloon(tenant, index, vm),
            ...checkCpu(tenant, index, vm),
            ...checkSlots(tenant, index, vm),
            ...checkSecureBoot(tenant, index, vm),
            ...checkDevices(tenant, index, vm),
        ]),
    ]);
}

/** A gate that is open to everything tells nothing. */
function checkHealth(tenant: CheckedTenant, path: Path, health: HealthDefinition | undefined): Fault[] {
    if (health === undefined || health.agent || (health.tcp ?? health.http ?? health.command) !== undefined) {
        return [];
    }
    return [faultAt(tenant, path, "nothing to wait for; at least one of agent: true, tcp, http and command is needed")];
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

function checkSecureBoot(tenant: CheckedTenant, index: number, { firmware, secureBoot }: VmDefinition): Fault[] {
    const message =
        "its keys are on an EFI disk, which a VM has with firmware: uefi; set that, or leave secureBoot out";
    return secureBoot === undefined || firmware === "uefi"
        ? []
        : [faultAt(tenant, ["vms", index, "secureBoot"], message)];
}

function checkSlots(tenant: CheckedTenant, index: number, { disks }: VmDefinition): Fault[] {
    const places = disks.map(({ slot }, at): Place => ({
        tenant,
        path: ["vms", index, "disks", at, "slot"],
        value: slot,
    }));
    return unique(places, "slot");
}
