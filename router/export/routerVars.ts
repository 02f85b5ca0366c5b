import type { RouterVariables } from "../../definitions/definitions";
import { DefinitionError, type Fault } from "../../definitions/faults";
import { stackFileOf } from "../../definitions/stackFile";
import type { Substrate } from "../../substrate/substrate";
import type { Source } from "../../definitions/yaml";
import { collectionFaults } from "./collection/fit";
import type { RouterCollection } from "./collection/understood";
import { mergePolicies } from "./zonePolicies";
import { givenVars, mergeZones, unclaimed, zoneKeysOf, type GivenVars } from "./zones";

/** Output of `tenants router-vars`. */
export interface MergedVars {
    readonly variables: RouterVariables;
    /** Keys of tenants' zones that no tenant here has, which somebody should look at. */
    readonly unclaimed: readonly string[];
    /** One for each allowance that the variables do not say, since nobody says which collection reads them. */
    readonly leftOut: readonly Fault[];
}

/** The site's own side of the router's variables. */
export interface GivenSide {
    /** Variables as the site has them, a source a file; none: what the site's own table says of the site. */
    readonly given: readonly Source[];
    /** The collection that reads them, and where it comes from; missing where nobody says. */
    readonly collection?: { readonly understood: RouterCollection; readonly source: string } | undefined;
    /** Makes a fault at an allowance of a tenant's file. */
    readonly faultOf: (tenant: string, index: number, message: string) => Fault;
}

/**
 * The variables of the site's deevnet.net collection with the tenants in them: complete, since Ansible replaces each
 * variable whole, and with all that was given. The result given again comes back the same.
 *
 * Names of VMs are not among them: the collection takes them from the hosts of the inventory.
 *
 * @throws DefinitionError with every conflict between what was given and the tenants, with all that the collection would widen,
 * drop or delete, and in a mode other than export.
 */
export function routerVars(substrate: Substrate, { given, collection, faultOf }: GivenSide): MergedVars {
    requireExport(substrate);
    const vars = givenVars(substrate, given);
    requireOurs(substrate, vars);
    requireFit(vars, collection);
    const keys = zoneKeysOf(substrate, vars);
    const merged = mergeZones(substrate, vars, keys);
    const { value } = vars;
    const { policies, leftOut } = mergePolicies(substrate, {
        ...{ given: vars, keys, merged, faultOf },
        collection: collection?.understood,
    });
    const variables = {
        ...value,
        deevnet_vlans: merged,
        opnsense_vlan_parent: value.opnsense_vlan_parent ?? substrate.coreRouter.vlanParent,
        firewall_zone_policies: policies,
        firewall_internet_zones: [...new Set([...value.firewall_internet_zones, ...keys.values()])],
        dns_domain: value.dns_domain ?? substrate.zone,
    };
    return { variables, unclaimed: unclaimed(substrate, vars, keys), leftOut };
}

/** A collection that would leave the router worse than it was gets nothing. */
function requireFit({ value }: GivenVars, collection: GivenSide["collection"]): void {
    const faults = collection === undefined ? [] : collectionFaults(collection.understood, collection.source, value);
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
}

/** In mode api the stack writes what these variables say, and the site's collection would take it for its own. */
function requireExport({ name, coreRouter: { mode } }: Substrate): void {
    const why = { api: "the stack writes to the router itself", none: "there are no VLANs to write of", export: "" };
    if (mode !== "export") {
        const message = `${mode}, where ${why[mode]}; the router's variables are for mode export`;
        throw new DefinitionError([{ file: stackFileOf(name), path: "coreRouter.mode", message }]);
    }
}

/** Where file and stack both say what the router is, they say the same. */
function requireOurs({ coreRouter, name, zone }: Substrate, { value, fault }: GivenVars): void {
    const { opnsense_vlan_parent: parent = coreRouter.vlanParent, dns_domain: domain = zone } = value;
    const differ = (key: string, got: string, wanted: string, mend: string) =>
        got === wanted ? [] : [fault([key], `${got} is not ${wanted}, which ${name} has; ${mend}`)];
    const faults = [
        ...differ("opnsense_vlan_parent", parent, coreRouter.vlanParent, "correct it or coreRouter.vlanParent"),
        ...differ("dns_domain", domain, zone, "is this another site's file?"),
    ];
    if (faults.length > 0) {
        throw new DefinitionError(faults);
    }
}
