"""The lists of parts, which are written from their folders."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from bot import generate
from bot.app.parts import only
from bot.errors import ConfigurationError
from bot.settings.basics import Basics
from bot.settings.model import Settings, settings_table
from bot.settings.own import OwnSettings

SETTINGS = """
from bot.settings.basics import Basics
from bot.settings.values import secret

PAGES_WITH = ("BOT_ACME_KEY",)


class AcmeSettings(Basics):
    acme_key: Value | None = secret("BOT_ACME_KEY", "its key", shown="nobody is paged")
"""
MAKE = "def make(settings, sender):\n    return None\n"


@pytest.fixture
def bot(tmp_path):
    """A folder with the lists, and one pager."""
    for name in ("settings", "app", "model", "pager/acme"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "pager/acme/settings.py").write_text(SETTINGS)
    (tmp_path / "pager/acme/pager.py").write_text(MAKE)
    return tmp_path


def test_the_lists_are_fresh(capsys):
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_a_part_is_listed_from_its_folder_alone(bot, capsys):
    assert generate.main(["--check"], bot) == 1
    assert capsys.readouterr().err.count("is stale: run `python -m bot.generate`") == 3
    assert generate.main([], bot) == 0
    assert generate.main(["--check"], bot) == 0
    assert "from bot.pager.acme.settings import AcmeSettings" in (bot / generate.SETTINGS).read_text()
    made = (bot / generate.MAKERS).read_text()
    assert 'yield "acme", acme_pager.make(settings, sender)' in made
    assert "def fallback_pagers(settings: Settings) -> Iterator[tuple[str, Pager | None]]:" in made
    assert '"BOT_ACME_KEY"' in (bot / generate.FACTS).read_text()


def test_a_place_for_reports_brings_its_words(bot):
    folder = bot / "report/destinations/ftp"
    folder.mkdir(parents=True)
    (folder / "settings.py").write_text('ARRIVED = "put it \\"there\\""\n\nclass FtpSettings: ...\n')
    (folder / "destination.py").write_text("def make(settings, aws): ...\n")
    assert generate.main([], bot) == 0
    assert r'"ftp": "put it \"there\"",' in (bot / generate.FACTS).read_text()
    (folder / "settings.py").write_text("ARRIVED = 1\n\nclass FtpSettings: ...\n")
    with pytest.raises(ConfigurationError, match="ARRIVED to be a text"):
        generate.parts(bot)


def test_a_list_that_names_a_part_which_is_gone_is_stale(bot, capsys):
    generate.main([], bot)
    (bot / "pager/acme/settings.py").rename(bot / "pager/acme/old.py")
    assert generate.main(["--check"], bot) == 1
    assert generate.main([], bot) == 0
    assert "acme" not in "".join((bot / path).read_text() for path in (generate.SETTINGS, generate.MAKERS))
    capsys.readouterr()


def test_half_a_part_is_a_mistake(bot):
    (bot / "pager/acme/pager.py").write_text("def made(settings):\n    return None\n")
    with pytest.raises(ConfigurationError, match=r"pager\.py: expected make or make_fallback"):
        generate.parts(bot)
    (bot / "pager/acme/settings.py").write_text("")
    with pytest.raises(ConfigurationError, match=r"settings\.py: expected one class with a name such as AcmeSettings"):
        generate.parts(bot)


@pytest.mark.parametrize("part", generate.parts(), ids=lambda part: part.package)
def test_a_part_reads_its_own_settings(part):
    """What makes it is given nothing that belongs to another part, and its settings are among the installation's."""
    own = part.settings_class()
    assert issubclass(Settings, own)
    assert issubclass(own, Basics)
    module = importlib.import_module(f"{part.package}.{part.port.module}")
    for name in part.makes:
        assert inspect.get_annotations(getattr(module, name), eval_str=True)["settings"] is own


def test_only_a_part_of_which_something_is_set_is_imported():
    settings = Settings.load({"HOME": str(Path.home()), "BOT_PAGERDUTY_API_KEY": "made-up"})
    assert [part.name for part in generate.parts() if settings.gives(part.settings_class())] == ["pagerduty"]


def test_what_opens_doors_is_a_secret_setting():
    for row in settings_table():
        opens = row.variable.endswith(("_TOKEN", "_SECRET", "_API_KEY", "_ROUTING_KEY"))
        assert row.secret or not opens, row.variable


def test_where_a_part_s_calls_go_is_for_whoever_runs_the_process_to_say():
    """Nor may a parameter say it: whoever writes parameters would get what is sent there."""
    variables = {
        each.validation_alias for part in generate.parts() for each in part.settings_class().model_fields.values()
    }
    rows = [row for row in settings_table() if row.variable in variables and row.variable.endswith("_URL")]
    assert [row.variable for row in rows if row.parameter] == []


def test_no_two_read_a_variable_or_keep_it_under_one_name():
    classes = [OwnSettings, *(part.settings_class() for part in generate.parts())]
    names = [name for found in classes for name in found.__annotations__]
    assert len(names) == len(set(names))
    variables = [row.variable for row in settings_table()]
    assert len(variables) == len(set(variables))


def test_what_is_one_only_cannot_be_two():
    assert only([("acme", None), ("pagerduty", 1)], "who is paged first") == 1
    assert only([("acme", None)], "who is paged first") is None
    with pytest.raises(ConfigurationError, match="who is paged first is one only, and acme and pagerduty are set up"):
        only([("acme", 1), ("pagerduty", 2)], "who is paged first")
