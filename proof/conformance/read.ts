import { jsonOr } from "../../definitions/json";
import { Refusal } from "../../definitions/refusal";
import { withEachNode, type NodeClient } from "../../node/client";
import { templatesIn, type Guest, type Settings } from "../../node/inventory";
import { orNothing, readInventory, type Parts } from "../../node/read";
import type { RouterClient } from "../../router/client";
import { carrierOfVlan } from "../../router/inventory";
import { readInventory as readRouter } from "../../router/read";
import { tenantsRows } from "../../router/rows";
import { markOf } from "../../substrate/recordOwnership";
import type { Hypervisor, Substrate, Tenant } from "../../substrate/substrate";
import { chooseTemplate } from "../../substrate/template";
import { NOBODY, type Probe } from "./probes";
import { TENANT, type Occupied } from "./place";

/** Machines of a check; no router where the stack writes to none. */
export interface Machines {
    readonly node: NodeClient;
    readonly router?: RouterClient;
}

/** Values of the placeholders of probes. */
export type Values = Readonly<Record<string, string>>;

/** Everything that is on a substrate: of its nodes what the token sees, of its router all. */
export async function readOccupied(substrate: Substrate, router: RouterClient | undefined): Promise<Occupied> {
    const nodes = await withEachNode(substrate, async (client, hypervisor) => {
        const { guests, pools } = await readInventory(client, hypervisor, { pools: true });
        const settings = [...guests.values()].map((guest) => settingsOf(client, hypervisor, guest));
        return { guests: [...guests.values()], pools, settings: await Promise.all(settings) };
    });
    return {
        guests: nodes.flatMap(({ guests }) => guests),
        settings: nodes.flatMap(({ settings }) => settings),
        pools: nodes.flatMap(({ pools }) => pools.map(({ poolid }) => poolid)),
        ...(router && { router: await readRouter(router) }),
    };
}

/** Settings of a VM or a container; one that went meanwhile has none. */
function settingsOf(client: NodeClient, { node }: Hypervisor, { type, vmid }: Guest): Promise<Settings> {
    return orNothing(client.get<Settings>(`/nodes/${node}/${type}/${vmid}/config`), {});
}

/**
 * Size in GiB of the system disk of the template that a hypervisor's VMs are cloned from.
 *
 * @throws Refusal where its choice means no template, or several.
 */
export async function templateDisk(client: NodeClient, hypervisor: Hypervisor): Promise<number> {
    const templates: Parts["templates"] = (guests) => {
        try {
            return [chooseTemplate(templatesIn(guests), hypervisor.template, hypervisor.node)];
        } catch (error) {
            throw error instanceof RangeError ? new Refusal(error.message) : error;
        }
    };
    const [details] = [...(await readInventory(client, hypervisor, { templates })).templates.values()];
    return Math.ceil(details?.systemDisk?.sizeGiB ?? 1);
}

/** The values of a run, of which some are known once its tenant is there. */
export async function valuesOf(
    { router }: Machines,
    { coreRouter }: Substrate,
    hypervisor: Hypervisor,
    tenant: Tenant,
): Promise<Values> {
    const { vlan, subnet } = tenant.segment;
    const values = {
        ...{ node: hypervisor.node, storage: hypervisor.datastore, bridge: hypervisor.bridge },
        ...{ vmid: String(tenant.vms[0]!.vmid), tenant: tenant.name, zone: tenant.zone, mark: markOf(TENANT) },
        ...{ vlan: String(vlan), parent: coreRouter.vlanParent, spare: subnet.poolStart },
    };
    if (router === undefined) {
        return values;
    }
    const inventory = await readRouter(router, ["interfaces", "vlans", "subnets", "rules"]);
    const own = (part: "subnets" | "rules") => tenantsRows(inventory[part], TENANT);
    return {
        ...values,
        interface: carrierOfVlan(inventory, coreRouter.vlanParent, vlan)?.identifier ?? "",
        scope: own("subnets")[0]?.uuid ?? NOBODY,
        rule: own("rules").find(({ description }) => description === `${markOf(TENANT)}: ntp`)?.uuid ?? NOBODY,
    };
}

/** An answer, as far as it is compared. */
export interface Heard {
    readonly status: number;
    readonly compared: unknown;
}

/**
 * Asks a machine a probe.
 *
 * @param tagged whether the VM has a VLAN.
 * @throws Refusal where it gives no answer at all.
 */
