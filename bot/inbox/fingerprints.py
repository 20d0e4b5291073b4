"""The catalog's values by their fingerprints, in the worker's memory: a text that contains one never becomes an event.

It knows all versions in the parameters, read once, and again when a newer one appears. A reader of the log learns
nothing from here: fingerprints are an HMAC under the installation's key. A person could try out words in commands, but
each hit is an event with their name.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from bot.errors import BotError, OutsideError, Unauthorized
from bot.eventlog.sql import EventLog
from bot.incident.refusals import TEXT_LIMIT
from bot.incident.state import Incident
from bot.logs import Logger
from bot.news.sources.catalogued import SHORTEST, Place, own_place
from bot.rotation.job import Elsewhere
from bot.secrets.keyshapes import recognise
from bot.secrets.scan_candidates import across, candidates
from bot.secrets.secret import UNKEYED, Secret
from bot.vault.contract import Vault

MOST = 30_000
"""The most readings of one text, so that one author cannot delay everyone's commands."""
MOST_OF_MESSAGE = 10 * MOST
"""The same for a message or an alert, which delays only its own author: a second's work."""
WINDOW, OVERLAP = 2 * TEXT_LIMIT, TEXT_LIMIT
"""A longer line is searched in pieces of `WINDOW` characters that overlap by `OVERLAP`: a value up to the overlap
is whole in one of them.
"""
LOOK_EVERY = 600.0
"""Seconds between two looks at whether a parameter has a newer version."""
READ_EVERY = 6 * 3600.0
"""The same if versions may not be listed: each look then reads every value, and CloudTrail records it."""
LOOK_AGAIN = 10.0
"""Seconds within which a failed search does not trigger a second look."""
AGAIN_AFTER = 30.0
"""Seconds after which what could not be read is tried again."""
PATIENCE = 3.0
"""Seconds that a text waits for the values to be read, once, at the start: a declaration must not wait for SSM."""
HOLDS = "The text holds the value of"
_WORD = re.compile(r"[\w-]+")

_log = Logger(__name__)


@dataclass(frozen=True)
class Unreadable:
    """A text that cannot be compared with the values, with the reason as a sentence."""

    reason: str


@dataclass(frozen=True)
class Compared:
    """The result of comparing texts of any length: each value in them, with the piece that revealed it. If there was
    too much to search, `whole` is False, and the rest may contain a value.
    """

    found: tuple[tuple[str, Place], ...] = ()
    whole: bool = True


