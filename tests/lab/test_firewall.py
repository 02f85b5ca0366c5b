"""The firewall of a VM, and the datacentre's."""

import pytest
from node_client import NODE, ApiError

IPSET = 'ipfilter-net0'


def rules(node, vmid):
    return [rule['comment'] for rule in node.call('GET', f'{NODE}/qemu/{vmid}/firewall/rules')]


def test_position_of_one_rule_is_text_and_a_number_in_the_list(node):
    vmid = node.clone()
    path = f'{NODE}/qemu/{vmid}/firewall/rules'
    for comment in ('second', 'first'):
        node.call('POST', path, type='in', action='ACCEPT', source='10.20.99.0/24', dport='', comment=comment, enable=1)
    assert [(rule['pos'], rule['comment']) for rule in node.call('GET', path)] == [(0, 'first'), (1, 'second')]
    assert node.call('GET', f'{path}/1')['pos'] == '1'


def test_clone_copies_the_firewall_and_destroy_removes_it(node):
    source = node.clone()
    node.call('PUT', f'{NODE}/qemu/{source}/firewall/options', enable=1, policy_in='DROP')
    node.call('POST', f'{NODE}/qemu/{source}/firewall/rules', type='in', action='ACCEPT', comment='copied')
    vmid = source + 400
    node.call('POST', f'{NODE}/qemu/{source}/clone', newid=vmid, full=1)
    options = node.call('GET', f'{NODE}/qemu/{vmid}/firewall/options')
    assert (options['enable'], options['policy_in'], rules(node, vmid)) == (1, 'DROP', ['copied'])
    node.call('DELETE', f'{NODE}/qemu/{vmid}/firewall/rules/0')
    assert (rules(node, source), rules(node, vmid)) == (['copied'], [])
    node.destroy(vmid)
    assert str(vmid) not in node.control('GET', '/state')['firewall']['guests']


def test_firewall_of_a_vm_that_is_gone_is_empty(node):
    assert node.call('GET', f'{NODE}/qemu/4999/firewall/rules') == []
    assert '4999' not in node.control('GET', '/state')['firewall']['guests']


@pytest.fixture
def ipsets(node):
    """The path of a new VM's ipsets, and that of one of them."""
    path = f'{NODE}/qemu/{node.clone()}/firewall/ipset'
    node.call('POST', path, name=IPSET, comment='')
    return path, f'{path}/{IPSET}'


def addresses(node, path):
    return [entry['cidr'] for entry in node.call('GET', path)]


def test_ipset_that_is_there_is_not_made_again(node, ipsets):
    path, _one = ipsets
    with pytest.raises(ApiError) as refused:
        node.call('POST', path, name=IPSET)
    assert (refused.value.status, refused.value.errors) == (400, {'name': f"IPSet '{IPSET}' already exists"})
    assert [entry['name'] for entry in node.call('GET', path)] == [IPSET]


def test_address_is_kept_without_a_full_prefix_and_once(node, ipsets):
    _path, one = ipsets
    node.call('POST', one, cidr='10.20.50.10/32')
    assert addresses(node, one) == ['10.20.50.10']
    for again in ('10.20.50.10', '10.20.50.10/32'):
        with pytest.raises(ApiError) as refused:
            node.call('POST', one, cidr=again)
        assert refused.value.errors == {'cidr': "address '10.20.50.10' already exists"}
    with pytest.raises(ApiError) as refused:
        node.call('POST', one, cidr='0.0.0.0/0')
    assert refused.value.errors == {'cidr': 'a zero prefix is not allowed in ipset entries'}


def test_addresses_are_read_back_in_the_order_of_their_text(node, ipsets):
    _path, one = ipsets
    for cidr in ('10.20.50.9', '10.20.50.11', '10.20.50.10'):
        node.call('POST', one, cidr=cidr)
    assert addresses(node, one) == ['10.20.50.10', '10.20.50.11', '10.20.50.9']


def test_ipset_with_addresses_is_deleted_by_force_alone(node, ipsets):
    path, one = ipsets
    node.call('POST', one, cidr='10.20.50.10')
    with pytest.raises(ApiError, match=f"IPSet '{IPSET}' is not empty"):
        node.call('DELETE', one)
    node.call('DELETE', f'{one}/10.20.50.10')
    node.call('DELETE', one)
    assert node.call('GET', path) == []
    with pytest.raises(ApiError, match=f"no such IPSet '{IPSET}'"):
        node.call('GET', one)
    node.call('POST', path, name=IPSET)
    node.call('POST', one, cidr='10.20.50.10')
    node.call('DELETE', f'{one}?force=1')
    assert node.call('GET', path) == []


