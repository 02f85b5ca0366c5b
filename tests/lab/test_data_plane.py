"""What of the data plane is pure: the rendering of switch, filters, DHCP and DNS."""

import pytest
from dataplane import packet_filter, plan, port_filter, services
from dataplane.plan import PlanError

OPTIONS = {'enable': 1, 'dhcp': 1, 'policy_in': 'DROP', 'policy_out': 'ACCEPT', 'macfilter': 1, 'ipfilter': 0, 'ndp': 1}
RULE = {'pos': 0, 'type': 'in', 'action': 'ACCEPT', 'enable': 1}
ANY = {'enabled': '1', 'action': 'pass', 'quick': '1', 'interface': 'opt1', 'direction': 'in', 'ipprotocol': 'inet',
       'protocol': 'any', 'source_net': 'any', 'destination_net': 'any', 'description': 'a rule'}
ALIAS = {'name': 'vlan50_private', 'type': 'network', 'enabled': '1', 'content': '10.0.0.0/8\n172.16.0.0/12'}


def guest(net0='virtio=02:DE:20:50:00:01,bridge=vmbr0,firewall=1,tag=50', status='running', options=OPTIONS, rules=(),
          ipset=None, **config):
    return {'vmid': 5001, 'status': status, 'config': {'net0': net0, **config}, 'options': options, 'rules': rules,
            'ipsets': {} if ipset is None else {'net0': ipset}}


def nic(enable=1, **changes):
    found, = plan.nics({'firewall': {'enable': enable}, 'guests': [guest(**changes)]})
    return found


def interface(identifier='opt1', device='vlan0.50', addr4='10.20.50.1/24', tag='50', **more):
    return {'identifier': identifier, 'device': device, 'addr4': addr4, 'vlan_tag': tag, 'enabled': True, **more}


def router(*rules, interfaces=None, **more):
    return {'interfaces': interfaces or [interface()], 'rules': [{**ANY, **rule} for rule in rules], 'aliases': [ALIAS],
            'subnets': [], 'reservations': [], 'hosts': [], 'host_aliases': [], 'own_names': [],
            'groups': [], 'dnat': [], 'source_nat': [], 'one_to_one': [], 'kea': {'interfaces': ['opt1'], 'valid_lifetime': '4000'}, **more}


def chain(*rules, identifier='opt1', family='inet', **more):
    """Lines of an interface's chain for a family, without counter and comment."""
    text = packet_filter.ruleset(router(*rules, **more))
    body = text.split(f'chain {family}_{identifier} {{\n')[1].split('}\nchain')[0]
    return [line.split(' comment ')[0].replace('counter ', '') for line in body.strip().split('\n') if line]


def test_nic_is_read_from_the_vms_configuration():
    found = nic()
    assert (found.mac, found.vlan, found.fixed, found.options) == ('02:de:20:50:00:01', 50, None, OPTIONS)
    assert nic(net0='virtio=02:DE:20:50:00:01,bridge=vmbr0').vlan == 0
    fixed = nic(ipconfig0='ip=10.20.50.10/24,gw=10.20.50.1', nameserver='10.20.50.1', searchdomain='grooveiq.x').fixed
    assert (str(fixed.address), fixed.gateway, fixed.resolvers, fixed.search) == (
        '10.20.50.10/24', '10.20.50.1', ('10.20.50.1',), 'grooveiq.x')
    assert nic(ipconfig0='ip=dhcp').fixed is None


def test_each_nic_has_the_rules_the_filter_and_the_address_of_its_own():
    every, first, other = ({**RULE, 'iface': iface, 'source': f'10.20.{n}.0/24'} for n, iface in enumerate(['', 'net0', 'net1']))
    vm = guest(rules=(every, first, other), net1='virtio=02:DE:20:50:10:01,bridge=vmbr0,firewall=1,tag=20',
               ipconfig1='ip=10.20.20.50/24', net2='virtio=02:DE:20:50:20:01,bridge=vmbr0')
    vm['ipsets'] = {'net1': [{'cidr': '10.20.20.50'}]}
    found = plan.nics({'firewall': {'enable': 1}, 'guests': [vm]})
    assert [(one.namespace, one.port, one.mac, one.vlan) for one in found] == [
        ('vm5001', '5001', '02:de:20:50:00:01', 50), ('vm5001i1', '5001i1', '02:de:20:50:10:01', 20),
        ('vm5001i2', '5001i2', '02:de:20:50:20:01', 0)]
    assert [[rule['source'] for rule in one.rules] for one in found] == [
        ['10.20.0.0/24', '10.20.1.0/24'], ['10.20.0.0/24', '10.20.2.0/24'], ['10.20.0.0/24']]
    assert [one.sources for one in found] == [None, ('10.20.20.50',), None]
    assert [str(one.fixed and one.fixed.address) for one in found] == ['None', '10.20.20.50/24', 'None']
    # The third one is not filtered: its own switch is off.
    assert [one.options is None for one in found] == [False, False, True]
    sources = [line for line in port_filter.flows(found[0]) if 'nw_src=' in line]
    assert len(sources) == 2 and not any('10.20.2.0' in line for line in sources)


