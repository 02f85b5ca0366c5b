import type { Fault } from "../../../definitions/faults";
import type { RouterVariables, ZonePolicy } from "../../../definitions/definitions";
import type { RouterCollection } from "./understood";

/** Keys that make a policy narrower than from zone to zone. */
export const NARROWING = ["protocol", "source_net", "destination_net", "destination_port"] as const;

/**
 * Keys of a policy that the oldest collection known reads, deevnet.net of early 2026: it makes every policy a rule for all
 * from zone to zone. Its successor of September 2026 reads the others, too.
 */
export const OLDEST_KEYS: ReadonlySet<string> = new Set(["from_zone", "to_zone", "action"]);

const SINCE = "the lab's own reads them since September 2026";

/** Keys of a policy that a collection would leave out, so that it opened more than the policy says. */
export function widened(policy: ZonePolicy, keys: ReadonlySet<string>): string[] {
    return NARROWING.filter((key) => policy[key] !== undefined && !keys.has(key));
}

/** Why a collection must not be given a policy, in words. */
export function widensWords(policy: ZonePolicy, lost: readonly string[], { label, role }: RouterCollection): string {
    return (
        `${label} would open all from ${policy.from_zone} to ${policy.to_zone}: its role ${role} reads no ` +
        `${lost.join(", ")} of a policy. Take a version that does (${SINCE}), or leave it out`
    );
}

/** Variables and keys of zones that carry what the tenants declare. */
const CARRIERS = [
    ...["deevnet_vlans", "firewall_zone_policies", "firewall_internet_zones"],
    ...["vlan_id", "subnet", "gateway", "dhcp_range_start", "dhcp_range_end"],
];

/**
 * Why a collection must not run with a substrate's variables, whatever they are: it would delete every rule that it manages where
 * its discovery finds no zone, or make nothing of a part of them. A policy that it would widen is told at its own place.
 */
export function collectionFaults(collection: RouterCollection, source: string, given: RouterVariables): Fault[] {
    const { label, role, wipes, switches, words } = collection;
    const off = switches.filter((name) => (given as Readonly<Record<string, unknown>>)[name] !== true);
    const wipe = `${label} deletes every rule that its role ${role} manages where it finds no zone on the router: nothing guards this task`;
    const dropped = CARRIERS.filter((word) => !words.has(word));
    const drop = `${label} reads no ${dropped.join(", ")}, so that it would make nothing of what the tenants declare there`;
    return [
        ...(wipes === undefined || off.length > 0
            ? []
            : [
                  {
                      file: `${source}/${wipes.file}`,
                      ...(wipes.line !== undefined && { line: wipes.line }),
                      path: wipes.name,
                      message: `${wipe}. Take a version that ends where it would make no rule, or that deletes on demand alone (the lab's own since September 2026)`,
                  },
              ]),
        ...(dropped.length === 0 ? [] : [{ file: source, path: "", message: drop }]),
    ];
}
