"""The settings object, how it is read, and the table that documents show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Self

from pydantic import Field, ValidationError

from bot.errors import ConfigurationError
from bot.secrets.secret import Secret
from bot.settings.built_in import PartSettings
from bot.settings.own import OwnSettings
from bot.settings.table import Row, given, hosts, parameter_name, sentences, table_of, unknown, usual_folder

type ReadParameters = Callable[[Sequence[str]], Mapping[str, Secret]]
"""The values of those parameters that exist, by name."""


class Settings(PartSettings, OwnSettings):
    """Everything that an installation can choose, of the bot itself and of its parts."""

    unknown: tuple[str, ...] = Field(default=(), description="BOT_… variables that are unknown")

    @classmethod
    def load(cls, environ: Mapping[str, str], read_parameters: ReadParameters | None = None) -> Self:
        """Settings from `environ`; in production, missing ones from `read_parameters`.

        An empty variable counts as unset. Raises ConfigurationError naming every variable that is wrong.
        """
        rows = table_of(cls)
        found: dict[str, object] = dict(given(rows, environ))
        if found.get("BOT_ENVIRONMENT") == "production" and read_parameters is not None:
            lacking = {parameter_name(row.variable): row for row in rows if row.variable not in found and row.parameter}
            for name, value in read_parameters(list(lacking)).items():
                found[lacking[name].variable] = value if lacking[name].secret else value.reveal().strip()
        found.setdefault("BOT_DATA", usual_folder(environ))
        try:
            return cls(**found, host_urls=dict(hosts(rows, environ)), unknown=tuple(unknown(rows, environ)))  # type: ignore[arg-type]
        except ValidationError as error:
            raise ConfigurationError("\n".join(sorted(sentences(error)))) from None

    def credentials(self) -> Iterator[tuple[str, Secret]]:
        """Every secret setting that is set, by its variable."""
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Secret) and isinstance(info.validation_alias, str):
                yield info.validation_alias, value


def settings_table() -> tuple[Row, ...]:
    """All variables in the order of documents and `.env.example`, without the `BOT_<PROVIDER>_<HOST>_URL` family."""
    return table_of(Settings)