@dataclass
class KnownValues:
    """`places` are all parameters to read, `own` the bot's own credentials by their variables, `vocabulary` the words
    of the catalog itself: a value that is one of them (`postgres`) is not looked for, since it could not be spoken of.
    """

    vault: Vault
    places: tuple[Place, ...]
    own: Mapping[str, Secret] = field(default_factory=dict)
    vocabulary: Iterable[str] = ()
    monotonic: Callable[[], float] = time.monotonic
    patience: float = PATIENCE
    public: tuple[Place, ...] = ()
    """The places of public values, which texts may contain."""
    unread: tuple[str, ...] = ()
    """Parameters that could not be read: their values are not recognised."""
    _by_parameter: dict[str, dict[str, tuple[int, bool, str]]] = field(default_factory=dict)
    """By parameter, each fingerprint with its newest version, whether that is the current one, and the fingerprint of
    the value as it is stored there: without white space at its ends it may have another.
    """
    _newest: dict[str, int] = field(default_factory=dict)
    _found: Mapping[str, Place] = field(default_factory=dict)
    _next: float = 0.0
    _looked: float = 0.0
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _ready: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._common = frozenset(word.casefold() for text in self.vocabulary for word in (text, *_WORD.findall(text)))

    # --- reading ----------------------------------------------------------------------------------------------------

    @property
    def due(self) -> bool:
        """Whether it is time to look at the parameters again."""
        return self.monotonic() >= self._next

    def refresh(self) -> None:
        """Reads changes, if it is time. Raises nothing: unreadable parameters are named in `unread`,
        and tried again.
        """
        if Secret("x").fingerprint == UNKEYED or not self.due or not self._reading.acquire(blocking=False):
            return
        try:
            pause = self._read()
        finally:
            self._reading.release()
        self._looked = self.monotonic()
        self._next = self.monotonic() + (AGAIN_AFTER if self.unread else pause)
        self._ready.set()

    @property
    def ready(self) -> bool:
        """Whether they have been read once, in a process with the fingerprint key."""
        return bool(self._found) or (self._next > 0 and not self.unread)

    def look_again(self) -> bool:
        """Reads changes, unless that was a moment ago; returns whether anything has changed."""
        if self.monotonic() - self._looked < LOOK_AGAIN:
            return False
        before, self._next = self._found, 0.0
        self.refresh()
        return self._found != before

    def _read(self) -> float:
        """Reads changes; returns the seconds until the next look."""
        names = list(dict.fromkeys(place.parameter for place in (*self.places, *self.public)))
        pause = LOOK_EVERY
        try:
            newest = self.vault.newest(names)
        except Unauthorized:
            newest, pause = {}, READ_EVERY
        except OutsideError as error:
            self._missed(names if not self._by_parameter else self.unread, str(error))
            return AGAIN_AFTER
        changed = [n for n in names if n in newest and self._newest.get(n) != newest[n]] if newest else names
        missed = [name for name in changed if not self._read_one(name)]
        self._newest = {name: number for name, number in newest.items() if name not in missed}
        self._missed(missed, "their values cannot be read")
        self._found = self._gathered()
        return pause

    def _read_one(self, parameter: str) -> bool:
        try:
            stored = self.vault.values(parameter)
        except OutsideError:
            return False
        last = max((one.version for one in stored), default=0)
        worthy = [one for one in stored if self._worthy(one.value)]
        self._by_parameter[parameter] = {
            fingerprint: (one.version, one.version == last, one.value.fingerprint)
            for one in worthy
            for fingerprint in (one.value.fingerprint, one.value.trimmed.fingerprint)
        }
        return True

    def _worthy(self, value: Secret) -> bool:
        part = value.trimmed.secret_part.reveal()
        return len(part) >= SHORTEST and part.casefold() not in self._common

    def _missed(self, names: Iterable[str], why: str) -> None:
        missed = tuple(names)
        if missed and missed != self.unread:
            _log.warning("texts are not compared with every key", parameters=missed, why=why)
        self.unread = missed

    def _gathered(self) -> Mapping[str, Place]:
        """A secret's own place goes before an admin credential's, a current value before an earlier one."""
        found: dict[str, Place] = {}
        for current in (False, True):
            for place in reversed(self.places):
                for fingerprint, (version, newest, stored) in self._by_parameter.get(place.parameter, {}).items():
                    if newest == current:
                        found[fingerprint] = replace(place, current=current, version=version, fingerprint=stored)
        for variable, value in self.own.items():
            if self._worthy(value):
                found.setdefault(value.trimmed.fingerprint, own_place(variable))
        return found

    @property
    def fingerprints(self) -> frozenset[str]:
        """The fingerprints of all known values."""
        return frozenset(self._found)

    def elsewhere(self, value: Secret, own: Collection[str], *, fresh: bool) -> Elsewhere:
        """The other places of this value now; with `fresh` it uses no earlier read."""
        if fresh:
            with self._reading:
                self._read()
            self._ready.set()
        self._ready.wait(self.patience)
        fingerprint, held = value.trimmed.fingerprint, list[str]()
        for place in (*self.places, *self.public):
            known = self._by_parameter.get(place.parameter, {}).get(fingerprint)
            if known is not None and known[1] and place.parameter not in own:
                held.append(place.name)
        return Elsewhere(tuple(dict.fromkeys(held)), self.unread)

    def holder(self, fingerprint: str) -> Place | None:
        """The known place of the value with this fingerprint."""
        return self._found.get(fingerprint)

    # --- looking ----------------------------------------------------------------------------------------------------

    def look(self, texts: Iterable[str], incident: Incident | None) -> Place | Unreadable | None:
        """The first value in one of the texts, in any coding; includes the incident's values, which may be in no
        parameter. None if there is none, or without the fingerprint key.
        """
        if Secret("x").fingerprint == UNKEYED:
            return None
        if not self._ready.wait(self.patience):
            self._ready.set()  # waited for once; what is known by then has to do
            _log.warning("a text is not compared with every key: they are not read yet")
        known = {**of_incident(incident), **self._found}
        if not known:
            return None
        return next((found for text in texts if (found := _look(text, known, self._common)) is not None), None)

    def every(self, texts: Iterable[str], more: Mapping[str, Place]) -> Compared:
        """All values in the texts; `more` are further places by fingerprint besides the catalog's. Empty without the
        fingerprint key.
        """
        if Secret("x").fingerprint == UNKEYED:
            return Compared()
        if not self._ready.wait(self.patience):
            self._ready.set()
        known = {**more, **self._found}
        found: dict[str, tuple[str, Place]] = {}
        for looked, piece in enumerate(_pieces(texts, self._common)):
            if looked >= MOST_OF_MESSAGE:
                return Compared(tuple(found.values()), whole=False)
            fingerprint = Secret(piece).fingerprint
            if fingerprint in known:
                found.setdefault(fingerprint, (piece, known[fingerprint]))
        return Compared(tuple(found.values()))


