"""Types of fields: what a value becomes, what is wrong with it and how it is shown.

Rules and messages are those of opnsense/core's Base/FieldTypes, Firewall/FieldTypes and Kea/FieldTypes (26.7).
"""

import ipaddress
import re
from typing import Any

LABEL = re.compile(r'^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$', re.IGNORECASE)
DOMAIN = re.compile(r'^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$',
                    re.IGNORECASE)
UNICAST_MAC = re.compile(r'^([0-9a-f]{2}:){5}[0-9a-f]{2}$', re.IGNORECASE)
PORTS = re.compile(r'^(\d{1,5})(-(\d{1,5}))?$')


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    """True for CIDR notation, whether or not host bits are set (Firewall\\Util::isSubnet)."""
    address, slash, bits = text.partition('/')
    return bool(slash) and is_address(address) and bits.isdigit() and int(bits) <= (128 if ':' in address else 32)


def shown_options(options: dict[str, str], value: str) -> dict[str, dict[str, Any]]:
    """The map that a get answers for a field with options, in place of its value (BaseListField::getNodeOptions)."""
    chosen = value.split(',')
    return {key: {'value': text, 'selected': int(key in chosen)} for key, text in options.items()}


class Field:
    """Text without rules."""

    def __init__(self, default: str = '', required: bool = False, message: str = 'Invalid value.') -> None:
        self.default, self.required, self.message = default, required, message

    def clean(self, value: str) -> str:
        """What is kept of a value that was sent."""
        return value

    def fault(self, value: str, router: Any) -> str | None:
        """What is wrong with a value that is not empty, or None."""
        return None

    def faults(self, value: str, router: Any) -> list[str]:
        """Everything wrong with a value."""
        if value == '':
            return ['A value is required.'] if self.required else []
        wrong = self.fault(value, router)
        return [] if wrong is None else [wrong]

    def shown(self, value: str, router: Any) -> Any:
        """The value as a get answers it."""
        return value

    def described(self, value: str, router: Any) -> str:
        """The value for people, which a search adds as %field where it differs."""
        return value


class Boolean(Field):
    """0 or 1."""

    def __init__(self, default: str = '0', required: bool = False) -> None:
        super().__init__(default, required, 'Value should be a boolean (0,1).')

    def fault(self, value: str, router: Any) -> str | None:
        return None if value in ('0', '1') else self.message


class Integer(Field):
    """A whole number within limits."""

    def __init__(self, low: int, high: int, required: bool = False, default: str = '',
                 message: str = 'Invalid integer value.') -> None:
        super().__init__(default, required, message)
        self.low, self.high = low, high

    def fault(self, value: str, router: Any) -> str | None:
        return None if value.isdigit() and self.low <= int(value) <= self.high else self.message


class Description(Field):
    """One line of at most 255 characters."""

    def fault(self, value: str, router: Any) -> str | None:
        if 0 < len(value) <= 255 and '\n' not in value:
            return None
        return 'Description should be a string between 1 and 255 characters.'


class Options(Field):
    """One or several of a list; a get answers the whole list with what is selected."""

    def __init__(self, options: dict[str, str], default: str = '', required: bool = False, many: bool = False,
                 blank: str = 'None') -> None:
        super().__init__(default, required)
        self.options, self.many, self.blank = options, many, blank

    def choices(self, router: Any) -> dict[str, str]:
        return self.options

    def fault(self, value: str, router: Any) -> str | None:
        choices = self.choices(router)
        wrong = [item for item in (value.split(',') if self.many else [value]) if item not in choices]
        return f'Option [{wrong[0]}] not in list.' if wrong else None

    def shown(self, value: str, router: Any) -> Any:
        empty = {} if self.required or self.many else {'': {'value': self.blank, 'selected': int(value == '')}}
        return {**empty, **shown_options(self.choices(router), value)}

    def described(self, value: str, router: Any) -> str:
        choices = self.choices(router)
        return ', '.join(choices.get(item, item) for item in value.split(',')) if value else ''


class Protocol(Options):
    """A protocol, kept in upper case but for `any` (ProtocolField)."""

    def __init__(self) -> None:
        names = ('TCP', 'UDP', 'TCP/UDP', 'ICMP', 'IPV6-ICMP', 'ESP', 'AH', 'GRE', 'IGMP', 'OSPF', 'CARP', 'PFSYNC')
        super().__init__({'any': 'any', **{name: name for name in names}}, 'any', True)

    def clean(self, value: str) -> str:
        return value.lower() if value.lower() == 'any' else value.upper()


class Relation(Options):
    """The uuid of a record of another section (ModelRelationField)."""

    def __init__(self, section: str, display: tuple[str, ...], missing: str | None = None) -> None:
        super().__init__({}, required=True)
        self.section, self.display, self.missing = section, display, missing

    def choices(self, router: Any) -> dict[str, str]:
        return {uuid: '.'.join(record[name] for name in self.display)
                for uuid, record in router.saved[self.section].items()}

    def fault(self, value: str, router: Any) -> str | None:
        wrong = super().fault(value, router)
        return self.missing if wrong and self.missing else wrong


class Interfaces(Options):
    """Identifiers of assigned interfaces."""

    def __init__(self) -> None:
        super().__init__({}, many=True)

    def choices(self, router: Any) -> dict[str, str]:
        return {name: interface['description'] for name, interface in router.interfaces.items()}


