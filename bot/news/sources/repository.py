"""A git repository, read whole: its working tree, its index, and every object of its history, those that no branch
leads to among them.

The repository may be a stranger's, so none of its programs is run. We ask git for what is stored, as it is stored: no
filter converts it. Hooks, the file system monitor, external diffs and text conversions are switched off, submodules are
not entered, and git fetches nothing. Its environment holds none of our credentials, and no configuration of the
person's own.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from bot.errors import Misuse

GIT = (
    "--no-pager", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}",
    "-c", "core.quotePath=false", "-c", "advice.graftFileDeprecated=false",
)  # fmt: skip
"""Whose files they are is not asked: nothing of them is run."""
OURS = {
    "HOME": os.devnull, "LC_ALL": "C", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull,
}  # fmt: skip
"""No protocol is allowed, whatever the repository says of one; and history is what the commits say, whatever replaces
or grafts them here.
"""
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
"""By these git tells a hook of which repository, and of which index, the next commit is made."""
NOT_RUN = ("--no-ext-diff", "--no-textconv", "--submodule=short", "--ignore-submodules=all")
"""What a diff could run, in this repository or in one below it."""
PIECE = 16 * 1024 * 1024
"""Bytes of one object that are held at a time."""
BLOB, COMMIT, TAG = "blob", "commit", "tag"
_PROMISED = re.compile(rb"extensions\.partialclone|remote\..*\.promisor", re.DOTALL)
_UNOPENED = re.compile(r"warning: could not open directory '(.*)':", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """`data` of an object, which begins at byte `start` of it."""

    id: str
    kind: str
    start: int
    data: bytes


@dataclass(frozen=True)
class Appearance:
    """A commit that put an object there: at `path`, at a time as git writes it (``2026-03-01T10:00:00+01:00``)."""

    commit: str
    at: str
    path: str


class Repository:
    """Misuse where `path` is in no repository, or git is not there."""

    def __init__(self, path: Path) -> None:
        self._at = path
        self.unopened: dict[str, None] = {}
        """Folders of the working tree that git could not look into, once `files` has been read."""
        self.unreadable: dict[str, None] = {}
        """Objects that are damaged, so that git passed over them, once `pieces` has been read."""
        if not path.is_dir():
            raise Misuse(f"{path} is no folder.")
        self._environment = _environment()
        self._program = _program(self._environment["PATH"])
        self.bare = self._line("rev-parse", "--is-bare-repository") == "true"
        self.root = path if self.bare else Path(self._line("rev-parse", "--show-toplevel"))
        if not self.bare:
            self._environment |= {
                "GIT_DIR": self._line("rev-parse", "--absolute-git-dir"),
                "GIT_WORK_TREE": str(self.root),
            }
        self._at = self.root
        self.shallow = self._line("rev-parse", "--is-shallow-repository") == "true"

    @cached_property
    def missing(self) -> int:
        """How many objects a partial clone has left at its remote, or are gone behind a graft, as far as those that are
        here lead to them; 0 where all are here.
        """
        settings = self._bytes("config", "--list", "-z").split(b"\0")
        promised = any(_PROMISED.fullmatch(one.partition(b"\n")[0]) for one in settings)
        if not promised and not (self.root / self._line("rev-parse", "--git-common-dir") / "info/grafts").is_file():
            return 0
        command = ("rev-list", "--objects", "--all", "--reflog", "--indexed-objects", "--missing=print")
        with self._running(*command) as output:
            return sum(line.startswith(b"?") for line in output)

    def files(self) -> Iterator[tuple[str, Path]]:
        """The working tree's files, tracked or not, but for those that are ignored: (path in the repository, file). Not
        all can be read.
        """
        if self.bare:
            return
        names = self._bytes("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in dict.fromkeys(filter(None, names.split(b"\0"))):
            file = self.root / os.fsdecode(name)
            with suppress(FileNotFoundError, NotADirectoryError):  # tracked, and deleted
                if _may_be_regular(file):
                    yield _text(name), file

    def staged(self) -> Mapping[str, str]:
        """What the index holds: the path of each blob's id."""
        if self.bare:
            return {}
        rows = filter(None, self._bytes("ls-files", "-z", "--stage").split(b"\0"))
        entries = (row.partition(b"\t") for row in rows)
        return {head.split()[1].decode(): _text(name) for head, _, name in entries}

    def pieces(self, overlap: int) -> Iterator[Piece]:
        """Every object that the repository has, in no order; of large ones pieces that overlap by `overlap` bytes.
        Misuse where git ends at a damaged one.
        """
        command = ("cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer")
        with self._running(*command) as output:
            while head := output.readline():
                name, *rest = head.decode().split()
                if rest == ["missing"]:
                    self.unreadable[name] = None
                    continue
                if len(rest) != 2 or not head.endswith(b"\n"):
                    raise _damaged(name)
                kind, size = rest
                yield from _pieces(output, name, kind, int(size), overlap)
                output.read(1)

    def appearances(self, blobs: Iterable[str]) -> dict[str, list[Appearance]]:
        """For each of the blobs the commits that put it somewhere, oldest first, as far as anything leads to them, and
        in a partial clone, or a damaged repository, as far as its trees are here.
        """
        wanted = frozenset(blobs)
        found: dict[str, list[Appearance]] = {}
        command = (
            "log", "--all", "--reflog", "--reverse", "--raw", "-z", "--diff-merges=separate", "--root", "--no-abbrev",
            "--no-renames", *NOT_RUN, f"-O{os.devnull}", "--no-show-signature", "--format=%x01%H %cI",
        )  # fmt: skip
        if not wanted:
            return found
        commit = at = blob = ""
        # At the first tree that is not here.
        cut_short: tuple[type[Misuse], ...] = (Misuse,) if self.missing or self.unreadable else ()
        with suppress(*cut_short), self._running(*command) as output:
            for field in _fields(output):
                if field.startswith(b"\x01"):
                    commit, _, at = field[1:].decode().partition(" ")
                elif field.lstrip(b"\n").startswith(b":") and not blob:
                    new = field.split()[3].decode()
                    blob = new if new in wanted else "-"
                elif blob:
                    if blob != "-":
                        seen = found.setdefault(blob, [])
                        if all(one.commit != commit for one in seen):
                            seen.append(Appearance(commit, at, _text(field)))
                    blob = ""
        return found

    def added(self) -> Iterator[tuple[str, int, str]]:
        """What the next commit would add, line by line: (path, number of the line, its text)."""
        command = ("diff", "--cached", "--text", "--unified=0", "--inter-hunk-context=0", "--no-color", "--no-renames",
                   *NOT_RUN, f"-O{os.devnull}", "--src-prefix=a/", "--dst-prefix=b/")  # fmt: skip
        path, number, heading = "", 0, True
        with self._running(*command) as output:
            for raw in output:
                line = _text(raw).rstrip("\n")
                if line.startswith("diff "):  # every line of a file's own begins with a mark
                    heading = True
                elif line.startswith("@@ "):
                    heading = False
                    number = int(line.split("+", 1)[1].split(" ", 1)[0].split(",")[0])
                elif heading and line.startswith("+++ "):
                    path = line[4:].removeprefix("b/").removesuffix("\t")
                elif not heading and line.startswith("+"):
                    yield path, number, line[1:]
                    number += 1

    # --- git --------------------------------------------------------------------------------------------------------

    def _line(self, *command: str) -> str:
        return _text(self._bytes(*command)).strip("\n")

    def _bytes(self, *command: str) -> bytes:
        with self._running(*command) as output:
            return output.read()

    @contextmanager
    def _running(self, *command: str) -> Iterator[IO[bytes]]:
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S603 - git, with words of ours and object ids of its own
                [self._program, *GIT, *command],
                cwd=self._at,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=self._environment,
            )
            assert process.stdout is not None
            try:
                yield process.stdout
            except BaseException:
                process.kill()
                raise
            finally:
                process.stdout.close()
                process.wait()
            if process.returncode:
                said.seek(0)
                first = next(iter(_text(said.read()).strip().splitlines()), "it failed")
                raise Misuse(f"git {command[0]} in {self._at}: {first}")
            said.seek(0)
            found = (_UNOPENED.match(line) for line in _text(said.read()).splitlines())
            self.unopened |= {one[1]: None for one in found if one}


