"""YAML files written by people, read so that every mistake can be reported with its line.

`read` gives the plain data with the line of each value; `check` turns a part of it into a pydantic model and collects
what is wrong; `Mistakes.settle` raises everything at once as one `ConfigurationError`, a line for each mistake::

    playbooks/secrets.yaml:14: secrets[2].outage: text given, expected 'none', 'degraded' or 'down'

A message names the place and never repeats the content, because someone may have pasted a secret there.
"""

from __future__ import annotations

import hashlib
import json
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import ConfigurationError
from bot.secrets.keyshapes import redact

type Location = tuple[str | int, ...]
"""The place of a value: the keys and list positions that lead to it, ``("secrets", 2, "outage")``."""

LARGEST = 1024 * 1024
"""Bytes. A playbook of this size is a mistake."""
MOST_NODES = 50_000
"""Values in one file, aliases counted each time they are used: an alias bomb ends here."""
DEEPEST = 30

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))
_TEXT_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "timestamp", "value"))


class Strict(BaseModel):
    """Base of the models of our files: no unknown keys, no conversions, no changes, no values in messages."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True)
class Document:
    """A file's data as JSON would have it, and the line (from 1) at which each value begins. `digest` is SHA-256 in hex
    over the bytes that were read.
    """

    path: Path
    data: JsonValue
    lines: Mapping[Location, int]
    digest: str

    def line(self, location: Location) -> int:
        """The line of `location`, or of the nearest thing around it that is there."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]]
        return 1

    def at(self, location: Location) -> JsonValue:
        """The value at `location`; None if nothing is there."""
        found = self.data
        for step in location:
            match found, step:
                case dict(), str():
                    found = found.get(step)
                case list(), int() if step < len(found):
                    found = found[step]
                case _:
                    return None
        return found


@dataclass
class Mistakes:
    """The mistakes in a file, collected so that a person can correct them together."""

    path: Path
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, text: str) -> None:
        self.found.append((line, text))

    def settle(self) -> None:
        """Raises ConfigurationError with all mistakes in the order of their lines, if there are any."""
        if self.found:
            ordered = sorted(set(self.found))
            raise ConfigurationError("\n".join(f"{self.path}:{line}: {redact(text)}" for line, text in ordered))


def read(path: Path) -> Document:
    """Reads one YAML file. Raises ConfigurationError if it is missing, too large, not YAML, or says a key twice."""
    mistakes = Mistakes(path)
    raw = _bytes(path)
    root = _compose(path, raw)
    lines: dict[Location, int] = {}
    data = _Builder(mistakes, lines).value(root, ()) if root is not None else None
    mistakes.settle()
    return Document(path, data, MappingProxyType(lines), hashlib.sha256(raw).hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); expected a YAML file") from None
    if len(raw) > LARGEST:
        raise ConfigurationError(f"{path}: is too large; expected at most {LARGEST // 1024} KiB")
    return raw


def _compose(path: Path, raw: bytes) -> yaml.Node | None:
    try:
        return yaml.compose(raw.decode("utf-8-sig"), Loader=_Loader)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8 text; expected YAML in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path}:{line}: {redact(error.problem or 'is not YAML')}; expected YAML") from None
    except (yaml.YAMLError, RecursionError):
        raise ConfigurationError(f"{path}: cannot be understood; expected YAML without control characters") from None


