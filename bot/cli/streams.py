"""Standard output and error, as they can be: a terminal that knows no more than ASCII, a reader that has gone."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

READER_GONE = 141
"""What a shell gives for a program that SIGPIPE ended, such as one before `head`."""
STYLED = frozenset({"FORCE_COLOR", "TTY_COMPATIBLE"})
"""Variables by which Rich takes what is no terminal for one."""


def prepare() -> None:
    """From here on a character that the terminal's encoding lacks is written as ``?``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not speaks_all(stream):
            stream.reconfigure(errors="replace")


def speaks_all(stream: object) -> bool:
    """Whether the stream can write every character."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


def may_be_styled(stream: TextIO) -> bool:
    """Whether it is a terminal, or the environment may ask for what terminals get."""
    return bool(STYLED & os.environ.keys()) or stream.isatty()


def write_plain(stream: TextIO, text: str) -> None:
    """A paragraph as Rich writes it where nothing is styled or wrapped. BrokenPipeError where its reader has gone."""
    stream.write("\n".join(line.expandtabs() for line in text.split("\n")) + "\n")
    stream.flush()


def reader_gone() -> int:
    """The reader of standard output has ended. Drops buffered output; returns the exit status."""
    with suppress(OSError, ValueError):  # a stream that is no file has nothing to let go of
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    return READER_GONE


def console(*, stderr: bool) -> Console:
    """One that raises BrokenPipeError where its reader has gone: Rich itself would end the program as failed."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Ours(stderr=stderr, highlight=False, markup=False, emoji=False)
