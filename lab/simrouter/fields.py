"""Types of fields: what a value becomes, what is wrong with it and how it is shown.

Rules and messages are those of opnsense/core 26.7.2; paths are below src/opnsense/mvc/app/models/OPNsense. Every validator of a
field says what it finds, so the same message may stand there twice (BaseModel.php:638 collects the validators).
"""

import re
from collections.abc import Callable
from typing import Any

from . import php

DOMAIN = re.compile(r'^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$',
                    re.IGNORECASE | re.ASCII)
DESCRIPTION_MAX = 255


def is_network(text: str) -> bool:
    """True for CIDR notation, whether or not host bits are set (Firewall\\Util::isSubnet)."""
    address, slash, bits = text.partition('/')
    return bool(slash) and php.is_address(address) and bits.isdigit() and int(bits) <= (128 if ':' in address else 32)


def is_wildcard(text: str) -> bool:
    """True for an address and a mask as addresses of one family (Firewall\\Util::isWildcard)."""
    ends = text.split('/')
    return len(ends) == 2 and all(php.is_address(end) for end in ends) and (':' in ends[0]) == (':' in ends[1])


def shown_list(value: str) -> dict[str, dict[str, Any]]:
    """A list as a get answers it, one empty entry for none (Base/FieldTypes/BaseSetField.php:82)."""
    return {item: {'value': item, 'selected': 1} for item in value.split(',')}


class Field:
    """Text without rules."""

    def __init__(self, default: str = '', required: bool = False, message: str = 'Invalid value.') -> None:
        self.default, self.required, self.message = default, required, message

    def clean(self, value: str) -> str:
        """What is kept of a value that was sent."""
        return value

    def wrong(self, value: str, router: Any) -> list[str]:
        """Faults of a value that is not empty, a message for each validator that finds something."""
        return []

    def faults(self, value: str, router: Any) -> list[str]:
        """Everything wrong with a value (Base/FieldTypes/BaseField.php:652)."""
        if value == '':
            return ['A value is required.'] if self.required else []
        return self.wrong(value, router)

    def shown(self, value: str, router: Any) -> Any:
        """The value as a get answers it."""
        return value

    def describing(self, router: Any) -> Callable[[str], str]:
        """Makes the value for people of one, which a search adds as %field where it differs: the same for all its rows."""
        return str


class Boolean(Field):
    """0 or 1 (Base/FieldTypes/BooleanField.php:62)."""

    def __init__(self, default: str = '0', required: bool = False) -> None:
        super().__init__(default, required, 'Value should be a boolean (0,1).')

    def wrong(self, value: str, router: Any) -> list[str]:
        return [] if value in ('0', '1') else [self.message]


class Integer(Field):
    """A whole number within limits: two validators, with one message (Base/FieldTypes/IntegerField.php:109)."""

    def __init__(self, low: int, high: int, required: bool = False, default: str = '',
                 message: str = 'Invalid integer value.') -> None:
        super().__init__(default, required, message)
        self.low, self.high = low, high

    def wrong(self, value: str, router: Any) -> list[str]:
        inside = php.is_number(value) and self.low <= float(value) <= self.high
        return [self.message] * ((not inside) + (not php.is_integer(value)))


class Description(Field):
    """One line of at most 255 bytes (Base/FieldTypes/TextField.php:110, DescriptionField.php:59)."""

    def wrong(self, value: str, router: Any) -> list[str]:
        lines = ['Text may not contain newlines.'] if '\n' in value or '\r' in value else []
        special = ['Text may not contain special control characters.'] if set(value) & set('\0\v\f') else []
        # A dot of PCRE is any byte but a newline, and `$` also stands before one at the end.
        short = '\n' not in value.removesuffix('\n') and len(value.removesuffix('\n').encode()) <= DESCRIPTION_MAX
        return [*(lines or special), *([] if short else ['Description should be a string between 1 and 255 characters.'])]


class Options(Field):
    """One or several of a list; a get answers the whole list with what is selected (Base/FieldTypes/BaseListField.php)."""

    def __init__(self, options: dict[str, str], default: str = '', required: bool = False, many: bool = False,
                 blank: str = 'None', message: str = 'Option [{}] not in list.') -> None:
        super().__init__(default, required, message)
        self.options, self.many, self.blank = options, many, blank

    def choices(self, router: Any) -> dict[str, str]:
        return self.options

    def wrong(self, value: str, router: Any) -> list[str]:
        choices = self.choices(router)
        if self.many:
            return [self.message.format(item) for item in value.split(',') if item not in choices]
        # The message of a single one leaves the value out (BaseListField.php:203).
        return [] if value in choices else [self.message.format('')]

    def shown(self, value: str, router: Any) -> Any:
        chosen = value.split(',')
        empty = {} if self.required or self.many else {'': {'value': self.blank, 'selected': int(value == '')}}
        shown = {**empty, **{key: {'value': text, 'selected': int(key in chosen)}
                             for key, text in self.choices(router).items()}}
        return shown or []

    def describing(self, router: Any) -> Callable[[str], str]:
        choices = self.choices(router)
        return lambda value: ', '.join(choices.get(item, item) for item in value.split(',')) if value else ''


