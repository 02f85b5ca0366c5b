import {
    answeredNothing,
    brokenAt,
    changed,
    noAnswer,
    recordOf,
    refusal,
    refusalWithoutReason,
    stopped,
    untaken,
    type Cause,
} from "../routerCauses";

const of = (what: string) => recordOf(`grooveiq ${what}`);
const SCOPE = of("DHCP");
const VM = of("api-vm01");
const MARK = recordOf("(a run writes here; this goes once all of it is active)");
const DNS = of("DNS");
/** A rule that closes is written first. */
const FIRST = of("what is private");
const ANY = of("…");
const KEA = "kea/service/reconfigure";
const UNBOUND = "unbound/service/reconfigure";
const FILTER = "firewall/filter/apply";
const TEMPLATE = { status: 500, message: "Template generation failed" };
const BUSY = { status: 500, message: "busy" };

/** Faults that meet a tenant that is made. */
export const inCreation: readonly Cause[] = [
    refusal("a scope", "dhcp", "kea/dhcpv4/add_subnet", SCOPE),
    refusal("a reservation", "dhcp", "kea/dhcpv4/add_reservation", VM),
    refusal("Kea's list of interfaces", "dhcp", "kea/dhcpv4/set", ""),
    refusal("a host override", "names", "unbound/settings/addHostOverride", VM),
    refusal("a host alias", "names", "unbound/settings/addHostAlias", VM),
    refusal("the mark of the run", "rules", "firewall/alias/addItem", MARK),
    refusal("a rule", "rules", "firewall/filter/addRule", FIRST),
    refusalWithoutReason("a rule", "rules", "firewall/filter/addRule", FIRST),
    untaken("Kea refuses its reconfigure", "dhcp", KEA, TEMPLATE),
    untaken("Unbound's reconfigure says failed", "names", UNBOUND, { answer: '{"status":"failed"}' }),
    untaken("the rules are not loaded", "rules", FILTER, { answer: '{"status":"Execute error"}' }),
    stopped("Kea stops and takes nothing over", "dhcp", "half"),
    stopped("Kea does not run after its reconfigure", "dhcp", "down"),
    stopped("Unbound stops and takes nothing over", "names", "half"),
    stopped("Unbound does not run after its reconfigure", "names", "down"),
    noAnswer("to a rule", "rules", "firewall/filter/addRule", FIRST, false),
    noAnswer("once a rule is made", "rules", "firewall/filter/addRule", FIRST, true),
    noAnswer("once a scope is made", "dhcp", "kea/dhcpv4/add_subnet", SCOPE, true),
    noAnswer("once Kea serves the interface", "dhcp", "kea/dhcpv4/set", "", true),
    brokenAt("once a host override is made", "names", "unbound/settings/addHostOverride", VM, true),
    brokenAt("at a host alias", "names", "unbound/settings/addHostAlias", VM, false),
];

const RESERVATION = ["reservation", { ip_address: "10.20.50.10" }, "kea/dhcpv4/set_reservation"] as const;
const HOST = ["host", { server: "10.20.50.10" }, "unbound/settings/setHostOverride"] as const;
const HOST_ALIAS = ["host_alias", { hostname: "mqtt" }, "unbound/settings/setHostAlias"] as const;
const RULE = ["rule", { sequence: "50001" }, "firewall/filter/setRule"] as const;
const SUBNET = ["subnet4", { subnet: "10.20.50.0/24" }, "kea/dhcpv4/set_subnet"] as const;
const disabledRule = changed(...RULE, { rule: { enabled: "0" } });
const disabledAlias = changed(...HOST_ALIAS, { alias: { enabled: "0" } });
const renamedAlias = changed(...HOST_ALIAS, { alias: { hostname: "other" } });
const otherPool = changed(...SUBNET, { subnet4: { pools: "" } });

/** Faults that meet the repair of a tenant's records that somebody changed. */
export const inRepair: readonly Cause[] = [
    { ...refusal("the scope", "dhcp", "kea/dhcpv4/set_subnet/…", SCOPE), ...otherPool },
    {
        ...refusal("a reservation", "dhcp", "kea/dhcpv4/set_reservation/…", VM),
        ...changed(...RESERVATION, { reservation: { hostname: "other" } }),
    },
    {
        ...refusal("the deletion of a reservation", "dhcp", "kea/dhcpv4/del_reservation/…", VM),
        ...changed(...RESERVATION, { reservation: { ip_address: "10.20.50.19" } }),
    },
    {
        ...refusal("a host override", "names", "unbound/settings/setHostOverride/…", VM),
        ...changed(...HOST, { host: { rr: "AAAA", server: "fd00::9" } }),
    },
    {
        ...refusal("the deletion of a host override", "names", "unbound/settings/delHostOverride/…", VM),
        ...changed(...HOST, { host: { hostname: "other" } }),
    },
    { ...refusal("a host alias", "names", "unbound/settings/setHostAlias/…", VM), ...disabledAlias },
    { ...refusal("the deletion of a host alias", "names", "unbound/settings/delHostAlias/…", VM), ...renamedAlias },
    { ...refusal("a rule", "rules", "firewall/filter/setRule/…", DNS), ...disabledRule },
    { ...refusalWithoutReason("a rule", "rules", "firewall/filter/setRule/…", DNS), ...disabledRule },
    {
        ...answeredNothing("the deletion of a host alias", "names", "unbound/settings/delHostAlias/…", VM),
        ...renamedAlias,
    },
    { ...untaken("the rules are not loaded", "rules", FILTER, BUSY), ...disabledRule },
    { ...untaken("Unbound does not take it over", "names", UNBOUND, BUSY), ...renamedAlias },
    { ...stopped("Kea stops and takes nothing over", "dhcp", "half"), ...otherPool },
    { ...stopped("Unbound does not run after it", "names", "down"), ...disabledAlias },
    { ...noAnswer("once the scope is changed", "dhcp", "kea/dhcpv4/set_subnet/…", SCOPE, true), ...otherPool },
    { ...brokenAt("at a rule", "rules", "firewall/filter/setRule/…", DNS, false), ...disabledRule },
];

