"""How a key was used at its provider, as the provider's own records tell it. Pure.

A report names its source, its window and what it cannot see: a use without a record may still have happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec

from bot.model.frozen import Frozen, field, replace
from bot.model.reads import is_in, is_like


class Per(StrEnum):
    """What a source tells apart: those of one key, of all keys of a project or role, or of a whole account."""

    KEY = "key"
    PROJECT = "project"
    ACCOUNT = "account"


class Concern(StrEnum):
    """Why a use matters, the worst first."""

    PERSISTENCE = "persistence"
    BLINDNESS = "blindness"
    THEFT = "theft"
    ABUSE = "abuse"
    RECON = "reconnaissance"
    NONE = ""


class Undo(Frozen):
    """How people undo what a use made: `where`, as a sentence with a link. `item` of the card's checklist lists such
    things, so that the bot can see when one is gone; where none does, it asks about the single thing if it can.
    `of_role`: it is a session of a role, which the bot can deny.
    """

    where: str
    item: str = ""
    of_role: bool = False


class Use(Frozen):
    """A use, or `times` like it between `first` and `last` (UTC datetimes). `key` is the id of the key or session that
    acted, `principal` its owner, `action` what was asked for (``iam:CreateUser``) and `what` the things named in it.
    `address` is an IP address or an AWS service's name. An empty text is unknown. `why` says in a sentence why it
    concerns us. `by_bot`: one of the bot's own probes.
    """

    first: datetime
    last: datetime
    action: str
    key: str = ""
    principal: str = ""
    address: str = ""
    agent: str = ""
    region: str = ""
    what: tuple[str, ...] = ()
    refused: bool = False
    times: int = 1
    concern: Concern = Concern.NONE
    why: str = ""
    by_bot: bool = False
    ours: str = ""
    """Why it is known to be ours; empty if it is not known to be."""
    new: tuple[str, ...] = ()
    """What was never seen before the exposure: fields of this class, such as ``address``."""
    id: str = ""
    """The id of its record at the provider; empty for several."""
    undo: Undo | None = None
    """How what it made is undone; None if it made nothing that lasts."""

    @property
    def role(self) -> str:
        """The name of the role whose session it opened and which the bot can deny; empty for another use."""
        known = self.undo is not None and self.undo.of_role and not (self.ours or self.refused)
        arn = next((each for each in self.what if ":role/" in each), "") if known else ""
        return arn.rpartition("/")[2]

    @property
    def made(self) -> str:
        """What is to be undone, in a few words: ``CreateUser eve``."""
        action, first = self.action.rpartition(":")[2], next(iter(self.what), "").rpartition(":")[2]
        return f"{action} {first}".strip()


class UseReport(Frozen):
    """Uses between `since` and `until`, in any order. `delay` is the seconds after which the source has a use, None
    where a later look cannot show more of it. `not_visible` is what it cannot show, in sentences. `truncated`: the look
    ended before everything was read. `gap`: why the source can never show that only we used the key, in a phrase.
    """

    source: str
    per: Per
    since: datetime
    until: datetime
    delay: float | None
    uses: tuple[Use, ...]
    not_visible: tuple[str, ...]
    truncated: bool = False
    gap: str = ""


class OurUse(Frozen):
    """From where a key is used by us: `networks` as CIDR or the name of an AWS service, `agents` as the program's own
    name with ``*`` for any text, any if empty. People read `why`. `until` is the last day (UTC), None for any.
    """

    why: str
    networks: tuple[str, ...]
    agents: tuple[str, ...] = ()
    until: date | None = None

    def explains(self, use: Use) -> bool:
        return (
            (self.until is None or use.last.date() <= self.until)
            and any(is_in(use.address, network) for network in self.networks)
            and (not self.agents or any(is_like(use.agent, agent) for agent in self.agents))
        )


AS_BEFORE = "as before the exposure"
COMPARED = ("action", "principal", "address", "agent", "region")
"""Fields of a use that may be new since the exposure."""


def judged(report: UseReport, exposed: datetime, known: Iterable[OurUse]) -> tuple[UseReport, int]:
    """The report from the exposure on: each use with why it is ours and what of it is new. And how many uses before
    that show what was usual; without any, nothing counts as new. Without an address a use that is as before may be
    anyone's.
    """
    exposed = exposed.replace(microsecond=0)  # records have whole seconds
    usual = [use for use in report.uses if use.last < exposed and not use.by_bot]
    seen = {name: {getattr(use, name) for use in usual} for name in COMPARED}
    ours = tuple(known)

    def judge(use: Use) -> Use:
        if use.by_bot:
            return use
        new = tuple(name for name in COMPARED if usual and getattr(use, name) not in seen[name])
        as_before = AS_BEFORE if usual and not new and use.address else ""
        return replace(use, new=new, ours=next((each.why for each in ours if each.explains(use)), as_before))

    uses = tuple(judge(use) for use in report.uses if use.last >= exposed)
    return replace(report, since=max(exposed, report.since), uses=uses), sum(use.times for use in usual)


class UseSummary(Frozen):
    """What the log keeps of a report. `total` counts its uses without the bot's own probes, from `first` to `last`, by
    `principals`, from `addresses` and with `agents`: how often each, for the most frequent ones. `strange` of them are
    not known to be ours, `usual` counts those before the exposure. `uses` are rows of uses alike, the most worrying
    first; `dropped` counts further rows.
    """

    source: str
    per: Per
    since: datetime
    until: datetime
    delay: float | None
    not_visible: tuple[str, ...]
    truncated: bool = False
    total: int = 0
    strange: int = 0
    usual: int = 0
    first: datetime | None = None
    last: datetime | None = None
    principals: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, int] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    dropped: int = 0
    gap: str = ""


def summary(report: UseReport, rows: int, names: int, usual: int = 0) -> UseSummary:
    """At most `rows` rows, and `names` principals, addresses and agents each. `usual` as of `judged`."""
    alike = grouped(report.uses)
    others = [use for use in report.uses if not use.by_bot]
    return UseSummary(
        source=report.source,
        per=report.per,
        since=report.since,
        until=report.until,
        delay=report.delay,
        not_visible=report.not_visible,
        truncated=report.truncated,
        total=sum(use.times for use in others),
        strange=sum(use.times for use in others if not use.ours),
        usual=usual,
        first=min((use.first for use in others), default=None),
        last=max((use.last for use in others), default=None),
        principals=_often(others, "principal", names),
        addresses=_often(others, "address", names),
        agents=_often(others, "agent", names),
        uses=alike[:rows],
        dropped=len(alike[rows:]),
        gap=report.gap,
    )


def grouped(uses: Iterable[Use]) -> tuple[Use, ...]:
    """Uses alike as one row with their number. First what is not known to be ours: the most worrying first, of these
    what is new, then the accepted and the newest. The bot's own probes are last.
    """
    found: dict[Use, Use] = {}
    for use in uses:
        alike = _kind(use)
        so_far = found.get(alike, replace(use, times=0, id=""))
        first, last = min(so_far.first, use.first), max(so_far.last, use.last)
        found[alike] = replace(so_far, first=first, last=last, times=so_far.times + use.times)
    newest = sorted(found.values(), key=lambda use: use.last, reverse=True)
    return tuple(sorted(newest, key=_order))


def unlike(rows: Iterable[Use], uses: Iterable[Use]) -> Iterator[Use]:
    """The rows like none of `uses`, as the provider tells them: without what `judged` adds."""
    kinds = {_kind(use) for use in uses}
    told = (replace(row, ours="", new=()) for row in rows)
    return (row for row in told if _kind(row) not in kinds)


def _kind(use: Use) -> Use:
    """What uses alike have in common."""
    return replace(use, first=_NO_TIME, last=_NO_TIME, times=1, id="")


def _order(use: Use) -> tuple[bool, bool, int, int, bool]:
    return use.by_bot, bool(use.ours), _RANK[use.concern], -len(use.new), use.refused


_RANK = {concern: place for place, concern in enumerate(Concern)}
_NO_TIME = datetime.min.replace(tzinfo=UTC)


def _often(uses: Iterable[Use], name: str, most: int) -> dict[str, int]:
    """How often each text of the field `name` is there, for the `most` frequent ones."""
    count = Counter[str]()
    for use in uses:
        count[getattr(use, name)] += use.times
    return dict(Counter({text: times for text, times in count.items() if text}).most_common(most))


def as_lines(uses: Iterable[Use]) -> bytes:
    """Each use as a line of JSON, the oldest first."""
    ordered = sorted(uses, key=lambda use: (use.first, use.id))
    return b"".join(msgspec.json.encode(use, order="sorted") + b"\n" for use in ordered)