def test_stale_digest_of_an_ipset_is_refused(node, ipsets):
    _path, one = ipsets
    node.call('POST', one, cidr='10.20.50.10')
    digest = node.call('GET', one)[0]['digest']
    node.call('PUT', f'{one}/10.20.50.10', comment='changed', digest=digest)
    with pytest.raises(ApiError, match='detected modified configuration'):
        node.call('DELETE', f'{one}/10.20.50.10?digest={digest}')
    assert addresses(node, one) == ['10.20.50.10']


def test_clone_copies_ipsets_and_destroy_removes_them(node, ipsets):
    path, one = ipsets
    node.call('POST', one, cidr='10.20.50.10')
    source = int(path.split('/')[4])
    vmid = source + 400
    node.call('POST', f'{NODE}/qemu/{source}/clone', newid=vmid, full=1)
    assert addresses(node, f'{NODE}/qemu/{vmid}/firewall/ipset/{IPSET}') == ['10.20.50.10']
    node.destroy(vmid)
    assert node.call('GET', f'{NODE}/qemu/{vmid}/firewall/ipset') == []


def test_datacentre_firewall_is_on_and_can_be_turned_off(node):
    root, path = node.as_root(), '/cluster/firewall/options'
    assert root.call('GET', path)['enable'] == 1
    root.call('PUT', path, enable=0)
    assert root.call('GET', path)['enable'] == 0
    root.call('PUT', path, delete='enable')
    assert 'enable' not in root.call('GET', path)
    root.call('PUT', path, enable=1)


def test_datacentre_firewall_is_read_with_sys_audit_on_the_top_alone(node):
    with pytest.raises(ApiError, match=r'403 Permission check failed \(/, Sys.Audit\)'):
        node.call('GET', '/cluster/firewall/options')
    here = {'path': '/', 'privileges': ['Sys.Audit'], 'propagate': False,
            'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}
    node.control('PATCH', '/settings', {'grants': [here]})
    assert node.call('GET', '/cluster/firewall/options')['enable'] == 1
    with pytest.raises(ApiError, match=r'403 Permission check failed \(/, Sys.Modify\)'):
        node.call('PUT', '/cluster/firewall/options', enable=0)
    with pytest.raises(ApiError, match=r'403 Permission check failed \(/nodes/pve2, Sys.Audit\)'):
        node.call('GET', f'{NODE}/status')


@pytest.mark.parametrize(('source', 'fault'), [
    ('10.20.53.0/33', 'Prefix length 33 is longer than IP address (32)'),
    ('10.20.53.7/24', 'Invalid prefix 00001010000101000011010100000111/24'),
    ('10.20.53.300', 'Invalid quad in IP address 10.20.53.300 - 300'),
    ('10.20.53.x', 'Invalid chars in IP 10.20.53.x')])
def test_addresses_of_a_rule_that_are_refused_in_net_ips_words(node, source, fault):
    """PVE/Firewall.pm:1093 of pve-firewall 5.1.2."""
    vmid = node.clone()
    path = f'{NODE}/qemu/{vmid}/firewall/rules'
    with pytest.raises(ApiError) as refused:
        node.call('POST', path, type='in', action='ACCEPT', source=source)
    assert refused.value.errors == {'source': f'invalid format - invalid IP address: {fault}\n'}
    node.call('POST', path, type='in', action='ACCEPT', source='10.20.53.0/24')


def test_a_comment_is_what_is_before_its_first_line_feed(node):
    """PVE/Firewall.pm:3145 and 3708 of pve-firewall 5.1.2; PVE 9 refuses it."""
    vmid = node.clone()
    path = f'{NODE}/qemu/{vmid}/firewall/rules'
    node.call('POST', path, type='in', action='ACCEPT', comment=' first \nsecond')
    node.call('POST', path, type='in', action='DROP', comment='\n')
    assert [rule.get('comment') for rule in node.call('GET', path)] == [None, 'first']