def _environment() -> dict[str, str]:
    """All that git is told of ours. Folders of the path that have no root would be the repository's own."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    hook = {name: os.environ[name] for name in OF_A_HOOK if name in os.environ}
    return {"PATH": os.pathsep.join(filter(os.path.isabs, path)), **hook, **OURS}


def _program(path: str) -> str:
    found = shutil.which("git", path=path)
    if found is None:
        raise Misuse("git is not on the path: install it.")
    return found


def _may_be_regular(file: Path) -> bool:
    """FileNotFoundError or NotADirectoryError where it is not there."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError:
        return True  # nobody can tell


def _pieces(output: IO[bytes], name: str, kind: str, size: int, overlap: int) -> Iterator[Piece]:
    """Misuse where the output ends before the object does."""
    data = _exactly(output, min(size, PIECE), name)
    start, left = 0, size - len(data)
    yield Piece(name, kind, start, data)
    while left:
        kept = data[len(data) - overlap :] if overlap else b""
        start += len(data) - len(kept)
        more = _exactly(output, min(left, PIECE), name)
        left -= len(more)
        data = kept + more
        yield Piece(name, kind, start, data)


def _exactly(output: IO[bytes], size: int, name: str) -> bytes:
    data = output.read(size)
    if len(data) < size:
        raise _damaged(name)
    return data


def _damaged(name: str) -> Misuse:
    return Misuse(f"git could not read object {name[:12]} to its end: the repository is damaged, run `git fsck`.")


def _fields(output: IO[bytes]) -> Iterator[bytes]:
    """The fields of an output whose lines end in NUL."""
    rest = b""
    while block := output.read(1 << 20):
        *fields, rest = (rest + block).split(b"\0")
        yield from fields
    if rest.strip():
        yield rest


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
