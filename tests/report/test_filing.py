"""Reports and decisions are put down whole, once, and where they belong."""

import hashlib
import json
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.errors import Misuse, Unexpected
from bot.report.contract import kept_name
from bot.report.filing import Evidence, FileArchive, append_decision, write
from bot.secrets.secret import Secret
from tests.support.incidents import Story, declaration

MARK = "<!-- inc_abcdef closed at 2026-11-25T03:35:21.000000Z -->"
ENTRY = f"{MARK}\n## A leak\n\n- text\n"


def test_a_report_is_written_for_its_owner_alone(tmp_path):
    filed = write("# Report\n", tmp_path / "reports", "inc_abcdef")
    assert Path(filed.place) == tmp_path / "reports" / "inc_abcdef.md"
    assert Path(filed.place).read_text() == "# Report\n"
    assert stat.S_IMODE(Path(filed.place).stat().st_mode) == 0o600
    assert filed.digest == hashlib.sha256(b"# Report\n").hexdigest()


class Bucket:
    def __init__(self) -> None:
        self.there = []

    def deliver(self, incident, documents, *, renewed):
        self.there += [(incident.id, each.name, each.content) for each in documents]
        return "s3://reports/it"


def test_rows_of_evidence_are_kept_without_values_here_and_in_the_bucket(tmp_path):
    incident, bucket = Story(declaration()).run(0).incident, Bucket()
    archive = FileArchive(tmp_path / "reports", tmp_path / "decisions.md")
    known = Secret("hunter2hunter2").fingerprint
    rows = b'{"action":"s3:Get"}\n{"agent":"x hunter2hunter2"}\n'
    filed = Evidence(archive, lambda: [known], bucket).keep(incident, "use-key", rows)
    [path] = archive.reports.iterdir()
    assert path.name == f"{incident.id}.use-key-{filed.digest[:12]}.jsonl"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == filed.digest
    assert path.read_text().splitlines()[0] == '{"action":"s3:Get"}'
    assert json.loads(path.read_text().splitlines()[1])["withheld"].startswith("the value with fingerprint")
    assert (filed.place, bucket.there) == ("s3://reports/it", [(incident.id, path.name, path.read_bytes())])
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_evidence_goes_so_many_days_after_the_close_and_not_before(tmp_path):
    archive = FileArchive(tmp_path, tmp_path / "decisions.md")
    now, day = datetime.now(UTC), timedelta(days=1)
    ends = {"inc_aaaaaa": now - 11 * day, "inc_bbbbbb": now - 9 * day, "inc_cccccc": None, "inc_eeeeee": now - 11 * day}

    def load(name):
        if name not in ends:
            raise Misuse(name)
        at = ends[name]
        closed = None if at is None else SimpleNamespace(at=at)
        return SimpleNamespace(closed=closed, legal_hold=name == "inc_eeeeee" or None)

    for name in (*ends, "inc_dddddd"):
        archive.put_rows(f"{name}.use-key-1.jsonl", b"{}")
        os.utime(tmp_path / f"{name}.use-key-1.jsonl", (0, 0))
    archive.put_rows("inc_aaaaaa.use-key-2.jsonl", b"{}")
    archive.put_report("inc_aaaaaa", "report")
    archive.forget_rows(10, now, load)
    assert sorted(path.name.partition(".use")[0] for path in tmp_path.iterdir()) == [
        "inc_aaaaaa", "inc_aaaaaa.md", "inc_bbbbbb", "inc_cccccc", "inc_dddddd", "inc_eeeeee",
    ]  # fmt: skip


def test_a_second_report_replaces_the_first_and_leaves_nothing_beside_it(tmp_path):
    first = write("one", tmp_path, "inc_abcdef")
    second = write("two", tmp_path, "inc_abcdef")
    assert first.digest != second.digest
    assert [path.name for path in tmp_path.iterdir()] == ["inc_abcdef.md"]
    assert Path(second.place).read_text() == "two"


def test_a_link_in_the_place_of_a_report_is_replaced_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "inc_abcdef.md").symlink_to(victim)
    write("report", folder, "inc_abcdef")
    assert victim.read_text() == "precious"


def test_an_archive_of_files_says_where_things_are_kept(tmp_path):
    archive = FileArchive(tmp_path / "reports", tmp_path / "decisions.md")
    filed = archive.put_report("inc_abcdef", "# Report\n")
    assert Path(filed.place).read_text() == "# Report\n"
    assert archive.add_decision(ENTRY) == str(tmp_path / "decisions.md")
    archive.add_decision(ENTRY.replace("text", "another text"), anew=True)
    assert "another text" in (tmp_path / "decisions.md").read_text()


