"""Terminals that know no more than ASCII, and readers that have gone."""

import contextlib
import errno
import io
import json
import os
import sys

import pytest

from bot.cli.entry import run
from bot.cli.streams import READER_GONE
from bot.data_files import shipped
from tests.cli.conftest import _forget_logging


class Gone(io.RawIOBase):
    """A pipe whose reader has ended; at the end of the test what is left goes somewhere."""

    over = False

    def writable(self):
        return True

    def write(self, given):
        if not self.over:
            raise BrokenPipeError
        return len(given)


def said(tmp_path, monkeypatch, *arguments, raw=None, encoding="utf-8"):
    """The exit status, and the bytes that were written."""
    raw = raw or io.BytesIO()
    out = io.TextIOWrapper(io.BufferedWriter(raw) if isinstance(raw, Gone) else raw, encoding=encoding)
    err = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setenv("BOT_DATA", str(tmp_path))
    monkeypatch.setenv("BOT_PLAYBOOKS", str(shipped("playbooks")))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(list(arguments))
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
        sys.stderr.flush()
    _forget_logging()
    if isinstance(raw, Gone):
        raw.over = True
        out.flush()
        return status, b"", err.buffer.getvalue()
    return status, raw.getvalue(), err.buffer.getvalue()


@pytest.mark.parametrize("command", [("catalog", "check"), ("catalog", "check", "--json"), ("setup", "manifest")])
def test_whoever_stops_reading_hears_of_no_failure(tmp_path, monkeypatch, command):
    status, _, err = said(tmp_path, monkeypatch, *command, raw=Gone())
    assert (status, err) == (READER_GONE, b"")


class Full(Gone):
    """A disk that had no room left for a moment."""

    def write(self, given):
        if not self.over:
            self.over = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/srv/report")
        return len(given)


def test_a_full_disk_is_no_fault_of_the_programs(tmp_path, monkeypatch):
    status, _, err = said(tmp_path, monkeypatch, "catalog", "check", raw=Full())
    assert (status, err.decode()) == (1, "Not everything could be written: No space left on device.\n")


@pytest.mark.parametrize("command", [("runbook", "openai-api-key"), ("catalog", "check"), ("--help",)])
def test_a_terminal_that_knows_ascii_alone_is_written_to_plainly(tmp_path, monkeypatch, command):
    status, written, _ = said(tmp_path, monkeypatch, *command, encoding="ascii")
    assert status == 0
    assert written.isascii()
    assert len(written) > 100


def test_no_line_is_lost_and_json_stays_whole(tmp_path, monkeypatch):
    _, full, _ = said(tmp_path, monkeypatch, "runbook", "openai-api-key")
    _, plain, _ = said(tmp_path, monkeypatch, "runbook", "openai-api-key", encoding="ascii")
    assert len(full.decode().splitlines()) == len(plain.splitlines())
    _, full, _ = said(tmp_path, monkeypatch, "catalog", "check", "--json")
    _, plain, _ = said(tmp_path, monkeypatch, "catalog", "check", "--json", encoding="ascii")
    assert json.loads(full) == json.loads(plain)
