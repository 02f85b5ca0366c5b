"""Answers of PVE 8.4 to requests that nobody recorded (corpus/README.md), each with its source (qemu-server 8.4.10,
pve-firewall 5.1.2, pve-common 8.3.8, pve-guest-common 5.2.2)."""

import urllib.parse

import pytest
from node_client import NODE, ApiError

KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0T1lJ9n8m4oW2kYk3n6m9u2y9o0c8Jp0a1n3u5v7xz me'
FORMAT = 'invalid format - '
SUBSET = 'pcid, spec-ctrl, ibpb, ssbd, virt-ssbd, amd-ssbd, amd-no-ssb, pdpe1gb, md-clear, hv-tlbflush, hv-evmcs, aes'
RULE = {'type': 'in', 'action': 'ACCEPT', 'enable': 1}


def refused(call, *args, **fields):
    with pytest.raises(ApiError) as error:
        call(*args, **fields)
    return error.value


@pytest.mark.parametrize(('options', 'errors'), [
    ({'ipconfig0': 'gw=10.20.50.1'}, {'ipconfig0': f"{FORMAT}format error\nipconfig0.ip: missing property - 'ipconfig0.gw' requires this property\n"}),
    ({'boot': 'order=foo'}, {'boot': f"{FORMAT}format error\nboot.order: {FORMAT}invalid boot device 'foo'\n\n"}),
    ({'boot': 'order=efidisk0'}, {'boot': f"{FORMAT}format error\nboot.order: {FORMAT}invalid boot device 'efidisk0'\n\n"}),
    ({'cpu': 'flags=+aes'}, {'cpu': f'{FORMAT}CPU is missing cputype\n'}),
    ({'cpu': 'host,foo=1'}, {'cpu': f'{FORMAT}invalid key in comma-separated list property: foo\n'}),
    ({'cpu': 'host,flags=+svm'}, {'cpu': f'{FORMAT}VM-specific CPU flags must be a subset of: {SUBSET}\n'}),
    ({'cpu': 'host,flags=aes'}, {'cpu': f'{FORMAT}format error\ncpu.flags: value does not match the regex pattern\n'}),
    ({'cpu': 'host,phys-bits=65'}, {'cpu': f"{FORMAT}format error\ncpu.phys-bits: {FORMAT}value must be an integer between 8 and 64 or 'host'\n\n"}),
    ({'cpu': 'host,reported-model=host'}, {'cpu': f"{FORMAT}Property 'reported-model' not allowed in VM-specific CPU config.\n"}),
    ({'cpu': 'host', 'cores': 0}, {'cores': 'value must have a minimum value of 1'})])
def test_options_in_a_form_that_they_cannot_have(node, options, errors):
    """JSONSchema.pm:1281, QemuServer.pm (verify_bootdev), CPUConfig.pm:164, 311."""
    wrong = refused(node.configure, node.clone(), **options)
    assert (wrong.status, wrong.errors) == (400, errors)


@pytest.mark.parametrize('cpu', ['host,flags=+aes;-pcid', 'cputype=host,hidden=yes', 'x86-64-v2-AES,phys-bits=host'])
def test_control_a_cpu_with_properties(node, cpu):
    node.configure(node.clone(), cpu=cpu)


@pytest.mark.parametrize(('keys', 'accepted'), [
    (KEY, True), (f'\n{KEY}\n\n{KEY}\n', True), (f'restrict {KEY}', True), (f'# mine\n{KEY}', False), ('ssh-ed25519 AAAA x', False),
    (KEY.replace('ssh-ed25519', 'ssh-rsa'), False), (f'{KEY}\nnothing', False)])
def test_each_line_of_the_keys_is_one_that_ssh_keygen_reads(node, keys, accepted):
    """PVE/Tools.pm:1776, validate_ssh_public_keys, called in PVE/API2/Qemu.pm:2011."""
    vmid, sent = node.clone(), urllib.parse.quote(keys, safe='')
    if accepted:
        node.configure(vmid, sshkeys=sent)
    else:
        wrong = refused(node.configure, vmid, sshkeys=sent)
        assert (wrong.status, str(wrong)) == (500, '500 SSH public key validation error')


