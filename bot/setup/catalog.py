"""A draft of the catalog, from what an account and a checkout know. Every question that they leave open is a ``?``.

No value is shown or kept: where values may be read, the shape of each says which provider accepts it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bot.aws import Aws, call
from bot.aws.calls import patiently
from bot.catalog.model import CONFIGURATION, MEANINGS, OPEN, PLACEHOLDER
from bot.providers import provider_names
from bot.secrets.keyshapes import recognise
from bot.setup import files
from bot.vault.contract import Vault

WORDS = {"database": "postgres", "postgresql": "postgres", "aws": "aws-iam", "upstash": "redis"}
"""Words of parameters that mean a provider, besides the providers' own names."""
SCHEMES = {"postgres": "postgres", "postgresql": "postgres", "redis": "redis", "rediss": "redis"}
NAMES = {"account-sid": ("sid", "token"), "access-key-id": ("id", "secret")}
"""Ends of parameters that name an account or a key: the part that they are, and that of the secret beside them."""
ASKED = ("owner", "if_killed", "outage", "kill", "data")
"""Fields that only a person knows, unless a tag of this name says it."""
USUAL = ("production", "staging", "development")
OURS = {"bot", "_compromise"}
"""First levels of parameters that are the bot's own."""
BY_URL, BY_KEY = 180, 90
"""Days after which a database's password is rotated, and a key."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of Parameter Store. `provider` is empty where unknown."""

    name: str
    secret: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    provider: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Its environment, and the rest of its name."""
        environment, _, rest = self.name.lstrip("/").partition("/")
        return environment, rest


def parameters(aws: Aws, vault: Vault | None) -> Iterator[Parameter]:
    """All parameters of the product. With a vault each secret value is read, to tell its provider by the value's shape.

    Errors as `bot.aws.call`.
    """
    ssm = aws.client("ssm")
    pages = ssm.get_paginator("describe_parameters").paginate()
    for found in call("ssm", "list parameters", lambda: [each for page in pages for each in page["Parameters"]]):
        name, secret = found["Name"], found["Type"] == "SecureString"
        if name.lstrip("/").partition("/")[0] in OURS or name.count("/") < 2:
            continue
        yield Parameter(name, secret, _tags(aws, name), _by_value(vault, name) if vault and secret else "")


def _tags(aws: Aws, name: str) -> dict[str, str]:
    ask = partial(aws.client("ssm").list_tags_for_resource, ResourceType="Parameter", ResourceId=name)
    answer = patiently(lambda: call("ssm", f"read tags of {name}", ask))
    return {each["Key"]: each["Value"] for each in answer["TagList"]}


def _by_value(vault: Vault, name: str) -> str:
    """The provider by the value's shape; empty if that is unknown."""
    value = vault.read(name).value.reveal()
    found = next((each.shape.provider for each in recognise(value)), "")
    return found or SCHEMES.get(value.partition("://")[0], "")


def functions(aws: Aws) -> dict[str, frozenset[str]]:
    """By Lambda function the parameters that its variables name, and those variables. No other value is kept."""
    pages = aws.client("lambda").get_paginator("list_functions").paginate()
    found = call("lambda", "list functions", lambda: [each for page in pages for each in page["Functions"]])
    return {each["FunctionName"]: frozenset(_named(each.get("Environment", {}).get("Variables", {}))) for each in found}


def _named(variables: Mapping[str, str]) -> Iterator[str]:
    for variable, value in variables.items():
        yield variable
        if found := re.fullmatch(r"(?:arn:aws[a-z-]*:ssm:[^/]*:parameter)?(/[\w./-]+)", value):
            yield found[1]


def variables(example: Path) -> tuple[str, ...]:
    """The variables of a ``.env.example``; none without the file."""
    if not example.is_file():
        return ()
    return tuple(re.findall(r"^(?:export )?([A-Z][A-Z0-9_]*)=", example.read_text(), re.MULTILINE))


@dataclass(frozen=True)
class Sources:
    """What a draft is made from."""

    parameters: Sequence[Parameter]
    functions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    variables: Sequence[str] = ()


