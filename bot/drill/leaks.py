"""The canary search: every value of the practice world, in every form that programs write, in all traces of a drill.

Looked through: the files below the drill's folder (database, its write-ahead log, logs, reports, decisions, temporary
files of all its processes), what the fakes for Slack and PagerDuty were sent, what was printed, and the command
lines and start environments of the drill's processes. What a process holds on purpose
(the world's memory, the environment inside a process that joined) is not a trace.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from urllib.parse import quote, quote_plus

from bot.drill.client.summary import Hit, Leaks
from bot.secrets.secret import secret_part

SHORTEST = 12
"""Characters: shorter ones would be found by chance."""
LARGEST_FILE = 64 * 1024 * 1024


class Canaries:
    """The forms of all values, in one pattern. `values` are (words, value) pairs."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._forms: dict[bytes, tuple[str, str]] = {}
        for words, value in values:
            for part in dict.fromkeys((value, secret_part(value))):
                if len(part) >= SHORTEST:
                    for form, written in _written(part):
                        self._forms.setdefault(written, (words, form))
        self._pattern = re.compile(_any_of(set(self._forms))) if self._forms else None

    def search(self, place: str, content: bytes) -> Iterator[Hit]:
        """A hit for each value and form in `content`."""
        if self._pattern is not None:
            for found in dict.fromkeys(match.group() for match in self._pattern.finditer(content)):
                yield Hit(place, *self._forms[found])


def _any_of(forms: AbstractSet[bytes]) -> bytes:
    """A pattern of all forms, which finds the longest at each place. A common beginning is in it once: otherwise each
    byte of forty megabytes would be compared with a thousand beginnings.
    """
    groups: dict[bytes, list[bytes]] = {}
    for form in sorted(forms - {b""}):
        groups.setdefault(form[:1], []).append(form)
    if not groups:
        return b""
    branches = []
    for group in groups.values():
        start = _common_start(group[0], group[-1])
        branches.append(re.escape(start) + _any_of({form[len(start) :] for form in group}))
    pattern = b"(?:" + b"|".join(branches) + b")"
    return pattern + b"?" if b"" in forms else pattern


def _common_start(first: bytes, last: bytes) -> bytes:
    return first[: next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _written(value: str) -> Iterator[tuple[str, bytes]]:
    raw = value.encode()
    yield "clear", raw
    for offset in range(3):
        yield "base64", _base64(raw, offset)
        yield "base64 for URLs", _base64(raw, offset).translate(bytes.maketrans(b"+/", b"-_"))
    yield "URL-encoded", quote(value, safe="").encode()
    yield "form-encoded", quote_plus(value).encode()
    yield "JSON", json.dumps(value)[1:-1].encode()
    yield "JSON", json.dumps(value, ensure_ascii=False).replace("/", "\\/")[1:-1].encode()


def _base64(raw: bytes, offset: int) -> bytes:
    """The characters that are the same for any text before and after, with `offset` bytes before."""
    padded = base64.b64encode(b"\0" * offset + raw)
    first = -(-offset * 8 // 6)
    last = (offset + len(raw)) * 8 // 6
    return padded[first:last]


# --- where to look --------------------------------------------------------------------------------------------------


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder`, as (path, content). The thousand files of a PostgreSQL server are one place: their
    names are numbers.
    """
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return  # gone meanwhile, or not ours to read
    for path in inside:
        try:
            if path.is_symlink():
                continue
            if path.is_file() and path.stat().st_size <= LARGEST_FILE:
                yield str(path), path.read_bytes()
            elif (path / "PG_VERSION").is_file():
                yield str(path), b"\n".join(content for _, content in files_below(path))
            elif path.is_dir():
                yield from files_below(path)
        except OSError:
            continue


def tables(database: Path) -> Iterator[tuple[str, bytes]]:
    """Every row of every table of an SQLite database, as SQLite reads it: what the file holds may be in pieces."""
    if not database.is_file():
        return
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            yield f"{database} table {name}", repr(rows).encode()
    finally:
        connection.close()


def processes(pids: Iterable[int], proc: Path = Path("/proc")) -> Iterator[tuple[str, bytes]]:
    """Command line and start environment of each process, where the system shows them."""
    for pid in pids:
        for kind in ("cmdline", "environ"):
            try:
                yield f"process {pid} {kind}", (proc / str(pid) / kind).read_bytes()
            except OSError:
                continue


def recorded(name: str, document: object) -> tuple[str, bytes]:
    """What a fake was sent, as JSON."""
    return name, json.dumps(document, ensure_ascii=False).encode()


def search(values: Sequence[tuple[str, str]], places: Iterable[tuple[str, bytes]], names: Mapping[str, str]) -> Leaks:
    """Searches all places. `names` shortens the beginnings of places for people: folder → word."""
    canaries = Canaries(values)
    looked: list[str] = []
    hits: list[Hit] = []
    for place, content in places:
        shown = next(
            (word + place.removeprefix(start) for start, word in names.items() if place.startswith(start)), place
        )
        looked.append(shown)
        hits += canaries.search(shown, content)
    return Leaks(tuple(looked), tuple(hits))