@pytest.mark.parametrize(('fields', 'errors'), [
    ({'revert': 'foo'}, {'revert': "unknown option 'foo'"}),
    ({'revert': 'cores', 'cores': 2}, {'delete': "you can't use '-cores' and -revert cores' at the same time"}),
    ({'revert': 'cores', 'delete': 'cores'}, {'revert': "you can't use '-delete cores' and -revert cores' at the same time"}),
    ({'delete': 'cores', 'cores': 2}, {'delete': "you can't use '-cores' and -delete cores' at the same time"})])
def test_what_cannot_be_asked_at_once(node, fields, errors):
    """PVE/API2/Qemu.pm:2026."""
    assert refused(node.configure, node.clone(), **fields).errors == errors


def test_what_is_not_set_is_deleted_without_the_privilege_that_its_value_would_ask_for(node):
    """PVE/API2/Qemu.pm:957, 2186: drives, tags and devices are looked at where they are there."""
    vmid = node.clone()
    node.control('PATCH', '/settings', {'grants': [{'path': '/vms', 'privileges': ['VM.Config.CPU'], 'propagate': True,
                                                    'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}]})
    node.configure(vmid, delete='scsi9,unused3,usb1')
    for key, missing in (('scsi0', 'VM.Config.Disk'), ('tags', 'VM.Config.Options'), ('onboot', 'VM.Config.Options')):
        assert missing in str(refused(node.configure, vmid, delete=key))


def test_an_empty_drive_is_no_volume_to_grow(node):
    """PVE/API2/Qemu.pm:5772 asks for the format first (PVE::Storage::parse_volume_id)."""
    vmid = node.clone()
    node.configure(vmid, ide3='none,media=cdrom')
    path = f'{NODE}/qemu/{vmid}/resize'
    assert str(refused(node.call, 'PUT', path, disk='ide3', size='1G')) == "0 unable to parse volume ID 'none'"
    assert str(refused(node.call, 'PUT', path, disk='ide2', size='1G')) == "0 you can't resize a cdrom"


def test_a_trunk_asks_for_each_of_its_vlans(node):
    """PVE/GuestHelpers.pm:408, check_vnet_access."""
    vmid = node.clone()
    node.control('PATCH', '/settings', {'grants': [
        {'path': path, 'privileges': ['VM.Config.Network', 'SDN.Use'], 'propagate': True,
         'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}
        for path in ('/vms', '/sdn/zones/localnetwork/vmbr0/50', '/sdn/zones/localnetwork/vmbr0/51')]})
    wrong = refused(node.configure, vmid, net1='virtio,bridge=vmbr0,trunks=50-52')
    assert str(wrong) == '403 Permission check failed (/sdn/zones/localnetwork/vmbr0/52, SDN.Use)'


@pytest.mark.parametrize(('fields', 'errors'), [
    ({'proto': 'foo', 'dport': '20:10', 'source': '10.0.0.1/8'}, {
        'proto': f"{FORMAT}unknown protocol 'foo'\n", 'dport': f"{FORMAT}backwards range '20:10' not allowed, did you mean '10:20'?\n",
        'source': f'{FORMAT}invalid IP address: Invalid prefix {10 << 24 | 1:032b}/8\n'}),
    ({'proto': 'tcp', 'dport': 'echo-request'}, {'dport': "invalid port 'echo-request'"}),
    ({'proto': 'tcp', 'sport': 'echo-request'}, {'sport': f"{FORMAT}invalid port 'echo-request'\n"}),
    ({'proto': 'gre', 'dport': '80'}, {'dport': "protocol 'gre' does not support ports"}),
    ({'proto': 'icmp', 'icmp-type': 'foo'}, {'icmp-type': f"{FORMAT}invalid icmp-type value 'foo'\n"}),
    ({'proto': 'icmp', 'icmp-type': 'no-route'}, {'icmp-type': "invalid icmp-type 'no-route' for proto 'icmp'"}),
    ({'source': '10.0.0.1', 'dest': 'fd00::1'}, {'dest': 'detected mixed ipv4/ipv6 addresses in rule'}),
    ({'proto': 'icmpv6', 'source': '10.0.0.1'}, {'source': 'detected mixed ipv4/ipv6 addresses in rule'}),
    ({'source': '10.0.0.1,'}, {'source': f'{FORMAT}extraneous commas in list\n'}),
    ({'source': '+none'}, {'source': "no such ipset 'none'"}), ({'source': 'none'}, {'source': "no such alias 'none'"}),
    ({'iface': 'eth0'}, {'iface': "value does not match the regex pattern 'net\\d+'"})])
def test_rules_that_are_refused(node, fields, errors):
    """Firewall.pm:1738, verify_rule, and the formats of :1543, all of which the API checks before."""
    path = f'{NODE}/qemu/{node.clone()}/firewall/rules'
    wrong = refused(node.call, 'POST', path, **RULE, **fields)
    assert (wrong.status, wrong.errors) == (400, errors)
    assert node.call('GET', path) == []


@pytest.mark.parametrize(('method', 'path', 'message'), [
    ('GET', '/nodes/pve2/qemu/100/foo', "Method 'GET /nodes/pve2/qemu/100/foo' not implemented"),
    ('POST', '/cluster/nextid', "Method 'POST /cluster/nextid' not implemented"),
    ('PATCH', '/nodes/pve2/qemu/100/config', "method 'PATCH' not available")])
def test_what_there_is_no_method_for(node, method, path, message):
    """PVE/HTTPServer.pm:150, APIServer/AnyEvent.pm:1399."""
    wrong = refused(node.call, method, path)
    assert (wrong.status, str(wrong)) == (501, f'501 {message}')


@pytest.mark.parametrize('value', ['yes', 'true', 'on', 'off', '2', ''])
def test_a_boolean_is_1_or_0(node, value):
    """JSONSchema.pm:1217, check_type; other words stand in property strings alone."""
    vmid = node.clone()
    assert refused(node.configure, vmid, onboot=value).errors == {'onboot': f"type check ('boolean') failed - got '{value}'"}
    node.configure(vmid, onboot='1', net0='virtio,bridge=vmbr0,firewall=yes')


@pytest.mark.parametrize(('method', 'path', 'fields'), [
    ('PUT', 'config', {'cores': 1}), ('PUT', 'resize', {'disk': 'scsi0', 'size': '+1G'}), ('POST', 'status/start', {}),
    ('POST', 'status/stop', {}), ('POST', 'status/shutdown', {})])
def test_only_root_passes_over_a_lock(node, method, path, fields):
    """The first lines of each method of PVE/API2/Qemu.pm."""
    wrong = refused(node.call, method, f'{NODE}/qemu/{node.clone()}/{path}', skiplock=1, **fields)
    assert (wrong.status, wrong.errors) == (400, {'skiplock': 'Only root may use this option.'})


def test_power_has_the_parameters_of_its_schema_alone(node):
    """PVE/API2/Qemu.pm, vm_start: additionalProperties => 0."""
    path = f'{NODE}/qemu/{node.clone()}/status/start'
    assert list(refused(node.call, 'POST', path, foo=1).errors) == ['foo']
    assert list(refused(node.call, 'POST', path, timeout=-1).errors) == ['timeout']


@pytest.mark.parametrize(('options', 'message'), [
    ({'usb0': 'host=1234:5678'}, "only root can set 'usb0' config for real devices"),
    ({'hostpci0': '00:00.0'}, "only root can set 'hostpci0' config for non-mapped devices"),
    ({'serial0': '/dev/ttyS0'}, "only root can modify 'serial0' config for real devices")])
def test_devices_of_the_host_are_roots(node, options, message):
    """PVE/API2/Qemu.pm:836, 872, 2270."""
    assert str(refused(node.configure, node.clone(), **options)) == f'500 {message}'


def test_a_disk_grows_only_where_nobody_changed_the_vm_meanwhile(node):
    """PVE/API2/Qemu.pm:5764."""
    path = f'{NODE}/qemu/{node.clone()}/resize'
    assert str(refused(node.call, 'PUT', path, disk='scsi0', size='+1G', digest='x')).startswith('0 checksum mismatch')


def test_unlink_deletes_as_a_change_of_the_configuration_does(node):
    """PVE/API2/Qemu.pm, unlink."""
    vmid = node.clone()
    node.configure(vmid, scsi1='local-lvm:1')
    path = f'{NODE}/qemu/{vmid}/unlink'
    node.call('PUT', path, idlist='scsi1')
    assert 'unused0' in node.config(vmid)
    assert refused(node.call, 'PUT', path, idlist='foo').errors == {'delete': "unknown option 'foo'"}
    node.call('PUT', path, idlist='unused0')
    assert 'unused0' not in node.config(vmid)
