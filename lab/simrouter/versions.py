"""Versions of OPNsense that the router can be: what each answers otherwise than 26.7 (opnsense/core at the tags of these names;
paths are below src/opnsense/mvc/app)."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Version:
    """One version, as far as a client of its API can tell it from others."""

    product: str
    # A search for rules without `interface` lists those that stand on exactly one interface; before 26.1.1 it listed those for
    # several or for none (controllers/OPNsense/Firewall/Api/FilterController.php:102 of 25.7.10).
    lists_single: bool = True
    # It lists rules that are in no model; before 26.1.10 only with show_all (FilterController.php of 26.1.9, searchRuleAction).
    lists_other: bool = True
    # A Kea subnet with reservations is not deleted, from 26.1.8 on (Kea/Api/Dhcpv4Controller.php).
    deletes_safely: bool = True
    # Controllers that came later: DNatController.php with 26.1, Interfaces/Api/AssignmentController.php with 26.7.
    without: frozenset[str] = frozenset()
    # Fields that came later, by section (models/OPNsense/Unbound/Unbound.xml: 26.1.3; Kea/KeaDhcpv4.xml: 26.7).
    without_fields: dict[str, frozenset[str]] = field(default_factory=dict)
    # Privileges by the names that they have in 26.7, where they had another one (ACL/ACL.xml of each module).
    privilege_names: dict[str, str] = field(default_factory=dict)
    # The router says by a mode which outbound NAT counts, and lists it so (Firewall/Api/SourceNatController.php of 26.7).
    snat_modes: bool = False


ASSIGNMENT, DNAT = 'interfaces/assignment', 'firewall/dnat'
NO_SUBNET_ID = {'subnet4': frozenset({'subnet_id'})}
NO_ADDPTR = {**NO_SUBNET_ID, 'host': frozenset({'addptr'})}
# To 26.1.7.
UNBOUND = {'Services: Unbound': 'Services: Unbound (MVC)'}
AUTOMATION = {'Firewall: Rules [new]': 'Firewall: Automation: Filter',
              'Firewall: NAT: Source NAT': 'Firewall: Automation: Source NAT'}

VERSIONS = {
    '25.7': Version('25.7.10', False, False, False, frozenset({ASSIGNMENT, DNAT}), NO_ADDPTR, {**UNBOUND, **AUTOMATION}),
    '26.1': Version('26.1', False, False, False, frozenset({ASSIGNMENT}), NO_ADDPTR, UNBOUND),
    '26.1.3': Version('26.1.3', True, False, False, frozenset({ASSIGNMENT}), NO_SUBNET_ID, UNBOUND),
    '26.7': Version('26.7.3_11', snat_modes=True),
}
NEWEST = '26.7'
