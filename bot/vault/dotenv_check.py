"""Whether catalog, ``.env`` and ``.env.example`` say the same: names alone are told, never a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.catalog.catalog import DEVELOPMENT, Catalog
from bot.errors import OutsideError, Unexpected
from bot.private import replace_file
from bot.secrets.keyshapes import recognise
from bot.vault.dotenv import SYSTEM, load
from bot.vault.dotenv_file import EnvFile

EXAMPLE = ".example"
"""What the committed file's name ends in, beside the file with the values."""
COMMITTED = 0o644
"""The mode of an example that is made anew: it holds no value, and everybody may read it."""


@dataclass(frozen=True)
class DotenvCheck:
    """`mistakes` are what must be mended, in words; `others` the variables that the catalog does not know and that do
    not look like keys, of which nobody but their owners can say whether they are secrets. `not_named` are the mistakes
    that `complete_example` mends: variables that the example does not name.
    """

    mistakes: tuple[str, ...]
    others: tuple[str, ...] = ()
    not_named: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Wanted:
    """A variable of the catalog: the entry that has it, its parameter, and whether its value opens doors."""

    variable: str
    entry: str
    title: str
    parameter: str
    secret: bool


def check_dotenv(catalog: Catalog, path: Path) -> DotenvCheck:
    """Compares the catalog's `development` with the file at `path` and the example beside it. Misuse without such an
    environment. A file that cannot be read is a mistake itself.
    """
    wanted, mistakes = _wanted(catalog), list[str]()
    mistakes += _used_twice(wanted)
    example_path = example_of(path)
    file, example = _read(path, mistakes), _read(example_path, mistakes)
    if file is not None:
        mistakes += _missing(wanted, file, path.name)
    if example is not None:
        mistakes += _not_named(wanted, example, example_path.name)
        mistakes += _given_away(wanted, file, example, example_path.name)
    known = {one.variable for one in wanted}
    mistakes += _strange_keys(known, file, path.name) if file is not None else ()
    others = [variable for one in (file, example) if one is not None for variable in one.names]
    told = {variable for variable in others if file is not None and _shape(file.variable(variable) or "")}
    return DotenvCheck(
        tuple(mistakes),
        tuple(dict.fromkeys(v for v in others if v not in known | told)),
        tuple(dict.fromkeys(one.variable for one in _left_out(wanted, example))),
    )


def example_of(path: Path) -> Path:
    return path.with_name(f"{path.name}{EXAMPLE}")


def complete_example(catalog: Catalog, path: Path) -> tuple[str, ...]:
    """Names in the example beside the file at `path` what the catalog's `development` has and it does not: a comment
    with the title, and an empty assignment. Nothing else of it changes, and no value is read or written. Gives the
    variables that were added. Misuse without such an environment; OutsideError where the example cannot be written.
    """
    example_path, verb = example_of(path), "complete it"
    wanted = _wanted(catalog)
    try:
        target = example_path.resolve()
        example = load(target, verb) if target.exists() else EnvFile([])
        added: dict[str, _Wanted] = {}
        for one in _left_out(wanted, example):
            added.setdefault(one.variable, one)
        for one in added.values():
            example.append(f"# {' '.join(one.title.split())} ({one.entry})")
            example.append(f"{one.variable}=")
        if added:
            mode = target.stat().st_mode & 0o777 if target.exists() else COMMITTED
            replace_file(target, example.render().encode(), mode, like=target.stat() if target.exists() else None)
    except OSError:
        raise Unexpected(SYSTEM, verb, f"{example_path.name} could not be written") from None
    return tuple(added)


def _left_out(wanted: list[_Wanted], example: EnvFile | None) -> list[_Wanted]:
    """What the example does not name; all where there is none."""
    names = example.names if example is not None else ()
    return [one for one in wanted if one.variable and one.variable not in names]


def _wanted(catalog: Catalog) -> list[_Wanted]:
    stands = catalog.in_dotenv()
    secrets = [
        _Wanted(part.variable, entry.name, entry.title, part.parameter, part.secret)
        for entry in catalog.all(DEVELOPMENT)
        for part in entry.parts
        if part.parameter in stands
    ]
    plain = [
        _Wanted(part.variable, entry.name, entry.title, part.parameter, secret=False)
        for entry in catalog.not_rotated(DEVELOPMENT)
        for part in entry.parts
    ]
    return secrets + plain


def _read(path: Path, mistakes: list[str]) -> EnvFile | None:
    try:
        return load(path, "compare it with the catalog")
    except OutsideError as error:
        mistakes.append(error.cause)
        return None


def _used_twice(wanted: list[_Wanted]) -> Iterator[str]:
    """One variable holds one value: two parameters in it would be rotated against each other."""
    first: dict[str, _Wanted] = {}
    for one in wanted:
        before = first.setdefault(one.variable, one)
        if before.parameter != one.parameter:
            yield f"{one.variable} is the variable of both {before.parameter} and {one.parameter}: a .env holds one"


def _missing(wanted: list[_Wanted], file: EnvFile, name: str) -> Iterator[str]:
    for one in wanted:
        if file.variable(one.variable) is None:
            how = "is empty" if one.variable in file.names else "is not there"
            yield f"{one.variable} ({one.entry}) {how} in {name}"


def _not_named(wanted: list[_Wanted], example: EnvFile, name: str) -> Iterator[str]:
    for one in _left_out(wanted, example):
        yield f"{one.variable} ({one.entry}) is not named in {name}: nobody who sets up development learns of it"


def _strange_keys(known: set[str], file: EnvFile, name: str) -> Iterator[str]:
    for variable in file.names:
        shape = _shape(file.variable(variable) or "")
        if shape and variable not in known:
            yield f"{variable} in {name} looks like a key ({shape}), and no entry of the catalog has it"


def _given_away(wanted: list[_Wanted], file: EnvFile | None, example: EnvFile, name: str) -> Iterator[str]:
    """The example is committed: what stands there is known to all who can read the repository."""
    secret = {one.variable for one in wanted if one.secret}
    for variable in example.names:
        value = example.variable(variable)
        if value is None:
            continue
        used = variable in secret and file is not None and file.variable(variable) == value
        if used or _shape(value):
            what = "the very value in use" if used else f"a key ({_shape(value)})"
            yield f"{name} is committed, and {variable} in it holds {what}: treat it as leaked"


def _shape(value: str) -> str:
    """What kind of key the value looks like; empty if like none."""
    return next((found.shape.name for found in recognise(value) if found.shape.opens), "")
