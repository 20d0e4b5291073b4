"""Commands of people as text: a kind and canonical JSON of its arguments, as the inbox keeps and proofs bind them.

What only a worker may say (claims, outcomes, deadlines) has no form here, and neither has what a worker takes from its
own files: a declaration carries names, never catalog entries, playbooks or timings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bot import decoding
from bot.errors import Misuse
from bot.inbox.declaration import AddChoice, Declaration, RedactChoice
from bot.inbox.messages import ReportMessage
from bot.incident import commands as c
from bot.incident.codec import from_stored, to_stored
from bot.incident.stored import Stored, by_name, stored_name
from bot.model.fields import IncidentId, Name
from bot.news.cases.commands import AlertCommand
from bot.planned.rules.stops import StopCommand
from bot.secrets.keyshapes import Recognised, recognise
from bot.trust import TrustCommand

# What a person asks for who wants counsel's draft of a notice in the incident's channel.


class DraftNotice(Stored, stored="draft-notice"):
    """The draft for the obligation of this id. It is written by the worker, which alone can search it for secrets; the
    bot sends no notice.
    """

    incident: IncidentId
    obligation: Name


Sent = (
    Declaration | AddChoice | RedactChoice | c.FromPeople | TrustCommand | ReportMessage | DraftNotice
    | StopCommand | AlertCommand
)  # fmt: skip
"""Everything that goes through the inbox."""
PersonCommand = Sent | c.Answer
"""The commands of people. An answer to a to-do is the one row of a `Settle`."""
OfInstallation = TrustCommand | AlertCommand | StopCommand
"""Commands about the whole installation: its own log takes them, and no incident."""

KINDS: Mapping[str, type] = by_name(Sent)
_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=to_stored)


@dataclass(frozen=True)
class _Rows:
    """A `Settle` in JSON: the name of each row's class beside its fields."""

    rows: tuple[tuple[str, msgspec.Raw], ...]


def encode(command: PersonCommand) -> tuple[str, str]:
    """The command's kind and its arguments."""
    if isinstance(command, c.Answer):
        return encode(c.Settle((command,)))
    rows = [(c.name_of(row), row) for row in command.rows] if isinstance(command, c.Settle) else None
    told = command if rows is None else {"rows": rows}
    return stored_name(type(command)), _ENCODER.encode(told).decode()


def decode(kind: str, arguments: str) -> PersonCommand:
    """The command. Misuse for a kind that this program does not know, or arguments of another shape."""
    if kind not in KINDS:
        raise Misuse(f"There is no command {kind[:64]!r}: it comes from another version of the bot.")
    try:
        return _settle(arguments) if KINDS[kind] is c.Settle else decoding.decode(arguments, KINDS[kind], from_stored)
    except (msgspec.DecodeError, UnicodeError) as error:
        if field := str(error).partition(" - at ")[2]:
            raise Misuse(f"{kind}: {field} has a form that it cannot have. Check what was typed.") from None
        raise Misuse(f"The arguments of {kind} cannot be read: they come from another version of the bot.") from None


def _settle(arguments: str) -> c.Settle:
    rows = decoding.decode(arguments, _Rows).rows
    if unknown := next((name for name, _ in rows if name not in c.ANSWERS), ""):
        raise Misuse(f"There is no answer {unknown[:64]!r}: it comes from another version of the bot.")
    return c.Settle(tuple(decoding.decode(bytes(row), c.ANSWERS[name], from_stored) for name, row in rows))


def secrets_in(command: PersonCommand) -> Recognised | None:
    """The first thing in the command's texts that looks like a key that opens something: it is not sent then."""
    return next((found for text in texts_of(command) for found in recognise(text) if found.shape.opens), None)


def texts_of(command: PersonCommand) -> tuple[str, ...]:
    """Everything in the command that someone may have typed."""
    return tuple(decoding.strings(msgspec.to_builtins(command, enc_hook=to_stored)))


def texts_in(arguments: str) -> tuple[str, ...]:
    """The texts of anything that waits in the inbox."""
    try:
        return tuple(decoding.strings(decoding.decode(arguments, object)))
    except (msgspec.DecodeError, UnicodeError):
        return (arguments,)
