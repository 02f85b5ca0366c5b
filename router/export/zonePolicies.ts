import type { ZonePolicy, ZoneVariables } from "../../definitions/definitions";
import { DefinitionError, type Fault } from "../../definitions/faults";
import { covers, enclosingNetwork, networkOf } from "../../substrate/network";
import { describe, ownerOfRecord } from "../../substrate/recordOwnership";
import { allowanceRules } from "../../firewall/routerRules";
import type { Allowance, Substrate, Tenant } from "../../substrate/substrate";
import { NARROWING, OLDEST_KEYS, widened, widensWords } from "./collection/fit";
import type { RouterCollection } from "./collection/understood";
import type { GivenVars, ZoneKeys } from "./zones";
import { segmentsFromTenants, segmentsIntoTenants, siteSegment, type NetworkPlan } from "../../substrate/plan";

/** Zones that the policies are made of. */
interface Zones {
    readonly given: GivenVars;
    readonly keys: ZoneKeys;
    /** All zones, the tenants' among them. */
    readonly merged: Readonly<Record<string, ZoneVariables>>;
    /** The collection that reads them; missing where nobody says which it is. */
    readonly collection?: RouterCollection | undefined;
    /** A fault at an allowance of a tenant's file. */
    readonly faultOf: (tenant: string, index: number, message: string) => Fault;
}

/** Policies between zones, and what was left out of them. */
interface MergedPolicies {
    readonly policies: ZonePolicy[];
    /** One for each allowance that no policy says, since the collection that reads them is not known. */
    readonly leftOut: readonly Fault[];
}

/** A policy of a tenant, and the allowance that it says, where it says one. */
interface OwnPolicy {
    readonly policy: ZonePolicy;
    readonly tenant: string;
    readonly allowance?: Allowance;
}

/**
 * The policies between zones: those that were given, as they were, then the tenants'. Ours carry our prefix in their
 * name, by which a later run replaces them; one that was given and says the same already is not repeated. Without a collection
 * a tenant's policy that an old one would widen is left out.
 *
 * @throws DefinitionError where a given policy opens what no tenant's file does, where a zone that the site's matrix
 * names is missing, where an allowance cannot be said between zones, and where the collection would widen a policy.
 */
export function mergePolicies({ plan, tenants }: Substrate, zones: Zones): MergedPolicies {
    const { given, merged, collection } = zones;
    const needed = [...segmentsIntoTenants(plan), ...segmentsFromTenants(plan)].map(({ name }) => name);
    const kept = given.value.firewall_zone_policies.filter(({ name }) => ownerOfRecord(name) === undefined);
    const faults = [
        ...needed
            .filter((key) => merged[key] === undefined)
            .map((key) =>
                given.fault(["deevnet_vlans"], `the zone ${key} is missing, which the tenants' policies name`),
            ),
        ...foreign(plan, zones),
        ...(collection === undefined ? [] : widenedGiven(given, collection)),
    ];
    const own = tenants.flatMap((tenant) => policiesOf(plan, tenant, zones, faults));
    const wide = own.filter(({ policy }) => widened(policy, collection?.policyKeys ?? OLDEST_KEYS).length > 0);
    if (collection !== undefined) {
        faults.push(...wide.map((one) => widenedOwn(one, collection, zones)));
    }
    if (faults.length > 0) {
        throw new DefinitionError(onceEach(faults));
    }
    const said = own.filter((one) => !wide.includes(one)).map(({ policy }) => policy);
    return {
        policies: [...kept, ...said.filter((policy) => !kept.some((other) => covered(policy, other)))],
        leftOut: onceEach(
            wide.map(({ tenant, allowance }) => zones.faultOf(tenant, allowance!.index, notSaid(allowance!))),
        ),
    };
}

/** Policies of somebody else's that a collection would widen. */
function widenedGiven({ value, fault }: GivenVars, collection: RouterCollection): Fault[] {
    return value.firewall_zone_policies.flatMap((policy, i) => {
        const lost = ownerOfRecord(policy.name) === undefined ? widened(policy, collection.policyKeys) : [];
        return lost.length === 0
            ? []
            : [fault(["firewall_zone_policies", i, lost[0]!], widensWords(policy, lost, collection))];
    });
}

function widenedOwn({ policy, tenant, allowance }: OwnPolicy, collection: RouterCollection, { faultOf }: Zones): Fault {
    const lost = widened(policy, collection.policyKeys);
    return faultOf(tenant, allowance!.index, widensWords(policy, lost, collection));
}

function notSaid({ to, protocol, ports }: Allowance): string {
    return (
        `${[to, protocol, ...ports].join(" ")} is left out: a collection of early 2026 would open all of ${to}. ` +
        "Name yours by --collection or coreRouter.collection, and it is written where its role reads it"
    );
}

/** An allowance of several ports is several policies. */
function onceEach(faults: readonly Fault[]): Fault[] {
    const told = new Set<string>();
    return faults.filter((one) => {
        const key = JSON.stringify(one);
        return !told.has(key) && told.add(key);
    });
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

function policiesOf(plan: NetworkPlan, tenant: Tenant, zones: Zones, faults: Fault[]): OwnPolicy[] {
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
            tenant: name,
            allowance,
            policy: {
                ...pass(zone, target, ""),
                name: description,
                ...(protocol !== "any" && { protocol }),
                ...(isNetwork(allowance.to) && { destination_net: allowance.cidr }),
                ...(ports !== undefined && { destination_port: ports }),
            },
        }));
    });
    return [
        ...segmentsIntoTenants(plan).map((from) => ({
            tenant: name,
            policy: pass(from.name, zone, `from ${from.name}`),
        })),
        ...segmentsFromTenants(plan).map((to) => ({ tenant: name, policy: pass(zone, to.name, to.name) })),
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

/** Whether another policy lets through, from zone to zone and without a condition, what this one does. */
function covered(policy: ZonePolicy, other: ZonePolicy): boolean {
    const same = policy.from_zone === other.from_zone && policy.to_zone === other.to_zone;
    return same && (other.action ?? "pass") === "pass" && NARROWING.every((key) => other[key] === undefined);
}