class _Builder:
    """Turns YAML nodes into plain data. PyYAML's own constructor lets a repeated key win silently and forgets lines."""

    def __init__(self, mistakes: Mistakes, lines: dict[Location, int]) -> None:
        self.mistakes = mistakes
        self.lines = lines
        self.nodes = 0
        self.constructor = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, at: Location) -> JsonValue:
        line = node.start_mark.line + 1
        self.lines.setdefault(at, line)
        self.nodes += 1
        if self.nodes > MOST_NODES or len(at) > DEEPEST:
            self.mistakes.add(line, f"too much is nested or repeated here; expected at most {MOST_NODES} values")
            self.mistakes.settle()
        match node:
            case yaml.MappingNode():
                return self._mapping(node, at)
            case yaml.SequenceNode():
                return [self.value(item, (*at, index)) for index, item in enumerate(node.value)]
            case _:
                return self._scalar(node, line)

    def _mapping(self, node: yaml.MappingNode, at: Location) -> JsonValue:
        mapping: dict[str, JsonValue] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag not in _TEXT_TAGS:
                self.mistakes.add(line, "a key that is not text; expected `key: value` (quote it if it is a number)")
            elif key.value in mapping:
                self.mistakes.add(line, f"the key `{key.value}` is here twice; expected it once")
            else:
                self.lines[*at, key.value] = line
                mapping[key.value] = self.value(value, (*at, key.value))
        return mapping

    def _scalar(self, node: yaml.Node, line: int) -> JsonValue:
        if node.tag in _TEXT_TAGS:
            return str(node.value)
        if node.tag in _PLAIN_TAGS:
            plain: JsonValue = self.constructor.construct_object(node)
            return plain
        self.mistakes.add(line, "a YAML tag; expected plain text, numbers, lists and mappings only")
        return None


def check[M: BaseModel](document: Document, location: Location, model: type[M], mistakes: Mistakes) -> M | None:
    """The part of `document` at `location` as a `model`; None if it is wrong, with everything wrong in `mistakes`."""
    try:
        # By way of JSON: there, strict pydantic takes lists for tuples and words for enums, as YAML has them.
        return model.model_validate_json(json.dumps(document.at(location)))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            where = (*location, *detail["loc"])
            mistakes.add(document.line(where), _sentence(detail, model, where))
        return None


def read_as[M: BaseModel](path: Path, model: type[M], across: Callable[[M], Iterable[tuple[Location, str]]]) -> M:
    """A whole file as a `model`; `across` gives what is wrong between its parts. ConfigurationError: every mistake."""
    document, mistakes = read(path), Mistakes(path)
    found = check(document, (), model, mistakes)
    for location, text in across(found) if found is not None else ():
        mistakes.add(document.line(location), text)
    mistakes.settle()
    assert found is not None
    return found


def _sentence(detail: ErrorDetails, model: type[BaseModel], where: Location) -> str:
    *_, last = where or ("",)
    inside = _dotted(where[:-1])
    match detail["type"]:
        case "missing":
            fields = dict(_keys(_model_at(model, detail["loc"][:-1])))
            meaning = f": {fields[str(last)]}" if fields.get(str(last)) else ""
            return f"`{last}` is missing in {inside}; expected{meaning or ' it there'}"
        case "extra_forbidden":
            known = ", ".join(name for name, _ in _keys(_model_at(model, detail["loc"][:-1])))
            return f"`{last}` is not known in {inside}; expected one of: {known}"
        case _:
            said = detail["msg"].removeprefix("Input should be ").removeprefix("expected ")
            return f"{_dotted(where)}: {_kind(detail['input'])} given, expected {said[:1].lower()}{said[1:]}"


def _dotted(location: Location) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return text.removeprefix(".") or "the file"


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _model_at(model: type[BaseModel] | None, location: Location) -> type[BaseModel] | None:
    """The model that describes the value at `location` of a `model`."""
    inside_container = False
    for step in location:
        if inside_container:
            inside_container = False
            continue
        annotation = dict(_annotations(model)).get(str(step))
        model = next(_models_in(annotation), None)
        inside_container = typing.get_origin(annotation) is not None and model is not None
    return model


def _annotations(model: type[BaseModel] | None) -> Iterator[tuple[str, object]]:
    for name, info in (model.model_fields if model else {}).items():
        yield info.alias or name, info.annotation


def _keys(model: type[BaseModel] | None) -> Iterator[tuple[str, str]]:
    for name, info in (model.model_fields if model else {}).items():
        yield info.alias or name, info.description or ""


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)
