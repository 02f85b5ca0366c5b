"""What a write does not do: a saved configuration becomes the active one when its service is reconfigured."""

import asyncio
import copy
from typing import Any

# Sections that a reconfigure activates. filter/apply reloads the rules and skips aliases; alias/reconfigure reloads the rules
# first, and fills the tables then (`filter reload skip_alias`, `filter refresh_aliases`: FilterBaseController::applyAction,
# Firewall/Api/AliasController.php:332 of opnsense/core 26.7.2).
RULES = ('rule', 'group', 'dnat', 'source_nat', 'one_to_one')
ACTIVATES: dict[str, tuple[str, ...]] = {
    'vlan': ('vlan',), 'kea': ('subnet4', 'reservation', 'kea_general'), 'unbound': ('host', 'host_alias', 'dot'),
    'filter': RULES, 'group': RULES, 'alias': RULES}
# Services that run as a process and so have a status.
PROCESSES = ('kea', 'unbound')


class Services:
    """Mixin of the router: the active configuration, and which processes run."""

    def activate(self, service: str) -> None:
        """Takes over the saved configuration of a service and starts its process where it is enabled."""
        if service == 'kea' and not self._writes_kea():
            return
        for section in ACTIVATES[service]:
            self.active[section] = copy.deepcopy(self.saved[section])
        if service == 'alias':
            self._fill_tables()
        if service in PROCESSES:
            self.running[service] = self.enabled(service)

    def reboot(self) -> None:
        """Boots: no connection is left, every service takes over what is saved, and the rules hold before the tables of the aliases
        are filled, in the background (src/etc/rc.bootup:92, src/etc/inc/filter.inc:480)."""
        self.active['alias'] = {}
        self.states = []
        for service in ('vlan', 'kea', 'unbound', 'alias'):
            self.activate(service)

    def _writes_kea(self) -> bool:
        """Kea without an interface is taken for one that is off, so that its file is not written; it is started all the same,
        with the file that it had (Kea/KeaDhcpv4.php:101 isEnabled, src/etc/inc/plugins.inc.d/kea.inc:177,
        service/templates/OPNsense/Kea/keactrl.conf:31)."""
        general = self.saved['kea_general']['general']
        return general['enabled'] != '1' or general['interfaces'] != ''

    def _fill_tables(self) -> None:
        """Fills the tables of the aliases: at once, or after some seconds in which the rules hold with the tables of before. One
        that is disabled has no table (service/templates/OPNsense/Filter/filter_tables.conf:14)."""
        wanted = copy.deepcopy({uuid: one for uuid, one in self.saved['alias'].items() if one['enabled'] == '1'})

        def fill() -> None:
            self.active['alias'] = wanted
        if self.table_seconds:
            asyncio.get_running_loop().call_later(self.table_seconds, fill)
        else:
            fill()

    def enabled(self, service: str) -> bool:
        return service == 'unbound' or self.saved['kea_general']['general']['enabled'] == '1'

    def status(self, service: str) -> dict[str, Any]:
        """ApiMutableServiceControllerBase::statusAction."""
        stopped = 'stopped' if self.enabled(service) else 'disabled'
        return {'status': 'running' if self.running[service] else stopped,
                'widget': {'caption_restart': 'Restart', 'caption_start': 'Start', 'caption_stop': 'Stop'}}
