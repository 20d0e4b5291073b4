"""People's decisions about alerts: commands become entries of the log of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.eventlog.sql import EventLog
from bot.inbox.declaration import Declaration, SecretChoice
from bot.inbox.installation import Answers
from bot.inbox.wire import PersonCommand
from bot.incident.model import Actor, Target, TargetKind
from bot.model.sources import source_title
from bot.news.cases.commands import AlertCommand
from bot.news.cases.decide import on_command, value_of
from bot.news.cases.state import Case, Report


@dataclass(frozen=True)
class AlertDecisions:
    """Satisfies `Apart`."""

    event_log: EventLog
    takes: tuple[type, ...] = AlertCommand.__args__

    def append(self, command: PersonCommand, actor: Actor, at: datetime, command_id: str, answers: Answers) -> None:
        assert isinstance(command, AlertCommand)
        self.event_log.alerts.append(
            lambda state: on_command(state, command, actor, at),
            at=at,
            actor=actor.name,
            command_id=command_id,
            settle=answers,
        )


# A declaration filled in from a case: exactly its value, where and since when it stood there, public or not.


NAMED = 3
"""Places that are named; the rest is counted."""


def declaration_of(case: Case, *, public: bool | None = None, how_noticed: str = "") -> Declaration:
    """Declined for a case that holds no value of ours, or is decided. `public` and `how_noticed` are a person's,
    where they know better.
    """
    value = value_of(case)
    target = Target(TargetKind.CONFIRMED, value.fingerprint, value.version, value.current)
    return Declaration(
        environment=value.environment,
        secrets=(SecretChoice(value.secret, target=target, replace=value.current),),
        how_noticed=how_noticed or how_noticed_of(case),
        public=case.public if public is None else public,
        detected_at=case.opened_at,
        exposed_at=_earlier(case.since, case.opened_at),
    )


def how_noticed_of(case: Case) -> str:
    """``GitHub secret scanning, alert acme/app#7: config.py:3, public.``"""
    more = len(case.reports) - NAMED
    rest = f"; and {more} more" if more > 0 else ""
    return f"{'; '.join(_places(case.reports[:NAMED]))}{rest}."


def _places(reports: Sequence[Report]) -> list[str]:
    return [
        f"{source_title(one.source)}, alert {one.ref}{f': {one.where}' if one.where else ''}, "
        f"{'readable by everyone' if one.public else 'not public'}"
        for one in reports
    ]


def _earlier(since: datetime | None, detected: datetime) -> datetime | None:
    return min(since, detected) if since is not None else None