@pytest.mark.parametrize(
    "name", ["", "../inc_abcdef", "inc_abc/..", "inc_ABCDEF", "inc_abcdef\n", "inc_abcde1", "/etc"]
)
def test_what_is_no_incident_has_no_place(tmp_path, name):
    with pytest.raises(Misuse):
        write("x", tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_in_our_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unexpected, match="write the report"):
        write("x", tmp_path / "file", "inc_abcdef")
    with pytest.raises(Unexpected, match="add the decision"):
        append_decision(tmp_path / "file" / "DECISIONS.md", ENTRY)


def test_a_decisions_log_is_begun_with_a_heading(tmp_path):
    path = tmp_path / "docs" / "DECISIONS.md"
    assert append_decision(path, ENTRY) is True
    assert path.read_text() == f"# Decisions\n\n{ENTRY}"


def test_the_same_close_is_added_once(tmp_path):
    path = tmp_path / "DECISIONS.md"
    append_decision(path, ENTRY)
    before = path.read_bytes()
    assert append_decision(path, ENTRY.replace("text", "other text")) is False
    assert path.read_bytes() == before
    assert append_decision(path, ENTRY.replace("03:35:21", "09:00:00")) is True


def test_an_entry_is_replaced_where_something_in_it_was_redacted(tmp_path):
    path = tmp_path / "DECISIONS.md"
    first, second = (
        f"<!-- inc_{name} closed at 2026-11-25T03:00:00Z -->\n## {name}\nold words" for name in ("aaaaaa", "bbbbbb")
    )
    append_decision(path, first)
    path.write_text(path.read_text() + "\n## Tea\n\nWe chose tea.\n")
    append_decision(path, second)
    assert append_decision(path, first.replace("old", "new"), anew=True)
    text = path.read_text()
    assert "## Tea\n\nWe chose tea." in text
    assert (text.count("inc_aaaaaa"), text.count("inc_bbbbbb")) == (1, 1)
    assert "## aaaaaa\nnew words" in text
    assert "## bbbbbb\nold words" in text


def test_what_others_wrote_stays_as_it_is(tmp_path):
    path = tmp_path / "DECISIONS.md"
    path.write_bytes("# Our decisions\r\n\r\nWe chose “tea”.".encode())
    path.chmod(0o640)
    append_decision(path, ENTRY)
    assert path.read_bytes() == f"# Our decisions\r\n\r\nWe chose “tea”.\n\n{ENTRY}".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_to_the_decisions_log_stays_a_link(tmp_path):
    real = tmp_path / "real.md"
    real.write_text("# Decisions\n")
    link = tmp_path / "DECISIONS.md"
    link.symlink_to(real)
    append_decision(link, ENTRY)
    assert link.is_symlink()
    assert ENTRY in real.read_text()


def test_an_entry_needs_its_marker(tmp_path):
    with pytest.raises(Misuse):
        append_decision(tmp_path / "DECISIONS.md", "## A decision without one")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_text_is_left_alone(tmp_path):
    path = tmp_path / "DECISIONS.md"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Unexpected, match="not UTF-8"):
        append_decision(path, ENTRY)
    assert path.read_bytes() == b"\xff\xfe"


def test_entries_added_at_the_same_time_all_arrive(tmp_path):
    path = tmp_path / "DECISIONS.md"
    entries = [ENTRY.replace("abcdef", f"abcde{letter}") for letter in "abcdefgh"]
    threads = [threading.Thread(target=append_decision, args=(path, entry)) for entry in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text().count("<!-- inc_") == len(entries)
    assert [file.name for file in tmp_path.iterdir()] == ["DECISIONS.md"]


def test_a_crash_while_writing_leaves_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / "DECISIONS.md"
    append_decision(path, ENTRY)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Unexpected, match="No space left"):
        append_decision(path, ENTRY.replace("abcdef", "abcdeg"))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["DECISIONS.md"]


def test_a_version_is_kept_as_it_was_until_its_words_are_redacted(tmp_path):
    archive, reports = FileArchive(tmp_path / "reports", tmp_path / "decisions.md"), tmp_path / "reports"
    first = archive.put_report("inc_ab3cde", "named in the decisions log")
    second = archive.put_report("inc_ab3cde", "signed", keep=[first.digest])
    for text in ("newer", "newest"):
        archive.put_report("inc_ab3cde", text, keep=[second.digest, first.digest])
    kept = {path.name: (path.read_text(), path.stat().st_mode & 0o777) for path in reports.glob("*.kept-*")}
    assert kept == {
        kept_name("inc_ab3cde", first.digest): ("named in the decisions log", 0o400),
        kept_name("inc_ab3cde", second.digest): ("signed", 0o400),
    }
    archive.forget_kept("inc_ab3cde")
    assert [path.name for path in reports.iterdir()] == ["inc_ab3cde.md"]
    assert (reports / "inc_ab3cde.md").read_text() == "newest"