export async function hear(machines: Machines, probe: Probe, values: Values, tagged: boolean): Promise<Heard> {
    const path = filled(probe.path, values);
    const body = probe.body && (JSON.parse(filled(JSON.stringify(probe.body), values)) as Record<string, unknown>);
    if (probe.machine === "node") {
        const form = body === undefined ? "" : new URLSearchParams(body as Record<string, string>).toString();
        const { status, reason, text } = await machines.node.ask(probe.method, path, form);
        const { data, errors } = jsonOr(text, NO_JSON) as { data?: unknown; errors?: unknown };
        const refused = { reason, ...(errors !== undefined && { errors }) };
        return { status, compared: status === 200 ? comparedOf(probe, data ?? null, values, tagged) : refused };
    }
    const sent = body ?? (probe.method === "POST" ? {} : undefined);
    const { status, text } = await machines.router!.ask({ method: probe.method, path }, sent);
    const answer = jsonOr(text, NO_JSON);
    return { status, compared: status === 200 ? comparedOf(probe, answer, values, tagged) : saidIn(answer) };
}

/** Whatever is no JSON, such as a proxy's page, is told as that. */
const NO_JSON = { answer: "no JSON" };

/** The words of a router's error; where in its code it was thrown says nothing. */
function saidIn(answer: unknown): unknown {
    const { errorTrace: _, ...said } = answer as Record<string, unknown>;
    return said;
}

function filled(template: string, values: Values): string {
    return template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? NOBODY);
}

/** The run's own part of an answer: nothing of anybody else's is looked at. */
export function comparedOf(probe: Probe, answer: unknown, values: Values, tagged: boolean): unknown {
    const { list, own, fields } = probe;
    const listed = list === undefined ? answer : (answer as Record<string, unknown> | null)?.[list];
    const rows = own && Array.isArray(listed) ? listed.filter((row) => isOwn(row as object, own, values)) : listed;
    const part = (row: unknown) => (fields === undefined ? row : partOf(probe, row, tagged));
    return Array.isArray(rows) ? rows.map(part) : part(rows);
}

function isOwn(row: object, own: Readonly<Record<string, string>>, values: Values): boolean {
    return Object.entries(own).every(([field, template]) => {
        const [is, wanted] = [String((row as Record<string, unknown>)[field]), filled(template, values)];
        return is === wanted || is.startsWith(`${wanted}:`);
    });
}

function partOf({ fields = [], varies = [], tagged }: Probe, row: unknown, isTagged: boolean): unknown {
    if (typeof row !== "object" || row === null) {
        return row;
    }
    const values = row as Record<string, unknown>;
    const there = fields
        .filter((field) => values[field] !== undefined)
        .filter((field) => isTagged || tagged === true || !tagged?.includes(field));
    return Object.fromEntries(
        there.map((field) => {
            const value = values[field];
            return [field, varies.includes(field) && typeof value === "string" ? "any" : value];
        }),
    );
}

/** Versions of machines, and nothing else of them. */
export interface Versions {
    readonly pve: string;
    /** OPNsense's version, as far as its blank records tell it; missing where no router is asked. */
    readonly opnsense?: string;
}

/** A version as PVE and OPNsense write theirs. */
const VERSION = /^\d+(\.\d+)*([-._+]?\w{1,8})?$/;

/** Reads the versions of node and router. */
export async function readVersions({ node, router }: Machines): Promise<Versions> {
    const { version } = await node.get<{ version: string }>("/version");
    const pve = VERSION.test(version) ? version : "unknown";
    return { pve, ...(router && { opnsense: await opnsenseVersion(router) }) };
}

/**
 * OPNsense's version: the privileges that the program needs do not open it, and those who may ask are told; else it is known by
 * fields of blank records, which came with 26.1.3 (addptr of a host override) and by 26.7.2 (subnet_id of a Kea subnet).
 */
async function opnsenseVersion(router: RouterClient): Promise<string> {
    const firmware = await blank(router, "core/firmware/status");
    const version = firmware["product_version"];
    if (typeof version === "string" && VERSION.test(version)) {
        return version;
    }
    const [host, subnet] = [
        (await blank(router, "unbound/settings/getHostOverride"))["host"],
        (await blank(router, "kea/dhcpv4/get_subnet"))["subnet4"],
    ];
    const has = (record: unknown, field: string) => typeof record === "object" && record !== null && field in record;
    return has(subnet, "subnet_id") ? "26.7 or newer" : has(host, "addptr") ? "26.1.3 or newer" : "older than 26.1.3";
}

/** An answer's object; an empty one where the router refuses. */
async function blank(router: RouterClient, path: string): Promise<Readonly<Record<string, unknown>>> {
    const { status, text } = await router.ask({ method: "GET", path });
    const answer = status === 200 ? jsonOr(text, NO_JSON) : {};
    return typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {};
}
