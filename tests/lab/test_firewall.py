"""The firewall of a VM."""

from node_client import NODE


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
