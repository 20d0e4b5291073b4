"""Writes the lists of the bot's built-in parts from their folders: ``python -m bot.generate``.

With ``--check`` it writes nothing, and fails if a list is stale. Folders of parts are read and not imported, so a list
with a deleted part can be written again. Providers and kinds of consumers are imported: a folder with a card.yaml is a
provider, whose classes name its cards; a kind is a class that declares a `ConsumerKind`.

A part is a folder in that of its port: `settings.py` with its variables, a class over `Basics`, and a module with the
functions that make it, as `PORTS` lists them. Each function gets the settings, and returns None if its own are unset.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path

from bot.errors import ConfigurationError
from bot.model.consumers import ConsumerKind
from bot.providers.cards import FILE as CARD
from bot.providers.cards import read_cards
from bot.providers.contract import Card
from bot.settings.basics import Basics

HERE = Path(__file__).parent
COMMAND = "python -m bot.generate"
SETTINGS, MAKERS, FACTS = Path("settings", "built_in.py"), Path("app", "built_in.py"), Path("model", "built_in.py")
PROVIDERS, CONSUMERS = Path("providers", "built_in.py"), Path("model", "consumer_kinds.py")
BESIDE = frozenset({"alias", "reads-as", "health"})
"""Keys of the catalog that accompany the key of a kind of consumer."""


@dataclass(frozen=True)
class Made:
    """A function of a part: in the list it is `listed`, and is given `more` besides the settings, names and types."""

    listed: str
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Port:
    """`title` is for people. `folder` holds the parts; `module` is where each has its functions `makes`, at least one
    of them, which give what the contract calls `gives`. `imported` is where the types of their arguments come from.
    """

    title: str
    folder: str
    module: str
    contract: str
    gives: str
    makes: Mapping[str, Made]
    imported: tuple[str, ...] = ()


PORTS = (
    Port(
        "Pager", "pager", "pager", "bot.pager.contract", "Pager",
        {"make": Made("first_pagers", (("sender", "str"),)), "make_fallback": Made("fallback_pagers")},
    ),
    Port(
        "Reports arrive", "report/destinations", "destination", "bot.report.contract", "Destination",
        {"make": Made("destinations", (("aws", "Aws"),))}, ("from bot.aws import Aws",),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """`settings` is the class with its variables; `makes` are the functions that it has.

    Constants in its `settings.py` tell packages that may not import it what they need: `PAGES_WITH`, the variables of
    keys that page people, and `ARRIVED`, what is done when a report arrived there.
    """

    port: Port
    name: str
    settings: str
    makes: frozenset[str]
    pages_with: tuple[str, ...] = ()
    arrived: str = ""

    @property
    def package(self) -> str:
        return f"bot.{self.port.folder.replace('/', '.')}.{self.name}"

    def settings_class(self) -> type[Basics]:
        """The class itself."""
        found: type[Basics] = getattr(import_module(f"{self.package}.settings"), self.settings)
        return found


def parts(root: Path = HERE) -> list[Part]:
    """The parts in the folders, in the order of the ports and of their names. ConfigurationError for an incomplete
    part.
    """
    return [part for port in PORTS for part in _of(port, root)]


def _of(port: Port, root: Path) -> Iterator[Part]:
    for path in sorted((root / port.folder).glob("*/settings.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        classes = [each.name for each in body if isinstance(each, ast.ClassDef) and each.name.endswith("Settings")]
        if len(classes) != 1:
            raise ConfigurationError(f"{path}: expected one class with a name such as AcmeSettings")
        module = path.with_name(f"{port.module}.py")
        there = ast.parse(module.read_text(encoding="utf-8")).body if module.exists() else []
        makes = {each.name for each in there if isinstance(each, ast.FunctionDef)} & set(port.makes)
        if not makes:
            raise ConfigurationError(f"{module}: expected {' or '.join(port.makes)}")
        keys, arrived = _constant(body, "PAGES_WITH", ()), _constant(body, "ARRIVED", "")
        if not isinstance(keys, tuple) or not isinstance(arrived, str):
            raise ConfigurationError(f"{path}: expected PAGES_WITH to be a tuple of names, and ARRIVED to be a text")
        yield Part(port, path.parent.name, classes[0], frozenset(makes), tuple(map(str, keys)), arrived)


def _constant(body: Sequence[ast.stmt], name: str, otherwise: object) -> object:
    for each in body:
        match each:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return ast.literal_eval(value)
    return otherwise


# --- what is written --------------------------------------------------------------------------------------------------


def listed(root: Path = HERE) -> Mapping[Path, str]:
    """The text of each list, by its path. ConfigurationError as for `parts`, and for classes that do not fit together;
    providers and consumers are those of this installation.
    """
    found = parts(root)
    lists = {SETTINGS: _settings(found), MAKERS: _makers(found), FACTS: _facts(found, root)}
    if root == HERE:
        lists |= {PROVIDERS: _providers(), CONSUMERS: _consumers()}
    return {root / path: "\n".join(lines) + "\n" for path, lines in lists.items()}


def _head(words: str, *imports: str) -> Iterator[str]:
    yield f'"""{words}. Written by `{COMMAND}`."""'
    yield from ("", "from __future__ import annotations", "", *imports)


def _mapping(name: str, kind: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A constant: by each key an expression."""
    yield from (f"{name}: Mapping[str, {kind}] = MappingProxyType(", "    {")
    yield from (f'        "{key}": {value},' for key, value in rows)
    yield from ("    }", ")")


