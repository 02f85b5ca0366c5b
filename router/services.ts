import { setTimeout as delay } from "node:timers/promises";
import type { RouterClient } from "./client";
import { served } from "./dhcp/keaInterfaces";
import { RouterError } from "./errors";
import type { KindName } from "./run";

/** A part of the router that takes over its saved configuration when it is told to. */
export type Service = "vlan" | "kea" | "unbound" | "alias" | "filter";

interface ServiceFacts {
    readonly reconfigure: string;
    /** The one kind of resource that writes for it. */
    readonly kind: KindName;
    /** Endpoint that says whether the service's process runs, where it is one. */
    readonly status?: string;
    /** Whether it has nothing to do, and so need not run. */
    readonly idle?: (client: RouterClient) => Promise<boolean>;
    /** Its name in the router's menu. */
    readonly name: string;
}

/**
 * In the order in which they are reconfigured: a VLAN before what listens on it, aliases before rules that use them.
 * filter/apply leaves aliases alone (`filter reload skip_alias` in opnsense/core's FilterBaseController).
 */
const SERVICES: Readonly<Record<Service, ServiceFacts>> = {
    vlan: { reconfigure: "interfaces/vlan_settings/reconfigure", kind: "vlan", name: "VLAN devices" },
    kea: {
        reconfigure: "kea/service/reconfigure",
        status: "kea/service/status",
        idle: async (client) => (await served(client)).length === 0,
        kind: "dhcp",
        name: "Kea DHCPv4",
    },
    unbound: {
        reconfigure: "unbound/service/reconfigure",
        status: "unbound/service/status",
        kind: "names",
        name: "Unbound DNS",
    },
    alias: { reconfigure: "firewall/alias/reconfigure", kind: "rules", name: "firewall aliases" },
    filter: { reconfigure: "firewall/filter/apply", kind: "rules", name: "firewall rules" },
};

/** Every service. */
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly Service[];

/** The kind of resource that writes for a service. */
export function kindOf(service: Service): KindName {
    return SERVICES[service].kind;
}

/**
 * How often a service is asked whether it runs, and how long after one another, in milliseconds: it may start slowly. Tests
 * wait less.
 */
const STATUS_TRIES = 5;
const STATUS_MS = Number(process.env["ROUTER_STATUS_MS"] ?? 300);

/** How often a service is reconfigured before it counts as failed: parallel changes have left Unbound stopped (opnsense-go#71). */
const RECONFIGURE_TRIES = 2;

/** Reconfigures services and gives back what went wrong, by service. */
export async function reconfigure(dirty: ReadonlyMap<Service, RouterClient>): Promise<Map<Service, string>> {
    const failures = new Map<Service, string>();
    for (const service of SERVICE_NAMES) {
        const client = dirty.get(service);
        for (let tries = 0; client !== undefined && tries < RECONFIGURE_TRIES; tries++) {
            try {
                await client.reconfigure(SERVICES[service].reconfigure);
                await requireRunning(client, service);
                failures.delete(service);
                break;
            } catch (error) {
                failures.set(service, (error as Error).message);
            }
        }
    }
    return failures;
}

/** Names of the services that do not run, of those that are processes. */
export async function stopped(client: RouterClient): Promise<string[]> {
    const names: string[] = [];
    for (const service of Object.values(SERVICES)) {
        if ((await misses(client, service)) !== undefined) {
            names.push(service.name);
        }
    }
    return names;
}

/** @throws RouterError where the service is a process and does not run. */
async function requireRunning(client: RouterClient, service: Service): Promise<void> {
    const { name } = SERVICES[service];
    const found = await misses(client, SERVICES[service]);
    if (found !== undefined) {
        throw new RouterError(
            `${name} does not run on the router (${found}): see there, under Services > ${name}, whether it is ` +
                "enabled and what its log says, then run it again.",
        );
    }
}

/** The router's word for how a service is that should run and does not; undefined where all is well. */
async function misses(client: RouterClient, { status, idle }: ServiceFacts): Promise<string | undefined> {
    const found = status === undefined ? "running" : await statusOf(client, status);
    return found === "running" || (await idle?.(client)) === true ? undefined : found;
}

/** The router's word for how a service is, given time to start where it is enabled. */
async function statusOf(client: RouterClient, path: string): Promise<string> {
    for (let tries = 1; ; tries++) {
        const { status: told } = ((await client.get(path)) ?? {}) as { status?: unknown };
        const status = typeof told === "string" ? told : "no status";
        if (["running", "disabled"].includes(status) || tries === STATUS_TRIES) {
            return status;
        }
        await delay(STATUS_MS);
    }
}
