"""A provider of another package: loaded only if BOT_PROVIDERS names it, and never in the place of a built-in one.

The package is the page's Acme, under a name that the page leaves free, in a folder of its own.
"""

import functools
import re
import sys
from pathlib import Path

import pytest

from bot.app.application import Application
from bot.errors import ConfigurationError
from bot.providers import PROVIDERS, kinds_of, provider_class, provider_names
from bot.providers.cards import read_cards
from bot.settings.model import Settings
from tests.cli.conftest import say

PAGE = Path(__file__).parents[2] / "bot" / "providers" / "README.md"
NEW = re.compile(r"^New file `bot/providers/acme/([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {name: text.replace("acme", "apex").replace("Acme", "Apex") for name, text in NEW.findall(PAGE.read_text())}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs Apex in a package of this name, with these changes to its files, under these entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def installed(package="apex_rotation", entries=("apex = {}.provider:Apex",), **changes):
        folder = tmp_path / package
        folder.mkdir()
        for name, text in FILES.items():
            change = changes.get(name.partition(".")[0], {})
            assert [old for old in change if old not in text] == []
            (folder / name).write_text(functools.reduce(lambda made, each: made.replace(*each), change.items(), text))
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "".join(f"{entry.format(package)}\n" for entry in entries)
        (info / "entry_points.txt").write_text(f"[compromise_bot.providers]\n{lines}")

    read_cards.cache_clear()
    yield installed
    PROVIDERS.use(())
    for name in [name for name in sys.modules if name.startswith("apex_")]:
        del sys.modules[name]


def test_what_is_named_is_loaded_and_stands_behind_the_built_in_ones(install):
    install()
    assert "apex" not in PROVIDERS
    PROVIDERS.use(["apex"])
    assert provider_class("apex", {}).card.hosts == {"api": "https://api.apex.example"}
    assert provider_names()[-1] == "apex"
    assert kinds_of("apex") == ("",)
    assert list(PROVIDERS)[-1] == "apex"
    assert len(PROVIDERS) == len(list(PROVIDERS))


def test_what_is_not_named_is_not_even_imported(install):
    install(provider={"from __future__": "raise SystemExit\nfrom __future__"})
    PROVIDERS.use(())
    assert "apex" not in PROVIDERS
    assert "apex_rotation" not in sys.modules


def test_the_setting_names_them(install, tmp_path):
    install()
    environ = {"HOME": str(tmp_path), "BOT_DATA": str(tmp_path / "data"), "BOT_PROVIDERS": ""}
    Application(Settings.load(environ))
    assert "apex" not in PROVIDERS
    Application(Settings.load({**environ, "BOT_PROVIDERS": " apex ,"}))
    assert "apex" in PROVIDERS


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"card": {"https://api.apex": "http://api.apex"}}, "hosts.api: expected https://"),
        ({"card": {"https://api.apex.example\n    issue": "https://api.openai.com/v1\n    issue"}},
         "hosts: api.openai.com is the built-in openai's"),
        ({"card": {"https://api.apex.example\n    issue": "https://{a}.openai.com\n    issue"}},
         "hosts: {a}.openai.com is the built-in openai's"),
        ({"card": {"name: apex": "name: apexe"}}, "its card says apexe; expected apex"),
        ({"provider": {"def issued(": "def isued("}}, "it defines issue, but not issued"),
        ({"provider": {"        setup.check_options(NAME, ())\n": ""}}, "an unknown option is not refused"),
        ({"provider": {"from msgspec import Struct": "from msgspec import Strukt"}}, "cannot be imported .ImportError"),
        ({"card": {"  - title": "  - titel"}}, "card.yaml:3: `titel` is not known"),
    ],
)  # fmt: skip
def test_one_that_may_not_be_used_is_refused_with_the_reason(install, given, said):
    install(**given)
    with pytest.raises(ConfigurationError, match=f"^BOT_PROVIDERS: .*{said}"):
        PROVIDERS.use(["apex"])
    assert "apex" not in PROVIDERS


def test_a_built_in_name_is_taken(install):
    install(entries=("openai = {}.provider:Apex", "openai/mine = {}.provider:Apex"))
    with pytest.raises(ConfigurationError, match="BOT_PROVIDERS: openai is built in"):
        PROVIDERS.use(["openai"])
    assert PROVIDERS["openai"].__module__ == "bot.providers.openai.provider"
    assert "openai/mine" not in PROVIDERS


def test_two_packages_cannot_offer_the_same(install):
    install()
    install("apex_other")
    with pytest.raises(ConfigurationError, match="two installed packages offer a provider 'apex'"):
        PROVIDERS.use(["apex"])


def test_one_that_is_not_installed_is_told_with_those_that_are(install):
    install()
    with pytest.raises(
        ConfigurationError, match=r"BOT_PROVIDERS: no installed package offers .*'apax'; offered: apex$"
    ):
        PROVIDERS.use(["apax"])


def test_it_is_checked_as_a_built_in_one_is(install):
    assert say("catalog", "check-provider", "slack", "--json").document == {"slack": [], "slack/webhook": []}
    install(card={"https://api.apex.example\n    issue": "https://api.stripe.com\n    issue"})
    said = say("catalog", "check-provider", "apex")
    assert said.status == 1
    assert "apex: not to be used\n  hosts: api.stripe.com is the built-in stripe's" in said.out
    assert say("catalog", "check-provider", "apax").status == 2
    assert "apex" not in PROVIDERS
