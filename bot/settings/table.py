"""Settings as variables: their table, their values in an environment, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bot.secrets.secret import Secret

PARAMETERS = "/bot"
"""The path under which a setting may be a parameter: `BOT_PEOPLE` as `/bot/bot-people`."""
_HOST = re.compile(r"BOT_(?P<provider>[A-Z0-9]+(?:_[A-Z0-9]+)*)_(?P<role>[A-Z0-9]+)_URL")


@dataclass(frozen=True)
class Row:
    """One line of the settings table. `default` says what happens without the setting; a `secret` value is never shown;
    a `parameter` may also come from SSM.
    """

    variable: str
    meaning: str
    default: str
    secret: bool
    parameter: bool


def table_of(model: type[BaseModel]) -> tuple[Row, ...]:
    """All variables in the order of documents and `.env.example`, without the `BOT_<PROVIDER>_<HOST>_URL` family."""
    rows = []
    for info in model.model_fields.values():
        if isinstance(info.validation_alias, str) and isinstance(info.json_schema_extra, dict):
            plain = "unset" if info.default is None else f"`{info.default}`"
            shown = str(info.json_schema_extra["shown"] or plain)
            marks = (bool(info.json_schema_extra[mark]) for mark in ("secret", "parameter"))
            rows.append(Row(info.validation_alias, info.description or "", shown, *marks))
    return tuple(rows)


def parameter_name(variable: str) -> str:
    """The parameter that may hold `variable`: ``/bot/slack-bot-token``."""
    return f"{PARAMETERS}/{variable.lower().replace('_', '-')}"


def given(rows: Iterable[Row], environ: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """The environment's values by variable; an empty one counts as unset."""
    for row in rows:
        value = environ.get(row.variable, "").strip()
        if value:
            yield row.variable, Secret(value) if row.secret else value


def hosts(rows: Iterable[Row], environ: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """``BOT_AWS_IAM_API_URL`` is the host `api` of the provider `aws-iam`."""
    own = {row.variable for row in rows}
    for variable, value in environ.items():
        match = _HOST.fullmatch(variable)
        if match and variable not in own and value.strip():
            yield (match["provider"].lower().replace("_", "-"), match["role"].lower()), value.strip()


def unknown(rows: Iterable[Row], environ: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like ours and are not."""
    own = {row.variable for row in rows}
    for variable in sorted(environ):
        if variable.startswith("BOT_") and variable not in own and not _HOST.fullmatch(variable):
            yield variable


def usual_folder(environ: Mapping[str, str]) -> Path:
    """Where the default database and the reports are unless `BOT_DATA` says so."""
    base = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".local" / "share")
    return Path(base) / "compromise-bot"


def sentences(error: ValidationError) -> Iterator[str]:
    """For each wrong variable a sentence, never with its value."""
    for detail in error.errors(include_url=False, include_input=False):
        variable, *key = map(str, detail["loc"])
        if key:  # a host: pydantic names it by the printed form of its key, ('aws-iam', 'api')
            variable = "_".join(["BOT", *re.findall(r"[a-z0-9-]+", key[0]), "URL"]).upper().replace("-", "_")
        said = detail["msg"].removeprefix("Input should be ")
        capitals = said[1:2].isupper()  # OWNER/NAME, ARNs
        yield f"{variable}: expected {said if capitals else said[:1].lower() + said[1:]}"