def draft(sources: Sources) -> dict[str, object]:
    """The catalog as data."""
    found = {each.place[0] for each in sources.parameters}
    environments = [*(each for each in USUAL if each in found), *sorted(found - {*USUAL})]
    groups: dict[str, dict[str, Parameter]] = defaultdict(dict)
    for each in sources.parameters:
        environment, rest = each.place
        groups[rest][environment] = each
    beside = dict(_beside(groups))
    entries = [
        _entry(rest, held, environments, sources, beside.get(rest, ""))
        for rest, held in sorted(groups.items())
        if rest not in beside.values()
    ]
    return {"schema": 1, "environments": environments, "secrets": entries}


def _beside(groups: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """A secret, and the account's or key's name that belongs to it: the only other parameter that begins like it."""
    for name in groups:
        for end in NAMES:
            if name.endswith(end):
                start = name.removesuffix(end)
                others = [each for each in groups if each.startswith(start) and each != name]
                if len(others) == 1:
                    yield others[0], name


def _entry(
    rest: str, held: Mapping[str, Parameter], environments: Sequence[str], sources: Sources, beside: str
) -> dict[str, object]:
    first = next(iter(held.values()))
    variable = _variable(rest, sources.variables)
    entry: dict[str, object] = {"name": rest.replace("/", "-").replace("_", "-").lower(), "title": _title(rest)}
    only = {"only-in": sorted(held)} if set(held) != set(environments) else {}
    secret = any(each.secret for each in held.values())
    parts: dict[str, object] = {}
    end = next((end for end in NAMES if beside.endswith(end)), "")
    if end:
        parts[NAMES[end][0]] = _part(beside, _variable(beside, sources.variables), secret=False)
    parts[NAMES[end][1] if end else "key"] = _part(rest, variable, secret=secret)
    if not secret:
        return {**entry, "provider": CONFIGURATION, "parts": parts, **only}
    provider = first.tags.get("provider") or first.provider or _by_name(rest)
    url = provider in SCHEMES.values()
    return {
        **entry,
        "provider": provider or OPEN,
        "parts": parts,
        **only,
        **({"hosts": [OPEN]} if url else {}),
        "policy": {"rotate_after_days": BY_URL if url else BY_KEY},
        "consumers": [{"lambda": each} for each in _readers(held, variable, sources.functions)],
        **{each: first.tags.get(each, OPEN) for each in ASKED},
    }


def _part(rest: str, variable: str, *, secret: bool) -> dict[str, object]:
    part: dict[str, object] = {"parameter": f"/{PLACEHOLDER}/{rest}", "variable": variable}
    return part if secret else {**part, "secret": False}


def _title(rest: str) -> str:
    words = re.split(r"[/_-]", rest)
    return " ".join([words[0].capitalize(), *words[1:]])


def _by_name(rest: str) -> str:
    """The provider that a parameter's name speaks of; empty if none."""
    words = re.split(r"[/_-]", rest.lower())
    known = {**{name: name for name in provider_names()}, **WORDS}
    return next((known[word] for word in words if word in known), "")


def _variable(rest: str, known: Iterable[str]) -> str:
    """The variable with all words of the name, the shortest first; else the name itself as one."""
    words = {*re.split(r"[/_.-]", rest.upper())}
    fitting = [each for each in known if words <= {*each.split("_")}]
    return min(fitting, key=len, default=re.sub(r"[/.-]", "_", rest).upper())


def _readers(held: Mapping[str, Parameter], variable: str, functions: Mapping[str, frozenset[str]]) -> list[str]:
    """The functions whose variables name it, each once for all environments."""
    names = {each.name for each in held.values()} | {variable}
    found = [name for name, named in functions.items() if named & names]
    for environment in held:
        found = [re.sub(rf"(?<![\w]){re.escape(environment)}(?![\w])", PLACEHOLDER, each) for each in found]
    return sorted({*found})


def as_yaml(catalog: Mapping[str, object]) -> str:
    """The draft as a file, where each open question says what it asks."""
    text = files.as_yaml(dict(catalog))
    asked = re.compile(rf"^ +([\w-]+):(?: | *\n +- )'\{OPEN}'$", re.MULTILINE)
    return asked.sub(lambda found: f"{found[0]}  # {MEANINGS[found[1]]}", text)


def questions(catalog: Mapping[str, object]) -> list[str]:
    """The fields that are open, as ``openai-api-key: owner``."""
    entries = catalog["secrets"]
    assert isinstance(entries, list)
    return [f"{each['name']}: {name}" for each in entries for name, value in each.items() if value in (OPEN, [OPEN])]
