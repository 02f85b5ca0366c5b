import { subnetOf } from "../substrate/identity";
import { liesIn, networkOf } from "../substrate/network";
import { carrierOf, deviceOf, fieldOf, type FoundRow, type RouterFound } from "./found";
import type { Substrate } from "../substrate/substrate";
import { aliasName, hostName } from "./drift/names";
import { isTenants } from "../substrate/recordOwnership";

/** What a tenant that is gone still has on the router. */
export interface LeftOnRouter {
    /** Records that somebody must see to, in words. */
    readonly left: readonly string[];
    /** What stays by design, in words: a device that is assigned to an interface waits for the next tenant. */
    readonly stays: readonly string[];
}

/** A tenant that is gone, and the VLANs that it was on. */
export interface Gone {
    readonly tenant: string;
    readonly vlans: readonly number[];
}

/** Looks for what a tenant had on the router: records that bear its mark, and those of its VLAN, subnet and zone. */
export function leftOnRouter(found: RouterFound, substrate: Substrate, gone: Gone): LeftOnRouter {
    const own = (row: FoundRow) => isTenants(row["description"] ?? row["descr"], gone.tenant);
    const ranges = gone.vlans.map((vlan) => networkOf(subnetOf(substrate.site, vlan).cidr));
    const isIn = (cidr: string) => liesIn(cidr, ranges);
    const isNamed = (name: string) => name.endsWith(`.${gone.tenant}.${substrate.zone}`);
    const alias = (row: FoundRow) => aliasName({ found }, row);
    const subnet = (row: FoundRow) => fieldOf(row, "subnet");
    const address = (row: FoundRow) => fieldOf(row, "ip_address");
    const devices = found.vlans.filter(
        (row) =>
            fieldOf(row, "if") === substrate.coreRouter.vlanParent && gone.vlans.includes(Number(fieldOf(row, "tag"))),
    );
    const assigned = devices.filter((row) => carrierOf(found, row) !== undefined);
    const marked = devices.filter((row) => own(row) && !assigned.includes(row));
    return {
        left: [
            ...inWords("DHCP scope", found.subnets, (row) => own(row) || isIn(subnet(row)), subnet),
            ...inWords("reservation", found.reservations, (row) => own(row) || isIn(`${address(row)}/32`), address),
            ...inWords("name", found.hosts, (row) => own(row) || isNamed(hostName(row)), hostName),
            ...inWords("name", found.hostAliases, (row) => own(row) || isNamed(alias(row)), alias),
            ...inWords("rule", found.rules, own, (row) => fieldOf(row, "description")),
            ...inWords("alias", found.aliases, own, (row) => fieldOf(row, "name")),
            ...inWords("VLAN device", marked, () => true, deviceOf),
        ],
        stays: assigned.map(
            (row) => `router: VLAN device ${deviceOf(row)}, assigned as ${carrierOf(found, row)!.identifier}`,
        ),
    };
}

function inWords(
    kind: string,
    rows: readonly FoundRow[],
    isLeft: (row: FoundRow) => boolean,
    name: (row: FoundRow) => string,
): string[] {
    return rows.filter(isLeft).map((row) => `router: ${kind} ${name(row)}`);
}