def test_only_running_vms_have_a_port():
    assert plan.nics({'firewall': {}, 'guests': [guest(status='stopped')]}) == []


@pytest.mark.parametrize('changes', [
    {'enable': 0}, {'options': {**OPTIONS, 'enable': 0}}, {'net0': 'virtio=02:DE:20:50:00:01,bridge=vmbr0,tag=50'}])
def test_each_of_pves_three_switches_turns_the_firewall_off(changes):
    assert nic().options is not None
    off = nic(**changes)
    assert (off.options, off.bridged) == (None, 'net0' not in changes)
    assert not any('drop' in line and '+inv' not in line or 'dl_src' in line for line in port_filter.flows(off))


def test_nic_without_a_bridge_of_the_firewall_has_no_conntrack():
    flows = port_filter.flows(nic(net0='virtio=02:DE:20:50:00:01,bridge=vmbr0,tag=50'))
    assert flows == ['in_port=1,actions=output:2', 'in_port=2,actions=output:1']


def test_trunks_and_a_link_that_is_down_are_read():
    assert (nic().trunks, nic().link_down) == ((), False)
    found = nic(net0='virtio=02:DE:20:50:00:01,bridge=vmbr0,tag=50,trunks=51;60-69,link_down=1')
    assert (found.trunks, found.link_down) == (('51', '60-69'), True)


def test_address_set_limits_packets_of_both_families_and_arp_by_its_own_entries():
    lines = port_filter.flows(nic(ipset=[{'cidr': '10.20.50.10'}]))
    assert any('arp_spa=10.20.50.10' in line for line in lines)
    assert any('ip,nw_src=10.20.50.10,actions=resubmit' in line for line in lines)
    assert any('ipv6,ipv6_src=fe80::de:20ff:fe50:1,actions=resubmit' in line for line in lines)
    with pytest.raises(PlanError, match='nomatch'):
        nic(ipset=[{'cidr': '10.20.50.10', 'nomatch': 1}])


def test_rules_match_in_their_order_and_only_what_is_on():
    rules = [{**RULE, 'source': '10.20.50.0/24'}, {**RULE, 'enable': 0, 'source': '10.99.0.0/16'},
             {**RULE, 'source': '10.20.51.0/24', 'proto': 'tcp', 'dport': '5432'},
             {**RULE, 'type': 'out', 'action': 'DROP', 'dest': '10.20.50.0/24', 'proto': 'udp', 'sport': '67'},
             {**RULE, 'action': 'DROP', 'proto': 'icmp'}, {**RULE, 'proto': 'tcp'}]
    lines = [line for line in port_filter.flows(nic(rules=rules)) if 'priority=10000' in line or 'priority=999' in line]
    into = 'table=1,in_port=2'
    assert lines == ['priority=9997,table=2,udp,nw_dst=10.20.50.0/24,tp_src=0x43/0xffff,actions=drop',
                     f'priority=10000,{into},ip,nw_src=10.20.50.0/24,actions=ct(commit,zone=1),output:1',
                     f'priority=9998,{into},tcp,nw_src=10.20.51.0/24,tp_dst=0x1538/0xffff,actions=ct(commit,zone=1),output:1',
                     f'priority=9996,{into},icmp,actions=drop', f'priority=9995,{into},tcp,actions=ct(commit,zone=1),output:1',
                     f'priority=9995,{into},tcp6,actions=ct(commit,zone=1),output:1']


def test_policy_accept_is_the_last_flow():
    accepted = port_filter.flows(nic(options={**OPTIONS, 'policy_in': 'ACCEPT'}))
    assert [line for line in accepted if line.startswith('priority=1,table=1')] != []
    assert not any(line.startswith('priority=1,table=1') for line in port_filter.flows(nic()))


