import { uuidOf } from "../router/managed";
import {
    ANY,
    assigned,
    brokenAt,
    changed,
    foreign,
    held,
    LOG,
    noAnswer,
    PRIVATE,
    PRIVATE_NETWORKS,
    refusal,
    SEGMENT,
    stopped,
    TENANT,
    untaken,
    VM,
    type Cause,
    type Together,
} from "./routerCauses";

const UNBOUND = "unbound/service/reconfigure";
const KEA = "kea/service/reconfigure";
const ZONE = `${TENANT}.dvntm.deevnet.net`;

const theirName: Cause = held("a name is somebody else's", "names", {
    wanted: `name api.${ZONE}`,
    holder: 'host override "x"',
    byHand: (router) => {
        const host = { hostname: "api", domain: ZONE, server: "10.20.25.9", description: "x" };
        return foreign(router, "unbound/settings/addHostOverride", { host }, "unbound/settings/delHostOverride");
    },
});

const theirMac: Cause = held("a MAC is somebody else's", "dhcp", {
    wanted: "MAC 02:de:20:52:00:01",
    holder: 'reservation "Ansible managed - x"',
    byHand: async (router) => {
        const subnet = await uuidOf(router, "subnet4", { subnet: "10.20.30.0/24" });
        const mac = { hw_address: "02:DE:20:52:00:01", ip_address: "10.20.30.12" };
        const reservation = { subnet, ...mac, description: "Ansible managed - x" };
        return foreign(router, "kea/dhcpv4/add_reservation", { reservation }, "kea/dhcpv4/del_reservation");
    },
});

const theirFirewallAlias: Cause = held("a firewall alias of the name is somebody else's", "rules", {
    wanted: `alias ${PRIVATE_NETWORKS}`,
    holder: 'firewall alias "x"',
    byHand: (router) => {
        const alias = { name: PRIVATE_NETWORKS, type: "network", content: "10.0.0.0/8", description: "x" };
        return foreign(router, "firewall/alias/addItem", { alias }, "firewall/alias/delItem");
    },
});

const theirHostAlias: Cause = held("somebody else's alias points at a host", "names", {
    wanted: `host override api-vm01.${ZONE} cannot be deleted: it`,
    holder: 'host alias "x"',
    byHand: async (router) => {
        const host = await uuidOf(router, "host", { server: "10.20.52.10" });
        const alias = { host, hostname: "shop", domain: "dvntm.deevnet.net", description: "x" };
        return foreign(router, "unbound/settings/addHostAlias", { alias }, "unbound/settings/delHostAlias");
    },
});

const theirReservation: Cause = held("somebody else's reservation is in the scope", "dhcp", {
    wanted: "subnet 10.20.52.0/24 cannot be deleted: it",
    holder: 'reservation "x"',
    byHand: async (router) => {
        const subnet = await uuidOf(router, "subnet4", { subnet: "10.20.52.0/24" });
        const reservation = { subnet, hw_address: "DC:A6:32:00:00:99", ip_address: "10.20.52.40", description: "x" };
        return foreign(router, "kea/dhcpv4/add_reservation", { reservation }, "kea/dhcpv4/del_reservation");
    },
});

const noReason: Cause = {
    ...refusal("a host alias", "names", "unbound/settings/addHostAlias", VM),
    what: "a host alias is refused without a reason",
    fault: { method: "POST", path: "/unbound/settings/addHostAlias", result: "failed", times: 1 },
    says: `POST unbound/settings/addHostAlias${VM}: the router refused it: it gave no reason; ${LOG}.`,
};

const answeredNothing: Cause = {
    what: "the deletion of a host alias is answered with nothing",
    at: "names",
    fault: { method: "POST", path: "/unbound/settings/delHostAlias/.*", answer: "[]", times: 1 },
    says: `POST unbound/settings/delHostAlias/…${VM}: the router answered []: ${LOG}.`,
};

