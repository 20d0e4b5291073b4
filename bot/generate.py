"""Writes the lists of providers from their folders: ``python -m bot.generate``.

With ``--check`` it writes nothing, and fails if a list is stale. A folder with a card.yaml is a provider, whose classes
name its cards.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from bot.errors import ConfigurationError
from bot.providers.cards import FILE as CARD
from bot.providers.cards import read_cards
from bot.providers.contract import Card

HERE = Path(__file__).parent
COMMAND = "python -m bot.generate"
TITLES = Path("model", "built_in.py")
PROVIDERS = Path("providers", "built_in.py")


def listed() -> Mapping[Path, str]:
    """The text of each list, by its path. ConfigurationError for classes that do not fit together."""
    lists = {TITLES: _titles(), PROVIDERS: _providers()}
    return {HERE / path: "\n".join(lines) + "\n" for path, lines in lists.items()}


def _head(words: str, *imports: str) -> Iterator[str]:
    yield f'"""{words}. Written by `{COMMAND}`."""'
    yield from ("", "from __future__ import annotations", "", *imports)


def _mapping(name: str, kind: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A constant: by each key an expression."""
    yield from (f"{name}: Mapping[str, {kind}] = MappingProxyType(", "    {")
    yield from (f'        "{key}": {value},' for key, value in rows)
    yield from ("    }", ")")


_OF_MAPPINGS = ("from collections.abc import Mapping", "from types import MappingProxyType", "")


def _titles() -> Iterator[str]:
    cards = [read_cards(path)[0] for path in sorted((HERE / "providers").glob(f"*/{CARD}"))]
    yield from _head("The titles of the built-in providers", *_OF_MAPPINGS)
    yield from _mapping("PROVIDERS", "str", ((card.name, json.dumps(card.title)) for card in cards))
    yield '"""The title of each provider, from its first card, by its name in the catalog."""'


def _providers() -> Iterator[str]:
    """ConfigurationError for a card that no class names, or two do."""
    found: dict[str, str] = {}
    for path in sorted((HERE / "providers").glob(f"*/{CARD}")):
        for card, place in _declared(path.parent, "card", Card):
            if card.key in found:
                raise ConfigurationError(f"{path}: {found[card.key]} and {place} both name the card of {card.key}")
            found[card.key] = place
        if missing := [card.key for card in read_cards(path) if card.key not in found]:
            raise ConfigurationError(f"{path}: no class names the card of {', '.join(missing)}")
    yield from _head("The built-in providers by key, as module and class", *_OF_MAPPINGS)
    yield from _mapping("BUILT_IN", "str", ((key, f'"{place}"') for key, place in sorted(found.items())))


def _declared[T](folder: Path, attribute: str, kind: type[T]) -> Iterator[tuple[T, str]]:
    """The values of an attribute of this type in the classes of a folder, each with its place."""
    for path in sorted(folder.glob("*.py")):
        module = import_module(f"bot.{folder.parent.name}.{folder.name}.{path.stem}")
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__ == module.__name__
            said = vars(value).get(attribute) if own else None
            if isinstance(said, kind):
                yield said, f"{module.__name__}:{name}"


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where `--check` has found a list that is stale."""
    wanted = listed()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{path} is stale: run `{COMMAND}`\n")
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