/** Faults that meet a tenant that is taken away. */
export const inRemoval: readonly Cause[] = [
    refusal("the deletion of a reservation", "dhcp", "kea/dhcpv4/del_reservation/…", VM),
    refusal("the deletion of the scope", "dhcp", "kea/dhcpv4/del_subnet/…", SCOPE),
    refusal("Kea's list of interfaces", "dhcp", "kea/dhcpv4/set", ""),
    refusal("the deletion of a host alias", "names", "unbound/settings/delHostAlias/…", VM),
    refusal("the deletion of a host override", "names", "unbound/settings/delHostOverride/…", VM),
    refusal("the deletion of a rule", "rules", "firewall/filter/delRule/…", ANY),
    refusalWithoutReason("Kea's list of interfaces", "dhcp", "kea/dhcpv4/set", ""),
    answeredNothing("the deletion of a rule", "rules", "firewall/filter/delRule/…", ANY),
    answeredNothing("the deletion of a host alias", "names", "unbound/settings/delHostAlias/…", VM),
    noAnswer("once a rule is deleted", "rules", "firewall/filter/delRule/…", ANY, true),
    noAnswer("once a host override is deleted", "names", "unbound/settings/delHostOverride/…", VM, true),
    brokenAt("at the deletion of a reservation", "dhcp", "kea/dhcpv4/del_reservation/…", VM, false),
];

/** A teardown that the router does not take over: all is deleted, and a service goes on with it. */
export const notTakenOver: readonly Cause[] = [
    stopped("Kea does not run afterwards", "dhcp", "half"),
    stopped("Unbound stops and keeps the names", "names", "half"),
    untaken("Kea runs on with the scope", "dhcp", KEA, TEMPLATE),
    untaken("Unbound runs on with the names", "names", UNBOUND, { answer: "{}" }),
    untaken("the firewall goes on with the rules", "rules", FILTER, BUSY),
];

/** Searches and settings that cannot be relied on: whoever reads them changes nothing. */
export const inReading: readonly Cause[] = [
    // A kept one that breaks is what it is when its router closes it, and the read is asked once more.
    unread("a connection that breaks twice", "names", "POST unbound/settings/searchHostAlias", {
        fault: { reset: true, times: 2 },
        says: "the connection to 127.0.0.1 port … broke (…); run it again.",
    }),
    unread("no answer", "dhcp", "POST kea/dhcpv4/search_subnet", {
        fault: { timeout: true },
        says: "no answer from 127.0.0.1 port … within … s; is the router up?",
    }),
    unread("a login page in place of an answer", "names", "POST unbound/settings/searchHostOverride", {
        fault: { answer: "<!DOCTYPE html>" },
        says: 'the answer is no JSON: "<!DOCTYPE html>": does the endpoint lead to OPNsense itself?',
    }),
    unread("a list without rows", "rules", "POST firewall/filter/searchRule", {
        fault: { answer: "[]" },
        says: "the answer has no rows and total; taken for incomplete, so nothing was changed; run it again.",
    }),
    unread("a list that is cut short", "dhcp", "POST kea/dhcpv4/search_reservation", {
        fault: { answer: '{"rows":[],"total":3}' },
        says: "0 of 3 records came back; taken for incomplete, so nothing was changed; run it again.",
    }),
    unread("interfaces that are not listed", "vlan", "GET interfaces/overview/export", {
        fault: { answer: "[]" },
        says: "the answer lists no interface; taken for incomplete, so nothing was changed; run it again.",
    }),
    unread("Kea's settings without interfaces", "dhcp", "GET kea/dhcpv4/get", {
        fault: { answer: "[]" },
        says: "the answer lists no interface; taken for incomplete, so nothing was changed; run it again.",
    }),
    unread("a privilege that the key's user lacks", "rules", "POST firewall/filter/searchRule", {
        fault: { status: 403, message: "Forbidden" },
        says: '403 Forbidden: the key\'s user lacks the privilege "Firewall: Rules [new]": select it under System',
    }),
    unread("an older router", "rules", "POST firewall/filter/searchRule", {
        fault: { status: 404, message: "Endpoint not found" },
        says: "404 Endpoint not found: the router does not have it; OPNsense 26.1.3 or newer is needed",
    }),
];

function unread(
    what: string,
    at: Cause["at"],
    asked: string,
    { fault, says }: Required<Pick<Cause, "fault" | "says">>,
): Cause {
    const [method, path] = asked.split(" ");
    return { what, at, fault: { method, path: `/${path}`, times: 1, ...fault }, says: `${asked}: ${says}` };
}
