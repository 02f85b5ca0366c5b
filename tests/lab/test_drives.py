"""Drives and their volumes."""

import pytest
from node_client import NODE, ApiError

GIB = 1024 ** 3


def maxdisk(node, vmid):
    entries = node.call('GET', '/cluster/resources?type=vm')
    return next(entry for entry in entries if entry['vmid'] == vmid)['maxdisk']


def test_size_of_a_drive_is_that_of_its_volume(node):
    vmid = node.clone()
    node.configure(vmid, scsi0=f'file=local-lvm:vm-{vmid}-disk-0,size=21474836480,discard=on,')
    assert node.config(vmid)['scsi0'] == f'local-lvm:vm-{vmid}-disk-0,discard=on,size=32G'
    assert maxdisk(node, vmid) == 32 * GIB


@pytest.mark.parametrize('size, grown', [('40G', 40), ('+8G', 40), ('42949672960', 40), ('1T', 1024)])
def test_resize_grows_the_drive_and_its_volume(node, size, grown):
    vmid = node.clone()
    node.call('PUT', f'{NODE}/qemu/{vmid}/resize', disk='scsi0', size=size)
    shown = '1T' if grown == 1024 else f'{grown}G'
    assert node.config(vmid)['scsi0'] == f'local-lvm:vm-{vmid}-disk-0,size={shown}'
    assert node.volumes()[f'vm-{vmid}-disk-0'] == grown * GIB
    assert maxdisk(node, vmid) == grown * GIB


def test_resize_works_while_the_vm_runs(node):
    vmid = node.clone()
    node.power(vmid, 'start')
    node.call('PUT', f'{NODE}/qemu/{vmid}/resize', disk='scsi0', size='33G')
    assert node.config(vmid, current=True)['scsi0'].endswith('size=33G')


@pytest.mark.parametrize('disk, size, why', [('scsi0', '20G', 'shrinking disks is not supported'),
                                             ('scsi5', '40G', "disk 'scsi5' does not exist"),
                                             ('ide2', '40G', "you can't resize a cdrom")])
def test_resize_that_cannot_be_ends_its_task_with_the_reason(node, disk, size, why):
    vmid = node.clone()
    with pytest.raises(ApiError) as refused:
        node.call('PUT', f'{NODE}/qemu/{vmid}/resize', disk=disk, size=size)
    assert (refused.value.status, refused.value.message) == (0, why)
    assert node.volumes()[f'vm-{vmid}-disk-0'] == 32 * GIB


def test_cloud_init_drive_is_named_after_what_it_is(node):
    vmid = node.clone()
    node.configure(vmid, delete='ide2')
    assert f'vm-{vmid}-cloudinit' not in node.volumes()
    node.configure(vmid, ide2='file=local-lvm:cloudinit,')
    assert node.config(vmid)['ide2'] == f'local-lvm:vm-{vmid}-cloudinit,media=cdrom'
    assert node.volumes()[f'vm-{vmid}-cloudinit'] == 4 * 1024 ** 2


def test_second_cloud_init_drive_is_refused(node):
    vmid = node.clone()
    with pytest.raises(ApiError, match="ide0 - cloud-init drive is already attached at 'ide2'"):
        node.configure(vmid, ide0='local-lvm:cloudinit')


def test_cloud_init_drive_is_written_at_start_and_when_asked(node):
    vmid = node.clone()
    volume = f'vm-{vmid}-cloudinit'

    def holds():
        return node.control('GET', '/state')['storages']['local-lvm']['cloudinit'].get(volume)
    node.configure(vmid, ciuser='first')
    node.power(vmid, 'start')
    at_start = holds()
    node.configure(vmid, ciuser='second')
    assert holds() == at_start
    node.call('PUT', f'{NODE}/qemu/{vmid}/cloudinit')
    assert holds() not in (at_start, None)


def test_detached_disk_becomes_an_unused_one_and_goes_when_that_is_deleted(node):
    vmid = node.clone()
    node.configure(vmid, delete='scsi0')
    assert node.config(vmid)['unused0'] == f'local-lvm:vm-{vmid}-disk-0'
    node.configure(vmid, scsi0=f'local-lvm:vm-{vmid}-disk-0')
    assert 'unused0' not in node.config(vmid)
    node.configure(vmid, delete='scsi0')
    node.configure(vmid, delete='unused0')
    assert f'vm-{vmid}-disk-0' not in node.volumes()


