"""Which secrets `bot declare` means."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from bot.cli.declare import _names
from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.playbook.catalog import Catalog
from tests.slack.conftest import entry

CATALOG = Catalog(
    ("production",),
    (
        entry("openai-api-key", "OpenAI", "production", "openai"),
        entry("service-key", "Service key", "production", "supabase", dies_with=("anon-key",)),
        entry("anon-key", "Anon key", "production", "supabase", public_by_design=True),
    ),
)


@pytest.fixture
def named():
    def names(*secrets, every=False):
        terminal, screen = Terminal(), io.StringIO()
        terminal.err = Console(file=screen, width=200, no_color=True, highlight=False, markup=False)
        terminal.application = SimpleNamespace(loaded=SimpleNamespace(catalog=CATALOG))
        return _names(terminal, list(secrets), "production", every=every), screen.getvalue()

    return names


def test_all_leaves_alone_what_is_public_by_design_and_says_so(named):
    found, said = named(every=True)
    assert found == ["openai-api-key", "service-key"]
    assert "anon-key is public by design, skipped unless it is named; it may die with service-key." in said


def test_all_takes_it_too_where_it_is_named(named):
    found, said = named("anon-key", every=True)
    assert found == ["openai-api-key", "service-key", "anon-key"]
    assert said == ""


def test_names_alone_are_those_named(named):
    assert named("anon-key", "anon-key")[0] == ["anon-key"]


def test_nothing_named_is_a_mistake(named):
    with pytest.raises(Misuse, match="or say --all"):
        named()