_OF_MAPPINGS = ("from collections.abc import Mapping", "from types import MappingProxyType", "")


def _settings(found: Sequence[Part]) -> Iterator[str]:
    yield from _head("The settings of the parts that the bot comes with", *sorted(_import(part) for part in found))
    yield from ("", "", "class PartSettings(")
    # A model has the fields of its last base first.
    yield from (f"    {part.settings}," for part in reversed(found))
    yield from ("):", '    """In the order of the ports, and of their parts\' names."""')


def _makers(found: Sequence[Part]) -> Iterator[str]:
    contracts = {
        port.contract: sorted({each.gives for each in PORTS if each.contract == port.contract}) for port in PORTS
    }
    imports = {f"from {contract} import {', '.join(gives)}" for contract, gives in contracts.items()}
    imports |= {each for port in PORTS for each in port.imported} | {"from bot.settings.model import Settings"}
    imports |= {_import(part) for part in found}
    ordered = sorted(imports, key=lambda line: line.split()[1].lower())
    words = "What makes the parts, each imported where one of its settings is given"
    yield from _head(words, "from collections.abc import Iterator", "", *ordered)
    for port in PORTS:
        for function, made in port.makes.items():
            yield from ("", "", *_maker(function, made, port, found))


def _maker(function: str, made: Made, port: Port, found: Sequence[Part]) -> Iterator[str]:
    more = "".join(f", {name}: {kind}" for name, kind in made.more)
    given = "".join(f", {name}" for name, _ in made.more)
    yield f"def {made.listed}(settings: Settings{more}) -> Iterator[tuple[str, {port.gives} | None]]:"
    yield '    """By the names of their folders."""'
    mine = [part for part in found if part.port == port and function in part.makes]
    for part in mine:
        alias = f"{part.name}_{port.module}"
        yield f"    if settings.gives({part.settings}):"
        yield f"        from {part.package} import {port.module} as {alias}"
        yield from ("", f'        yield "{part.name}", {alias}.{function}(settings{given})')
    if not mine:
        yield "    yield from ()"


def _facts(found: Sequence[Part], root: Path) -> Iterator[str]:
    cards = [read_cards(path)[0] for path in sorted((root / "providers").glob(f"*/{CARD}"))]
    yield from _head("What the core and the settings must know of the parts", *_OF_MAPPINGS)
    keys = sorted({key for part in found for key in part.pages_with})
    yield from ("PAGES_WITH: frozenset[str] = frozenset(", "    {")
    yield from (f'        "{key}",' for key in keys)
    yield from ("    }", ")")
    yield ('"""The variables of keys that page people, and that can silence the page."""')
    arrived = ((part.name, json.dumps(part.arrived)) for part in found if part.arrived)
    yield from ("", *_mapping("ARRIVED", "str", arrived))
    yield '"""What is done when a report arrived at this destination (`report/destinations`)."""'
    yield from ("", *_mapping("PROVIDERS", "str", ((card.name, json.dumps(card.title)) for card in cards)))
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


def _consumers() -> Iterator[str]:
    """ConfigurationError for a key that two classes declare, or that is taken already."""
    found: dict[str, tuple[ConsumerKind, str]] = {}
    for folder in sorted(path.parent for path in (HERE / "consumers").glob("*/__init__.py")):
        for kind, place in _declared(folder, "kind", ConsumerKind):
            if kind.key in found or kind.key in BESIDE:
                raise ConfigurationError(f"{place}: the key {kind.key} is taken; expected one of its own")
            found[kind.key] = (kind, place)
    own = "from bot.model.consumers import ConsumerKind"
    yield from _head("The kinds of consumers by the catalog's key", *_OF_MAPPINGS, own, "")
    yield from _mapping("KINDS", "ConsumerKind", ((key, _literal(kind)) for key, (kind, _) in sorted(found.items())))
    yield from _mapping("CLASSES", "str", ((key, f'"{place}"') for key, (_, place) in sorted(found.items())))


def _declared[T](folder: Path, attribute: str, kind: type[T]) -> Iterator[tuple[T, str]]:
    """The values of an attribute of this type in the classes of a folder, each with its place."""
    for path in sorted(folder.glob("*.py")):
        module = import_module(f"bot.{folder.parent.name}.{folder.name}.{path.stem}")
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__ == module.__name__
            said = vars(value).get(attribute) if own else None
            if isinstance(said, kind):
                yield said, f"{module.__name__}:{name}"


def _literal(value: object) -> str:
    """The source of a value as the formatter writes it: only fields that differ from their defaults, one a line."""
    if isinstance(value, ConsumerKind):
        given = [(each.name, getattr(value, each.name)) for each in fields(value)]
        usual = {each.name: each.default for each in fields(value)}
        lines = "".join(f"            {name}={_literal(said)},\n" for name, said in given if said != usual[name])
        return f"ConsumerKind(\n{lines}        )"
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return json.dumps(value, ensure_ascii=False)


def _import(part: Part) -> str:
    return f"from {part.package}.settings import {part.settings}"


def main(arguments: Sequence[str], root: Path = HERE) -> int:
    """The exit code: 1 where `--check` has found a list that is stale."""
    wanted = listed(root)
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{path} is stale: run `{COMMAND}`\n")
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
