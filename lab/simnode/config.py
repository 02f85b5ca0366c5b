"""VM configuration as qemu-server 8.4 reads and writes it."""

import re

from aiohttp import web
from fakepve import schema as pve_schema
from fakepve.lxc import format_size, parse_size
from fakepve.model import PveError, TaskError
from fakepve.qemu import DRIVE_KEY, drives_of, join_drive, split_drive, volume_ref, with_mac


NIC_KEY = re.compile(r'net\d+')
# Devices that QEMU takes while it runs, by PVE's default hotplug setting: network,disk,usb.
HOTPLUGGED = re.compile(r'(net|scsi|virtio|sata|ide|unused)\d+')
CLOUDINIT_SIZE = 4 * 1024 ** 2


def integer_keys():
    """Config keys that the API gives back as JSON integers; memory is one of the few that 8.4 sends as text."""
    config = pve_schema.load().paths['/nodes/{node}/qemu/{vmid}/config']['GET']['returns']['properties']
    return {key for key, spec in config.items() if spec.get('type') in ('integer', 'boolean')} - {'memory'}


class Config:
    """Mixin: reading and writing a VM's config, its drives, its NICs and their sizes."""

    async def _config_get(self, request):
        """GET config answers with pending changes applied, unless `current` is asked for."""
        vm = self._vm(request, 'VM.Audit')
        config = dict(vm.config)
        if request.query.get('current') not in ('1', 'true'):
            for key, value in vm.pending.items():
                if value is None:
                    config.pop(key, None)
                else:
                    config[key] = value
        for key, value in config.items():
            config[key] = self._typed(key, value)
        config['digest'] = vm.digest()
        return web.json_response({'data': config})

    @staticmethod
    def _typed(key, value):
        if key == 'memory':
            return str(value)
        if key in integer_keys() and re.fullmatch(r'-?\d+', str(value)):
            return int(value)
        return value

    async def _apply_config(self, vm, user, given):
        """PUT and POST config: drives are allocated and their sizes read from the volume, NICs get a MAC."""
        updates = dict(given)
        for key, value in given.items():
            if NIC_KEY.fullmatch(key):
                updates[key] = with_mac(value)
                self._check_bridge(user, updates[key])
            elif key == 'tags':
                updates[key] = normal_tags(value)
            elif key == 'description':
                updates[key] = str(value).rstrip()
        self.require_options(vm, user, updates)
        for key in [key for key in updates if DRIVE_KEY.match(key)]:
            updates[key] = self._drive(vm, user, key, updates[key])
        deleted = [key for key in str(given.get('delete') or '').split(',') if DRIVE_KEY.match(key)]
        removed = {key: vm.config[key] for key in deleted if key in vm.config}
        await super()._apply_config(vm, user, updates)
        self._hotplug(vm)
        self._let_go(vm, removed)

    def require_options(self, vm, user, updates):
        """`startup` reaches beyond the VM: PVE asks for Sys.Modify on / as well."""
        if 'startup' in updates:
            self.require(user, '/', 'Sys.Modify')

    def _check_bridge(self, user, nic):
        """A NIC on a bridge needs SDN.Use on it, and on its VLAN where it is tagged (PVE 8)."""
        _, props = split_drive(nic)
        if 'bridge' in props:
            path = '/sdn/zones/localnetwork/' + props['bridge']
            self.require(user, path + ('/' + props['tag'] if 'tag' in props else ''), 'SDN.Use')

    def _drive(self, vm, user, key, value):
        """The value of a drive as PVE stores it: allocated where it is new, with the volume's own size."""
        volume, props = split_drive(value)
        if volume.endswith(':cloudinit'):
            return self._new_cloudinit(vm, user, key, volume, props)
        if volume_ref(volume)[0] is not None and not self._qm_volume(volume):
            self._qm_check_drive(user, vm.vmid, vm.pool, key, value, None)
        stored, _ = self._qm_new_drive(vm.vmid, key, value, None)
        return stored

    def _new_cloudinit(self, vm, user, key, volume, props):
        """A new cloud-init drive takes the place, and the volume name, of the one that the key held."""
        self._free_drive(vm.config.get(key))
        store = volume_ref(volume)[0]
        self.require(user, '/storage/' + store, 'Datastore.AllocateSpace')
        return join_drive(self._cloudinit_volume(store, vm.vmid), dict(props, media='cdrom'))

    def _cloudinit_volume(self, store, vmid):
        """PVE names the volume vm-<vmid>-cloudinit, whatever disks there are."""
        name = 'vm-{0}-cloudinit'.format(vmid)
        volumes = self.storages[store].setdefault('volumes', {})
        volumes[name] = {'content': 'images', 'format': 'raw', 'size': CLOUDINIT_SIZE, 'vmid': vmid, 'ctime': 0}
        self.storages[store]['avail'] -= CLOUDINIT_SIZE
        return '{0}:{1}'.format(store, name)

    def _free_drive(self, value):
        if value is not None:
            self._qm_free(split_drive(value)[0])

    def _let_go(self, vm, removed):
        """A disk taken out of the config stays on the storage as unusedN; a cloud-init drive is deleted."""
        for value in removed.values():
            if 'media=cdrom' in value:
                self._free_drive(value)
            else:
                free = next(n for n in range(256) if 'unused{0}'.format(n) not in vm.config)
                vm.config['unused{0}'.format(free)] = split_drive(value)[0]

    @staticmethod
    def _hotplug(vm):
        """Devices that a running QEMU takes at once do not wait for the next start."""
        for key in [key for key in vm.pending if HOTPLUGGED.fullmatch(key)]:
            value = vm.pending.pop(key)
            if value is None:
                vm.config.pop(key, None)
            else:
                vm.config[key] = value

    def _routes_config(self):
        return [('PUT', '/nodes/{node}/qemu/{vmid}/resize', self._resize),
                ('PUT', '/nodes/{node}/qemu/{vmid}/cloudinit', self._regenerate)]

    async def _resize(self, values, user):
        """PUT resize grows the volume and the drive's size=; PVE shrinks nothing."""
        vm = self.find(values['node'], values['vmid'])
        self.require(user, '/vms/{0}'.format(vm.vmid), 'VM.Config.Disk')
        self._check_lock(vm)
        disk = values['disk']
        if disk not in vm.config:
            raise PveError(500, "disk '{0}' does not exist".format(disk))
        name, props = split_drive(vm.config[disk])
        volume = self._qm_volume(name)
        wanted = str(values['size'])
        size = parse_size(wanted.lstrip('+')) + (volume['size'] if wanted.startswith('+') else 0)
        if size < volume['size']:
            raise PveError(500, 'shrinking disks is not supported')

        async def body():
            store = self.storages[volume_ref(name)[0]]
            grown = size - volume['size']
            if grown > store.get('avail', grown):
                raise TaskError("resize failed: not enough free space on storage '{0}'".format(volume_ref(name)[0]))
            store['avail'] -= grown
            volume['size'] = size
            vm.config[disk] = join_drive(name, dict(props, size=format_size(size)))
        return await self.task(vm.node, 'resize', vm.vmid, user, body, vm=vm)

    async def _regenerate(self, values, user):
        vm = self.find(values['node'], values['vmid'])
        self.require(user, '/vms/{0}'.format(vm.vmid), 'VM.Config.Cloudinit')

    async def _qm_clone(self, values, user):
        """A clone gets a cloud-init drive of its own and the template's firewall; its bridges must be allowed."""
        source = self.find(values['node'], values['vmid'])
        for key in source.config:
            if NIC_KEY.fullmatch(key):
                self._check_bridge(user, source.config[key])
        upid = await super()._qm_clone(values, user)
        clone = self.vm(int(values['newid']))
        if clone is not None:
            for key, volume, props in drives_of(clone.config):
                if volume.endswith('-{0}-cloudinit'.format(source.vmid)):
                    own = self._cloudinit_volume(volume_ref(volume)[0], clone.vmid)
                    clone.config[key] = join_drive(own, props)
            rules = self._fw()['guests'].get(source.vmid)
            if rules is not None:
                self._fw()['guests'][clone.vmid] = pve_copy(rules)
        return upid

    async def _fw_rule_get(self, scope, values, user):
        """One rule by its position: PVE gives the position back as the text that stood in the path."""
        rule = await super()._fw_rule_get(scope, values, user)
        return dict(rule, pos=str(values['pos']))

    @staticmethod
    def _vm_maxdisk(vm):
        """Bytes of the first disk, from its size=, which PVE writes with a unit."""
        for _, _, props in drives_of(vm.config, skip_cdrom=True):
            if 'size' in props:
                return parse_size(props['size'])
        return 0

    def _config_priv(self, key):
        """Cloud-init keys need VM.Config.Cloudinit (or Network, which our role has too)."""
        cloudinit = ('ciuser', 'cipassword', 'sshkeys', 'nameserver', 'searchdomain', 'cicustom', 'ciupgrade', 'citype')
        if key in cloudinit or re.fullmatch(r'ipconfig\d+', key):
            return 'VM.Config.Cloudinit'
        return super()._config_priv(key)


def pve_copy(value):
    """A copy that shares nothing with the original."""
    if isinstance(value, dict):
        return {key: pve_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [pve_copy(item) for item in value]
    return value


def normal_tags(text):
    """PVE 8 keeps tags lower-case, once each, in order, joined by semicolons."""
    return ';'.join(sorted({tag.lower() for tag in re.split(r'[;, ]+', str(text)) if tag}))
