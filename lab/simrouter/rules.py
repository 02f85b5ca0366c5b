"""Rules of the firewall, in the order in which they hold (src/opnsense/mvc/app/controllers/OPNsense of opnsense/core 26.7.2)."""

from functools import cache
from typing import Any

from . import own
from .controllers import Controller
from .searches import Row, recordset


class Rules(Controller):
    """Firewall/Api/FilterController.php:85: rules in the order in which they hold, OPNsense's own ones first."""

    def asked(self, query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """Words and pages are heard from the body alone."""
        return {**{name: query[name] for name in ('interface', 'show_all') if name in query}, **body}

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        version = self.router.version
        rows = [self._ordered(row) for row in self.records.rows()]
        if not version.lists_single:
            rows = [row for row in rows if len(row['interface'].split(',')) != 1 or row['interface'] == '']
        others = own.rules(self.router) if version.lists_other or asked.get('show_all') else []
        shown = [row for row in (*rows, *others) if self._is_on(row, asked.get('interface'))]
        # Once for all rows, and only where somebody searches for words.
        words = cache(self._words)
        return recordset(shown, asked, 'sort_order', lambda row: _words_of_ends(row, words()))

    def _is_on(self, row: Row, wanted: Any) -> bool:
        """Whether a rule is listed for interfaces, or for those of several where none is named (:110)."""
        names = {name for name in str(row.get('interface', '')).split(',') if name}
        if wanted is None or not names:
            return True
        interfaces = {name for name in str(wanted).split(',') if name}
        interfaces |= {group['ifname'] for group in self.router.saved['group'].values()
                       if interfaces & {*group['members'].split(',')}}
        # OPNsense's own rules name interfaces as people see them here.
        interfaces |= {self.router.interfaces[name]['description'] for name in interfaces
                       if row.get('legacy') and name in self.router.interfaces}
        if row.get('interfacenot') == '1':
            return not names & interfaces
        return len(names) != 1 if not interfaces else bool(names & interfaces)

    def _words(self) -> dict[str, list[str]]:
        """Words that people see of what can be an end of a rule, by which the rule is found, too (FilterBaseController.php:70,
        getNetworks)."""
        words = {'any': ['any'], '(self)': ['This Firewall']}
        for name, one in own.interfaces(self.router).items():
            words[name] = [f'{one["description"]} network']
            words[f'{name}ip'] = [f'{one["description"]} address']
        return words | {alias['name']: [alias['name'], alias['description'], *alias['content'].split('\n')[:10]]
                        for alias in own.every_alias(self.router)}

    def get(self, uuid: str | None) -> Any:
        found = super().get(uuid)
        if uuid is not None and found:
            row = self._ordered(self.records.rows({uuid: self.records.saved[uuid]})[0])
            found['rule'].update(sort_order=row['sort_order'], prio_group=row['prio_group'])
        return found

    def _ordered(self, row: Row) -> Row:
        group = self._priority(row)
        return {**row, 'sort_order': f'{group}.0{int(row["sequence"]):06}', 'prio_group': str(group)}

    def _priority(self, row: Row) -> int:
        """Floating rules, then groups', then those of one interface (Firewall/FieldTypes/FilterRuleField.php:123)."""
        names = [name for name in row['interface'].split(',') if name]
        groups = {group['ifname']: int(group['sequence']) for group in self.router.saved['group'].values()}
        if names and not any(name in groups or name in self.router.interfaces for name in names):
            return 600000
        if len(names) != 1 or row['interfacenot'] == '1':
            return 200000
        return 300000 + groups[names[0]] if names[0] in groups else 400000


def _words_of_ends(row: Row, words: dict[str, list[str]]) -> list[str]:
    ends = [name.strip() for end in own.ENDS for name in str(row.get(end, '')).split(',')]
    return [word for name in ends for word in words.get(name, [])]