class Relation(Options):
    """The uuid of a record of another section (Base/FieldTypes/ModelRelationField.php:101), sorted by its name (:139)."""

    def __init__(self, section: str, display: tuple[str, ...], message: str = 'Option [{}] not in list.') -> None:
        super().__init__({}, required=True, message=message)
        self.section, self.display = section, display

    def choices(self, router: Any) -> dict[str, str]:
        return php.naturally((uuid, '.'.join(record[name] for name in self.display))
                             for uuid, record in router.saved[self.section].items())


class Interfaces(Options):
    """Identifiers of assigned interfaces, sorted by their descriptions (Base/FieldTypes/InterfaceField.php:185); with
    AllowDynamic (:122) those that OPNsense makes itself, which interface groups are."""

    def __init__(self, many: bool = True, dynamic: bool = False, required: bool = False, default: str = '') -> None:
        super().__init__({}, default, required, many)
        self.dynamic = dynamic

    def choices(self, router: Any) -> dict[str, str]:
        groups = router.saved['group'].values() if self.dynamic else ()
        return php.naturally([*((name, one['description']) for name, one in router.interfaces.items()),
                              *((group['ifname'], group['ifname']) for group in groups)])


class Network(Field):
    """Addresses or networks, lower case: mask is 'required', 'refused' or 'allowed' (Base/FieldTypes/NetworkField.php:142)."""

    def __init__(self, mask: str, many: bool = False, required: bool = False, v4: bool = True) -> None:
        super().__init__(required=required, message='Please specify a valid network segment or IP address.')
        self.mask, self.many, self.v4 = mask, many, v4

    def clean(self, value: str) -> str:
        return value.strip().lower()

    def wrong(self, value: str, router: Any) -> list[str]:
        items = value.split(',') if self.many else [value]
        return [] if value == 'any' or all(self._valid(item) for item in items) else [self.message]

    def _valid(self, item: str) -> bool:
        if self.v4 and ':' in item:
            return False
        if '/' in item:
            return self.mask != 'refused' and is_network(item)
        return self.mask != 'required' and php.is_address(item)

    def shown(self, value: str, router: Any) -> Any:
        return shown_list(value) if self.many else value


class Hostname(Field):
    """Host or domain names (Base/FieldTypes/HostnameField.php:129): addresses, `*` alone, and `*` before a dot, where they are
    allowed; dns: any characters in a label."""

    def __init__(self, many: bool = False, address: bool = True, wildcard: bool = False, dns: bool = False,
                 message: str = '[{}] is not a valid IP address or hostname.', below: bool = False) -> None:
        super().__init__(message=message)
        self.many, self.address, self.wildcard, self.dns, self.below = many, address, wildcard, dns, below

    def clean(self, value: str) -> str:
        return value.strip()

    def wrong(self, value: str, router: Any) -> list[str]:
        valid = False
        for item in value.split(',') if self.many else [value]:
            # One that is no domain at all leaves the result as the one before it had it.
            valid = self._valid(item, valid)
            if not valid:
                return [self.message.format(item)]
        return []

    def _valid(self, item: str, before: bool) -> bool:
        name = item.removeprefix('*.') if self.below else item
        if self.wildcard and name == '*' or self.address and php.is_address(item):
            return True
        if php.is_domain(name, not self.dns):
            return not php.is_address(item) and re.search(r'[\s/*]', name, re.ASCII) is None
        return before

    def shown(self, value: str, router: Any) -> Any:
        return shown_list(value) if self.many else value


class Masked(Field):
    """Text that must match a pattern, all of it (Base/Validators/Regex.php)."""

    def __init__(self, pattern: re.Pattern[str], message: str = 'Text does not validate.', required: bool = False) -> None:
        super().__init__(required=required, message=message)
        self.pattern = pattern

    def wrong(self, value: str, router: Any) -> list[str]:
        return [] if self.pattern.fullmatch(value) else [self.message]


class Mac(Field):
    """A MAC in the form that was sent (Base/FieldTypes/MacAddressField.php trims, and no more)."""

    def clean(self, value: str) -> str:
        return value.strip()

    def wrong(self, value: str, router: Any) -> list[str]:
        return [] if php.is_mac(value) else ['Invalid MAC address.']


class Pools(Field):
    """Ranges or networks, one a line (Kea/FieldTypes/KeaPoolsField.php)."""

    def wrong(self, value: str, router: Any) -> list[str]:
        messages = []
        for entry in filter(None, value.split('\n')):
            ends = entry.split('-')
            if not (len(ends) == 2 and all(php.is_address(end.strip()) for end in ends)) \
                    and not (len(ends) == 1 and is_network(entry)):
                messages.append(f'Entry "{entry}" is not a valid range or subnet.')
        return messages
