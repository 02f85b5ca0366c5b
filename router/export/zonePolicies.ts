import type { ZonePolicy, ZoneVariables } from "../../definitions/definitions";
import { DefinitionError, type Fault } from "../../definitions/faults";
import { covers, enclosingNetwork, networkOf } from "../../substrate/network";
import { describe, ownerOfRecord } from "../../substrate/recordOwnership";
import { allowanceRules } from "../../firewall/routerRules";
import type { Allowance, Substrate, Tenant } from "../../substrate/substrate";
import type { GivenVars, ZoneKeys } from "./zones";
import { segmentsFromTenants, segmentsIntoTenants, siteSegment, type NetworkPlan } from "../../substrate/plan";

/** Zones that the policies are made of. */
interface Zones {
    readonly given: GivenVars;
    readonly keys: ZoneKeys;
    /** All zones, the tenants' among them. */
    readonly merged: Readonly<Record<string, ZoneVariables>>;
    /** A fault at an allowance of a tenant's file. */
    readonly faultOf: (tenant: string, index: number, message: string) => Fault;
}

/**
 * The policies between zones: those that were given, as they were, then the tenants'. Ours carry our prefix in their
 * name, by which a later run replaces them; one that was given and says the same already is not repeated.
 *
 * @throws DefinitionError where a given policy opens what no tenant's file does, where a zone that the site's matrix
 * names is missing, and where an allowance cannot be said between zones.
 */
export function mergePolicies({ plan, tenants }: Substrate, zones: Zones): ZonePolicy[] {
    const { given, merged } = zones;
    const needed = [...segmentsIntoTenants(plan), ...segmentsFromTenants(plan)].map(({ name }) => name);
    const kept = given.value.firewall_zone_policies.filter(({ name }) => ownerOfRecord(name) === undefined);
    const faults = [
        ...needed
            .filter((key) => merged[key] === undefined)
            .map((key) =>
                given.fault(["deevnet_vlans"], `the zone ${key} is missing, which the tenants' policies name`),
            ),
        ...foreign(plan, zones),
    ];
    const own = tenants.flatMap((tenant) => policiesOf(plan, tenant, zones, faults));
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
    return [...kept, ...own.filter((policy) => !kept.some((other) => covered(policy, other)))];
}

/** A given policy that leads out of a tenant's zone would open what the tenant's file does not say. */
function foreign(plan: NetworkPlan, { given, keys }: Zones): Fault[] {
    return given.value.firewall_zone_policies.flatMap((policy, i) => {
        const { from_zone: from, to_zone: to, name, action = "pass" } = policy;
        const [tenant] = [...keys].find(([, key]) => key === from) ?? [];
        if (tenant === undefined || ownerOfRecord(name) !== undefined || action !== "pass" || plan.reach.includes(to)) {
            return [];
        }
        const message =
            `opens ${from} to ${to}, which the file of tenant ${tenant} does not say. ` +
            "Declare it there with allow, and take it out here";
        return [given.fault(["firewall_zone_policies", i], message)];
    });
}

function policiesOf(plan: NetworkPlan, tenant: Tenant, zones: Zones, faults: Fault[]): ZonePolicy[] {
    const { name } = tenant;
    const zone = zones.keys.get(name)!;
    const pass = (from: string, to: string, what: string): ZonePolicy => ({
        from_zone: from,
        to_zone: to,
        action: "pass",
        name: describe(name, what),
    });
    const allowed = tenant.allow.flatMap((allowance) => {
        const target = targetOf(plan, allowance, zones);
        if (target === undefined) {
            faults.push(zones.faultOf(name, allowance.index, noZone(allowance)));
            return [];
        }
        return allowanceRules(name, allowance).map(({ protocol, ports, description }) => ({
            ...pass(zone, target, ""),
            name: description,
            ...(protocol !== "any" && { protocol }),
            ...(isNetwork(allowance.to) && { destination_net: allowance.cidr }),
            ...(ports !== undefined && { destination_port: ports }),
        }));
    });
    return [
        ...segmentsIntoTenants(plan).map((from) => pass(from.name, zone, `from ${from.name}`)),
        ...segmentsFromTenants(plan).map((to) => pass(zone, to.name, to.name)),
        ...allowed,
    ];
}

function noZone({ to }: Allowance): string {
    return isNetwork(to)
        ? `${to} is in no zone of deevnet_vlans, and the site's collection knows rules between zones alone. ` +
              "Name a network of one zone, or let coreRouter.mode: api write the rule"
        : `${to} is no zone of deevnet_vlans; add it there`;
}

/** Key of the zone that an allowance leads to; undefined where there is none. */
function targetOf(plan: NetworkPlan, { to, cidr }: Allowance, { keys, merged }: Zones): string | undefined {
    const named = keys.get(to) ?? (siteSegment(plan, to) !== undefined && merged[to] !== undefined ? to : undefined);
    return isNetwork(to) ? Object.keys(merged).find((key) => holds(merged[key]!, cidr)) : named;
}

function isNetwork(to: string): boolean {
    return enclosingNetwork(to) !== undefined;
}

function holds({ subnet }: ZoneVariables, cidr: string): boolean {
    const zone = enclosingNetwork(subnet ?? "");
    return zone !== undefined && covers(zone, networkOf(cidr));
}

const NARROWING = ["protocol", "source_net", "destination_net", "destination_port"] as const;

/** Whether another policy lets through, from zone to zone and without a condition, what this one does. */
function covered(policy: ZonePolicy, other: ZonePolicy): boolean {
    const same = policy.from_zone === other.from_zone && policy.to_zone === other.to_zone;
    return same && (other.action ?? "pass") === "pass" && NARROWING.every((key) => other[key] === undefined);
}