def test_new_disk_that_is_forced_out_is_freed(node):
    vmid = node.clone()
    node.configure(vmid, scsi1='local-lvm:2')
    assert node.volumes()[f'vm-{vmid}-disk-1'] == 2 * GIB
    node.configure(vmid, delete='scsi1', force=1)
    assert f'vm-{vmid}-disk-1' not in node.volumes()
    assert 'unused0' not in node.config(vmid)


def test_storage_counts_what_its_volumes_hold(node):
    before = node.call('GET', f'{NODE}/storage/local-lvm/status')
    node.clone()
    after = node.call('GET', f'{NODE}/storage/local-lvm/status')
    assert after['used'] - before['used'] == 32 * GIB + 4 * 1024 ** 2
    assert after['total'] == 900 * GIB


@pytest.mark.parametrize(('key', 'what'), [('scsi1', "drive 'scsi1'"), ('unused0', "unused disk 'local-lvm:vm-{}-disk-2'")])
def test_no_drive_of_a_protected_vm_is_taken_away_not_even_with_its_protection(node, key, what):
    """PVE/API2/Qemu.pm:2215, 2242 of qemu-server 8.4.10: check_protection reads what is written."""
    vmid = node.clone()
    node.configure(vmid, scsi1='local-lvm:1', scsi2='local-lvm:1')
    node.configure(vmid, delete='scsi2')
    node.configure(vmid, protection=1)
    for more in ({}, {'protection': 0}):
        with pytest.raises(ApiError) as refused:
            node.configure(vmid, delete=key, **more)
        assert (refused.value.status, refused.value.message) == (
            500, f"can't remove {what.format(vmid)} - protection mode enabled")
    assert key in node.config(vmid) and node.config(vmid)['protection'] == 1
    node.configure(vmid, protection=0)
    node.configure(vmid, delete=key)
    assert key not in node.config(vmid)


@pytest.mark.parametrize(('keys', 'noted'), [(',pre-enrolled-keys=1', ',ms-cert=2023k,pre-enrolled-keys=1'),
                                             (',pre-enrolled-keys=0', ',pre-enrolled-keys=0'), ('', '')])
def test_efi_disk_tells_which_keys_are_enrolled_on_it(node, keys, noted):
    """qemu-server 8.4.10, src/PVE/QemuServer.pm:9158, create_efidisk; its size is that of the firmware's variables."""
    vmid = node.clone()
    node.configure(vmid, efidisk0=f'local-lvm:1,efitype=4m{keys}')
    assert node.config(vmid)['efidisk0'] == f'local-lvm:vm-{vmid}-disk-1,efitype=4m{noted},size=528K'


IMAGE = '/var/lib/vz/images/fedora.qcow2'


def test_root_imports_an_image_of_the_host_as_a_disk_of_its_size(node):
    """qemu-server 9.2.6, src/PVE/API2/Qemu.pm:119-139, 604; pve-storage, src/PVE/Storage.pm:651, 784."""
    node.control('PATCH', '/settings', {'images': {IMAGE: 5 * GIB}})
    vmid = node.clone()
    node.as_root().call('PUT', f'{NODE}/qemu/{vmid}/config', scsi3=f'local-lvm:0,import-from={IMAGE},discard=on')
    assert node.config(vmid)['scsi3'] == f'local-lvm:vm-{vmid}-disk-1,discard=on,size=5G'
    assert node.volumes()[f'vm-{vmid}-disk-1'] == 5 * GIB
    for value, why in ((f'local-lvm:0,import-from={IMAGE}.gone', f"can't find file '{IMAGE}.gone'"),
                       (f'local-lvm:8,import-from={IMAGE}', 'Parameter verification failed')):
        with pytest.raises(ApiError, match=why):
            node.as_root().call('PUT', f'{NODE}/qemu/{vmid}/config', scsi4=value)
    with pytest.raises(ApiError, match='Only root can pass arbitrary filesystem paths'):
        node.configure(vmid, scsi4=f'local-lvm:0,import-from={IMAGE}')
