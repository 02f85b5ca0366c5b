import { faultAt, type CheckedTenant } from "../../definitions/places";
import type { HypervisorDefinition, SubstrateDefinition, TenantDefinition } from "../../definitions/definitions";
import type { Fault, Path } from "../../definitions/faults";
import { suggestion } from "../../definitions/suggest";
import type { Source } from "../../definitions/yaml";

/** Checks that a hypervisor has each further storage once: its own `datastore` has its size from the hardware. */
export function checkDatastores(stack: Source, { hypervisors }: SubstrateDefinition): Fault[] {
    return Object.entries(hypervisors).flatMap(([name, { datastore, datastores }]) => {
        const message = `${datastore} is the hypervisor's own datastore, whose size is hardware.storage; leave it out here`;
        return datastore in datastores ? [faultAt(stack, ["hypervisors", name, "datastores", datastore], message)] : [];
    });
}

/** Checks that the disks of a tenant's VMs lie on storages that its hypervisor has. */
export function checkDisksDatastores({ hypervisors }: SubstrateDefinition, tenant: CheckedTenant): Fault[] {
    const name = hypervisorOf(tenant.value, hypervisors);
    const hypervisor = name === undefined ? undefined : hypervisors[name];
    if (name === undefined || hypervisor === undefined) {
        // Told as such.
        return [];
    }
    const named = tenant.value.vms.flatMap(({ datastore, disks }, index): (readonly [Path, string | undefined])[] => [
        [["vms", index, "datastore"], datastore],
        ...disks.map((disk, at) => [["vms", index, "disks", at, "datastore"], disk.datastore] as const),
    ]);
    return named.flatMap(([path, datastore]) => {
        const message = datastore === undefined ? undefined : unknown(name, hypervisor, datastore);
        return message === undefined ? [] : [faultAt(tenant, path, message)];
    });
}

function hypervisorOf({ hypervisor }: TenantDefinition, hypervisors: SubstrateDefinition["hypervisors"]) {
    const [only, ...others] = Object.keys(hypervisors);
    return hypervisor ?? (others.length === 0 ? only : undefined);
}

function unknown(name: string, { datastore: own, datastores }: HypervisorDefinition, wanted: string) {
    const known = [own, ...Object.keys(datastores)];
    return known.includes(wanted)
        ? undefined
        : `${wanted} is no datastore of ${name}${suggestion(wanted, known)}; allowed: ${known.join(", ")} ` +
              `(hypervisors.${name}.datastore and datastores)`;
}
