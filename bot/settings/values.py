"""The forms that a setting's value may have. Messages say what was expected and never repeat the value."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.model.sources import SOURCES
from bot.secrets.secret import Secret

SLACK_HOSTS = frozenset({"slack.com", "slack-gov.com"})
"""The hosts of Slack's Web API, for everyone and for government workspaces."""
LARGEST_PORT = 65535
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _url(value: str) -> str:
    try:
        url = urlsplit(value)
        fine = url.scheme in {"http", "https"} and url.hostname and not (url.username or url.password)
    except ValueError:
        fine = False
    if not fine:
        raise PydanticCustomError("url", "an http:// or https:// address without user or password")
    return value.rstrip("/")


@dataclass(frozen=True)
class Address:
    """Where to listen. `str` gives ``127.0.0.1:3001``, or ``[::1]:3001``."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _address(value: object) -> object:
    """A port of 0 leaves the choice to the system."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>\d{1,5})", value, re.ASCII)
    if match is None or int(match["port"]) > LARGEST_PORT or not (match["host"] or _is_ipv6(match["six"])):
        raise PydanticCustomError("address", "an address to listen on, HOST:PORT, IPv6 in brackets")
    return Address(match["host"] or match["six"], int(match["port"]))


@dataclass(frozen=True)
class Hours:
    """A part of each day, in minutes since midnight. `str` gives ``08:00-20:00``."""

    start: int
    end: int

    def __str__(self) -> str:
        return "-".join(f"{each // 60:02}:{each % 60:02}" for each in (self.start, self.end))


def _hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", value, re.ASCII)
    hours = Hours(*(int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))) if match is not None else None
    if hours is None or hours.start >= hours.end:
        raise PydanticCustomError("hours", "two times of one day, HH:MM-HH:MM, such as 08:00-20:00")
    return hours


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("zone", "a time zone of the IANA database, such as Europe/Berlin") from None
    return value


def _names(value: object) -> object:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _each(what: str, pattern: str) -> AfterValidator:
    """Every one of several words must look so."""

    def check(value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(pattern, each, re.ASCII) for each in value):
            raise PydanticCustomError("names", what)
        return value

    return AfterValidator(check)


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def _database(value: Secret) -> Secret:
    if not re.match(r"(sqlite|postgresql|postgresql\+psycopg)://", value.reveal()):
        raise PydanticCustomError(
            "database", "sqlite:///PATH, or postgresql://USER@HOST/DATABASE with the password behind USER"
        )
    return value


def slack_address(value: str, *, production: bool) -> str:
    """`value` if it belongs to Slack, because a redirected call would carry the bot's token. Outside production a fake
    on loopback is accepted too.
    """
    url = urlsplit(value)
    if not (url.scheme == "https" and url.hostname in SLACK_HOSTS) and (production or url.hostname not in _LOOPBACK):
        raise PydanticCustomError("slack", "https://slack.com/api (outside production also a loopback address)")
    return value


type Value = Annotated[Secret, BeforeValidator(lambda value: Secret(value) if isinstance(value, str) else value)]
type Url = Annotated[str, AfterValidator(_url)]
"""A URL to which the code adds paths."""
type Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
"""Words with commas between."""
type Repositories = Annotated[
    Names, _each("OWNER/NAME, with commas between", r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
]
type Automatic = Annotated[
    Names,
    _each("SOURCE:SECRET or SOURCE:*, with commas between", rf"({'|'.join(SOURCES)}):(\*|[a-z0-9][a-z0-9-]{{0,99}})"),
]
type Zone = Annotated[str, AfterValidator(_zone)]
type Day = Annotated[Hours, BeforeValidator(_hours)]
type Listening = Annotated[Address, BeforeValidator(_address)]
type Database = Annotated[Value, AfterValidator(_database)]
type Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]


def setting(
    variable: str,
    meaning: str,
    default: object = None,
    shown: str = "",
    *,
    is_secret: bool = False,
    parameter: bool = True,
) -> Any:
    """A field read from `variable`; `shown` says in the table what happens without it.

    It may also be a parameter, with three exceptions. The first parameter cannot be read without it; it proves who
    someone is, which other readers of settings are not; or it chooses code or the destination of calls, which only the
    person who runs this process may decide.
    """
    extra: dict[str, Any] = {"shown": shown, "secret": is_secret, "parameter": parameter}
    return Field(default=default, validation_alias=variable, description=meaning, json_schema_extra=extra)


def secret(variable: str, meaning: str, shown: str = "", *, parameter: bool = True) -> Any:
    """A field whose value is never shown."""
    return setting(variable, meaning, shown=shown, is_secret=True, parameter=parameter)
