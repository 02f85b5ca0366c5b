"""Permissions: privilege separation, and what a refusal names."""

import asyncio

import pytest
from node_client import NODE, TEMPLATE, ApiError


@pytest.fixture
def alone():
    """A node in this process, whose grants a test may change; the program's roles reach VM 110, which is in a pool."""
    from simnode.simulated import SimulatedNode
    node = SimulatedNode('127.0.0.1', 0, 'secret')
    node.pools = {'grooveiq': {110}}
    return node


def test_token_holds_what_both_it_and_its_user_hold(alone):
    alone.acl = None
    alone.grant('deevnet@pve', '/vms', 'VM.Audit', 'VM.Clone')
    alone.grant('deevnet@pve!pulumi', '/vms', 'VM.Audit', 'VM.PowerMgmt')
    held = {priv: alone.allowed('deevnet@pve!pulumi', '/vms/5001', priv)
            for priv in ('VM.Audit', 'VM.Clone', 'VM.PowerMgmt')}
    assert held == {'VM.Audit': True, 'VM.Clone': False, 'VM.PowerMgmt': False}
    assert alone.allowed('deevnet@pve', '/vms/5001', 'VM.Clone')


def test_privileges_on_a_pool_reach_its_vms(alone):
    alone.acl = None
    alone.pools = {'grooveiq': {5001}}
    for userid in ('deevnet@pve', 'deevnet@pve!pulumi'):
        alone.grant(userid, '/pool/grooveiq', 'VM.Audit')
    assert alone.allowed('deevnet@pve!pulumi', '/vms/5001', 'VM.Audit')
    assert not alone.allowed('deevnet@pve!pulumi', '/vms/5002', 'VM.Audit')


def without(alone, priv):
    """The node with one privilege taken from the token alone."""
    token = 'deevnet@pve!pulumi'
    alone.acl[token] = [(path, privs - {priv}) for path, privs in alone.acl[token]]
    return alone


@pytest.mark.parametrize('options, path, priv', [
    ({'cores': '2'}, '/vms/110', 'VM.Config.CPU'),
    ({'memory': '1024'}, '/vms/110', 'VM.Config.Memory'),
    ({'tags': 'a'}, '/vms/110', 'VM.Config.Options'),
    ({'scsihw': 'virtio-scsi-pci'}, '/vms/110', 'VM.Config.HWType'),
    ({'scsi1': 'local-lvm:1'}, '/vms/110', 'VM.Config.Disk'),
    ({'scsi1': 'local-lvm:1'}, '/storage/local-lvm', 'Datastore.AllocateSpace'),
    ({'ide2': 'local-lvm:cloudinit'}, '/vms/110', 'VM.Config.Cloudinit'),
    ({'ide2': 'local-lvm:cloudinit'}, '/vms/110', 'VM.Config.CDROM'),
    ({'net0': 'virtio,bridge=vmbr0'}, '/vms/110', 'VM.Config.Network'),
    ({'net0': 'virtio,bridge=vmbr0'}, '/sdn/zones/localnetwork/vmbr0', 'SDN.Use'),
    ({'net0': 'virtio,bridge=vmbr0,tag=50'}, '/sdn/zones/localnetwork/vmbr0/50', 'SDN.Use'),
])
def test_missing_privilege_is_named_with_its_path(alone, options, path, priv):
    from fakepve.model import PveError
    with pytest.raises(PveError) as refused:
        asyncio.run(without(alone, priv)._apply_config(alone.vm(110), 'deevnet@pve!pulumi', options))
    assert (refused.value.status, refused.value.message) == (403, f'Permission check failed ({path}, {priv})')


@pytest.mark.parametrize('priv, path', [('VM.Clone', '/vms/100'), ('SDN.Use', '/sdn/zones/localnetwork/vmbr0'),
                                        ('Datastore.AllocateSpace', '/storage/local-lvm')])
def test_clone_asks_for_the_template_its_bridge_and_the_storage(alone, priv, path):
    from fakepve import schema
    from fakepve.model import PveError
    user, values = 'deevnet@pve!pulumi', {'node': 'pve2', 'vmid': 100, 'newid': 5001, 'full': 1,
                                         'pool': 'grooveiq'}
    info = schema.load().paths['/nodes/{node}/qemu/{vmid}/clone']['POST']
    with pytest.raises(PveError) as refused:
        without(alone, priv).check_permissions(user, info['permissions'], values)
        asyncio.run(alone._qm_clone(values, user))
    assert (refused.value.status, refused.value.message) == (403, f'Permission check failed ({path}, {priv})')


def test_refusal_over_https_names_path_and_privilege(node):
    with pytest.raises(ApiError) as refused:
        node.call('PUT', '/cluster/firewall/options', enable=1)
    assert (refused.value.status, refused.value.message) == (403, 'Permission check failed (/, Sys.Modify)')


def test_hosts_own_cd_drive_asks_for_sys_console(node):
    vmid = node.clone()
    with pytest.raises(ApiError) as refused:
        node.configure(vmid, ide3='file=cdrom,media=cdrom,')
    assert (refused.value.status, refused.value.message) == (403, 'Permission check failed (/, Sys.Console)')
    node.configure(vmid, ide3='file=none,media=cdrom,')
    assert node.config(vmid)['ide3'] == 'none,media=cdrom'


