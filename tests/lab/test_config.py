"""GET and PUT config of a VM that is off."""

import re

import pytest
from node_client import NODE, ApiError


def test_numbers_are_json_integers_and_memory_is_text(node):
    vmid = node.clone()
    node.configure(vmid, cores=2, sockets=1, memory=2048, balloon=1024, onboot=1, numa=0, cpulimit=1)
    config = node.config(vmid)
    wanted = {'cores': 2, 'sockets': 1, 'memory': '2048', 'balloon': 1024, 'onboot': 1, 'numa': 0, 'cpulimit': '1'}
    assert {key: config[key] for key in wanted} == wanted


def test_tags_are_lower_case_sorted_and_unique(node):
    vmid = node.clone()
    node.configure(vmid, tags='Tenant,grooveiq;api grooveiq')
    assert node.config(vmid)['tags'] == 'api;grooveiq;tenant'


def test_description_loses_trailing_white_space_only(node):
    vmid = node.clone()
    node.configure(vmid, description='first\n\nlast line  \n\n')
    assert node.config(vmid)['description'] == 'first\n\nlast line'


def test_mac_keeps_the_case_that_it_was_sent_in(node):
    vmid = node.clone()
    node.configure(vmid, net0='model=virtio,bridge=vmbr0,firewall=1,macaddr=02:de:20:50:00:0a,tag=50')
    assert node.config(vmid)['net0'] == 'virtio=02:de:20:50:00:0a,bridge=vmbr0,firewall=1,tag=50'


def test_nic_without_a_mac_gets_one(node):
    vmid = node.clone()
    node.configure(vmid, net0='model=virtio,bridge=vmbr0')
    assert re.fullmatch(r'virtio=BC:24:11(:[0-9A-F]{2}){3},bridge=vmbr0', node.config(vmid)['net0'])


def test_deleting_what_is_not_set_is_no_error(node):
    vmid = node.clone()
    node.configure(vmid, delete='net1,net31,serial3,vcpus')
    assert 'net0' in node.config(vmid)


def test_balloon_above_memory_is_refused(node):
    vmid = node.clone()
    with pytest.raises(ApiError, match=r'balloon value too large \(must be smaller than assigned memory\)'):
        node.configure(vmid, memory=1024, balloon=2048)


def test_boot_order_names_devices_that_exist(node):
    vmid = node.clone()
    node.configure(vmid, boot='order=scsi0;net0')
    with pytest.raises(ApiError, match="invalid bootorder: device 'scsi7' does not exist"):
        node.configure(vmid, boot='order=scsi7')
    assert node.config(vmid)['boot'] == 'order=scsi0;net0'


def test_deleted_device_leaves_the_boot_order(node):
    vmid = node.clone()
    node.configure(vmid, boot='order=scsi0;net0')
    node.configure(vmid, delete='net0')
    assert node.config(vmid)['boot'] == 'order=scsi0'


def test_new_cd_drive_joins_the_boot_order_and_the_cloud_init_drive_does_not(node):
    vmid = node.clone()
    node.configure(vmid, delete='ide2')
    node.configure(vmid, ide2='file=local-lvm:cloudinit', ide3='file=none,media=cdrom')
    assert node.config(vmid)['boot'] == 'order=scsi0;ide3'


def test_password_is_never_shown(node):
    vmid = node.clone()
    node.configure(vmid, cipassword='geheim')
    assert node.config(vmid)['cipassword'] == '**********'
    pending = node.call('GET', f'{NODE}/qemu/{vmid}/pending')
    assert 'geheim' not in repr(pending) + repr(node.control('GET', '/state')) + repr(node.control('GET', '/requests'))


def test_nothing_to_change_is_refused(node):
    vmid = node.clone()
    with pytest.raises(ApiError, match='no options specified'):
        node.call('PUT', f'{NODE}/qemu/{vmid}/config?skiplock=0')


def test_setting_and_deleting_the_same_option_is_refused(node):
    vmid = node.clone()
    with pytest.raises(ApiError) as refused:
        node.configure(vmid, cores=2, delete='cores')
    assert (refused.value.status, refused.value.errors) == (
        400, {'delete': "you can't use '-cores' and -delete cores' at the same time"})


def test_stale_digest_is_refused(node):
    vmid = node.clone()
    digest = node.config(vmid)['digest']
    node.configure(vmid, cores=3, digest=digest)
    with pytest.raises(ApiError, match='checksum mismatch'):
        node.configure(vmid, cores=2, digest=digest)
    assert node.config(vmid)['cores'] == 3


@pytest.mark.parametrize(('cpu', 'message'), [
    ('nonsense', "Built-in cputype 'nonsense' is not defined (missing 'custom-' prefix?)"),
    ('cputype=nonsense,flags=+aes', "Built-in cputype 'nonsense' is not defined (missing 'custom-' prefix?)"),
    ('custom-own', "Custom cputype 'own' not found")])
def test_a_cpu_type_that_pve_does_not_have_is_refused(node, cpu, message):
    """PVE/QemuServer/CPUConfig.pm:311 of qemu-server 8.4.10."""
    vmid = node.clone()
    with pytest.raises(ApiError) as refused:
        node.configure(vmid, cpu=cpu)
    assert (refused.value.status, refused.value.errors) == (400, {'cpu': f'invalid format - {message}\n'})
    node.configure(vmid, cpu='x86-64-v2-AES,flags=+aes')
    assert node.config(vmid)['cpu'] == 'x86-64-v2-AES,flags=+aes'


def test_pending_lists_the_digest_like_an_option(node):
    """PVE::GuestHelpers::config_with_pending_array."""
    vmid = node.clone()
    entries = {entry['key']: entry for entry in node.call('GET', f'{NODE}/qemu/{vmid}/pending')}
    assert entries['digest']['value'] == node.config(vmid)['digest']


def test_a_cpu_type_of_the_nodes_own_is_listed_and_taken(node):
    node.control('PATCH', '/settings', {'cpu_types': ['custom-own']})
    listed = node.as_root().call('GET', f'{NODE}/capabilities/qemu/cpu')
    assert {'name': 'custom-own', 'custom': 1, 'vendor': 'default'} in listed
    assert 'host' not in {model['name'] for model in listed if model['custom']}
    vmid = node.clone()
    node.configure(vmid, cpu='custom-own')
    assert node.config(vmid)['cpu'] == 'custom-own'
