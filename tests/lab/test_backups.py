"""Backups with vzdump."""

import pytest
from node_client import NODE, ApiError


def archives(node):
    return [name for name in node.control('GET', '/state')['storages']['local']['volumes'] if name.startswith('backup/')]


def test_backup_makes_an_archive_that_the_storage_lists_and_leaves_the_vm_as_it_was(node):
    vmid = node.clone()
    before = node.control('GET', '/state')['vms'][str(vmid)]
    node.call('POST', f'{NODE}/vzdump', vmid=vmid, storage='local', mode='snapshot', compress='zstd')
    assert [name for name in archives(node) if name.startswith(f'backup/vzdump-qemu-{vmid}-')]
    assert node.control('GET', '/state')['vms'][str(vmid)] == before
    root = node.as_root()
    listed = root.call('GET', f'{NODE}/storage/local/content?content=backup')
    assert [entry['vmid'] for entry in listed if entry['vmid'] == vmid] == [vmid]
    tasks = node.call('GET', f'{NODE}/tasks?vmid={vmid}')
    assert [(task['type'], task['status']) for task in tasks][:1] == [('vzdump', 'OK')]
    node.destroy(vmid)
    assert [name for name in archives(node) if f'-{vmid}-' in name]


def test_storage_without_backups_fails_the_task(node):
    vmid = node.clone()
    with pytest.raises(ApiError, match="can't use storage 'local-lvm' for backups - wrong content type"):
        node.call('POST', f'{NODE}/vzdump', vmid=vmid, storage='local-lvm')
    with pytest.raises(ApiError, match="storage 'nowhere' does not exist"):
        node.call('POST', f'{NODE}/vzdump', vmid=vmid, storage='nowhere')
    node.destroy(vmid)


def backup(node, vmid, **fields):
    """Backs a VM up; gives back the archive's volume ID."""
    before = set(archives(node))
    node.call('POST', f'{NODE}/vzdump', vmid=vmid, storage='local', mode='snapshot', compress='zstd', **fields)
    return 'local:' + next(iter(set(archives(node)) - before))


def restore(node, vmid, volid, **fields):
    node.call('POST', f'{NODE}/qemu', vmid=vmid, archive=volid, **fields)


def without_generation(state):
    """A VM as the node has it, but for what each restore draws anew."""
    return {**state, 'config': {key: value for key, value in state['config'].items() if key != 'vmgenid'}}


def test_a_vm_that_was_destroyed_comes_back_with_its_mac_its_disks_and_its_firewall(node):
    vmid = node.clone()
    node.configure(vmid, name='db-vm01', description='accounts', tags='dvntm;grooveiq', net0='virtio=02:DE:20:50:00:02,bridge=vmbr0,tag=50',
                   scsi1='local-lvm:8')
    node.call('PUT', f'{NODE}/qemu/{vmid}/firewall/options', enable=1, policy_in='DROP')
    node.call('POST', f'{NODE}/qemu/{vmid}/firewall/rules', type='in', action='ACCEPT', enable=1, source='10.20.50.0/24')
    before = node.control('GET', '/state')
    volid = backup(node, vmid, **{'notes-template': '{{guestname}} of {{node}}: {{vmid}}'})
    node.destroy(vmid)
    restore(node, vmid, volid)
    after = node.control('GET', '/state')
    assert without_generation(after['vms'][str(vmid)]) == without_generation(before['vms'][str(vmid)])
    assert after['vms'][str(vmid)]['config']['vmgenid'] != before['vms'][str(vmid)]['config']['vmgenid']
    assert after['firewall']['guests'][str(vmid)] == before['firewall']['guests'][str(vmid)]
    assert after['storages']['local-lvm'] == before['storages']['local-lvm']
    listed = node.as_root().call('GET', f'{NODE}/storage/local/content?content=backup&vmid={vmid}')
    assert [entry['notes'] for entry in listed] == [f'db-vm01 of pve2: {vmid}']
    assert node.call('GET', f'{NODE}/tasks?vmid={vmid}')[0]['type'] == 'qmrestore'
    node.destroy(vmid)


def test_a_vm_that_is_there_is_restored_with_force_alone_stopped_and_unprotected(node):
    vmid = node.clone()
    volid = backup(node, vmid)
    node.configure(vmid, name='changed', scsi1='local-lvm:4')
    with pytest.raises(ApiError, match=f"unable to restore VM {vmid} - VM {vmid} already exists on node 'pve2'"):
        restore(node, vmid, volid)
    node.power(vmid, 'start')
    with pytest.raises(ApiError, match='vm is running'):
        restore(node, vmid, volid, force=1)
    node.power(vmid, 'stop')
    node.configure(vmid, protection=1)
    with pytest.raises(ApiError, match='protection mode enabled'):
        restore(node, vmid, volid, force=1)
    node.configure(vmid, protection=0)
    restore(node, vmid, volid, force=1)
    config = node.config(vmid)
    assert config['name'] != 'changed' and 'lock' not in config
    assert 'scsi1' not in config and config['unused0'] == f'local-lvm:vm-{vmid}-disk-1'
    assert config['scsi0'].startswith(f'local-lvm:vm-{vmid}-disk-0')
    node.destroy(vmid)