@pytest.mark.parametrize('first, last', [(5432, 5432), (8000, 8010), (0, 65535), (1, 65535), (1, 2), (65535, 65535), (137, 139)])
def test_masks_hold_exactly_the_ports_of_a_range(first, last):
    pieces = port_filter.masks(first, last)
    held = [port for port in range(65536) if any(port & mask == value for value, mask in pieces)]
    assert held == list(range(first, last + 1))


@pytest.mark.parametrize('rule', [{'type': 'group', 'action': 'web'}, {'macro': 'SSH'}, {'icmp-type': 'any'},
                                  {'action': 'REJECT'}, {'proto': 'gre'}])
def test_rule_of_pve_that_is_not_modelled_is_refused(rule):
    with pytest.raises(PlanError, match='VM 5001'):
        port_filter.flows(nic(rules=[{**RULE, **rule}]))


def test_which_of_pves_firewalls_a_node_runs_is_its_own_option():
    """pve-firewall 6.0.4, src/PVE/Firewall.pm:1448, 5283."""
    node = {'firewall': {'enable': 1}, 'host': {'enable': 1, 'nftables': 0}, 'guests': [guest()]}
    assert [nic.nftables for nic in plan.nics(node)] == [False]
    other = {**node, 'host': {'nftables': 1}}
    assert [nic.nftables for nic in plan.nics(other)] == [True]
    # It knows no ebtables; the other one without them is not modelled.
    off = {'firewall': {'enable': 1, 'ebtables': 0}}
    assert plan.nics({**other, **off})
    with pytest.raises(PlanError, match='without ebtables is not modelled'):
        plan.nics({**node, **off})


@pytest.mark.parametrize('changes', [{'options': {**OPTIONS, 'policy_out': 'REJECT'}}])
def test_what_else_of_a_vm_is_not_modelled_is_refused(changes):
    with pytest.raises(PlanError, match='not modelled'):
        port_filter.flows(nic(**changes))


@pytest.mark.parametrize('rule, line', [
    ({}, 'accept'), ({'action': 'block'}, 'drop'), ({'action': 'reject'}, 'reject'),
    ({'protocol': 'TCP/UDP', 'destination_net': 'opt1ip', 'destination_port': '53'},
     'ip daddr 10.20.50.1 meta l4proto { tcp, udp } th dport 53 accept'),
    ({'protocol': 'TCP', 'source_net': '10.20.50.0/24', 'destination_port': '8000-8010'},
     'ip saddr 10.20.50.0/24 meta l4proto tcp th dport 8000-8010 accept'),
    ({'protocol': 'ICMP'}, 'meta l4proto icmp accept'),
    ({'action': 'block', 'destination_net': '(self)'}, 'fib daddr type local drop'),
    ({'destination_net': 'vlan50_private', 'destination_not': '1'}, 'ip daddr != @alias_vlan50_private accept'),
    ({'source_net': 'opt1'}, 'ip saddr 10.20.50.0/24 accept')])
def test_rule_of_the_router(rule, line):
    assert chain(rule) == [line]


def test_rules_of_an_interface_are_ordered_floating_first_then_by_sequence():
    rules = [{'sequence': '20', 'source_net': '10.0.0.2'}, {'sequence': '3', 'source_net': '10.0.0.1'},
             {'sequence': '30', 'interface': '', 'source_net': '10.0.0.3'},
             {'interface': 'opt1', 'is_automatic': True, 'source_net': '10.0.0.4'}]
    assert [line.split()[2] for line in chain(*rules)] == ['10.0.0.4/32', '10.0.0.3/32', '10.0.0.1/32', '10.0.0.2/32']


GROUP = {'ifname': 'tenants', 'members': 'opt1,opt2', 'sequence': '5'}


def test_rules_of_an_interface_group_come_after_floating_ones_and_before_those_of_the_interface():
    rules = [{'sequence': '1', 'source_net': '10.0.0.4'}, {'sequence': '9', 'interface': 'tenants', 'source_net': '10.0.0.2'},
             {'sequence': '9', 'interface': 'first', 'source_net': '10.0.0.1'},
             {'sequence': '99', 'interface': 'opt1,opt2', 'source_net': '10.0.0.0'},
             {'sequence': '1', 'interface': 'others', 'source_net': '10.0.0.9'}]
    groups = [GROUP, {'ifname': 'first', 'members': 'opt1', 'sequence': '1'},
              {'ifname': 'others', 'members': 'opt2', 'sequence': '0'}]
    order = [line.split()[2] for line in chain(*rules, groups=groups)]
    assert order == ['10.0.0.0/32', '10.0.0.1/32', '10.0.0.2/32', '10.0.0.4/32']


