import { THERE, type Finding, type Subject, type SubjectKind } from "../../substrate/findings";
import { cidrOf, freeVlans } from "../../substrate/plan";
import { enclosingNetwork, liesIn, networkOf, overlaps, type Range } from "../../substrate/network";
import { ownerOfRecord } from "../../substrate/recordOwnership";
import type { Substrate } from "../../substrate/substrate";
import type { Row } from "../client";
import { macOf } from "../dhcp/fields";
import { carrierOf, type RouterInventory } from "../inventory";
import { aliasName, nameOf } from "../names/fields";
import { descriptionOf, text } from "../rows";
import { MENU } from "./view";

/**
 * Records in the tenants' ranges that no file declares: their VLANs, scopes and reservations of their subnets, names and
 * addresses there, and every record that bears our mark. A VLAN that is assigned to an interface is none: the one-time
 * step makes and assigns all of them, and they wait for their tenants.
 */
export function undeclaredFindings(substrate: Substrate, inventory: RouterInventory): Finding[] {
    const free = freeRanges(substrate);
    return [
        ...vlans(substrate, inventory),
        ...scopes(inventory, free),
        ...names(substrate, inventory, free),
        ...marked(substrate, inventory.rules, "rule", MENU.rules),
        ...marked(substrate, inventory.aliases, "alias", MENU.aliases),
    ];
}

/** Subnets of the tenants' VLANs that no tenant has. */
function freeRanges({ plan, tenants }: Substrate): Range[] {
    const free = freeVlans(
        plan,
        tenants.map(({ segment }) => segment.vlan),
    );
    return free.map((vlan) => networkOf(cidrOf(plan, vlan)!));
}

function vlans({ plan, tenants, coreRouter }: Substrate, inventory: RouterInventory): Finding[] {
    const taken = new Set(tenants.map(({ segment }) => String(segment.vlan)));
    return inventory.vlans.flatMap((row) => {
        const [tag, nic] = [text(row, "tag"), text(row, "if")];
        const ours = plan.vlans.includes(Number(tag));
        const declared = taken.has(tag) && nic === coreRouter.vlanParent;
        return ours && !declared && carrierOf(inventory, row) === undefined
            ? [undeclared(row, { kind: "vlan", id: tag, name: nic }, MENU.vlan, text(row, "descr"))]
            : [];
    });
}

function scopes(inventory: RouterInventory, free: readonly Range[]): Finding[] {
    const subnets = inventory.subnets.filter((row) => {
        const network = enclosingNetwork(text(row, "subnet"));
        return network !== undefined && free.some((range) => overlaps(range, network));
    });
    const reservations = inventory.reservations.filter((row) => liesIn(`${text(row, "ip_address")}/32`, free));
    return [
        ...subnets.map((row) =>
            undeclared(row, { kind: "scope", id: text(row, "subnet") }, MENU.dhcp, text(row, "pools")),
        ),
        ...reservations.map((row) =>
            undeclared(row, { kind: "reservation", id: text(row, "ip_address") }, MENU.dhcp, macOf(row)),
        ),
    ];
}

function names(substrate: Substrate, { hosts, hostAliases }: RouterInventory, free: readonly Range[]): Finding[] {
    const zones = substrate.tenants.map(({ zone }) => `.${zone}`);
    const elsewhere = (name: string) => !zones.some((zone) => name.endsWith(zone));
    const lost = hosts.filter(
        (row) => elsewhere(nameOf(row)) && (liesIn(`${text(row, "server")}/32`, free) || isLost(substrate, row)),
    );
    const uuids = new Set(lost.map(({ uuid }) => uuid));
    const aliases = hostAliases.filter(
        (row) => elsewhere(aliasName(row, hosts)) && !uuids.has(text(row, "host")) && isLost(substrate, row),
    );
    const name = (row: Row, id: string, found: Finding["found"]) =>
        undeclared(row, { kind: "name", id }, MENU.names, found);
    return [
        ...lost.map((row) => name(row, nameOf(row), text(row, "server"))),
        ...aliases.map((row) => name(row, aliasName(row, hosts), { aliasOf: undefined })),
    ];
}

function marked(substrate: Substrate, rows: readonly Row[], kind: SubjectKind, menu: string): Finding[] {
    return rows
        .filter((row) => isLost(substrate, row))
        .map((row) => {
            const id = text(row, kind === "rule" ? "sequence" : "name");
            const subject = { kind, id, name: text(row, "description") };
            return undeclared(row, subject, menu, text(row, "action") || text(row, "name"));
        });
}

/** Whether a record bears our mark and is of no tenant here. */
function isLost({ tenants }: Substrate, row: Row): boolean {
    const owner = ownerOfRecord(descriptionOf(row));
    return owner !== undefined && !tenants.some(({ name }) => name === owner);
}

/** A record that no file declares; one that bears our mark tells the tenant that it was of. */
function undeclared(row: Row, subject: Subject, menu: string, found: Finding["found"]): Finding {
    const tenant = ownerOfRecord(descriptionOf(row));
    return {
        ...(tenant !== undefined && { tenant }),
        place: { kind: "router" },
        subject,
        found: found === "" ? THERE : found,
        settle: { by: "menu", menu, remove: true },
    };
}
