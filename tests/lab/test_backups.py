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
