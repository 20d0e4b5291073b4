"""Checks across the entries of the catalog: whether they fit together.

Each check yields (location, sentence) pairs; the loader adds file and line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.catalog.catalog import RESERVED
from bot.catalog.model import PLACEHOLDER, ConfigurationModel, ReaderModel, SecretModel
from bot.documents import Location
from bot.secrets.keyshapes import recognise

type Found = Iterator[tuple[Location, str]]
type Validator = Callable[[str, Mapping[str, str], Collection[str], Collection[str]], str]
"""The validation error of an entry, from its provider's name, options, parts and hosts; empty if there is none."""


@dataclass(frozen=True)
class Placed:
    """An entry and its place in the file; `environments` are the ones that have it."""

    at: Location
    entry: SecretModel | ConfigurationModel
    environments: tuple[str, ...]


def expand(text: str, environment: str) -> str:
    """`text` with the environment's name in place of the placeholder."""
    return text.replace(PLACEHOLDER, environment)


def across(placed: list[Placed], names: list[str], environments: Collection[str]) -> Found:
    """Everything that is wrong between `placed` entries. `names` are all names in the file, also of wrong entries."""
    yield from _repeated_names(placed)
    yield from _shared_parameters(placed)
    admins = {item.entry.admin for item in placed if isinstance(item.entry, SecretModel)}
    for item in placed:
        yield from _environments(item, environments)
        yield from _parameters(item, environments, admins)
        match item.entry:
            case SecretModel():
                yield from _secret_parts(item.at, item.entry)
                yield from _references(item.at, item.entry, names)
                yield from _admin(item, item.entry, environments)
                yield from _copies(item, item.entry)
                yield from _put_off(item.at, item.entry)
            case ConfigurationModel():
                yield from _no_secret(item.at, item.entry)


def readers(ours: Collection[ReaderModel], names: Collection[str], environments: Collection[str]) -> Found:
    """Secrets and environments that they name and that are not in the file."""
    for index, reader in enumerate(ours):
        for key, given, known in (("secrets", reader.secrets, names), ("only-in", reader.only_in, environments)):
            for place, name in enumerate(given):
                if name not in known:
                    what = "secret" if key == "secrets" else "environment"
                    yield ("ours", index, key, place), f"there is no {what} of this name in the file"


def fitting(placed: list[Placed], validate: Validator) -> Found:
    """The providers' mistakes about options and parts of their entries, each once."""
    for item in placed:
        if not isinstance(item.entry, SecretModel):
            continue
        entry, said = item.entry, set[str]()
        for environment in item.environments:
            override = entry.environments.get(environment)
            options = {**entry.options, **(override.options if override else {})}
            filled = {name: expand(value, environment) for name, value in options.items()}
            hosts = entry.hosts if override is None or override.hosts is None else override.hosts
            text = validate(entry.provider, filled, entry.parts, hosts)
            if text and text not in said:
                said.add(text)
                yield (*item.at, "options" if entry.options else "provider"), text


def unbuilt(placed: list[Placed], known: Collection[str]) -> Found:
    """Entries of a provider that does not exist, unless they say why they are left out."""
    for item in placed:
        entry = item.entry
        if isinstance(entry, SecretModel) and entry.left_out is None and entry.provider not in known:
            near = "".join(f"did you mean {name}? " for name in get_close_matches(entry.provider, known, 1))
            expected = f"expected one of {', '.join(sorted(known))}, or `left-out` with a reason"
            yield (*item.at, "provider"), f"there is no provider `{entry.provider}`; {near}{expected}"


def _repeated_names(placed: list[Placed]) -> Found:
    seen: set[str] = set()
    for item in placed:
        if item.entry.name in seen:
            yield (*item.at, "name"), f"a second entry named {item.entry.name}; expected each name once"
        seen.add(item.entry.name)


def _shared_parameters(placed: list[Placed]) -> Found:
    """Two entries over one secret parameter would rotate it against each other. An account's id may be shared."""
    seen: dict[str, str] = {}
    for item in placed:
        for name, part in item.entry.parts.items():
            for environment in item.environments if part.secret else ():
                parameter = expand(part.parameter, environment)
                if parameter in seen:
                    expected = f"already that of {seen[parameter]}; expected a parameter of its own in each environment"
                    yield (*item.at, "parts", name, "parameter"), f"{parameter} is {expected}"
                seen.setdefault(parameter, f"{item.entry.name} in {environment}")


