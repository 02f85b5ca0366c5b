"""Every section of the configuration that the router holds, by its name in the state."""

from .firewall_models import ALIAS, DNAT, GROUP, ONE_TO_ONE, RULE, SOURCE_NAT
from .models import DOT, HOST, HOST_ALIAS, RESERVATION, SUBNET4, VLAN, Model

MODELS: dict[str, Model] = {
    'vlan': VLAN, 'subnet4': SUBNET4, 'reservation': RESERVATION, 'host': HOST, 'host_alias': HOST_ALIAS, 'rule': RULE,
    'alias': ALIAS, 'group': GROUP, 'dnat': DNAT, 'source_nat': SOURCE_NAT, 'one_to_one': ONE_TO_ONE,
    'dot': DOT}