def of_incidents(event_log: EventLog) -> dict[str, Place]:
    """Values of all open incidents, as they are known now."""
    found: dict[str, Place] = {}
    for incident in event_log.open_incidents():
        found |= of_incident(readable(event_log, incident))
    return found


def readable(event_log: EventLog, incident: str) -> Incident | None:
    """Its state, as far as that can be read; None where it cannot."""
    try:
        return event_log.look(incident).incident
    except BotError:
        return None


def of_incident(incident: Incident | None) -> dict[str, Place]:
    """The values that the incident knows, by fingerprint; a parameter may no longer have them."""
    found: dict[str, Place] = {}
    if incident is None:
        return found
    for secret in incident.secrets.values():
        for fingerprint, current in ((secret.old.fingerprint, False), (secret.new.fingerprint, True)):
            if fingerprint:
                found[fingerprint] = Place(
                    "", secret.name, incident.environment, current=current, fingerprint=fingerprint
                )
    return found


def which_value(incident: Incident | None, place: Place) -> str:
    """The kind of value of the incident's secret: ``leaked``, ``new`` or ``earlier``. Before the capture of the leaked
    one, the current one is assumed.
    """
    secret = incident.secrets.get(place.secret) if incident is not None else None
    if secret is None:
        return "earlier"
    old = secret.old.fingerprint or secret.target.fingerprint
    if place.fingerprint == old or (not old and place.current and not secret.new.fingerprint):
        return "leaked"
    return "new" if place.fingerprint == secret.new.fingerprint else "earlier"


def _look(text: str, known: Mapping[str, Place], common: Collection[str]) -> Place | Unreadable | None:
    if len(text) > TEXT_LIMIT:
        return Unreadable(f"A text of this has {len(text)} characters; at most {TEXT_LIMIT} fit.")
    for looked, piece in enumerate(_pieces([text], common)):
        if (place := known.get(Secret(piece).fingerprint)) is not None:
            return place
        if looked >= MOST:
            return Unreadable("This text has too many marks and brackets to check it for secrets.")
    return None


def _pieces(texts: Iterable[str], common: Collection[str]) -> Iterator[str]:
    """All readings of a value in the texts, each once, always in the same order: multi-line ones first, then line by
    line, then ones cut by a line's end.
    """
    seen: set[str] = set()
    for text in texts:
        keys = (text[one.start : one.end] for one in recognise(text))
        pieces = (piece for line in text.splitlines() for part in _parts(line) for piece, *_ in candidates(part))
        cut = (piece for *_, (piece, *_) in across(text))
        for piece in chain((text.strip(),), keys, pieces, cut):
            if len(piece) >= SHORTEST and piece not in seen and piece.casefold() not in common:
                seen.add(piece)
                yield piece


def _parts(line: str) -> Iterator[str]:
    """The line, or where it is long, parts of it that overlap."""
    for start in range(0, max(len(line) - OVERLAP, 1), WINDOW - OVERLAP):
        yield line[start : start + WINDOW]


def refusal(place: Place, incident: Incident | None, *, slack: bool) -> str:
    """The answer to the author of a text: which value it contains, what happened to the text, and what to do."""
    where = (
        "Delete the message you took it from, if there is one. Do not repeat the value."
        if slack
        else "It is in this shell's history and was in the process list: delete the line."
    )
    return (
        f"{HOLDS} {place.name}, so it was not recorded and is blanked in the inbox. {where} Anyone who could read "
        f"it there has it: treat it as leaked. {_next(place, incident)}"
    )


def says_that_it_holds_a_value(reason: str) -> bool:
    """Whether a refusal is one by `refusal`, also where another process's worker gave it."""
    return reason.startswith(HOLDS)


def _next(place: Place, incident: Incident | None) -> str:
    if not place.secret:
        return "It can't be declared by name. Replace it by hand: docs/when-things-are-down.md."
    if incident is not None and place.secret in incident.secrets and place.environment == incident.environment:
        return f"{place.secret} is already part of {incident.id}: nothing more to declare."
    if incident is not None and incident.open and place.environment == incident.environment:
        return f"Add it to this incident: `bot incident add {incident.id} {place.secret}`."
    return f"Declare it: `bot declare {place.secret} --environment {place.environment}`."
