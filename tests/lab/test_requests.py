"""How requests reach the node."""

import pytest
from node_client import NODE, UNRELATED, ApiError


def test_delete_with_a_trailing_slash_deletes_the_vm(node):
    vmid = node.clone()
    node.call('DELETE', f'{NODE}/qemu/{vmid}/?destroy-unreferenced-disks=1&purge=1')
    with pytest.raises(ApiError) as gone:
        node.config(vmid)
    assert gone.value.status == 500
    assert gone.value.message == f"Configuration file 'nodes/pve2/qemu-server/{vmid}.conf' does not exist"


def timeless(answer):
    """An answer without what grows from call to call: how long the VMs of a list run."""
    return [{**item, 'uptime': 0} for item in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize('path', ['/version', '/pools', f'{NODE}/qemu', f'{NODE}/qemu/{UNRELATED}/config',
                                  f'{NODE}/network', '/cluster/firewall/groups'])
def test_get_with_a_trailing_slash_is_the_same_as_without(node, path):
    assert timeless(node.call('GET', path + '/')) == timeless(node.call('GET', path))


def test_blank_value_removes_an_option(node):
    vmid = node.clone()
    node.configure(vmid, description='text')
    node.configure(vmid, description='', tags='')
    assert {'description', 'tags'} & set(node.config(vmid)) == set()


def test_write_that_is_not_modelled_is_refused(node):
    vmid = node.clone()
    with pytest.raises(ApiError) as refused:
        node.call('POST', f'{NODE}/qemu/{vmid}/agent', command='ping')
    assert refused.value.status == 501
    assert 'is not modelled' in refused.value.message
