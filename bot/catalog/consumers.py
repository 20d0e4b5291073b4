"""The consumers of a value in the catalog, by the keys of the existing kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from bot.documents import Strict
from bot.model.consumer_kinds import KINDS
from bot.model.consumers import LAMBDA, ConsumerKind, split_name

PLACEHOLDER = "{environment}"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BESIDE: Mapping[str, str] = {"alias": "alias", "reads_as": "reads-as", "health": "health"}
"""The keys allowed beside a kind's own key: the name in `ConsumerKind`, and the name in the catalog."""


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


class _Consumer(Strict):
    """One key names its kind; the value of that key is its `name`."""

    @property
    def kind(self) -> ConsumerKind:
        return next(kind for kind in KINDS.values() if self.given(kind.key) is not None)

    @property
    def name(self) -> str:
        return self.given(self.kind.key) or ""

    def given(self, key: str) -> str | None:
        """The value under a kind's key, or under one of `BESIDE`; None if it is missing."""
        found: str | None = vars(self).get(key)
        return found

    @model_validator(mode="after")
    def _of_one_kind(self) -> _Consumer:
        given = [kind for kind in KINDS.values() if self.given(kind.key) is not None]
        if len(given) != 1:
            raise PydanticCustomError("kind", "expected one of {keys} in it", {"keys": ", ".join(KINDS)})
        (kind,) = given
        for key, alias in BESIDE.items():
            if self.given(key) is not None and not getattr(kind, key):
                what = {"alias": alias, "kind": kind.key}
                raise PydanticCustomError("kind", "expected no `{alias}` beside `{kind}`", what)
        if kind.key == LAMBDA and split_name(self.name, KINDS)[0] != LAMBDA:
            raise PydanticCustomError("kind", "expected the name of a function, without a slash")
        return self


def _keys() -> Iterator[tuple[str, object]]:
    one = len(KINDS) == 1
    for kind in KINDS.values():
        shape = Annotated[str, Field(min_length=1, max_length=kind.longest), _fitting(kind)]
        known = Field(default=... if one else None, description=kind.name)
        yield kind.key, (shape if one else shape | None, known)
    for key, alias in BESIDE.items():
        words = {kind.key: getattr(kind, key) for kind in KINDS.values() if getattr(kind, key)}
        check = AfterValidator(_health_url) if key == "health" else Field(min_length=1)
        if words:
            yield key, (Annotated[str, check] | None, Field(default=None, alias=alias, description=_said(words)))


def _fitting(kind: ConsumerKind) -> AfterValidator:
    compiled = re.compile(kind.pattern)

    def check(value: str) -> str:
        if kind.pattern and not compiled.fullmatch(value.replace(PLACEHOLDER, "environment")):
            raise PydanticCustomError("shape", "expected {what}", {"what": kind.expected})
        return value

    return AfterValidator(check)


def _said(words: Mapping[str, str]) -> str:
    """Once where all kinds say the same of a key."""
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "; ".join(f"{key}: {text}" for key, text in words.items())


if TYPE_CHECKING:
    ConsumerModel = _Consumer
else:
    ConsumerModel = create_model("ConsumerModel", __base__=_Consumer, **dict(_keys()))
    if len(KINDS) > 1:
        ConsumerModel.model_config = ConfigDict(
            ConsumerModel.model_config, json_schema_extra={"oneOf": [{"required": [key]} for key in KINDS]}
        )
