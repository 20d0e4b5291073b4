"""An archive of files: the report goes into a folder, the entry into the decisions log. Both all or nothing.

Evidence, the rows behind a finding, is a file of JSON lines beside the reports. The event that has the finding names
the file and its SHA-256. The rows may hold personal data, such as names, addresses and recipients: hence their
retention, which a hold stops.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.errors import LogError, Misuse, Unexpected
from bot.incident.state import Incident
from bot.private import FILE, make_folder, replace_file
from bot.report.contract import Destination, Document, kept_name
from bot.report.secret_scan import Search, findings

_INCIDENT = re.compile(r"inc_[a-z2-7]{6}", re.ASCII)
_MARKER = re.compile(r"<!-- inc_[a-z2-7]{6} closed at [0-9T:.+Z-]+ -->", re.ASCII)
HEADING = "# Decisions\n"
FROZEN = 0o400
"""A version that is kept is not written to again."""


@dataclass(frozen=True)
class Filed:
    """Where a report was put, as people find it there, and the SHA-256 of its bytes in hex."""

    place: str
    digest: str


@dataclass(frozen=True)
class FileArchive:
    """`reports` is a folder, `decisions` a file. What it is given has passed the search for secrets. Errors: Misuse (no
    incident is named), Unexpected.
    """

    reports: Path
    decisions: Path

    def put_report(self, incident: str, text: str, form: str = "md", keep: Collection[str] = ()) -> Filed:
        """Stores the report of `incident`, an id, in one of its forms (``md``, ``html``), replacing an earlier one. One
        with a SHA-256 among `keep` is kept beside it under its `kept_name`.
        """
        there = next((digest for digest in keep if self.read_report(incident, form, digest) is not None), "")
        if there:
            kept = self.reports / kept_name(incident, there, form)
            (self.reports / f"{incident}.{form}").replace(kept)
            kept.chmod(FROZEN)
        return write(text, self.reports, incident, form)

    def put_rows(self, name: str, content: bytes) -> str:
        """Stores a file of evidence beside the reports, and gives its place. Its name says which content it has."""
        path = self.reports / name
        try:
            make_folder(self.reports)
            replace_file(path, content, FROZEN)
        except OSError as error:
            raise _failed("keep the evidence", path, error) from None
        return str(path)

    def forget_rows(self, days: int, now: datetime, load: Callable[[str], Incident]) -> None:
        """Deletes the evidence of incidents that were closed so many days ago and have no legal hold. `load` gives one
        by its id.
        """
        before = now - timedelta(days=days)
        for path in self.reports.glob("inc_*.jsonl"):
            if path.stat().st_mtime >= before.timestamp():
                continue
            with suppress(LogError, Misuse):
                incident = load(path.name.partition(".")[0])
                if incident.legal_hold is None and incident.closed is not None and incident.closed.at < before:
                    path.unlink(missing_ok=True)

    def forget_kept(self, incident: str, but: Collection[str] = ()) -> None:
        """Deletes the kept versions, except `but`, because some of their words were redacted."""
        stay = {kept_name(incident, digest, form) for digest in but for form in ("md", "html")}
        for kept in self.reports.glob(f"{incident}.kept-*"):
            if kept.name not in stay:
                kept.unlink(missing_ok=True)

    def read_report(self, incident: str, form: str, digest: str) -> str | None:
        """The report with this SHA-256; None where another one, or none, is kept here."""
        path = self.reports / f"{incident}.{form}"
        try:
            content = path.read_bytes()
        except OSError:
            return None
        return content.decode() if hashlib.sha256(content).hexdigest() == digest else None

    def add_decision(self, entry: str, *, anew: bool = False) -> str:
        """Adds the entry to the decisions log, unless one with its marker is there. With `anew` it replaces that one.
        Returns the place of the log.
        """
        append_decision(self.decisions, entry, anew=anew)
        return str(self.decisions)


def write(text: str, folder: Path, incident_id: str, form: str = "md") -> Filed:
    """Stores the report at ``<folder>/<incident>.<form>``, readable by the owner only, replacing an earlier one.

    Misuse for an invalid id; Unexpected if the folder cannot be written.
    """
    if not _INCIDENT.fullmatch(incident_id):
        raise Misuse("that is not the id of an incident (inc_ and six characters)")
    path = folder / f"{incident_id}.{form}"
    content = text.encode()
    try:
        make_folder(folder)
        replace_file(path, content, FILE)
    except OSError as error:
        raise _failed("write the report", path, error) from None
    return Filed(str(path), hashlib.sha256(content).hexdigest())


def append_decision(path: Path, entry: str, *, anew: bool = False) -> bool:
    """Adds the entry to the decisions log; makes a private one with a heading if it is missing. Existing text and
    permissions stay as they are. With `anew` it replaces an entry with its marker.

    True if it was written, False if an entry with its marker (``<!-- inc_… closed at … -->``) is there already. Misuse
    for an entry without a marker; Unexpected if the file cannot be read or written.
    """
    _marker(entry)
    path = path.resolve()
    try:
        make_folder(path.parent)
        with _alone(path.parent):
            text = with_entry(path.read_bytes().decode() if path.exists() else HEADING, entry, anew=anew)
            if text is None:
                return False
            mode = path.stat().st_mode & 0o777 if path.exists() else FILE
            replace_file(path, text.encode(), mode)
    except (OSError, UnicodeDecodeError) as error:
        raise _failed("add the decision", path, error) from None
    return True


def with_entry(before: str, entry: str, *, anew: bool = False) -> str | None:
    """A decisions log with the entry at its end; None if one with its marker is there. With `anew` it replaces that
    one.

    Misuse for an entry without a marker.
    """
    marker = _marker(entry)
    if anew:
        before = _without(before, marker)
    if marker in before:
        return None
    gap = "\n" if before.endswith("\n") or not before else "\n\n"
    return f"{before}{gap}{entry.strip()}\n"


def _marker(entry: str) -> str:
    marker = _MARKER.search(entry)
    if marker is None:
        raise Misuse("a decision names its incident and its close in a marker, by which it is found again")
    return marker.group()


def _without(text: str, marker: str) -> str:
    """The decisions log without the entry of this marker: it goes up to the next heading but its own, or marker."""
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if marker in line), None)
    if start is None:
        return text
    headings = 0
    end = start + 1
    while end < len(lines) and not _MARKER.search(lines[end]):
        headings += lines[end].startswith("#")
        if headings > 1:
            break
        end += 1
    return "".join(lines[:start] + lines[end:])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps other processes' entries apart from this one, without leaving a lock file in someone's repository."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _failed(verb: str, path: Path, error: Exception) -> Unexpected:
    cause = (error.strerror if isinstance(error, OSError) else "") or "not UTF-8 text"
    return Unexpected("files", f"{verb} to {path}", cause)


ROWS = "jsonl"


@dataclass(frozen=True)
class Evidence:
    """`known` gives the fingerprints of values that no file may hold; `bucket` is the reports' one, if there is one."""

    archive: FileArchive
    known: Callable[[], Collection[str]]
    bucket: Destination | None = None

    def keep(self, incident: Incident, what: str, lines: bytes) -> Filed:
        """Stores the rows here and in the bucket, and gives their place and SHA-256. A row that the report's search
        finds a secret in is withheld. Errors: Unexpected, and those of the bucket.
        """
        text = lines.decode()
        rows = text.splitlines()
        values = {
            each for secret in incident.secrets.values() for each in (secret.old.fingerprint, secret.new.fingerprint)
        }
        for number, kind in findings(text, Search({*self.known(), *values} - {""})):
            rows[number - 1] = json.dumps({"withheld": kind})
        content = "".join(f"{row}\n" for row in rows)
        digest = hashlib.sha256(content.encode()).hexdigest()
        name = f"{incident.id}.{what}-{digest[:12]}.{ROWS}"
        place = self.archive.put_rows(name, content.encode())
        if self.bucket is not None:
            rows_there = Document(name, f"{incident.id}: {what}", ROWS, content, digest)
            place = self.bucket.deliver(incident, (rows_there,), renewed=False)
        return Filed(place, digest)