def test_start_order_asks_for_sys_modify(node):
    """PVE::API2::Qemu of PVE 8, update_vm_api: `$rpcenv->check_full($authuser, "/", ['Sys.Modify'])` for startup."""
    from conftest import wide_grants
    vmid = node.clone()
    with pytest.raises(ApiError, match=r'Permission check failed \(/, Sys.Modify\)'):
        node.configure(vmid, startup='order=1')
    here = {'path': '/', 'privileges': ['Sys.Modify'], 'propagate': False,
            'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}
    node.control('PATCH', '/settings', {'grants': [*wide_grants(), here]})
    node.configure(vmid, startup='order=1')
    assert node.config(vmid)['startup'] == 'order=1'
    node.control('PATCH', '/settings', {'grants': wide_grants()})
    with pytest.raises(ApiError, match=r'Permission check failed \(/, Sys.Modify\)'):
        node.configure(vmid, delete='startup')


def test_options_of_root_alone_are_refused(node):
    vmid = node.clone()
    with pytest.raises(ApiError, match="only root can set 'args' config"):
        node.configure(vmid, args='-no-hpet')
    node.as_root().configure(vmid, args='-no-hpet')
    assert node.config(vmid)['args'] == '-no-hpet'


def test_cloud_init_values_need_one_of_two_privileges(alone):
    vm = alone.vm(110)
    asyncio.run(without(alone, 'VM.Config.Cloudinit')._apply_config(vm, 'deevnet@pve!pulumi', {'ciuser': 'one'}))
    assert vm.config['ciuser'] == 'one'
    from fakepve.model import PveError
    with pytest.raises(PveError, match=r'\(/vms/110, VM.Config.Cloudinit\|VM.Config.Network\)'):
        asyncio.run(without(alone, 'VM.Config.Network')._apply_config(vm, 'deevnet@pve!pulumi', {'ciuser': 'two'}))


def test_permissions_tell_what_the_token_holds(node):
    node.control('PATCH', '/settings', {'grants': None})
    held = node.call('GET', '/access/permissions')
    assert set(held) == {'/', '/vms', '/storage/local-lvm', '/pool', '/sdn/zones/localnetwork/vmbr0'}
    assert held['/'] == {'Sys.Audit': 0}
    assert held['/vms'] == {'VM.Allocate': 1, 'VM.Audit': 1, 'VM.Clone': 1, 'VM.Config.Disk': 1}
    assert node.as_root().call('GET', '/access/permissions')['/']['Sys.Modify'] == 1


def test_permissions_tell_what_holds_here_alone_and_what_is_withheld(node):
    users = ['deevnet@pve', 'deevnet@pve!pulumi']
    grant = {'path': '/', 'privileges': ['Sys.Modify', 'Sys.Audit'], 'propagate': False, 'userids': users}
    node.control('PATCH', '/settings', {'grants': [grant], 'without': ['Sys.Audit']})
    assert node.call('GET', '/access/permissions') == {'/': {'Sys.Modify': 0}}
    node.control('PATCH', '/settings', {'grants': [{**grant, 'propagate': True}], 'without': []})
    held = node.call('GET', '/access/permissions')
    assert held['/'] == held['/vms'] == {'Sys.Audit': 1, 'Sys.Modify': 1}


def test_entry_on_a_deeper_path_replaces_those_above(alone):
    alone.grant_only([{'path': '/vms', 'privileges': ['VM.Audit'], 'propagate': True, 'userids': ['a@pve']},
                      {'path': '/vms/110', 'privileges': ['VM.Clone'], 'propagate': True, 'userids': ['a@pve']}])
    held = {(path, priv) for path in ('/vms/110', '/vms/100') for priv in ('VM.Audit', 'VM.Clone')
            if alone.allowed('a@pve', path, priv)}
    assert held == {('/vms/110', 'VM.Clone'), ('/vms/100', 'VM.Audit')}


def test_vm_in_no_pool_is_kept_from_most_of_the_programs_privileges(alone):
    assert alone.allowed('deevnet@pve!pulumi', '/vms/110', 'VM.Config.CPU')
    alone.pools = {}
    assert not alone.allowed('deevnet@pve!pulumi', '/vms/110', 'VM.Config.CPU')


@pytest.mark.parametrize('settings, why', [({'without': ['VM.Klone']}, 'no privileges of PVE 8.4: VM.Klone'),
                                           ({'grants': [{'path': '/'}]}, 'a grant has path')])
def test_settings_that_make_no_sense_are_refused(node, settings, why):
    with pytest.raises(ApiError, match=why):
        node.control('PATCH', '/settings', settings)


def test_wrong_token_is_refused(node):
    stranger = type(node)({**node.ready, 'apiToken': 'deevnet@pve!pulumi=wrong'})
    with pytest.raises(ApiError) as refused:
        stranger.call('GET', f'{NODE}/qemu/{TEMPLATE}/config')
    assert refused.value.status == 401


def test_what_a_pool_gives_never_holds_below(node):
    """PVE/RPCEnvironment.pm:80 of pve-access-control 8.2.3; what the path itself gives does."""
    node.control('PATCH', '/settings', {'grants': None})
    node.call('POST', '/pools', poolid='below')
    vmid = node.clone(pool='below')
    held = node.call('GET', '/access/permissions')[f'/vms/{vmid}']
    assert (held['VM.PowerMgmt'], held['VM.Audit']) == (0, 1)
    node.destroy(vmid)
    node.call('DELETE', '/pools?poolid=below')


def test_users_are_told_to_whom_may_see_them_and_a_token_is_none_of_them(node):
    """PVE/API2/User.pm:243 of pve-access-control 8.2.3."""
    node.control('PATCH', '/settings', {'grants': None})
    assert node.call('GET', '/access/users') == []
    assert {user['userid'] for user in node.as_root().call('GET', '/access/users')} == {'root@pam', 'deevnet@pve'}
