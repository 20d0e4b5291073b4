"""card.yaml: read, checked, and wrong in ways that a person has to find again."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.providers.cards import load_card, numbered, read_cards
from bot.providers.contract import Card

GOOD = """\
name: acme
cards:
  - title: Acme
    hosts: &hosts { api: https://api.acme.example }
    issue_by_hand:
      - Press “New key”.
      - Copy it.
  - kind: webhook
    title: Acme webhooks
    hosts: *hosts
    swaps: true
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "card.yaml"
        path.write_text(text)
        read_cards.cache_clear()
        return tmp_path / "provider.py"

    yield write
    read_cards.cache_clear()


def test_each_class_has_the_card_of_its_kind(written):
    module = written(GOOD)
    assert load_card(str(module)) == Card(
        name="acme", title="Acme", hosts={"api": "https://api.acme.example"},
        issue_by_hand=("Press “New key”.", "Copy it."),
    )  # fmt: skip
    webhook = load_card(str(module), "webhook")
    assert (webhook.key, webhook.swaps, webhook.hosts) == ("acme/webhook", True, {"api": "https://api.acme.example"})


def test_a_step_and_a_check_name_all_consoles_of_a_provider_that_has_several(written):
    consoles = "    consoles: { _live_: https://acme.example/live, _test_: https://acme.example/test }\n"
    consoles += '    checklist: { keys: "Keys at {console}." }\n'
    steps = "      - Press “New key” at {console}."
    module = written(GOOD.replace("    issue", f"{consoles}    issue").replace("      - Press “New key”.", steps))
    both = "https://acme.example/live (for …_live_…) or https://acme.example/test (for …_test_…)"
    assert load_card(str(module)).issue_by_hand == (f"Press “New key” at {both}.", "Copy it.")
    assert load_card(str(module)).checklist == {"keys": f"Keys at {both}."}


def test_steps_become_numbered_lines():
    assert numbered(("Open it.", "Press.")) == "1. Open it.\n2. Press."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("title: Acme\n", "titel: Acme\n"), "card.yaml:3: `titel`"),
        (("    swaps: true", "    swaps: yes please"), r"card.yaml:11: cards\[1\].swaps: text given, expected"),
        (("      - Copy it.", "      - { Copy: it }"), r"cards\[0\].issue_by_hand"),
        (("name: acme", "nam: acme"), "`name` is missing"),
        (("  - kind: webhook", "  - swaps: false"), "is here twice|same kind"),
    ],
)
def test_a_mistake_is_told_by_file_line_and_field(written, change, said):
    module = written(GOOD.replace(*change))
    with pytest.raises(ConfigurationError, match=said):
        load_card(str(module))


def test_a_kind_that_is_not_there_is_named(written):
    with pytest.raises(ConfigurationError, match="no entry of `cards` has the kind 'webhok'"):
        load_card(str(written(GOOD)), "webhok")


def test_a_folder_without_a_card_is_told():
    with pytest.raises(ConfigurationError, match=r"card\.yaml: cannot be read"):
        load_card(str(Path(__file__)))