def test_a_backup_comes_back_as_another_vm_with_what_is_said_beside_it(node):
    vmid = node.clone()
    node.configure(vmid, net0='virtio=02:DE:20:50:00:09,bridge=vmbr0')
    volid = backup(node, vmid)
    with pytest.raises(ApiError, match='Parameter verification failed'):
        restore(node, vmid + 50, volid, scsi0='local-lvm:4')
    restore(node, vmid + 50, volid, unique=1, name='db-vm02', storage='local-lvm')
    config = node.config(vmid + 50)
    assert config['name'] == 'db-vm02' and '02:DE:20:50:00:09' not in config['net0']
    assert config['scsi0'].startswith(f'local-lvm:vm-{vmid + 50}-disk-0')
    assert f'vm-{vmid + 50}-cloudinit' in config['ide2']
    for one in (vmid, vmid + 50):
        node.destroy(one)


def test_a_disk_that_is_left_out_of_backups_is_not_in_one(node):
    vmid = node.clone()
    node.configure(vmid, scsi1='local-lvm:4,backup=0', description='accounts')
    volid = backup(node, vmid)
    drive = node.config(vmid)['scsi1']
    told = node.call('GET', f'{NODE}/vzdump/extractconfig?volume={volid}').splitlines()
    assert '#accounts' in told and f'scsi1: {drive}' in told
    # In the place of the VM the volume stays, as an unused disk; its line becomes a part of the description.
    restore(node, vmid, volid, force=1)
    config = node.config(vmid)
    assert 'scsi1' not in config and config['unused0'] == drive.split(',')[0]
    assert config['description'] == f'accounts\nscsi1: {drive}\n'
    node.configure(vmid, scsi1=drive)
    assert 'unused0' not in node.config(vmid) and node.config(vmid)['scsi1'] == drive
    node.destroy(vmid)
    restore(node, vmid, volid)
    assert 'scsi1' not in node.config(vmid) and 'unused0' not in node.config(vmid)
    node.destroy(vmid)


