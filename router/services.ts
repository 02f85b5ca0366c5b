import { setTimeout as delay } from "node:timers/promises";
import type { RouterClient } from "./client";
import { ServiceDownError } from "./errors";
import type { KindName } from "./run";

/** A part of the router that takes over its saved configuration when it is told to. */
export type Service = "vlan" | "kea" | "unbound" | "alias" | "filter";

interface ServiceFacts {
    readonly reconfigure: string;
    /** The one kind of resource that writes for it. */
    readonly kind: KindName;
    /** Endpoint that says whether the service's process runs, where it is one. */
    readonly status?: string;
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
    for (const service of Object.keys(SERVICES) as Service[]) {
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

/** @throws ServiceDownError where the service is a process and does not run. */
export async function requireRunning(client: RouterClient, service: Service): Promise<void> {
    const { status, name } = SERVICES[service];
    if (status === undefined) {
        return;
    }
    let found: string | undefined;
    for (let tries = 0; tries < STATUS_TRIES; tries++) {
        found = (((await client.get(status)) ?? {}) as { status?: string }).status;
        if (found === "running") {
            return;
        }
        await delay(STATUS_MS);
    }
    throw new ServiceDownError(
        `${name} does not run on the router (${found ?? "no status"}): see there, under Services > ${name}, whether it is ` +
            "enabled and what its log says, then run it again.",
    );
}
