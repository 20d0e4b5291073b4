"""What `built_in.py`, the list of the built-in providers, has to be by the folders beside this file.
`bot.generate` writes it. A folder with a card.yaml is a provider; its classes are those that name a card of it.
"""

from __future__ import annotations

from pathlib import Path

from bot.classes import declared
from bot.errors import ConfigurationError
from bot.providers.cards import FILE, read_cards
from bot.providers.contract import Card

HERE = Path(__file__).parent
LIST = HERE / "built_in.py"
HEAD = '''"""The built-in providers by key, as module and class. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
'''


def listed() -> str:
    """What `built_in.py` has to be. ConfigurationError for a card that no class names, or two do."""
    found: dict[str, str] = {}
    for path in sorted(HERE.glob(f"*/{FILE}")):
        for card, place in declared(str(__package__), path.parent, "card", Card):
            if card.key in found:
                raise ConfigurationError(f"{path}: {found[card.key]} and {place} both name the card of {card.key}")
            found[card.key] = place
        if missing := [card.key for card in read_cards(path) if card.key not in found]:
            raise ConfigurationError(f"{path}: no class names the card of {', '.join(missing)}")
    rows = "".join(f'        "{key}": "{place}",\n' for key, place in sorted(found.items()))
    return f"{HEAD}{rows}    }}\n)\n"
