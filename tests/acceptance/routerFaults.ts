import {
    brokenAt,
    changed,
    foreign,
    held,
    noAnswer,
    recordOf,
    refusal,
    refusalWithoutReason,
    stopped,
    unassigned,
    untaken,
    type Cause,
} from "../routerCauses";
import { uuidOf } from "../router/managed";

/** The tenant that comes and goes. */
export const TENANT = "moneyrouter";
export const VLAN = 52;

/** Causes that meet different resources of one run. */
export type Together = readonly Cause[];

const VM = recordOf(`${TENANT}: api-vm01`);
const ANY = recordOf(`${TENANT}: …`);
const KEA = "kea/service/reconfigure";
const UNBOUND = "unbound/service/reconfigure";
const FILTER = "firewall/filter/apply";
const TEMPLATE = { status: 500, message: "Template generation failed" };

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

const theirName: Cause = held("a name is somebody else's since", "names", {
    wanted: `name api-vm01.${TENANT}.dvntm.deevnet.net`,
    holder: 'host override "x"',
    byHand: async (router) => {
        const uuid = await uuidOf(router, "host", { server: "10.20.52.10" });
        await router.byHand(`unbound/settings/setHostOverride/${uuid}`, { host: { description: "x" } });
        return () => router.byHand(`unbound/settings/delHostOverride/${uuid}`);
    },
});

const theirHostAlias: Cause = held("somebody else's alias points at a host", "names", {
    wanted: `host override api-vm01.${TENANT}.dvntm.deevnet.net cannot be deleted: it`,
    holder: 'host alias "x"',
    byHand: async (router) => {
        const host = await uuidOf(router, "host", { server: "10.20.52.10" });
        const alias = { host, hostname: "shop", domain: "dvntm.deevnet.net", description: "x" };
        return foreign(router, "unbound/settings/addHostAlias", { alias }, "unbound/settings/delHostAlias");
    },
});

const disabledRule = changed("rule", { sequence: "52001" }, "firewall/filter/setRule", { rule: { enabled: "0" } });
const otherPool = changed("subnet4", { subnet: "10.20.52.0/24" }, "kea/dhcpv4/set_subnet", { subnet4: { pools: "" } });
const otherHost = changed("host", { server: "10.20.52.10" }, "unbound/settings/setHostOverride", {
    host: { rr: "AAAA", server: "fd00::9" },
});

/** Faults that meet a tenant that is made: one of each class. The scope is tried only once the rules are there. */
export const inCreation: readonly Together[] = [
    [
        refusal("a host override", "names", "unbound/settings/addHostOverride", VM),
        noAnswer("once a rule is made", "rules", "firewall/filter/addRule", ANY, true),
    ],
    [
        stopped("Unbound stops and takes nothing over", "names", "half"),
        brokenAt("once a rule is made", "rules", "firewall/filter/addRule", ANY, true),
    ],
    [refusalWithoutReason("a host alias", "names", "unbound/settings/addHostAlias", VM), theirMac],
    [
        {
            what: "nobody assigned the VLAN",
            at: "vlan",
            ...unassigned(VLAN),
            says:
                "VLAN 52: device vlan0.52 is assigned to no interface. OPNsense has no API for it; on the router, once: " +
                "Interfaces > Assignments, add vlan0.52, …IPv4 address 10.20.52.1/24, Save, Apply changes.",
        },
        untaken("Unbound refuses its reconfigure", "names", UNBOUND, TEMPLATE),
    ],
];

/** Faults that meet the repair of a tenant's records that somebody changed: one of each class. */
export const inRepair: readonly Together[] = [
    [
        { ...refusal("a host override", "names", "unbound/settings/setHostOverride/…", VM), ...otherHost },
        {
            ...untaken("the rules are not loaded", "rules", FILTER, { answer: '{"status":"Execute error"}' }),
            ...disabledRule,
        },
    ],
    [theirName, { ...brokenAt("at a rule", "rules", "firewall/filter/setRule/…", ANY, false), ...disabledRule }],
    [
        {
            ...noAnswer("once a host is changed", "names", "unbound/settings/setHostOverride/…", VM, true),
            ...otherHost,
        },
        { ...stopped("Kea does not run after its reconfigure", "dhcp", "down"), ...otherPool },
    ],
];

/** Faults that meet a tenant that is taken away: one of each class. Where the scope stays, the rules are not tried. */
export const inRemoval: readonly Together[] = [
    [
        stopped("Unbound stops and keeps the names", "names", "half"),
        noAnswer("once a rule is deleted", "rules", "firewall/filter/delRule/…", ANY, true),
    ],
    [theirHostAlias, brokenAt("at the deletion of a rule", "rules", "firewall/filter/delRule/…", ANY, false)],
    [
        refusal("the deletion of a host override", "names", "unbound/settings/delHostOverride/…", VM),
        untaken("Kea runs on with the scope", "dhcp", KEA, TEMPLATE),
    ],
];
