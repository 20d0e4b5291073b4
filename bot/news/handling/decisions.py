"""A declaration filled in from a case: exactly its value, where and since when it stood there, public or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.inbox.declaration import Declaration, SecretChoice
from bot.incident.model import Target, TargetKind
from bot.model.sources import source_title
from bot.news.cases.decide import value_of
from bot.news.cases.state import Case, Report

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
