import type { VmOutput } from "../substrate/outputs";
import { textsIn, vmidOf, type StateResource } from "./deployment";
import type { Recorded } from "./recorded";

/** MAC of each VM by what knows it best: the last up that ended well, else one that made the VM, else the VM as it was read. */
export function macsIn(
    machines: Recorded["vms"],
    components: readonly StateResource[],
    vms: readonly VmOutput[],
): ReadonlyMap<number, string> {
    const known: readonly (readonly [number, unknown])[] = [
        ...[...machines].map(([vmid, { mac }]) => [vmid, mac] as const),
        ...components.map((one) => [vmidOf(one), one.outputs?.["mac"]] as const),
        ...vms.map(({ vmid, mac }) => [vmid, mac] as const),
    ];
    return new Map(known.flatMap(([vmid, mac]) => (typeof mac === "string" && mac ? [[vmid, mac.toLowerCase()]] : [])));
}

/** MACs of NICs beside the first, by what knows them best: an up that made them, else the VM as it was read. */
export function nicMacsIn(machines: Recorded["vms"], components: readonly StateResource[]): Recorded["nicMacs"] {
    const declared = components.map((one) => [vmidOf(one), one.outputs?.["nicMacs"]] as const);
    const all = new Map<number, readonly string[]>();
    for (const [vmid, { nicMacs = [] }] of machines) {
        all.set(
            vmid,
            nicMacs.map((mac) => mac.toLowerCase()),
        );
    }
    for (const [vmid, found] of declared) {
        const last = textsIn(found);
        if (Array.isArray(found) && last.length === found.length && !last.includes("")) {
            all.set(vmid, [...last, ...(all.get(vmid) ?? []).slice(last.length)]);
        }
    }
    return all;
}