@pytest.mark.parametrize('changes', [{'enabled': '0'}, {'content': ''}])
def test_table_of_an_alias_that_is_off_or_not_filled_is_empty_so_that_all_but_it_is_everything(changes):
    to_all_but = {'destination_net': ALIAS['name'], 'destination_not': '1'}
    assert 'elements' in packet_filter.ruleset(router(to_all_but))
    assert 'elements' not in packet_filter.ruleset(router(to_all_but, aliases=[{**ALIAS, **changes}]))
    assert chain(to_all_but, aliases=[{**ALIAS, **changes}]) == ['ip daddr != @alias_vlan50_private accept']


def test_families_have_rules_of_their_own():
    rules = [{'source_net': '10.0.0.1'}, {'ipprotocol': 'inet6', 'action': 'block'}, {'ipprotocol': 'inet46'}]
    assert chain(*rules) == ['ip saddr 10.0.0.1/32 accept', 'accept']
    assert chain(*rules, family='inet6') == ['drop', 'accept']


def test_of_ipv6_opnsense_lets_icmp_of_the_link_in_by_itself_and_nothing_else():
    """src/etc/inc/filter.lib.inc:224 of opnsense/core 26.7.2."""
    icmp = {'is_automatic': True, 'interface': '', 'ipprotocol': 'inet6', 'protocol': 'ipv6-icmp', 'icmp6-type': '128,135',
            'source_net': 'fe80::/10', 'destination_net': 'fe80::/10,ff02::/16'}
    of_both = {'is_automatic': True, 'interface': '', 'ipprotocol': '', 'protocol': 'udp', 'destination_net': '255.255.255.255',
               'destination_port': '67'}
    assert chain(icmp, of_both, family='inet6') == [
        'ip6 saddr fe80::/10 ip6 daddr fe80::/10 icmpv6 type { 128, 135 } accept',
        'ip6 saddr fe80::/10 ip6 daddr ff02::/16 icmpv6 type { 128, 135 } accept']
    assert chain(icmp, of_both) == ['ip daddr 255.255.255.255/32 meta l4proto udp th dport 67 accept']
    assert packet_filter.ruleset(router()).count('policy drop') == 2


FORWARD = {'sequence': '1', 'disabled': '', 'nordr': '0', 'interface': 'opt1', 'ipprotocol': 'inet', 'protocol': 'tcp',
           'source.network': '', 'source.not': '0', 'source.port': '', 'destination.network': '10.20.50.1',
           'destination.not': '0', 'destination.port': '8443', 'target': '10.20.99.22', 'local-port': '443', 'descr': 'web',
           'pass': 'pass'}


@pytest.mark.parametrize('changes, mark', [({}, 'ct mark set 1 '), ({'pass': ''}, '')])
def test_port_forward_redirects_and_lets_in_by_itself_where_it_is_told_to(changes, mark):
    text = packet_filter.ruleset(router(dnat=[{**FORWARD, **changes}]))
    assert (f'iifname "vlan0.50" ip daddr 10.20.50.1/32 meta l4proto tcp th dport 8443 {mark}dnat ip to 10.20.99.22:443'
            in text.split('\n'))
    assert 'dnat' not in packet_filter.ruleset(router(dnat=[{**FORWARD, 'disabled': '1'}]))


@pytest.mark.parametrize('more', [{'dnat': [{**FORWARD, 'pass': 'rule'}]}, {'dnat': [{**FORWARD, 'nordr': '1'}]},
                                  {'source_nat': [{'enabled': '1'}]}, {'one_to_one': [{'enabled': '1'}]}])
def test_translation_that_is_not_modelled_is_refused(more):
    with pytest.raises(PlanError, match='not modelled'):
        packet_filter.ruleset(router(**more))


def test_of_opnsense_own_rules_those_that_let_into_an_interface_hold_which_they_name_by_its_description():
    own = {'is_automatic': True, 'interface': 'TENANT50', 'destination_net': '(self)', 'protocol': 'tcp',
           'destination_port': '443'}
    tenant = [interface(description='TENANT50')]
    assert chain(own, interfaces=tenant) == ['fib daddr type local meta l4proto tcp th dport 443 accept']
    assert chain({**own, 'interface': 'LAN'}, {**own, 'direction': 'out'}, {**own, 'ipprotocol': 'inet6'},
                 {**own, 'interface': None, 'direction': 'out'}, interfaces=tenant) == []


