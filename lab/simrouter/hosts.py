"""Host overrides of Unbound and their aliases (src/opnsense/mvc/app/controllers/OPNsense/Unbound/Api/SettingsController.php of
opnsense/core 26.7.2)."""

from typing import Any

from . import fields as f
from .controllers import Controller
from .models import Record
from .records import Records, flattened, told
from .searches import grid

ALIASES = f.Hostname(True, False, True, True, '[{}] is not a valid host/domain name.', True)


class HostAliases(Controller):
    """Aliases, of all hosts or of one."""

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        host = asked.get('host')
        return grid([row for row in self.records.rows() if not host or row['host'] == host], asked, self.records.model.sort)


class Hosts(Controller):
    """Unbound/Api/SettingsController.php: a host shows its aliases, and makes and deletes them through a field that is kept
    nowhere (Unbound/FieldTypes/AliasReflector.php)."""

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        rows = []
        for row in self.records.rows():
            description = row.pop('description')
            rows.append({**row, 'aliases': ','.join(self._names(row['uuid'])), 'description': description})
        found = grid(rows, asked, self.records.model.sort)
        for row in found['rows']:
            children = [{**{name: value for name, value in row.items() if name != 'aliases'}, 'uuid': uuid, 'isAlias': True,
                         **{name: alias[name] for name in ('enabled', 'hostname', 'domain', 'description')}}
                        for uuid, alias in self._aliases(row['uuid'])]
            row['isAlias'] = False
            if children:
                row['_children'] = children
        return found

    def get(self, uuid: str | None) -> Any:
        found = super().get(uuid)
        if found:
            found['host']['aliases'] = f.shown_list(','.join(self._names(uuid or '')))
        return found

    def add(self, sent: Any) -> dict[str, Any]:
        return self._refusal('', sent) or self._reflect(super().add(sent), '', [], sent)

    def set(self, uuid: str, sent: Any) -> dict[str, Any]:
        # The names that it has are those under the domain that it had.
        there = self._names(uuid)
        return self._refusal(uuid, sent) or self._reflect(super().set(uuid, sent), uuid, there, sent)

    def delete(self, wanted: str) -> dict[str, Any]:
        """Aliases of a host go with it, whoever made them."""
        aliases = Records(self.router, 'host_alias')
        for uuid, _alias in self._aliases(wanted):
            aliases.delete(uuid)
        return self.records.delete(wanted)

    def _aliases(self, host: str) -> list[tuple[str, Record]]:
        return [(uuid, alias) for uuid, alias in self.router.saved['host_alias'].items() if alias['host'] == host]

    def _names(self, host: str) -> list[str]:
        """Aliases of a host as whole names; without a domain of its own one has its host's."""
        domain = self.records.saved.get(host, {}).get('domain', '')
        return [f'{alias["hostname"]}.{alias["domain"] or domain}'.removeprefix('.') for _uuid, alias in self._aliases(host)]

    def _refusal(self, uuid: str, sent: Any) -> dict[str, Any]:
        """The answer to names that no alias can have, with what else is wrong; empty where they are right."""
        wrong = ALIASES.faults(ALIASES.clean(_sent_names(sent) or ''), self.router)
        return {'result': 'failed', 'validations': {
            **self.records.validations(uuid, self.records.merged(uuid, sent)),
            **told('host.', [('aliases', message) for message in wrong])}} if wrong else {}

    def _reflect(self, done: dict[str, Any], uuid: str, there: list[str], sent: Any) -> dict[str, Any]:
        """Makes and deletes aliases so that they are those that were sent (AliasReflector.php:70)."""
        wanted, host = _sent_names(sent), uuid or done.get('uuid', '')
        if wanted is None or done['result'] != 'saved':
            return done
        domain, aliases = self.records.saved[host]['domain'], Records(self.router, 'host_alias')
        names = [name.strip() for name in wanted.split(',') if name.strip()]
        for gone in [_split(name, domain) for name in there if name not in names]:
            for key in [key for key, alias in self._aliases(host) if (alias['hostname'], alias['domain']) == gone]:
                aliases.delete(key)
        for hostname, own_domain in [_split(name, domain) for name in names if name not in there]:
            aliases.add({'enabled': '1', 'host': host, 'hostname': hostname, 'domain': own_domain, 'description': ''}, {})
        return done


def _sent_names(sent: Any) -> str | None:
    return flattened(sent, {'aliases': ALIASES}).get('aliases')


def _split(name: str, own_domain: str) -> tuple[str, str]:
    """Name and domain of an alias; the host's own domain is none (AliasReflector.php:42)."""
    hostname, _dot, domain = name.rstrip('.').partition('.')
    return hostname, '' if domain == own_domain else domain
