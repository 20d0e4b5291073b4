"""The functions that read a value, in the catalog."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bot.documents import Strict

PLACEHOLDER = "{environment}"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _health_url(value: str) -> str:
    """HTTPS anywhere, HTTP on this machine only; no user or password in it, since it is shown to people."""
    try:
        url = urlsplit(value.replace(PLACEHOLDER, "environment"))
    except ValueError:
        url = urlsplit("")
    allowed = url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
    if not (allowed and url.hostname) or url.username or url.password:
        raise PydanticCustomError("url", "expected an https:// address without a password (http:// on loopback only)")
    return value


class ConsumerModel(Strict):
    function: Annotated[str, Field(min_length=1, max_length=170)] = Field(
        alias="lambda", description="the Lambda function's name or ARN"
    )
    alias: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="the alias that traffic takes, if any"
    )
    health: Annotated[str, AfterValidator(_health_url)] | None = Field(
        default=None, description="a URL that answers 2xx while the function is healthy"
    )