def test_the_loopback_is_no_interface_of_the_data_plane():
    loopback = interface('lo0', 'lo0', '127.0.0.1/8', None)
    assert [one.identifier for one in plan.interfaces(router(interfaces=[interface(), loopback]))] == ['opt1']


def test_unbound_answers_the_routers_own_name_with_each_of_its_addresses():
    """unbound.inc:508 of opnsense/core 26.7.2; the first interface alone has the name as its reverse."""
    name = 'core-rt02.dvntm.deevnet.net'
    lines = services.unbound(router(own_names=[{'name': name, 'address': '10.20.99.1', 'reverse': True},
                                               {'name': name, 'address': '192.0.2.2', 'reverse': False}])).split('\n')
    assert [line.strip() for line in lines if name in line] == [
        f'local-data: "{name} A 10.20.99.1"', f'local-data-ptr: "10.20.99.1 {name}"', f'local-data: "{name} A 192.0.2.2"']


def test_what_is_not_of_the_interface_or_off_is_left_out():
    assert chain({'interface': 'opt2'}, {'enabled': '0'}, {'ipprotocol': 'inet6'},
                 {'is_automatic': True, 'action': 'block', 'interface': ''}) == []
    assert chain({'interface': 'opt1,opt2'}) == ['accept']


@pytest.mark.parametrize('rule', [{'direction': 'out'}, {'quick': '0'}, {'source_port': '53'},
                                  {'destination_net': 'nowhere'}, {'source_net': '10.0.0.1,10.0.0.2', 'source_not': '1'}])
def test_rule_of_the_router_that_is_not_modelled_is_refused(rule):
    with pytest.raises(PlanError):
        chain(rule)


def test_interface_without_address_or_switched_off_is_not_there():
    found = plan.interfaces(router(interfaces=[interface(), interface('opt2', addr4=''), interface('opt3', enabled=False),
                                               interface('')]))
    assert [one.identifier for one in found] == ['opt1']


def test_kea_serves_the_interfaces_on_its_list_with_the_options_of_each_subnet():
    subnet = {'uuid': 'u', 'subnet_id': '4', 'subnet': '10.20.50.0/24', 'match-client-id': '0',
              'pools': '10.20.50.100-10.20.50.200', 'option_data.routers': '10.20.50.1',
              'option_data.domain_name_servers': '10.20.50.1,10.20.50.2', 'option_data.domain_search': ''}
    held = {'subnet': 'u', 'hw_address': '02:de:20:50:00:01', 'ip_address': '10.20.50.10', 'hostname': 'api-vm01'}
    config = services.kea(router(interfaces=[interface(), interface('opt2', 'vlan0.51', '10.20.51.1/24', '51')],
                                 subnets=[subnet], reservations=[held, {**held, 'subnet': 'other'}]))['Dhcp4']
    assert config['interfaces-config']['interfaces'] == ['vlan0.50']
    assert config['subnet4'] == [{
        'id': 4, 'subnet': '10.20.50.0/24', 'match-client-id': False, 'pools': [{'pool': '10.20.50.100-10.20.50.200'}],
        'option-data': [{'name': 'routers', 'data': '10.20.50.1'},
                        {'name': 'domain-name-servers', 'data': '10.20.50.1, 10.20.50.2'}],
        'reservations': [{'hw-address': '02:de:20:50:00:01', 'ip-address': '10.20.50.10', 'hostname': 'api-vm01'}]}]


def test_unbound_has_hosts_and_their_aliases_and_nothing_that_is_off():
    host = {'uuid': 'h', 'enabled': '1', 'hostname': 'api-vm01', 'domain': 'grooveiq.x', 'rr': 'A', 'server': '10.20.50.10',
            'addptr': '1'}
    text = services.unbound(router(
        hosts=[host, {**host, 'enabled': '0', 'hostname': 'off'}],
        host_aliases=[{'host': 'h', 'hostname': 'api', 'domain': '', 'enabled': '1'},
                      {'host': 'x', 'hostname': 'stray', 'domain': 'x', 'enabled': '1'}]))
    data = [line.strip() for line in text.split('\n') if 'local-data' in line]
    assert data == ['local-data: "api-vm01.grooveiq.x A 10.20.50.10"',
                    'local-data-ptr: "10.20.50.10 api-vm01.grooveiq.x"', 'local-data: "api.grooveiq.x A 10.20.50.10"']
