import { prefixOf } from "../../substrate/plan";
import { aliasLabels, knownAddress } from "../records";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { ZoneKeys } from "./zones";

/** The NIC's name in a guest: Fedora's for PVE's first one, which stands in PCI slot 18 of an i440fx machine. */
const INTERFACE = "ens18";

/** A VM as a host of the site's inventory. */
export interface InventoryHost {
    /** Unique on the substrate. */
    readonly id: string;
    /** Group of its tenant. */
    readonly group: string;
    readonly vars: Readonly<Record<string, unknown>>;
}

/**
 * The tenants' VMs as hosts of the site's own shape, ordered by VMID.
 *
 * A host is called {vm}.{tenant}: two tenants may both have an api-vm01, and the site's collections make a host's FQDN, and its record
 * in the site's zone, of that identifier and the site's zone, which so comes out as the VM's own.
 *
 * @param keys each tenant's zone key, as the router's variables have it; unused on a flat network.
 */
export function inventoryOf(substrate: Substrate, keys: ZoneKeys): InventoryHost[] {
    return substrate.tenants.flatMap((tenant) =>
        tenant.vms.map((vm) => ({
            id: `${vm.name}.${tenant.name}`,
            // A dash is no part of an Ansible group's name.
            group: `tenant_${tenant.name.replaceAll("-", "_")}`,
            vars: {
                ansible_host: vm.fqdn,
                ...(vm.user !== undefined && { ansible_user: vm.user.name }),
                infrastructure: { form: "vm", interfaces: { [INTERFACE]: { mac: vm.mac ?? "UNKNOWN" } } },
                env: { interfaces: { [INTERFACE]: environmentOf(substrate, tenant, vm, keys) } },
            },
        })),
    );
}

function environmentOf({ coreRouter }: Substrate, tenant: Tenant, vm: WorkloadVm, keys: ZoneKeys) {
    if (coreRouter.mode === "none") {
        return { ip: "dhcp", dns_search: [tenant.zone], dns: NOTHING };
    }
    const address = knownAddress(tenant, vm);
    return {
        ip: address ?? "dhcp",
        segment: keys.get(tenant.name)!,
        gateway: tenant.segment.subnet.gateway,
        prefix: prefixOf(tenant.segment.subnet.cidr),
        dns_search: [tenant.zone],
        dns: coreRouter.mode === "export" && address !== undefined ? recordsOf(tenant, vm) : NOTHING,
    };
}

/** No records: those of a VM whose address nobody knows, and in mode api all, since the stack writes them itself. */
const NOTHING = { host_a_record: false, cnames: [] };

/** Records that the site's collection is to write for a VM; aliases in the tenant's zone, as seen from the site's. */
function recordsOf(tenant: Tenant, vm: WorkloadVm) {
    return {
        host_a_record: true,
        ...(vm.mac !== undefined && vm.reserved !== undefined && { dhcp_reservation: true }),
        cnames: aliasLabels(tenant.zone, vm).map((label) => `${label}.${tenant.name}`),
    };
}

/** The groups of an inventory: one for each tenant, and `tenants` above them. Hosts have their variables, or none. */
export function groupsOf(hosts: readonly InventoryHost[], withVars: boolean) {
    const children: Record<string, { hosts: Record<string, unknown> }> = {};
    for (const { id, group, vars } of hosts) {
        children[group] ??= { hosts: {} };
        children[group].hosts[id] = withVars ? vars : {};
    }
    return { tenants: { children } };
}
