"""What a write does not do: a saved configuration becomes the active one when its service is reconfigured."""

import copy
from typing import Any

# Sections that a reconfigure activates. filter/apply reloads the rules and skips aliases; alias/reconfigure does both
# (`filter reload skip_alias` in FilterBaseController and AliasController).
ACTIVATES: dict[str, tuple[str, ...]] = {
    'vlan': ('vlan',), 'kea': ('subnet4', 'reservation', 'kea_general'), 'unbound': ('host', 'host_alias'),
    'filter': ('rule',), 'alias': ('alias', 'rule')}
# Services that run as a process and so have a status.
PROCESSES = ('kea', 'unbound')


class Services:
    """Mixin of the router: the active configuration, and which processes run."""

    def activate(self, service: str) -> None:
        """Takes over the saved configuration of a service and starts its process where it is enabled."""
        for section in ACTIVATES[service]:
            self.active[section] = copy.deepcopy(self.saved[section])
        if service in PROCESSES:
            self.running[service] = self.enabled(service)

    def enabled(self, service: str) -> bool:
        return service == 'unbound' or self.saved['kea_general']['general']['enabled'] == '1'

    def status(self, service: str) -> dict[str, Any]:
        """ApiMutableServiceControllerBase::statusAction."""
        stopped = 'stopped' if self.enabled(service) else 'disabled'
        return {'status': 'running' if self.running[service] else stopped,
                'widget': {'caption_restart': 'Restart', 'caption_start': 'Start', 'caption_stop': 'Stop'}}
