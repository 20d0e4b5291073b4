"""What an incident still owes: the one list of conditions for a close, kept from the first minute.

Card, terminal and form show it early. `decide` closes only over items that a person accepts by name, and the report's
head names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.access.readers import cut_off, not_looked_up, principal_name, readers_of
from bot.incident.access.sessions import policy_name
from bot.incident.commands import Act
from bot.incident.departure.rules import elsewhere_words, not_in_run, unagreed
from bot.incident.lanes import deny_lane, usage_lane
from bot.incident.model import Accepted, New, Old, ReaderOutcome, WhyLeft
from bot.incident.new_value.still_used import kept_for, living_on, living_words
from bot.incident.obligations.rules import NOTIFICATION, notice_item, notice_words, open_notices, open_words
from bot.incident.paging.rules import paged_at
from bot.incident.record.rules import NO_ABUSE, abuse_assessed
from bot.incident.shown import digest_of, tag_of
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import (
    IMPACT,
    NO_NEW_VALUE,
    ROOT_CAUSE,
    impact_known,
    root_cause_known,
    steps_to_close,
    within_reach,
)

OLD, ATTESTED, NEW, CHECKS, COPIES, TASK = "old", "attested", "new", "checks", "copies", "task"
SUPERSEDED = "superseded"
TARGET = "target"
LEFT, DENY = "left-alone", "deny"
CHECK, STEP, UNPROVEN = "backdoor check", "step", "key not dead"
USAGE, CUT_OFF = "key with readers not looked up yet", "key with unidentified readers"
MISTAKEN, DENIED = "other key that leaked", "denied role"
"""Short names of some of them."""
_OUTLAST = frozenset({CHECKS, TASK, "glass", NOTIFICATION})
"""Kinds of items that people settle after the close as well."""
_OF_SECRETS = frozenset({OLD, ATTESTED, NEW, CHECKS, COPIES})


@dataclass(frozen=True)
class OpenItem:
    """`key` names it in commands and events, `words` are for people. `second`: a second person must accept it too.

    `must`: it cannot be accepted at the close; a step is done, or skipped with a reason. What people settle by deciding
    it names the command that they give, `settled_by`, with the subject of its offer: the card draws one button for all
    items of a command and a subject. Where there is little room it is called `label`.
    """

    key: str
    words: str
    second: bool = False
    must: bool = False
    settled_by: type[Act] | None = None
    subject: str | None = None
    """None: any subject of the offer, such as one of several readers."""
    secret: str = ""
    """Whose offer it has to be, where each secret has some."""
    label: str = ""
    number: int = 1
    """How many things of this label it is."""
    due: datetime | None = None
    """By when it should be decided, or sent once that was decided, where that is laid down."""
    untimed: str = ""
    """The words without the time, for a place that shows it separately; empty if they name none."""
    details: tuple[str, ...] = ()
    """What is bad about it, point by point: a person who agrees to a close over it agrees to exactly these."""
    coming: bool = False
    """Whether the bot is about to settle it by itself: who closes now need not have accepted it."""

    @property
    def until(self) -> str:
        """The name of its time: a decision comes before its notice, which is due later."""
        return "due" if self.settled_by is c.RecordNoticeSent else "decide by"


def open_items(incident: Incident) -> tuple[OpenItem, ...]:
    """All of them, the most dangerous first."""
    return (
        *(item for secret in incident.secrets.values() for item in _of_secret(incident, secret)),
        *_left_alone(incident),
        *_leaver(incident),
        *_glass(incident),
        *(_of_leak(incident) if incident.traits.investigates else ()),
        *_denies(incident),
        *_tasks(incident),
        *_steps(incident),
    )


def _of_leak(incident: Incident) -> Iterator[OpenItem]:
    yield from _readers(incident)
    yield from _record(incident)
    yield from _page(incident)


def acceptable(incident: Incident) -> tuple[OpenItem, ...]:
    """Items that a person can accept by name at the close."""
    return tuple(item for item in open_items(incident) if not item.must)


def settled_since(incident: Incident) -> frozenset[str]:
    """The keys of items accepted at the close and completely settled since."""
    left = {item.key for item in open_items(incident)}
    keys = {item.key for item in incident.accepted_items}
    return frozenset(key for key in keys - left if kind_of(key) in _OUTLAST)


def kind_of(key: str) -> str:
    """The kind of the item, which is the beginning of its key."""
    return key.partition(":")[0]


def not_among(items: tuple[OpenItem, ...], named: frozenset[str]) -> tuple[OpenItem, ...]:
    """Items that were not named. Accepting a working value includes an attested one, but not the other way round."""
    return tuple(item for item in items if not {item.key, _worse(item.key)} & named)


def worse(items: tuple[OpenItem, ...], agreed: frozenset[str]) -> tuple[OpenItem, ...]:
    """Items with more bad points than these details. Better ones are not included."""
    return tuple(item for item in items if not agreed.issuperset(item.details))


def left_digest(items: tuple[OpenItem, ...]) -> str:
    """The digest of what a person sees who closes over these: the items, and everything bad about each."""
    return digest_of([[item.key, sorted(item.details)] for item in items])


def accepted(items: tuple[OpenItem, ...]) -> tuple[Accepted, ...]:
    """As the event keeps them."""
    return tuple(Accepted(item.key, item.words) for item in items)


def secrets_among(items: Iterable[Accepted]) -> tuple[str, ...]:
    """The secrets that were not finished at the close: one of their values, checks or copies is among these."""
    keys = (item.key.partition(":") for item in items)
    return tuple(dict.fromkeys(name for kind, _, name in keys if kind in _OF_SECRETS))


def _worse(key: str) -> str:
    kind, _, name = key.partition(":")
    return f"{OLD}:{name}" if kind == ATTESTED else key


def _of_secret(incident: Incident, secret: SecretState) -> Iterator[OpenItem]:
    name = secret.name
    unproven, alive = f"{OLD}:{name}=unproven", f"{OLD}:{name}=alive"
    match secret.old_state:
        case Old.DEAD:
            pass
        case Old.ATTESTED:
            yield OpenItem(
                f"{ATTESTED}:{name}", f"{name}: old key vouched dead, not confirmed", second=True, label=UNPROVEN
            )
        case Old.ALIVE:
            words = f"{name}: old key STILL WORKS"
            yield OpenItem(f"{OLD}:{name}", words, second=True, label="key that still works", details=(unproven, alive))
        case Old.REJECTED | Old.REVOKING | Old.UNPROVEN:
            words = f"{name}: old key NOT CONFIRMED DEAD"
            yield OpenItem(f"{OLD}:{name}", words, second=True, label=UNPROVEN, details=(unproven,))
    if (found := secret.mistaken) is not None:
        words = f"{name}: another key leaked than the one revoked here (compared by {found.name})"
        yield OpenItem(f"{TARGET}:{name}", words, second=True, label=MISTAKEN)
    if not secret.in_place:
        words = f"{name}: {_new_words(incident, secret)}"
        details = tuple(_new_details(incident, secret))
        yield OpenItem(f"{NEW}:{name}", words, second=True, label="new key not in place", details=details)
    if earlier := {key: used for key, used in living_on(incident, secret).items() if key != secret.new.ours}:
        words = f"{name}: {'; '.join(living_words(earlier))}"
        details = tuple(f"{SUPERSEDED}:{name}={key}" for key in earlier)
        yield OpenItem(
            f"{SUPERSEDED}:{name}",
            words,
            second=True,
            label="earlier new key that still works",
            details=details,
        )
    if secret.open_checks:
        yield _checks(secret)
    if secret.open_copies:
        names = [state.copy.name for state in secret.open_copies]
        words = f"{name}: copies not updated, purged or accepted: {', '.join(names)}"
        details = tuple(f"{COPIES}:{name}={each}" for each in names)
        yield _several(COPIES, name, words, c.SettleCopy, "copy", len(names), details)


def _checks(secret: SecretState) -> OpenItem:
    """With what the machine has found of each."""
    name, checks = secret.name, secret.open_checks
    items = [f"{check.item} ({len(check.found)} found)" if check.found else check.item for check in checks]
    details = (
        *(f"{CHECKS}:{name}={check.item}" for check in checks),
        *(f"{CHECKS}:{name}={check.item}: {left.id}" for check in checks for left in check.found),
    )
    words = f"{name}: {checks_of([secret])}: {', '.join(items)}"
    return _several(CHECKS, name, words, c.EndCheck, CHECK, len(checks), details)


def _several(
    kind: str, secret: str, words: str, settled_by: type[Act], label: str, number: int, details: tuple[str, ...]
) -> OpenItem:
    """One item for everything of a secret."""
    return OpenItem(
        f"{kind}:{secret}",
        words,
        second=True,
        settled_by=settled_by,
        secret=secret,
        label=label,
        number=number,
        details=details,
    )


_ON_THE_WAY = (New.PROMOTED, New.STAGED, New.NONE)
"""The further a new key is from its place, the worse: agreeing to a later one includes the earlier ones."""


def _new_details(incident: Incident, secret: SecretState) -> Iterator[str]:
    key, state = f"{NEW}:{secret.name}", secret.new_state
    states = _ON_THE_WAY[: _ON_THE_WAY.index(state) + 1] if state in _ON_THE_WAY else (state,)
    yield from (f"{key}={each}" for each in states)
    if _may_live_on(incident, secret):
        yield f"{key}=may-serve"


def _may_live_on(incident: Incident, secret: SecretState) -> bool:
    """Whether its key is not ended with the close, though it is not in place."""
    return _begun(secret) or bool(kept_for(incident, secret))


def _begun(secret: SecretState) -> bool:
    """Whether it may be in some or all of its parameters."""
    return secret.new.may_serve and secret.new.promoted_at is None


def _new_words(incident: Incident, secret: SecretState) -> str:
    if secret.new_state is New.NONE and not _may_live_on(incident, secret):
        return NO_NEW_VALUE
    return f"new key {secret.new_state}, {_lacking(incident, secret)}"


def _lacking(incident: Incident, secret: SecretState) -> str:
    if _begun(secret):
        return "not known to be in place, so its key would keep working"
    if used := kept_for(incident, secret):
        return "; ".join(living_words({secret.new.ours: used}))
    words = {New.FAILING: "a consumer rejects it", New.UNKNOWN: "unknown which key is in use"}
    return words.get(secret.new_state, "not in place")


def _left_alone(incident: Incident) -> Iterator[OpenItem]:
    """To be added to the incident, or accepted by name: who holds the others holds these."""
    for one in incident.left_alone:
        if one.name in incident.secrets:
            continue
        if one.why is WhyLeft.ELSEWHERE:
            words = f"{one.name}: {elsewhere_words(incident, one)}"
            yield OpenItem(f"{LEFT}:{one.name}", words, settled_by=c.AddSecret, label="secret they had")
        else:
            words = f"{one.name}: was in the same place and left out, being public by design"
            yield OpenItem(f"{LEFT}:{one.name}", words, settled_by=c.AddSecret, label="undeclared secret")
    for name, words in within_reach(incident):
        yield OpenItem(f"reach:{name}", words, settled_by=c.AddSecret, label="secrets within reach")


def _leaver(incident: Incident) -> Iterator[OpenItem]:
    """What they read or can read and is not in this run; and the missing agreement."""
    for name, words in not_in_run(incident):
        yield OpenItem(f"leaver:{name}", f"{name}: {words}", settled_by=c.AddSecret, label="secret they had")
    if incident.departure is not None and (names := unagreed(incident)):
        who = incident.departure.leaver.name
        words = f"no second person has approved the departure of {who}: {', '.join(names)}"
        yield OpenItem("departure", words, settled_by=c.AgreeDeparture, label="no agreement")


def _glass(incident: Incident) -> Iterator[OpenItem]:
    for secret in incident.secrets.values():
        if secret.reviewers_missing:
            yield OpenItem(
                f"glass:{secret.name}",
                f"{secret.name}: broken glass not reviewed",
                settled_by=c.ReviewGlass,
                subject=secret.name,
                label="broken glass",
            )


def _denies(incident: Incident) -> Iterator[OpenItem]:
    """Policies that stay on their roles."""
    for role, deny in incident.denies.items():
        if deny.wanted is not None or deny.seen_at is None:
            words = f"policy {policy_name(incident)} stays on role {role}: it denies sessions opened before "
            said = f"{words}{deny.until:%Y-%m-%d %H:%M} UTC"
            coming = deny.seen_at is None and not incident.lane(deny_lane(role)).failed_for_good
            yield OpenItem(f"{DENY}:{role}", said, settled_by=c.LiftDeny, subject=role, label=DENIED, coming=coming)


def _readers(incident: Incident) -> Iterator[OpenItem]:
    cut = cut_off(incident)
    for name, secret in incident.secrets.items():
        if words := not_looked_up(incident, secret):
            yield OpenItem(f"usage:{name}", words, label=USAGE, coming=_looked_up_soon(incident, secret))
        elif name in cut:
            words = f"{name}: the search for readers stopped early"
            yield OpenItem(f"usage:{name}", words, label=CUT_OFF)
    for principal, secrets in readers_of(incident).items():
        said = incident.readers.get(principal)
        read = f"{principal_name(principal)} read {', '.join(secrets)}"
        if said is None:
            yield _reader(principal, f"{read}: not identified")
        elif said.outcome is ReaderOutcome.UNEXPLAINED:
            yield _reader(principal, f"{read}: UNEXPLAINED", "unexplained")


def _looked_up_soon(incident: Incident, secret: SecretState) -> bool:
    return secret.old.captured_at is not None and not incident.lane(usage_lane(secret.name)).failed_for_good


def _reader(principal: str, words: str, *bad: str) -> OpenItem:
    key = f"reader:{tag_of(principal)}"
    details = tuple(f"{key}={each}" for each in bad)
    return OpenItem(key, words, settled_by=c.AccountReader, subject=principal, label="reader", details=details)


def _record(incident: Incident) -> Iterator[OpenItem]:
    if not impact_known(incident):
        yield _finding(IMPACT, "no impact recorded (what the keys allow, by whom, since when)")
    if not root_cause_known(incident):
        yield _finding(ROOT_CAUSE, "no root cause recorded (or “unknown, because …”)")
    if not abuse_assessed(incident):
        words = "use not answered: yes, no or unknown"
        yield OpenItem("abuse", words, settled_by=c.RecordFinding, subject=NO_ABUSE, label="abuse")
    yield from _notices(incident)


def _finding(what: str, words: str) -> OpenItem:
    return OpenItem(what, words, settled_by=c.RecordFinding, subject=what, label=what.replace("-", " "))


def _notices(incident: Incident) -> Iterator[OpenItem]:
    for clock in open_notices(incident):
        name, settles = clock.obligation.id, c.RecordNoticeSent if clock.owed else c.DecideNotice
        yield OpenItem(
            notice_item(name),
            notice_words(clock),
            settled_by=settles,
            subject=name,
            label="unsent notice" if clock.owed else "notice",
            due=clock.next_due,
            untimed=open_words(clock),
        )


def _page(incident: Incident) -> Iterator[OpenItem]:
    if paged_at(incident) is None:
        yield OpenItem("page", "no pager accepted the page: no one was paged", label="no one paged")


def _tasks(incident: Incident) -> Iterator[OpenItem]:
    for task in incident.tasks.values():
        if task.open:
            words = f"task {task.id}: {task.title}"
            yield OpenItem(f"{TASK}:{task.id}", words, settled_by=c.FinishTask, subject=task.id, label=TASK)


def _steps(incident: Incident) -> Iterator[OpenItem]:
    for step in steps_to_close(incident):
        definition = step.definition
        words = f"step “{definition.title}” is not done or skipped"
        key, about = f"step:{definition.id}", definition.id
        settled_by = None if definition.by_itself else c.CompleteStep
        yield OpenItem(key, words, must=True, settled_by=settled_by, subject=about, label=STEP)
