"""The firewall files of PVE::Firewall, where fakepve leaves something out; nothing is enforced."""

from typing import Any


class Firewall:
    """Mixin of the node: rules and ipsets as they are read back."""

    async def _fw_rule_get(self, scope: str, v: dict[str, Any], user: str) -> dict[str, Any]:
        # PVE::API2::Firewall::Rules hands the position of the path back as the text that it is; the list counts.
        return {**await super()._fw_rule_get(scope, v, user), 'pos': str(v['pos'])}

    async def _fw_ip_create(self, scope: str, v: dict[str, Any], user: str) -> None:
        await super()._fw_ip_create(scope, v, user)
        # The file has the entries of a set in the order of their text, and every request reads the file (format_ipsets).
        conf = self.firewall_config(scope, v.get('node'), v.get('vmid'))
        conf['ipset'][v['name']].sort(key=lambda entry: entry['cidr'])
