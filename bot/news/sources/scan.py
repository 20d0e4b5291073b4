"""Where in a repository the values stand: in its files, in its index, in its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.news.sources.catalogued import Place
from bot.news.sources.needles import Hit, Needles
from bot.news.sources.repository import BLOB, COMMIT, TAG, Appearance, Repository

TELL_EVERY = 5_000
"""Objects between two words on how far it is."""
HIDDEN_PATH = "(the path itself holds the value)"


class Where(StrEnum):
    TREE = "working tree"
    INDEX = "index"
    HISTORY = "history"
    MESSAGE = "commit message"
    TAG = "tag"
    NAME = "name of a file"
    LEFTOVER = "object that no branch leads to"


@dataclass(frozen=True)
class Finding:
    """One value at one place. `line` counts from 1, 0 where there are no lines; `commit` is the first that had it
    there, of `commits`, and `at` its time as git writes it.
    """

    holder: Place
    where: Where
    path: str = ""
    line: int = 0
    how: str = ""
    commit: str = ""
    at: str = ""
    commits: int = 0


@dataclass(frozen=True)
class Scanned:
    """All places, those that can be mended by an edit first. `unread` are files, folders and objects that could not
    be read.
    """

    findings: list[Finding]
    unread: tuple[str, ...] = ()


def scan(repository: Repository, needles: Needles, progress: Callable[[str], object] = lambda _text: None) -> Scanned:
    """Everything that the repository has here. Misuse where git cannot read it."""
    unread: list[str] = []
    found = [*_in_files(repository, needles, progress, unread), *_in_objects(repository, needles, progress)]
    order = list(Where)
    found.sort(key=lambda one: (not one.holder.current, order.index(one.where), one.at, one.path, one.line))
    unread += (_shown(name, needles) for name in repository.unopened)
    unread += (f"object {name}" for name in repository.unreadable)
    return Scanned(found, tuple(unread))


def _in_files(
    repository: Repository, needles: Needles, progress: Callable[[str], object], unread: list[str]
) -> Iterator[Finding]:
    progress("reading the working tree")
    for path, file in repository.files():
        try:
            data = file.read_bytes()
        except FileNotFoundError:  # deleted since
            continue
        except OSError:
            unread.append(_shown(path, needles))
            continue
        for hit in needles.find(data):
            yield Finding(hit.holder, Where.TREE, _shown(path, needles), _line(data, hit.offset), hit.how)


@dataclass(frozen=True)
class _Found:
    id: str
    kind: str
    line: int
    hit: Hit


def _in_objects(repository: Repository, needles: Needles, progress: Callable[[str], object]) -> Iterator[Finding]:
    found = list(_hits(repository, needles, progress))
    if not found:
        return
    progress("asking which commits they came with")
    staged = repository.staged()
    appearances = repository.appearances(one.id for one in found if one.kind == BLOB)
    for one in found:
        if one.kind != BLOB:
            yield _not_in_a_file(one)
            continue
        seen = appearances.get(one.id, [])
        if one.id in staged:
            yield Finding(one.hit.holder, Where.INDEX, _shown(staged[one.id], needles), one.line, one.hit.how)
        if seen:
            yield _in_history(one, seen, needles)
        elif one.id not in staged:
            yield Finding(one.hit.holder, Where.LEFTOVER, one.id, one.line, one.hit.how)


def _in_history(one: _Found, seen: list[Appearance], needles: Needles) -> Finding:
    first = seen[0]
    path = _shown(first.path, needles)
    return Finding(one.hit.holder, Where.HISTORY, path, one.line, one.hit.how, first.commit, first.at, len(seen))


def _not_in_a_file(one: _Found) -> Finding:
    if one.kind == COMMIT:
        return Finding(one.hit.holder, Where.MESSAGE, how=one.hit.how, commit=one.id, commits=1)
    return Finding(one.hit.holder, Where.TAG if one.kind == TAG else Where.NAME, one.id, how=one.hit.how)


def _hits(repository: Repository, needles: Needles, progress: Callable[[str], object]) -> Iterator[_Found]:
    once: set[tuple[str, Place]] = set()
    for count, piece in enumerate(repository.pieces(needles.longest), start=1):
        if count % TELL_EVERY == 0:
            progress(f"{count} objects read")
        for hit in needles.find(piece.data):
            if (piece.id, hit.holder) not in once:
                once.add((piece.id, hit.holder))
                line = _line(piece.data, hit.offset) if piece.kind == BLOB and piece.start == 0 else 0
                yield _Found(piece.id, piece.kind, line, hit)


def _line(data: bytes, offset: int) -> int:
    return 0 if b"\0" in data[:8000] else data.count(b"\n", 0, offset) + 1


def _shown(path: str, needles: Needles) -> str:
    return HIDDEN_PATH if needles.find(path.encode()) else path
