"""Looking for values in bytes: as they are, and as files dress them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urlsplit

import ahocorasick

from bot.news.sources.catalogued import Place
from bot.secrets.keyshapes import recognise
from bot.secrets.secret import Secret

PLAIN = ""
BASE64 = "in base64"
URL_ENCODED = "URL-encoded"
ESCAPED = "escaped as in JSON"
UTF_16 = "in UTF-16"
SHORTEST_IN_BASE64 = 8
"""Letters of base64 that are looked for: fewer stand in many files by chance."""
BYTES = "latin-1"
"""How the automaton, which reads text, is shown bytes: one character for each."""


@dataclass(frozen=True)
class Hit:
    """`holder`'s value stands at byte `offset`, dressed as `how` says (empty: as it is)."""

    holder: Place
    offset: int
    how: str


class Needles:
    """What is looked for: all of it in one pass over the data. Nothing here is printed or kept anywhere else."""

    def __init__(self, values: Iterable[tuple[Secret, Place]]) -> None:
        self._automaton = ahocorasick.Automaton()
        self.longest = 0
        """Bytes of the longest: as much must two pieces of one text have in common."""
        for value, holder in values:
            for form, how in _forms(value):
                needle = form.decode(BYTES)
                if needle not in self._automaton:
                    self._automaton.add_word(needle, (len(needle), holder, how))
                    self.longest = max(self.longest, len(needle))
        if self.longest:
            self._automaton.make_automaton()

    def find(self, data: bytes) -> tuple[Hit, ...]:
        """The first place of each holder's value, plain before dressed."""
        if not self.longest:
            return ()
        found: dict[Place, Hit] = {}
        for last, (length, holder, how) in self._automaton.iter(data.decode(BYTES)):
            if holder not in found or (found[holder].how and not how):
                found[holder] = Hit(holder, last - length + 1, how)
        return tuple(found.values())


def _forms(value: Secret) -> Iterator[tuple[bytes, str]]:
    for text, how in _texts(value):
        yield text.encode(), how
    for text in _parts(value):
        yield from ((form, BASE64) for form in _in_base64(text))
    for text, how in _texts(value):
        dressed = ", ".join(filter(None, (how, UTF_16)))
        yield from ((text.encode(coding), dressed) for coding in ("utf-16-le", "utf-16-be"))


def _parts(value: Secret) -> tuple[str, ...]:
    """The part that opens doors, which stands in every dress of the whole; and the whole where that hides the part."""
    return tuple(dict.fromkeys((value.trimmed.secret_part.reveal(), value.trimmed.reveal())))


def _texts(value: Secret) -> Iterator[tuple[str, str]]:
    """As it is, and as texts spell it."""
    parts = _parts(value)
    part, whole = parts[0], parts[-1]
    yield part, PLAIN
    for text in parts:
        for quoted in {quote(text, safe=""), quote_plus(text), quote(text), _as_in_a_url(whole)} - {text, ""}:
            yield quoted, URL_ENCODED
    for escaped in {json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1]} - {part}:
        yield escaped, ESCAPED


def _as_in_a_url(whole: str) -> str:
    """The password of a URL as the URL itself spells it; empty where it has none."""
    try:
        return urlsplit(whole).password or ""
    except ValueError:
        return ""


def _in_base64(text: str) -> Iterator[bytes]:
    """Wherever it begins in what was encoded; without its first and last letters, which depend on what stands around
    it there.
    """
    data = text.encode()
    for before in range(3):
        first, last = (before * 8 + 5) // 6, (before + len(data)) * 8 // 6
        if last - first >= SHORTEST_IN_BASE64:
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                yield encode(b"\0" * before + data)[first:last]


# What a commit would add, before it is one: values of a local ``.env``, and whatever looks like a key.
#
# It runs on a laptop, which holds neither the installation's fingerprint key nor any right: values are compared in
# memory, and nothing is asked of anybody.


ALLOWED = "pragma: allowlist secret"
"""Whoever writes this on a line has looked at it: the mark that other scanners know too."""
SHORTEST = 8
"""Characters of a value of ``.env`` that is looked for."""


@dataclass(frozen=True)
class Added:
    """Line `line` of `path` would hold the value of `variable`, or (empty) what looks like a `shape`."""

    path: str
    line: int
    variable: str = ""
    shape: str = ""


def added_secrets(
    lines: Iterable[tuple[str, int, str]], local: Mapping[str, str], example: Mapping[str, str]
) -> Iterator[Added]:
    """`lines` are (path, number, text); `local` the variables of the ``.env``, without those values that the example
    shows to everybody. What a line of UTF-16 says is compared too.
    """
    public = frozenset(value.strip() for value in example.values())
    trimmed = {name: value.strip() for name, value in local.items()}
    values = {name: value for name, value in trimmed.items() if len(value) >= SHORTEST and value not in public}
    for path, number, text in lines:
        shown = text.replace("\0", "")
        if ALLOWED in shown:
            continue
        names = [name for name, value in values.items() if value in shown]
        yield from (Added(path, number, variable=name) for name in names)
        if not names:
            shapes = dict.fromkeys(found.shape.name for found in recognise(text) if found.shape.opens)
            yield from (Added(path, number, shape=shape) for shape in shapes)
