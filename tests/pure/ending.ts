import { loadSubstrate } from "../../substrate/load";
import type { Held } from "../../substrate/expiry";
import type { Substrate } from "../../substrate/substrate";
import { project, STACK } from "../fixtures";

/** A second VM in a tenant's file. */
export const TWO = "  - name: db-vm01\n    instance: 2\n";

/** A substrate of tenants' files, by the tenants' names. */
export function substrateOf(tenants: Readonly<Record<string, string>>, stack = STACK): Substrate {
    const files = Object.entries(tenants).map(([name, text]) => [`tenants/dvntm/${name}.yaml`, text]);
    const root = project({ "Pulumi.dvntm.yaml": stack, ...(Object.fromEntries(files) as Record<string, string>) });
    return loadSubstrate({ root, substrate: "dvntm" });
}

/** Tenants and VMs that the state has. */
export function heldOf(tenants: readonly string[], vms: readonly number[]): Held {
    return { tenants: new Set(tenants), vms: new Set(vms) };
}

/** VMIDs that a run declares, by tenant. */
export function declaredIn({ tenants }: Pick<Substrate, "tenants">): Record<string, number[]> {
    return Object.fromEntries(tenants.map(({ name, vms }) => [name, vms.map(({ vmid }) => vmid)]));
}
