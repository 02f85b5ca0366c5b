import { inventoryOf } from "../../router/export/inventory";
import { givenVars, zoneKeysOf } from "../../router/export/zones";
import { liesIn, networkOf } from "../../substrate/network";
import type { Substrate } from "../../substrate/substrate";
import type { DataPlane } from "../../lab/dataPlane";
import type { PlaneState } from "../../lab/planeState";
import type { Finding } from "../findings";
import { vmsOf } from "../proof";
import { bootVms, measureNames } from "./measure";

/** NIC of a host of the inventory, as far as the site's collection reads it. */
interface Nic {
    readonly id: string;
    readonly mac: string;
    readonly ip: string;
    readonly dns: {
        readonly host_a_record: boolean;
        readonly dhcp_reservation?: boolean;
        readonly cnames: readonly string[];
    };
}

/**
 * Boots every VM by what `tenants inventory` writes in mode export, and asks one VM of each tenant for every declared name. The data
 * plane is afterwards as it was before.
 */
export async function measureExported(plane: DataPlane, substrate: Substrate, state: PlaneState): Promise<Finding[]> {
    const nics = nicsOf(substrate);
    await plane.apply({ ...state, router: { ...state.router, ...recordsOf(substrate, state.router, nics) } });
    const leases = await bootVms(
        plane,
        vmsOf(substrate).map(([, vm]) => vm),
    );
    const names = await measureNames(plane, substrate, leases, ({ vms }, vm) => vm === vms[0]);
    await plane.apply(state);
    return names.map((one) => ({ ...one, what: `${one.what} (mode export)` }));
}

function nicsOf(substrate: Substrate): Nic[] {
    const exported: Substrate = { ...substrate, coreRouter: { ...substrate.coreRouter, mode: "export" } };
    const keys = zoneKeysOf(exported, givenVars(exported, []));
    return inventoryOf(exported, keys).map(({ id, vars }) => {
        const { env, infrastructure } = vars as Record<string, { interfaces: Record<string, object> }>;
        const first = ({ interfaces }: { interfaces: Record<string, object> }) => Object.values(interfaces)[0];
        return { id, ...first(env!), ...first(infrastructure!) } as Nic;
    });
}

/**
 * The router's names and reservations as the site's collection makes them of hosts: a reservation and a record for each host that asks for
 * one and has what it needs, aliases as host aliases, all in the site's zone (deevnet.net ecfa930,
 * roles/opnsense_dhcp/tasks/gather_hosts.yml and roles/opnsense_dns/tasks/gather_hosts.yml).
 */
function recordsOf({ zone }: Substrate, { subnets }: PlaneState["router"], nics: readonly Nic[]) {
    const subnetOf = (ip: string) =>
        subnets.find(({ subnet }) => liesIn(`${ip}/32`, [networkOf(String(subnet))]))?.["uuid"];
    const known = nics.filter(({ ip }) => ip !== "dhcp");
    const reserved = known.filter(({ mac, dns }) => dns.dhcp_reservation === true && mac !== "UNKNOWN");
    const recorded = known.filter(({ dns }) => dns.host_a_record);
    return {
        reservations: reserved.map(({ id, mac, ip }) => {
            return { subnet: subnetOf(ip), hw_address: mac.toUpperCase(), ip_address: ip, hostname: id };
        }),
        hosts: recorded.map(({ id, ip }) => ({
            ...{ uuid: id, enabled: "1", rr: "A", addptr: "1" },
            ...{ hostname: id, domain: zone, server: ip },
        })),
        host_aliases: recorded.flatMap(({ id, dns }) =>
            dns.cnames.map((hostname) => ({ host: id, enabled: "1", hostname, domain: zone })),
        ),
    };
}
