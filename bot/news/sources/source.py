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
    """An alert: `subject` is the part of the source that has it (``acme/app``, empty if numbers suffice), and its
    number.
    """

    subject: str
    item: int

    def __str__(self) -> str:
        return f"{self.subject}#{self.item}"


def ref_of(text: str) -> Ref:
    """The reference; number zero, which no source uses, if the text has no number."""
    subject, _, item = text.rpartition("#")
    return Ref(subject, int(item) if item.isdecimal() else 0)


@dataclass(frozen=True)
class Listed:
    """An alert as a list has it. `stamp` is another one once something about it has changed there."""

    ref: Ref
    stamp: str = ""


@dataclass(frozen=True)
class Found:
    """One alert in its current state. `text` holds the value if the source gives it, else `digest` is GitGuardian's
    hash; both stay in memory. `ended` is a word for its resolution, empty while it is open; `label` and `where` are the
    source's own words, which may hold the value, `link` is for people. `exact`: it is this very value; else the source
    only names the owner, and `text` is the current value.
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
    """The results of `look` for each part of a source. A failing part does not stop the others, and its error comes
    last; an unreachable source stops all.
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
        """The time between two looks for changes: as short as its limits allow."""

    @property
    def whole(self) -> timedelta:
        """The time between two looks at all open alerts."""

    @property
    def recurs(self) -> bool:
        """Whether a closed alert can come back under its name, for another value: each alert that a complete list no
        longer has is then asked about.
        """

    def look(self, ref: Ref) -> Found:
        """The alert in its current state. Missing if the number does not exist."""

    def listed(self, since: datetime | None) -> Iterable[Listed | None]:
        """The alerts that changed since then, resolved ones too, as far as the source can tell; without a time all open
        ones. Newest first, some perhaps twice, and None between answers, where a look may be interrupted. If a part
        cannot be asked, the error comes after everything else.
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
