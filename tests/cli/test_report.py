"""`bot report --edit`: what was written in the editor is not lost, unless a secret's value stands in it."""

import stat
import tempfile

import pytest

from bot.errors import LogUnavailable
from bot.inbox.client import Waits
from tests.support.practice import REDIS, SENDGRID

pytestmark = pytest.mark.process


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where files are edited."""
    made = tmp_path / "edited"
    made.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(made))
    return made


def edit(installation, incident, text="", **changes):
    """Writes `text` into the summary."""
    editor = f"sed -i 's/^## Summary/## Summary\\n{text}/'" if text else "true"
    return installation.bot("report", incident, "--edit", EDITOR=editor, VISUAL="", **changes)


def test_what_was_written_is_kept_where_it_is_declined_and_deleted_where_it_is_recorded(installation, folder):
    incident = installation.declare(SENDGRID)
    assert edit(installation, incident, "Public for a day.").status == 0
    assert "Nothing changed" in edit(installation, incident).err
    assert list(folder.iterdir()) == []
    said = edit(installation, incident, "word " * 1000)
    [path] = folder.glob("*/report.md")
    assert (said.status, "at most 3000 fit" in said.err, f"Your text is in {path}:" in said.err) == (
        1,
        True,
        True,
    )
    assert "word word" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_text_that_holds_a_value_is_deleted_and_that_is_said(installation, folder):
    incident = installation.declare(SENDGRID)
    for value in (installation.world.old[REDIS].replace("/", "\\/"), "xoxb-" + "1234567890-abcdefghij"):
        said = edit(installation, incident, f"It was {value} all the time.")
        assert said.status == 1
        assert "Your text was deleted here too." in said.err
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "error", [Waits("inc", "c1"), LogUnavailable("The database does not answer."), KeyboardInterrupt()]
)
def test_what_nobody_answered_is_kept(installation, folder, monkeypatch, error):
    incident = installation.declare(SENDGRID)

    def nobody(*_given):
        raise error

    monkeypatch.setattr("bot.cli.report.record", nobody)
    said = edit(installation, incident, "Public for a day.")
    [path] = folder.glob("*/report.md")
    assert f"Your text is in {path}:" in said.err
    assert "Public for a day." in path.read_text()