def test_backups_of_a_vm_that_is_gone_are_seen_by_who_may_back_it_up_or_allocate_on_the_storage(node):
    vmid = node.clone()
    volid = backup(node, vmid)
    node.destroy(vmid)

    def seen(privileges_of_vms, privileges_of_storage):
        node.control('PATCH', '/settings', {'grants': [
            {'path': path, 'privileges': privileges, 'propagate': True, 'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}
            for path, privileges in (('/vms', privileges_of_vms), ('/storage', privileges_of_storage))]})
        return volid in [one['volid'] for one in node.call('GET', f'{NODE}/storage/local/content?content=backup')]
    assert not seen(['VM.Allocate'], ['Datastore.AllocateSpace'])
    assert seen(['VM.Allocate', 'VM.Backup'], ['Datastore.AllocateSpace'])
    assert seen(['VM.Allocate'], ['Datastore.Allocate', 'Datastore.AllocateSpace'])
    # Its own backup a VM gets back, seen or not.
    assert not seen(['VM.Allocate'], ['Datastore.AllocateSpace'])
    node.control('PATCH', '/settings', {'grants': [{'path': '/', 'privileges': ['VM.Allocate', 'Datastore.AllocateSpace', 'SDN.Use'],
                                                    'propagate': True, 'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}]})
    restore(node, vmid, volid)
    with pytest.raises(ApiError, match='VM.Backup'):
        restore(node, vmid + 60, volid)
    node.as_root().destroy(vmid)


def test_older_backups_are_pruned_and_protected_ones_stay(node):
    root = node.as_root()
    vmid = node.clone()
    first = backup(root, vmid, protected=1)
    more = [backup(root, vmid) for _ in range(3)]
    newest = backup(root, vmid, **{'prune-backups': 'keep-last=2'})
    assert [name for name in archives(node) if f'-{vmid}-' in name] == [
        one.removeprefix('local:') for one in (first, more[-1], newest)]
    with pytest.raises(ApiError, match='protected'):
        root.call('DELETE', f'{NODE}/storage/local/content/{first}')
    root.call('DELETE', f'{NODE}/storage/local/content/{newest}')
    node.destroy(vmid)


DAY = 86400


@pytest.mark.parametrize(('rules', 'days'), [
    ({}, [0, 1, 2, 8, 40, 400]), ({'keep-all': 1}, [0, 1, 2, 8, 40, 400]), ({'keep-last': 2}, [0, 1]),
    ({'keep-daily': 3}, [0, 1, 2]), ({'keep-weekly': 2}, [0, 8]), ({'keep-last': 1, 'keep-monthly': 2}, [0, 40, 400]),
    ({'keep-yearly': 5}, [0, 400])])
def test_each_rule_keeps_the_newest_of_its_periods(rules, days):
    from simnode.backups import kept
    # A Wednesday, in the middle of its month.
    now = 1_750_248_000
    archives = {str(day): now - day * DAY for day in (0, 1, 2, 8, 40, 400)}
    assert sorted(map(int, kept(archives, rules))) == days


def test_a_job_is_made_changed_and_taken_away_by_who_may_change_the_datacentre(node):
    job = {'id': 'tenant-grooveiq', 'schedule': 'mon..fri 02:30', 'storage': 'local', 'pool': 'grooveiq', 'prune-backups': 'keep-last=3'}
    root = node.as_root()
    with pytest.raises(ApiError, match='Sys.Modify'):
        node.call('POST', '/cluster/backup', **job)
    with pytest.raises(ApiError, match="pool 'grooveiq' does not exist"):
        root.call('POST', '/cluster/backup', **job)
    root.call('POST', '/pools', poolid='grooveiq')
    for wrong, said in (({'schedule': 'at noon'}, 'Parameter verification failed'), ({'vmid': '110'}, 'Parameter verification failed')):
        with pytest.raises(ApiError, match=said):
            root.call('POST', '/cluster/backup', **{**job, **wrong})
    root.call('POST', '/cluster/backup', **job)
    with pytest.raises(ApiError, match="Job 'tenant-grooveiq' already exists"):
        root.call('POST', '/cluster/backup', **job)
    told = {**job, 'enabled': 1, 'type': 'vzdump', 'prune-backups': {'keep-last': '3'}}
    assert root.call('GET', '/cluster/backup/tenant-grooveiq') == told
    assert root.call('GET', '/cluster/backup') == [told]
    root.call('PUT', '/cluster/backup/tenant-grooveiq', enabled=0, vmid='110', delete='prune-backups')
    changed = root.call('GET', '/cluster/backup/tenant-grooveiq')
    assert (changed['enabled'], changed['vmid'], 'pool' in changed, 'prune-backups' in changed) == (0, '110', False, False)
    whole = node.control('GET', '/state')
    root.call('DELETE', '/cluster/backup/tenant-grooveiq')
    with pytest.raises(ApiError, match='Parameter verification failed'):
        root.call('GET', '/cluster/backup/tenant-grooveiq')
    assert list(whole['backup_jobs']) == ['tenant-grooveiq']
    root.call('DELETE', '/pools/grooveiq')


@pytest.mark.parametrize('schedule', ['daily', '02:30', 'sat 02:30', 'mon..fri,sun 2:00', '*:0/15', '8..17,22:0/15', '*-1..7 15:00', 'Sun'])
def test_a_calendar_event_of_pve_is_taken(schedule):
    from simnode.backup_jobs import CALENDAR_EVENT
    assert CALENDAR_EVENT.fullmatch(schedule)


def test_a_snapshot_locks_its_vm_and_is_refused_where_the_storage_has_none(node):
    vmid, root = node.clone(), node.as_root()
    node.control('PATCH', '/settings', {'without': ['VM.Snapshot']})
    with pytest.raises(ApiError, match='VM.Snapshot'):
        node.call('POST', f'{NODE}/qemu/{vmid}/snapshot', snapname='before')
    node.control('PATCH', '/settings', {'without': []})
    root.call('POST', f'{NODE}/qemu/{vmid}/snapshot', snapname='before')
    assert 'before' in [one['name'] for one in root.call('GET', f'{NODE}/qemu/{vmid}/snapshot')]
    root.call('POST', '/storage', storage='thick', type='lvm', vgname='thick', content='images')
    node.configure(vmid, scsi2='thick:1')
    with pytest.raises(ApiError, match='snapshot feature is not available'):
        root.call('POST', f'{NODE}/qemu/{vmid}/snapshot', snapname='after')
    volid = backup(node, vmid)
    root.call('POST', f'{NODE}/qemu/{vmid}/snapshot/before/rollback')
    root.call('DELETE', f'{NODE}/qemu/{vmid}/snapshot/before')
    node.destroy(vmid)
    restore(node, vmid, volid)
    assert node.config(vmid)['scsi2'].startswith('thick:')
    node.destroy(vmid)
    root.call('DELETE', '/storage/thick')
