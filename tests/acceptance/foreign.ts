import { isDeepStrictEqual } from "node:util";
import type { SeenRequest } from "../../lab/simulatedMachine";
import type { AuditedWrite } from "../../lab/simulatedRouter";
import { interfaceOf } from "../router/managed";

/** Requests that would change the node, but for those about the VMs and the pool of one tenant. */
export function foreign(requests: readonly SeenRequest[], vlan: number): string[] {
    return requests
        .filter(({ method }) => method !== "GET")
        .filter(
            ({ path, body }) =>
                !new RegExp(`/qemu/${vlan}\\d\\d(/|$|\\?)`).test(path) &&
                !path.endsWith(`/pools?poolid=tenant${vlan}`) &&
                !(path.endsWith("/vzdump") && new RegExp(`vmid=${vlan}\\d\\d&`).test(body)),
        )
        .map(({ method, path }) => `${method} ${path}`);
}

/** Changes of the router's configuration, but for records of one tenant and the interface that Kea serves for it. */
export function foreignWrites(writes: readonly AuditedWrite[], vlan: number): string[] {
    const own = ({ before, after }: AuditedWrite) =>
        (before ?? after)?.["description"]?.startsWith(`tenant-hypervisors: tenant${vlan}: `) === true;
    // The list comes back in an order of the router's own.
    const names = (list = "") => list.split(",").sort();
    const served = ({ path, before, after }: AuditedWrite) =>
        path === "/kea/dhcpv4/set" &&
        isDeepStrictEqual(
            names(before?.["interfaces"]).filter((name) => name !== interfaceOf(vlan)),
            names(after?.["interfaces"]),
        );
    return writes.filter((write) => !own(write) && !served(write)).map(({ path, uuid }) => `${path} ${uuid}`);
}
