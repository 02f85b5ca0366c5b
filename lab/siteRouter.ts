import type { RouterVariables } from "../definitions/definitions";
import { ownerOfRecord } from "../substrate/recordOwnership";
import type { SimulatedRouter } from "./simulatedRouter";

/** NIC of the simulated router that carries VLANs. */
export const PARENT = "re0";

/** Description of the rule that a person wrote, which no collection manages. */
const BY_HAND = "a person's own rule";

/**
 * Makes a simulated router a site's own, as its variables have it before any tenant: a VLAN and an interface with the gateway's
 * address for each zone, a rule for each of the site's policies under the description that the lab's collections know it by,
 * the two by which management reaches the router, and one that a person wrote.
 */
export async function becomeSite(router: SimulatedRouter, variables: RouterVariables): Promise<void> {
    await clearRules(router);
    const interfaces = await assignZones(router, variables);
    const wanted = [
        ...waysToRouter(interfaces.get("management"), variables),
        ...siteRules(interfaces, variables),
        { interface: "wan", action: "block", protocol: "any", description: BY_HAND },
    ];
    for (const rule of wanted) {
        await router.byHand("firewall/filter/addRule", { rule });
    }
    await router.byHand("firewall/filter/apply");
}

type Rule = Readonly<Record<string, string>>;

/** The rules by which management reaches the router. */
function waysToRouter(management: string | undefined, variables: RouterVariables): Rule[] {
    const source_net = variables.deevnet_vlans["management"]?.subnet ?? "any";
    return management === undefined
        ? []
        : Object.entries({ HTTPS: "443", SSH: "22" }).map(([what, destination_port]) => ({
              ...{ interface: management, protocol: "TCP", source_net, destination_port },
              destination_net: `${management}ip`,
              description: `${prefixOf(variables)} anti-lockout ${what} management`,
          }));
}

/** A rule for each of the site's policies; a narrower one is known by its name, which each version writes in its own words. */
function siteRules(interfaces: ReadonlyMap<string, string>, variables: RouterVariables): Rule[] {
    return variables.firewall_zone_policies.flatMap(({ from_zone, to_zone, action = "pass", name, ...narrow }) => {
        const on = interfaces.get(from_zone);
        const [source_net, destination_net] = [from_zone, to_zone].map((zone) => variables.deevnet_vlans[zone]?.subnet);
        if (
            on === undefined ||
            !source_net ||
            !destination_net ||
            ownerOfRecord(name) ||
            Object.keys(narrow).length > 0
        ) {
            return [];
        }
        const description = `${prefixOf(variables)} ${from_zone} -> ${to_zone}${name === undefined ? "" : `: ${name}`}`;
        return [{ interface: on, action, protocol: "any", source_net, destination_net, description }];
    });
}

/** Words that begin the description of each rule that the collection manages. */
function prefixOf(variables: RouterVariables): string {
    const given = (variables as Readonly<Record<string, unknown>>)["firewall_managed_prefix"];
    return typeof given === "string" ? given : "ansible:";
}

async function clearRules(router: SimulatedRouter): Promise<void> {
    for (const uuid of Object.keys((await router.state()).saved["rule"]!)) {
        await router.byHand(`firewall/filter/delRule/${uuid}`);
    }
}

/** Identifier of each zone's interface: that of the VLAN where the router has it, else a new one. */
async function assignZones(router: SimulatedRouter, { deevnet_vlans }: RouterVariables): Promise<Map<string, string>> {
    const { saved, interfaces } = await router.state();
    const found = new Map<string, string>();
    // Its address is the management zone's, which is a VLAN like the others here.
    await router.assign("lan", PARENT, "", { description: "LAN" });
    for (const [zone, { vlan_id: tag, subnet, gateway }] of Object.entries(deevnet_vlans)) {
        if (subnet === undefined || gateway === undefined) {
            continue;
        }
        const known = Object.values(saved["vlan"]!).find((vlan) => vlan["tag"] === String(tag));
        const device = known?.["vlanif"] ?? `vlan0.${tag}`;
        if (known === undefined) {
            const vlan = { if: PARENT, tag: String(tag), descr: zone, vlanif: device };
            await router.byHand("interfaces/vlan_settings/addItem", { vlan });
        }
        const assigned = Object.entries(interfaces).find(([, one]) => (one as { device: string }).device === device);
        const identifier = assigned?.[0] ?? `opt${1000 + tag}`;
        await router.assign(identifier, device, `${gateway}/${subnet.split("/")[1]}`, {
            description: zone.toUpperCase(),
        });
        found.set(zone, identifier);
    }
    await router.byHand("interfaces/vlan_settings/reconfigure");
    return found;
}
