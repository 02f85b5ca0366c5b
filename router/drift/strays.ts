import { NOTHING, type DriftRow } from "../../report/drift";
import { freeTenantVlans, subnetOf, TENANT_VLANS } from "../../substrate/identity";
import { enclosingNetwork, liesIn, networkOf, overlaps, type Range } from "../../substrate/network";
import { carrierOf, fieldOf, type FoundRow, type RouterFound } from "../found";
import type { Substrate } from "../../substrate/substrate";
import { ownerOfRecord } from "../../substrate/recordOwnership";
import { aliasName, hostName } from "./names";
import { MENU } from "./view";

/**
 * What the router has in the tenants' ranges and no file declares: VLANs 50-59, scopes and reservations of their subnets,
 * names and addresses there, and every record that bears our mark. A VLAN that is assigned to an interface is none: the
 * one-time step makes and assigns all ten, and they wait for their tenants.
 */
export function strayRows(substrate: Substrate, found: RouterFound): DriftRow[] {
    const free = freeRanges(substrate);
    return [
        ...vlans(substrate, found),
        ...scopes(found, free),
        ...names(substrate, found, free),
        ...marked(substrate, found.rules, "rule", MENU.rules),
        ...marked(substrate, found.aliases, "alias", MENU.aliases),
    ];
}

/** Subnets of the tenants' VLANs that no tenant has. */
function freeRanges({ site, tenants }: Substrate): Range[] {
    const free = freeTenantVlans(tenants.map(({ segment }) => segment.vlan));
    return free.map((vlan) => networkOf(subnetOf(site, vlan).cidr));
}

function vlans({ tenants, coreRouter }: Substrate, found: RouterFound): DriftRow[] {
    const taken = new Set(tenants.map(({ segment }) => String(segment.vlan)));
    return found.vlans
        .filter((row) => {
            const tag = fieldOf(row, "tag");
            const ours = Number(tag) >= TENANT_VLANS.first && Number(tag) <= TENANT_VLANS.last;
            const here = fieldOf(row, "if") === coreRouter.vlanParent;
            return ours && !(taken.has(tag) && here) && carrierOf(found, row) === undefined;
        })
        .map((row) =>
            stray(row, `VLAN ${fieldOf(row, "tag")} on ${fieldOf(row, "if")}`, fieldOf(row, "descr"), MENU.vlan),
        );
}

function scopes(found: RouterFound, free: readonly Range[]): DriftRow[] {
    const subnets = found.subnets.filter((row) => {
        const network = enclosingNetwork(fieldOf(row, "subnet"));
        return network !== undefined && free.some((range) => overlaps(range, network));
    });
    const reservations = found.reservations.filter((row) => liesIn(`${fieldOf(row, "ip_address")}/32`, free));
    return [
        ...subnets.map((row) => stray(row, `DHCP scope ${fieldOf(row, "subnet")}`, fieldOf(row, "pools"), MENU.dhcp)),
        ...reservations.map((row) =>
            stray(
                row,
                `reservation ${fieldOf(row, "ip_address")}`,
                fieldOf(row, "hw_address").toLowerCase(),
                MENU.dhcp,
            ),
        ),
    ];
}

function names(substrate: Substrate, found: RouterFound, free: readonly Range[]): DriftRow[] {
    const zones = substrate.tenants.map(({ zone }) => `.${zone}`);
    const elsewhere = (name: string) => !zones.some((zone) => name.endsWith(zone));
    const hosts = found.hosts.filter(
        (row) => elsewhere(hostName(row)) && (liesIn(`${fieldOf(row, "server")}/32`, free) || isLost(substrate, row)),
    );
    const lost = new Set(hosts.map(({ uuid }) => uuid));
    const aliases = found.hostAliases.filter(
        (row) => elsewhere(aliasName({ found }, row)) && !lost.has(fieldOf(row, "host")) && isLost(substrate, row),
    );
    return [
        ...hosts.map((row) => stray(row, `name ${hostName(row)}`, fieldOf(row, "server"), MENU.names)),
        ...aliases.map((row) => stray(row, `name ${aliasName({ found }, row)}`, "an alias", MENU.names)),
    ];
}

function marked(substrate: Substrate, rows: readonly FoundRow[], kind: string, menu: string): DriftRow[] {
    return rows
        .filter((row) => isLost(substrate, row))
        .map((row) =>
            stray(row, `${kind} ${fieldOf(row, "description")}`, fieldOf(row, "action") || fieldOf(row, "name"), menu),
        );
}

/** Whether a record bears our mark and is of no tenant here. */
function isLost({ tenants }: Substrate, row: FoundRow): boolean {
    const owner = ownerOfRecord(row["description"]);
    return owner !== undefined && !tenants.some(({ name }) => name === owner);
}

/** A record that no file declares; one that bears our mark tells the tenant that it was of. */
function stray(row: FoundRow, what: string, found: string, menu: string): DriftRow {
    const tenant = ownerOfRecord(row["description"] ?? row["descr"]) ?? "";
    const settle = `delete it by hand, on the router: ${menu}; or declare its tenant`;
    return { tenant, where: "router", what, declared: NOTHING, found: found || "there", settle };
}