/** What meets a tenant that is made. */
export const inCreation: readonly Together[] = [
    [
        refusal("a host override", "names", "unbound/settings/addHostOverride", VM),
        refusal("a firewall alias", "rules", "firewall/alias/addItem", PRIVATE),
    ],
    [noReason, refusal("a rule", "rules", "firewall/filter/addRule", ANY)],
    [
        stopped("Unbound stops and takes nothing over", "names", "half"),
        stopped("Kea does not run after its reconfigure", "dhcp", "down"),
    ],
    [
        brokenAt("once a host override is made", "names", "unbound/settings/addHostOverride", VM, true),
        noAnswer("a rule is made", "rules", "firewall/filter/addRule", ANY),
    ],
    [
        untaken("Unbound's reconfigure says failed", "names", UNBOUND, { answer: '{"status":"failed"}' }),
        refusal("a reservation", "dhcp", "kea/dhcpv4/add_reservation", VM),
    ],
    [theirName, theirMac],
    [brokenAt("at a host alias", "names", "unbound/settings/addHostAlias", VM, false), theirFirewallAlias],
    [untaken("the rules are not loaded", "rules", "firewall/filter/apply", { answer: '{"status":"Execute error"}' })],
    [
        {
            what: "nobody assigned the VLAN",
            at: "vlan",
            ...assigned(),
            says:
                "VLAN 52: device vlan0.52 is assigned to no interface. OPNsense has no API for it; on the router, once: " +
                "Interfaces > Assignments, add vlan0.52, …IPv4 address 10.20.52.1/24, Save, Apply changes.",
        },
    ],
    [
        {
            what: "the VLAN's interface has another address",
            at: "vlan",
            ...assigned("10.20.52.254/24"),
            says: "VLAN 52: device vlan0.52 is assigned as opt10, whose address is 10.20.52.254/24. …Then run it again.",
        },
    ],
];

const HOST = ["host", { server: "10.20.52.10" }, "unbound/settings/setHostOverride"] as const;
const HOST_ALIAS = ["host_alias", { domain: ZONE, hostname: "api" }, "unbound/settings/setHostAlias"] as const;
const RULE = ["rule", { sequence: "52001" }, "firewall/filter/setRule"] as const;

/** What meets the repair of a tenant's records that somebody changed. */
export const inRepair: readonly Together[] = [
    [
        {
            ...refusal("the repair of a host override", "names", "unbound/settings/setHostOverride/…", VM),
            ...changed(...HOST, { host: { rr: "AAAA", server: "fd00::9" } }),
        },
        {
            ...refusal("the repair of a rule", "rules", "firewall/filter/setRule/…", ANY),
            ...changed(...RULE, { rule: { enabled: "0" } }),
        },
    ],
    [
        {
            ...refusal("the repair of a host alias", "names", "unbound/settings/setHostAlias/…", VM),
            ...changed(...HOST_ALIAS, { alias: { enabled: "0" } }),
        },
        {
            ...refusal("the repair of the scope", "dhcp", "kea/dhcpv4/set_subnet/…", SEGMENT),
            ...changed("subnet4", { subnet: "10.20.52.0/24" }, "kea/dhcpv4/set_subnet", { subnet4: { pools: "" } }),
        },
    ],
    [
        {
            ...untaken("Unbound does not take the repair over", "names", UNBOUND, { status: 500, message: "busy" }),
            ...changed(...HOST_ALIAS, { alias: { hostname: "other" } }),
        },
        {
            ...refusal("the repair of the firewall alias", "rules", "firewall/alias/setItem/…", PRIVATE),
            ...changed("alias", { name: PRIVATE_NETWORKS }, "firewall/alias/setItem", {
                alias: { content: "10.0.0.0/8" },
            }),
        },
    ],
];

const TEMPLATE = { status: 500, message: "Template generation failed" };

/** What meets a tenant that is taken away. */
export const inRemoval: readonly Together[] = [
    [
        refusal("the deletion of a host alias", "names", "unbound/settings/delHostAlias/…", VM),
        refusal("the deletion of a reservation", "dhcp", "kea/dhcpv4/del_reservation/…", VM),
    ],
    [
        refusal("the deletion of a host override", "names", "unbound/settings/delHostOverride/…", VM),
        refusal("the deletion of the scope", "dhcp", "kea/dhcpv4/del_subnet/…", SEGMENT),
    ],
    [
        untaken("Unbound runs on with the names", "names", UNBOUND, TEMPLATE),
        untaken("Kea runs on with the scope", "dhcp", KEA, TEMPLATE),
    ],
    [theirHostAlias, theirReservation],
    [
        noAnswer("a host override is deleted", "names", "unbound/settings/delHostOverride/…", VM),
        refusal("Kea's list of interfaces", "dhcp", "kea/dhcpv4/set", ""),
    ],
    [
        stopped("Unbound stops and keeps the names", "names", "half"),
        refusal("the deletion of a rule", "rules", "firewall/filter/delRule/…", ANY),
    ],
    [answeredNothing, refusal("the deletion of the firewall alias", "rules", "firewall/alias/delItem/…", PRIVATE)],
    [
        untaken("the firewall goes on with the alias", "rules", "firewall/alias/reconfigure", {
            status: 500,
            message: "Alias error",
        }),
    ],
];
