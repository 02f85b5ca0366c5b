import type { Settle, Value } from "../../substrate/findings";
import type { Substrate } from "../../substrate/substrate";
import type { Inventory, Settings } from "../inventory";
import type { NodeSite } from "../site";
import { plainText, type NodeFinding, type NodeView } from "./view";

/**
 * Options of the datacentre's firewall that tenants' walls depend on, by what they must be: on, with the MAC filter that
 * ebtables make, and with PVE's own policies (pve-firewall 5.1.2, src/PVE/Firewall.pm:1283, 4245).
 */
const DATACENTRE: Settings = {
    enable: 1,
    ebtables: 1,
    policy_in: "DROP",
    policy_out: "ACCEPT",
    policy_forward: "ACCEPT",
};

/**
 * Options of the node's own firewall that change what passes a VM's: other rules altogether (nftables), packets that belong
 * to no connection or claim a broadcast address, and helpers that let further connections in (src/PVE/Firewall.pm:1345, 2536,
 * 4259, 4321). `enable` is of the node's own ports.
 */
const HOST: Settings = { enable: 1, nftables: 0, nf_conntrack_allow_invalid: 0, nf_conntrack_helpers: "", nosmurfs: 1 };

/** Values of options that are left out, where that is not what they must be. */
const LEFT_OUT: Settings = { "datacentre enable": 0 };

/** Everything in which the walls and the bridge that every VM on a node depends on are not as they must be. */
export function siteFindings({ substrate }: NodeView, { node, site, hostFirewall }: Inventory): NodeFinding[] {
    const hypervisor = substrate.hypervisors.find((one) => one.node === node);
    const tenants = substrate.tenants.filter((tenant) => tenant.hypervisor === hypervisor?.name);
    if (site === undefined || hypervisor === undefined || tenants.every(({ vms }) => vms.length === 0)) {
        return [];
    }
    const firewall = (id: string, path: string) => (field: string, declared: Value, found: Value) =>
        finding(
            node,
            { kind: "firewall", id },
            { field, declared, found },
            commandFor(substrate, path, field, declared),
        );
    return [
        ...optionFindings("datacentre", DATACENTRE, site.datacentre, firewall("datacentre", DATACENTRE_OPTIONS)),
        ...optionFindings("host", HOST, hostFirewall, firewall(node, `/nodes/${node}/firewall/options`)),
        ...blacklisted(node, site),
        ...(tenants.some(({ segment }) => segment.tagged) ? bridgeFindings(node, hypervisor.bridge, site) : []),
    ];
}

/** The datacentre's firewall closes the node's own ports as well, so that it is turned on with a way back. */
function commandFor({ name }: Substrate, path: string, field: string, declared: Value): string {
    const command = `pvesh set ${path} --${field} ${text(declared)}`;
    const careful = path === DATACENTRE_OPTIONS && field === "enable";
    return careful ? `${command}, with the way back that tenants preview ${name} prints` : command;
}

const DATACENTRE_OPTIONS = "/cluster/firewall/options";

type Make = (field: string, declared: Value, found: Value) => NodeFinding;

function optionFindings(kind: string, wanted: Settings, found: Settings | undefined, make: Make): NodeFinding[] {
    return found === undefined
        ? []
        : Object.entries(wanted).flatMap(([field, declared]) => {
              const now = found[field] ?? LEFT_OUT[`${kind} ${field}`] ?? declared;
              // On is 1, or the time when it was turned on.
              const same = field === "enable" ? Number(now) > 0 : String(now) === String(declared);
              return same ? [] : [make(field, declared, now)];
          });
}

/** PVE drops what comes from these addresses before it asks a VM's rules. */
function blacklisted(node: string, { blacklist }: NodeSite): NodeFinding[] {
    const command = "pvesh delete /cluster/firewall/ipset/blacklist/<address>";
    return blacklist.length === 0
        ? []
        : [
              finding(
                  node,
                  { kind: "firewall", id: "datacentre" },
                  { field: "ipset blacklist", found: blacklist },
                  command,
              ),
          ];
}

function bridgeFindings(node: string, bridge: string, { bridges }: NodeSite): NodeFinding[] {
    const found = bridges.find(({ name }) => name === bridge);
    const command = `pvesh set /nodes/${node}/network/${bridge} --type bridge --bridge_vlan_aware 1 (with its other settings), then pvesh set /nodes/${node}/network`;
    return found === undefined || found.vlanAware
        ? []
        : [
              finding(
                  node,
                  { kind: "bridge", id: bridge },
                  { field: "VLAN aware", declared: true, found: false },
                  command,
              ),
          ];
}

function finding(
    node: string,
    subject: NodeFinding["subject"],
    told: Pick<NodeFinding, "field" | "declared" | "found">,
    command: string,
): NodeFinding {
    const settle: Settle = { by: "command", command };
    return { place: { kind: "node", name: node }, subject, ...told, settle };
}

function text(value: Value): string {
    return value === "" ? "''" : plainText(value);
}

/** Everything of a node that could not be looked at, in words: none where nobody asked for it. */
export function notLookedAt({ node, site, hostFirewall }: Inventory): string[] {
    return site === undefined || hostFirewall !== undefined
        ? []
        : [
              `node ${node}: not looked at: the options of its own firewall, for which the token needs Sys.Audit on ` +
                  `/nodes/${node} (taskLog: true at the hypervisor)`,
          ];
}
