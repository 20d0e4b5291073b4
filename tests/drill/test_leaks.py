"""The canary search finds a value in every form and every place, and finds nothing where nothing is."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
from urllib.parse import quote, quote_plus

import pytest

from bot.drill.client.summary import Hit
from bot.drill.leaks import files_below, processes, recorded, search, tables

KEY = "sk-svcacct-k3y/with+all=kinds&of 'chars'"
URL = "redis://app:pW9tH8fKq2LmX4vZ@127.0.0.1:6379/0"
PASSWORD = "pW9tH8fKq2LmX4vZ"
VALUES = [("openai key", KEY), ("redis url", URL), ("too short to search for", "abc")]


def found(place, content):
    return search(VALUES, [(place, content)], {}).hits


FORMS = {
    "clear": KEY,
    "URL-encoded": quote(KEY, safe=""),
    "form-encoded": quote_plus(KEY),
    "JSON": json.dumps(KEY + '"é'),
    "base64 alone": base64.b64encode(KEY.encode()).decode(),
    "base64 of a header": base64.b64encode(b"api:" + KEY.encode()).decode(),
    "base64, one byte before": base64.b64encode(b"x" + KEY.encode() + b"tail").decode(),
    "base64, two bytes before": base64.b64encode(b"xy" + KEY.encode() + b"t").decode(),
    "base64 for URLs": base64.urlsafe_b64encode(KEY.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", ["{}", "Authorization: Bearer {}\n", '{{"a": "{}"}}'])
def test_every_form_is_found(form, around):
    hits = found("log", around.format(FORMS[form]).encode())
    assert {(hit.place, hit.value) for hit in hits} == {("log", "openai key")}


def test_the_password_of_a_url_is_found_by_itself():
    assert found("log", f"AUTH app {PASSWORD}".encode()) == (Hit("log", "redis url", "clear"),)


def test_values_that_begin_alike_are_told_apart():
    values = [("short", "key-0123456789"), ("long", "key-0123456789-abc"), ("other", "key-0123-another")]
    content = b"key-0123456789 key-0123456789-ab. key-0123-another key-0123456789-abcd key-0123-anothe_"
    found = search(values, [("log", content)], {}).hits
    assert sorted(hit.value for hit in found) == ["long", "other", "short"]
    assert [hit.value for hit in search(values, [("log", b"key-0123456789-abc")], {}).hits] == ["long"]


def test_a_hit_does_not_hold_the_value():
    (hit,) = found("log", KEY.encode())
    assert KEY not in repr(hit)


@pytest.mark.parametrize("text", [KEY[:-1], KEY[1:], "abc", "a fingerprint 0123456789ab", ""])
def test_nothing_else_is_found(text):
    assert found("log", text.encode()) == ()


def test_nothing_to_look_for():
    assert search([("short", "abc")], [("log", b"abc")], {}).hits == ()


def test_files_with_those_in_folders_and_binary_ones(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.bin").write_bytes(b"\0\xff" + KEY.encode() + b"\xfe")
    (tmp_path / "clean.log").write_text("nothing")
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "a.bin")
    leaks = search(VALUES, files_below(tmp_path), {f"{tmp_path}/": ""})
    assert leaks.places == ("clean.log", "deep/a.bin")
    assert [hit.place for hit in leaks.hits] == ["deep/a.bin"]


def test_rows_of_a_database_and_its_write_ahead_log(tmp_path):
    path = tmp_path / "incidents.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE events (data TEXT)")
    connection.execute("INSERT INTO events VALUES (?)", (f'{{"detail": "{PASSWORD}"}}',))
    connection.commit()
    in_files = search(VALUES, files_below(tmp_path), {})
    in_tables = search(VALUES, tables(path), {f"{tmp_path}/": ""})
    connection.close()
    assert any(hit.place.endswith("-wal") for hit in in_files.hits)
    assert [hit.place for hit in in_tables.hits] == ["incidents.sqlite table events"]


def test_no_database(tmp_path):
    assert list(tables(tmp_path / "incidents.sqlite")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not show processes as files")
@pytest.mark.parametrize(
    ("arguments", "environ", "kind"), [((PASSWORD,), {}, "cmdline"), ((), {"REDIS_PASSWORD": PASSWORD}, "environ")]
)
def test_command_lines_and_environments(arguments, environ, kind):
    waits = "import sys; print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", waits, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"], **environ},
    ) as process:  # fmt: skip
        process.stdout.readline()
        leaks = search(VALUES, processes([process.pid, 2**22 + 1]), {})
        process.stdin.close()
    assert [hit.place for hit in leaks.hits] == [f"process {process.pid} {kind}"]
    assert len(leaks.places) == 2


def test_what_fakes_were_sent_and_what_was_printed():
    places = [
        recorded("slack: calls", [{"arguments": {"text": f"the key is {KEY}"}}]),
        recorded("pagerduty: alerts", {"alerts": []}),
        ("terminal output", f"  1.0 s  {URL}".encode()),
    ]
    leaks = search(VALUES, places, {})
    assert {hit.place for hit in leaks.hits} == {"slack: calls", "terminal output"}
    document = leaks.document()
    assert document["hits"] == len(leaks.hits)
    assert {entry["value"] for entry in document["found"]} == {"openai key", "redis url"}


def test_a_clean_document_is_short():
    assert search(VALUES, [("log", b"")], {}).document() == {"places": ["log"], "hits": 0}
