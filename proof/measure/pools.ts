import { randomBytes } from "node:crypto";
import type { DataPlane, SentFrames } from "../../lab/dataPlane";
import { formatAddress, parseAddress } from "../../substrate/network";
import type { Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import type { Finding } from "../findings";
import { dhcpMessage, octets, type ClientMessage } from "./frames";

/** How long the router's answer may take, in seconds. */
const ANSWER_SECONDS = 2;

const WHY =
    "across tenants: Kea takes the scope by the relay that a message names, before any packet filter; a reservation or a fixed address is kept";

/**
 * Attempt of a tenant's VM to take an address of another tenant's pool, as a relay of that segment would ask for it; none where no two
 * tenants have a VM that asks by DHCP. It goes by what the router offers the other tenant's VM, before and after.
 *
 * @param macs of the VMs by VMID.
 */
export async function measurePools(
    plane: DataPlane,
    { tenants }: Substrate,
    macs: ReadonlyMap<number, string>,
): Promise<Finding[]> {
    // One with an address of its definition's asks nobody, and PVE lets no question of its out.
    const [own, other] = tenants.map((tenant) => ({ ...tenant, vms: tenant.vms.filter(asks) })).filter(hasVms);
    if (own === undefined || other === undefined) {
        return [];
    }
    const wanted = freeIn(other);
    const asked = (what: string, relay: string | undefined) => attempt(own, other, macs, what, relay, wanted);
    const all = [
        asked(`${own.name} asks for ${wanted} of ${other.name}'s pool (control)`, undefined),
        asked(
            `${own.name} asks for ${wanted} of ${other.name}'s pool as a relay of its segment`,
            other.segment.subnet.gateway,
        ),
    ];
    const seen: boolean[] = [];
    for (const { sent } of all) {
        const [watchers] = await plane.send([sent], ANSWER_SECONDS);
        seen.push(watchers!.length > 0);
    }
    return all.map(({ what, relayed }, index) => {
        const said = (left: boolean) =>
            left ? `${other.name} is offered it` : `${other.name} is not offered it any more`;
        const [expected, measured] = [said(!relayed), said(seen[index]!)];
        return { what, expected, measured, ok: expected === measured, ...(relayed && { note: WHY }) };
    });
}

function asks({ address }: WorkloadVm): boolean {
    return address === undefined;
}

function hasVms({ vms }: Tenant): boolean {
    return vms.length > 0;
}

/** The last address of a tenant's pool that is kept for none of its VMs. */
function freeIn({ segment, vms }: Tenant): string {
    const kept = new Set(vms.map(({ reserved }) => reserved));
    let address = parseAddress(segment.subnet.poolEnd)!;
    while (kept.has(formatAddress(address))) {
        address--;
    }
    return formatAddress(address);
}

/** A VM's request for an address of another segment, after which a VM there says that it would like that address. */
function attempt(
    own: Tenant,
    other: Tenant,
    macs: ReadonlyMap<number, string>,
    what: string,
    relay: string | undefined,
    wanted: string,
): { readonly what: string; readonly relayed: boolean; readonly sent: SentFrames } {
    const [from, to] = [own.vms[0]!, other.vms[0]!];
    const [thief, client] = [randomBytes(6), randomBytes(6)].map((mac) =>
        Buffer.concat([Buffer.from([2]), mac.subarray(1)]),
    );
    const frame = (vmid: number, message: ClientMessage) => dhcpMessage({ source: macs.get(vmid)! }, message);
    const request = { type: "request", client: thief!, wanted, server: own.segment.subnet.gateway, relay } as const;
    return {
        what,
        relayed: relay !== undefined,
        sent: {
            frames: [
                [`vm${from.vmid}`, frame(from.vmid, request)],
                [`vm${to.vmid}`, frame(to.vmid, { type: "discover", client: client!, wanted })],
            ],
            // The offered address, no next server, no relay, and whom it is for.
            mark: Buffer.concat([octets(wanted), Buffer.alloc(8), client!]),
            watchers: [`vm${to.vmid}`],
        },
    };
}