def _environments(item: Placed, environments: Collection[str]) -> Found:
    known = ", ".join(environments)
    for index, name in enumerate(item.entry.only_in):
        if name not in environments:
            yield (*item.at, "only-in", index), f"`{name}` is no environment in this catalog; expected one of {known}"
    if isinstance(item.entry, SecretModel):
        for name in item.entry.environments:
            if name not in item.environments:
                yield (
                    (*item.at, "environments", name),
                    f"`{name}` is no environment of this entry; expected one of {known}",
                )


def _parameters(item: Placed, environments: Collection[str], admins: Collection[str | None]) -> Found:
    """An admin credential may have an entry of its own, so that it can be replaced when it leaks."""
    for name, part in item.entry.parts.items():
        at = (*item.at, "parts", name, "parameter")
        if f"{part.parameter}/".startswith(RESERVED) and part.parameter not in admins:
            expected = "expected one of the product's parameters, or one that an entry names as `admin`"
            yield at, f"{part.parameter} belongs to the bot itself; {expected}"
        yield from _foreign(at, part.parameter, item.environments, environments)


def _foreign(at: Location, parameter: str, own: Collection[str], environments: Collection[str]) -> Found:
    """An entry of staging that names production's parameter would rotate production from a staging incident."""
    for other in environments:
        levels = parameter.split("/")
        if other in levels and set(own) != {other}:
            hint = f"expected {PLACEHOLDER} in its place, or `only-in: [{other}]`"
            yield at, f"{parameter} names the environment {other} in an entry of other environments; {hint}"


def _secret_parts(at: Location, entry: SecretModel) -> Found:
    secret = [name for name, part in entry.parts.items() if part.secret]
    if len(secret) != 1:
        marked = ", ".join(secret) or "none"
        yield (*at, "parts"), f"{marked} marked secret; expected exactly one part without `secret: false`"


def _no_secret(at: Location, entry: ConfigurationModel) -> Found:
    for name, part in entry.parts.items():
        if part.secret:
            yield (*at, "parts", name), "a secret part in a configuration entry; expected `secret: false`"


def _references(at: Location, entry: SecretModel, names: list[str]) -> Found:
    for index, other in enumerate(entry.dies_with):
        if other == entry.name or other not in names:
            yield (*at, "dies-with", index), f"`{other}` is no other entry of this file; expected the name of one"


def _put_off(at: Location, entry: SecretModel) -> Found:
    """A date without a reason explains nothing, and a reason without a date never ends."""
    given = {"not-before": entry.policy.not_before, "because": entry.policy.because}
    for name, other in (("not-before", "because"), ("because", "not-before")):
        if given[name] is not None and given[other] is None:
            yield (*at, "policy", name), f"`{name}` without `{other}`; expected both, or neither"


def _admin(item: Placed, entry: SecretModel, environments: Collection[str]) -> Found:
    """Admin credentials are outside the product's paths, so that one IAM statement protects them."""
    if entry.admin is None:
        return
    if not entry.admin.startswith(("/bot/admin/", f"/{PLACEHOLDER}/admin/")):
        expected = f"expected a parameter under /bot/admin/ or /{PLACEHOLDER}/admin/"
        yield (*item.at, "admin"), f"{entry.admin} is no place for an admin credential; {expected}"
    yield from _foreign((*item.at, "admin"), entry.admin, item.environments, environments)


def _copies(item: Placed, entry: SecretModel) -> Found:
    """Each has its own name, belongs to an environment that has the secret, and says in words what to do."""
    seen: set[str] = set()
    for index, copy in enumerate(entry.copies):
        at = (*item.at, "copies", index)
        if copy.name in seen:
            yield (*at, "name"), f"a second copy named {copy.name}; expected each name once in an entry"
        seen.add(copy.name)
        for place, environment in enumerate(copy.only_in):
            if environment not in item.environments:
                known = ", ".join(item.environments)
                yield (*at, "only-in", place), f"`{environment}` does not have this secret; expected one of {known}"
        for key, text in (("where", copy.where), ("update", copy.update)):
            if found := [one for one in recognise(text) if one.shape.opens]:
                yield (
                    (*at, key),
                    f"what looks like a {found[0].shape.name}; expected words: never put a value in this file",
                )
