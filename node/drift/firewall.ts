import { PVE_NAMES, vmFirewallOptions } from "../../firewall/vmOptions";
import { listField, THERE, type Settle } from "../../substrate/findings";
import { filterSetsOf } from "../addressFilter";
import type { Settings } from "../inventory";
import { vmFinding, type Named, type NodeFinding } from "./view";

/** Those that are told where they are missing: PVE takes the others' values for granted (PVE::Firewall, vm_option_properties). */
const WRITTEN = ["enable", "dhcp", "macfilter", "ndp", "policy_in"];

/**
 * Differences of the firewall around a VM that the provider does not read back, or nobody declared: options that were
 * deleted or have another value, and ipsets.
 *
 * @param told fields that a preview has told of; `tagged`: whether the VM is on a VLAN.
 */
export function firewallFindings(
    named: Named,
    options: Settings,
    ipsets: readonly string[],
    { told, tagged }: { readonly told: ReadonlySet<string>; readonly tagged: boolean },
): NodeFinding[] {
    const wanted = wantedOptions(tagged);
    return [
        ...deleted(named, wanted, options),
        ...changed(named, wanted, options),
        ...undeclaredSets(named, ipsets),
    ].filter(({ field = "" }) => !told.has(field) && !(field.startsWith("ipsets") && told.has("ipset")));
}

/** An option as PVE tells it. */
interface Option {
    readonly key: string;
    /** The provider's name. */
    readonly field: string;
    readonly value: string;
}

function wantedOptions(tagged: boolean): Option[] {
    const options = vmFirewallOptions(tagged);
    return Object.entries(PVE_NAMES).map(([field, key]) => {
        const value = options[field as keyof typeof options];
        return { key, field, value: typeof value === "boolean" ? String(Number(value)) : value };
    });
}

/** One finding, however many are gone: with the firewall's file they all are. */
function deleted(named: Named, wanted: readonly Option[], options: Settings): NodeFinding[] {
    const gone = wanted
        .filter(({ key }) => WRITTEN.includes(key) && options[key] === undefined)
        .map(({ key, value }) => [key, value] as const);
    const declared = Object.fromEntries(gone);
    return gone.length === 0
        ? []
        : [vmFinding(named, { field: "firewall.options", declared, settle: settleOf(named, gone) })];
}

function changed(named: Named, wanted: readonly Option[], options: Settings): NodeFinding[] {
    return wanted.flatMap(({ key, field, value: declared }) => {
        const found = options[key];
        return found === undefined || String(found) === declared
            ? []
            : [
                  vmFinding(named, {
                      field: `firewall.${field}`,
                      declared,
                      found,
                      settle: settleOf(named, [[key, declared]]),
                  }),
              ];
    });
}

function settleOf({ node, vmid }: Named, options: readonly (readonly [string, string])[]): Settle {
    const flags = options.map(([key, value]) => `--${key} ${value}`).join(" ");
    return { by: "command", command: `pvesh set /nodes/${node}/qemu/${vmid}/firewall/options ${flags}` };
}

/** A set named after a NIC filters what the VM sends from there; any other does nothing until a rule names it. */
function undeclaredSets(named: Named, ipsets: readonly string[]): NodeFinding[] {
    const own = named.vm === undefined ? [] : filterSetsOf(named.vm);
    return ipsets
        .filter((name) => !own.includes(name))
        .map((element) => {
            const command = `pvesh delete /nodes/${named.node}/qemu/${named.vmid}/firewall/ipset/${element} --force 1`;
            const field = listField({ list: "ipsets", element });
            return vmFinding(named, { field, found: THERE, settle: { by: "command", command } });
        });
}
