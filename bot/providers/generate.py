"""Writes `built_in.py`, the list of the built-in providers, from the folders: ``python -m bot.providers.generate``.

With ``--check`` it writes nothing, and fails where the list is stale. A folder with a card.yaml is a provider; its
classes are those that name a card of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from bot.errors import ConfigurationError
from bot.providers.cards import FILE, read_cards
from bot.providers.contract import Card

HERE = Path(__file__).parent
LIST = HERE / "built_in.py"
HEAD = '''"""The built-in providers by key, as module and class. Written by `python -m bot.providers.generate`."""

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
        for key, place in _classes(path.parent):
            if key in found:
                raise ConfigurationError(f"{path}: {found[key]} and {place} both name the card of {key}")
            found[key] = place
        if missing := [card.key for card in read_cards(path) if card.key not in found]:
            raise ConfigurationError(f"{path}: no class names the card of {', '.join(missing)}")
    rows = "".join(f'        "{key}": "{place}",\n' for key, place in sorted(found.items()))
    return f"{HEAD}{rows}    }}\n)\n"


def _classes(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.py")):
        module: ModuleType = import_module(f"{__package__}.{folder.name}.{path.stem}")
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__ == module.__name__
            card = vars(value).get("card") if own else None
            if isinstance(card, Card):
                yield card.key, f"{module.__name__}:{name}"


def main() -> int:
    stale = not LIST.exists() or LIST.read_text(encoding="utf-8") != listed()
    if stale and "--check" in sys.argv[1:]:
        sys.stderr.write(f"{LIST} is stale: run `python -m bot.providers.generate`\n")
        return 1
    if stale:
        LIST.write_text(listed(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
