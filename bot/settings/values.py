"""What the value of a setting may look like. Messages say what was expected and never repeat the value."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.secret import Secret

SLACK_HOSTS = frozenset({"slack.com", "slack-gov.com"})
"""Those of Slack's Web API, for everybody and for the government's workspaces."""
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


def _database(value: Secret) -> Secret:
    if not re.match(r"(sqlite|postgresql|postgresql\+psycopg)://", value.reveal()):
        raise PydanticCustomError("database", "sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
    return value


def slack_address(value: str, *, production: bool) -> str:
    """`value` if it is Slack's: whoever redirects the bot's calls gets its token. A stand-in on loopback may take its
    place outside production.
    """
    url = urlsplit(value)
    if not (url.scheme == "https" and url.hostname in SLACK_HOSTS) and (production or url.hostname not in _LOOPBACK):
        raise PydanticCustomError("slack", "https://slack.com/api (outside production also a loopback address)")
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _wrapped(value: object) -> object:
    return Secret(value) if isinstance(value, str) else value


type Value = Annotated[Secret, BeforeValidator(_wrapped)]
type Url = Annotated[str, AfterValidator(_url)]
type Database = Annotated[Value, AfterValidator(_database)]
type Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]


def setting(variable: str, meaning: str, default: object = None, shown: str = "", *, is_secret: bool = False) -> Any:
    """A field read from `variable`; `shown` says in the table what happens without it."""
    extra: dict[str, Any] = {"shown": shown, "secret": is_secret}
    return Field(default=default, validation_alias=variable, description=meaning, json_schema_extra=extra)


def secret(variable: str, meaning: str, shown: str = "") -> Any:
    """A field whose value is never shown."""
    return setting(variable, meaning, shown=shown, is_secret=True)
