"""The `format`s that `json_schema` checks, the same on every machine.

jsonschema's own checker leaves out, without a word, each format whose package happens to be missing. Here
are: date, time, date-time (RFC 3339), duration, email, hostname, ipv4, ipv6, uuid, uri. Any other is a note
to the reader, as the specification has it.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit

from jsonschema import FormatChecker

_TIME = r"(?P<clock>\d{2}:\d{2}:)(?P<second>\d{2})(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
_TIME_ONLY = re.compile(_TIME, re.ASCII)
_DATE_TIME = re.compile(rf"(?P<date>\d{{4}}-\d{{2}}-\d{{2}})[Tt]{_TIME}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DURATION = re.compile(
    r"P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)", re.ASCII
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*+")


def format_checker() -> FormatChecker:
    """A checker of the formats above."""
    checker = FormatChecker(formats=())
    for name, is_right in _FORMATS.items():
        checker.checks(name, raises=ValueError)(_on_strings(is_right))
    return checker


def _on_strings(is_right: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or (len(value) <= 10_000 and is_right(value))


def _date(value: str) -> bool:
    return bool(_DATE.fullmatch(value)) and date.fromisoformat(value) is not None


def _time(value: str) -> bool:
    match = _TIME_ONLY.fullmatch(value)
    return match is not None and _is_moment("2000-01-01", match)


def _date_time(value: str) -> bool:
    match = _DATE_TIME.fullmatch(value)
    return match is not None and _is_moment(match["date"], match)


def _is_moment(day: str, match: re.Match[str]) -> bool:
    second = "59" if match["second"] == "60" else match["second"]  # a leap second
    return datetime.fromisoformat(f"{day}T{match['clock']}{second}") is not None


def _email(value: str) -> bool:
    local, at, domain = value.rpartition("@")
    return bool(at and len(local) <= 64 and _LOCAL.fullmatch(local) and _hostname(domain))


def _hostname(value: str) -> bool:
    return len(value) <= 253 and all(_LABEL.fullmatch(label) for label in value.split("."))


def _uri(value: str) -> bool:
    return bool(_URI.fullmatch(value)) and urlsplit(value).scheme != ""


_FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _date,
    "time": _time,
    "date-time": _date_time,
    "duration": lambda value: bool(_DURATION.fullmatch(value)),
    "email": _email,
    "hostname": _hostname,
    "ipv4": lambda value: value.isascii() and ipaddress.IPv4Address(value) is not None,
    "ipv6": lambda value: "%" not in value and ipaddress.IPv6Address(value) is not None,
    "uuid": lambda value: bool(_UUID.fullmatch(value)),
    "uri": _uri,
}