class Network(Field):
    """Addresses or networks, lower case: mask is 'required', 'refused' or 'allowed'."""

    def __init__(self, mask: str, many: bool = False, required: bool = False, v4: bool = True) -> None:
        super().__init__(required=required, message='Please specify a valid network segment or IP address.')
        self.mask, self.many, self.v4 = mask, many, v4

    def clean(self, value: str) -> str:
        return value.strip().lower()

    def fault(self, value: str, router: Any) -> str | None:
        items = value.split(',') if self.many else [value]
        return None if all(self._valid(item) for item in items) else self.message

    def _valid(self, item: str) -> bool:
        if self.v4 and ':' in item:
            return False
        if '/' in item:
            return self.mask != 'refused' and is_network(item)
        return self.mask != 'required' and is_address(item)

    def shown(self, value: str, router: Any) -> Any:
        """A list is shown as a map of what is selected (BaseSetField::getNodeData)."""
        if not self.many:
            return value
        return {item: {'value': item, 'selected': 1} for item in value.split(',') if item}


class Hostname(Field):
    """Host or domain names."""

    def __init__(self, many: bool = False, message: str | None = None, required: bool = False) -> None:
        super().__init__(required=required)
        self.many, self.own_message = many, message

    def clean(self, value: str) -> str:
        return value.strip()

    def fault(self, value: str, router: Any) -> str | None:
        wrong = [item for item in (value.split(',') if self.many else [value])
                 if is_address(item) or not all(LABEL.match(label) for label in item.split('.'))]
        return (self.own_message or f'[{wrong[0]}] is not a valid IP address or hostname.') if wrong else None

    def shown(self, value: str, router: Any) -> Any:
        if not self.many:
            return value
        return {item: {'value': item, 'selected': 1} for item in value.split(',') if item}


class Masked(Field):
    """Text that must match a pattern."""

    def __init__(self, pattern: re.Pattern[str], message: str, required: bool = False) -> None:
        super().__init__(required=required, message=message)
        self.pattern = pattern

    def fault(self, value: str, router: Any) -> str | None:
        return None if self.pattern.match(value) else self.message


class Mac(Masked):
    """A MAC in the case that was sent (MacAddressField trims, and no more)."""

    def __init__(self) -> None:
        super().__init__(UNICAST_MAC, 'Invalid MAC address.')

    def clean(self, value: str) -> str:
        return value.strip()


class Pools(Field):
    """Ranges or networks, one a line (KeaPoolsField)."""

    def fault(self, value: str, router: Any) -> str | None:
        for entry in filter(None, value.split('\n')):
            ends = entry.split('-')
            if not (len(ends) == 2 and all(is_address(end.strip()) for end in ends)) and not is_network(entry):
                return f'Entry "{entry}" is not a valid range or subnet.'
        return None


class Endpoints(Field):
    """Source or destination of a rule: an address, a network, any, an interface, or an alias (NetworkAliasField)."""

    def __init__(self) -> None:
        super().__init__('any', True)

    def fault(self, value: str, router: Any) -> str | None:
        aliases = {record['name'] for record in router.saved['alias'].values() if record['type'] != 'port'}
        known = {'any', '(self)', *aliases, *router.interfaces, *(f'{name}ip' for name in router.interfaces)}
        single = is_address(value) or is_network(value)
        if single or all(item in known for item in value.split(',')):
            return None
        return f'{value} is not a valid source IP address or alias.'


class Port(Field):
    """One port or a range (PortField with EnableRanges)."""

    def fault(self, value: str, router: Any) -> str | None:
        found = PORTS.match(value)
        low, high = (int(found[1]), int(found[3] or found[1])) if found else (0, 0)
        return None if 0 < low <= high <= 65535 else 'Please specify a valid portnumber, name, alias or range.'


class AliasName(Field):
    """Name of an alias, at most 32 characters (AliasNameField)."""

    NAME = re.compile(r'^([a-zA-Z]|(([_a-zA-Z][a-zA-Z0-9]|[a-zA-Z][_a-zA-Z0-9])[_a-zA-Z0-9]{0,29}))$')
    RESERVED = frozenset(('any', 'all', 'block', 'in', 'inet', 'log', 'out', 'pass', 'port', 'quick', 'self', 'table'))

    def fault(self, value: str, router: Any) -> str | None:
        if not self.NAME.match(value):
            return ('The name must start with a letter or single underscore, be less than 32 characters and only '
                    'consist of alphanumeric characters or underscores.')
        return 'The name cannot be the internally reserved keyword "%s".' if value in self.RESERVED else None


class AliasContent(Field):
    """Networks, one a line; a get answers them as a map of what is selected (AliasContentField)."""

    def fault(self, value: str, router: Any) -> str | None:
        names = {record['name'] for record in router.saved['alias'].values()}
        for entry in filter(None, value.split('\n')):
            bare = entry.removeprefix('!')
            if not (is_address(bare) or is_network(bare) or entry in names):
                return f'Entry "{entry}" is not a network.'
        return None

    def shown(self, value: str, router: Any) -> Any:
        own = {entry: {'value': entry, 'selected': 1} for entry in value.split('\n')}
        others = {record['name']: {'value': record['name'], 'selected': 0, 'description': record['description']}
                  for record in router.saved['alias'].values() if record['name'] not in own}
        return {**own, **others}
