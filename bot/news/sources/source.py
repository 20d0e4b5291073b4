"""A source of news, asked by a worker: what one of its alerts holds, and which there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.errors import OutsideError, Throttled, Unreachable
from bot.secrets.keyshapes import redact
from bot.secrets.secret import Secret

DAILY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Ref:
    """An alert: `subject` is what it is asked for by (``acme/app``, empty where numbers suffice), and its number."""

    subject: str
    item: int

    def __str__(self) -> str:
        return f"{self.subject}#{self.item}"


def ref_of(text: str) -> Ref:
    """Zero for what is no number: no source has such an alert."""
    subject, _, item = text.rpartition("#")
    return Ref(subject, int(item) if item.isdecimal() else 0)


@dataclass(frozen=True)
class Listed:
    """An alert as a list has it. `stamp` is another one once something about it has changed there."""

    ref: Ref
    stamp: str = ""


@dataclass(frozen=True)
class Found:
    """One alert as its source has it now. `text` holds the value where the source gives it, else `digest` is what
    GitGuardian makes of it; both stay in memory. `ended` says in a word that it is resolved there, empty while it is
    open; `label` and `where` are the source's own words, which may hold the value, `link` is for people.
    `exact`: it is this very value; else the source says only whose it is, and `text` is the current one.
    """

    ref: Ref
    label: str = field(repr=False)
    where: str = field(repr=False)
    link: str
    public: bool
    since: datetime | None
    ended: str = ""
    text: Secret | None = None
    digest: Secret | None = None
    exact: bool = True


def each_of[P, T](parts: Iterable[P], look: Callable[[P], Iterable[T]]) -> Iterator[T]:
    """What `look` finds in each of a source's parts. One that it cannot look at keeps it from no other, and its error
    comes last; but where nobody answers there is no other.
    """
    failed: OutsideError | None = None
    for part in parts:
        try:
            yield from look(part)
        except (Unreachable, Throttled):
            raise
        except OutsideError as error:
            failed = failed or error
    if failed is not None:
        raise failed


class Source(Protocol):
    """Errors of every method: Throttled, Unauthorized, Missing, Refused, Unreachable, Unexpected."""

    @property
    def name(self) -> str: ...

    @property
    def every(self) -> timedelta:
        """Between two looks at what has changed there: as often as its limits allow."""

    @property
    def whole(self) -> timedelta:
        """Between two looks at all that is open there."""

    @property
    def recurs(self) -> bool:
        """Whether an alert that is over can come again under its name, for another value: each that is not listed any
        more is then asked about, where the list is whole.
        """

    def look(self, ref: Ref) -> Found:
        """The alert as it stands there now. Missing where there is none of this number."""

    def listed(self, since: datetime | None) -> Iterable[Listed | None]:
        """Those that have changed since then, whoever has resolved them, as far as the source can tell; without a time
        all that are open. Newest first, some perhaps twice, and None between answers, where a look can be broken off.
        Where it cannot be asked about a part, the error comes after all else.
        """


# What a source says in words of its own, made fit to be shown: short, on one line, and nothing that opens doors.


LONGEST = 120
_FIT = re.compile(r"[\w ./@+:()#,=-]+", re.ASCII)
HIDDEN = "(a name that is not shown)"


def shown(text: str) -> str:
    """A path or a label. One with unusual characters, or in which something looks like a key, is not shown."""
    text = text.strip()
    if redact(text) != text:  # before it is cut: a key is known by its beginning
        return HIDDEN
    cut = text[-LONGEST:]
    if text and not _FIT.fullmatch(cut):
        return HIDDEN
    return f"…{cut}" if cut != text else text
