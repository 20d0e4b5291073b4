"""The notices that the law and contracts ask for, in answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cli.arguments import parse_time
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.commands import DecideNotice, RecordNoticeSent
    from bot.incident.state import Incident


def with_decision(
    terminal: Terminal, incident: Incident, row: DecideNotice | RecordNoticeSent, said: NoticeOptions
) -> DecideNotice | RecordNoticeSent:
    """The answer to a notice with who decided and when. Misuse if another person decides without being named, since the
    decision would carry the author's name, and if something known contradicts it.
    """
    from bot.incident.commands import RecordNoticeSent

    if isinstance(row, RecordNoticeSent):
        return replace(row, sent_at=parse_time(said.at), delay=said.delay)
    decides = next((each.decides for each in incident.obligations if each.id == row.obligation), "")
    if not said.by.strip() and decides not in ("", terminal.application.askers.here().actor.name):
        raise Misuse(f"Name who decided: {decides} decides this. Add --by NAME to the decision.")
    return replace(row, decider=said.by, again=parse_time(said.again))


@dataclass(frozen=True)
class NoticeOptions:
    """What `bot answer` takes for notices alone, as it was typed."""

    by: str = ""
    again: str = ""
    at: str = ""
    delay: str = ""
