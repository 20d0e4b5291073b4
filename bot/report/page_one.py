"""The first page: what happened, whom it affected, whether it is over, and what is open. Everything
else is evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.incident import events as e
from bot.incident.access.readers import contained
from bot.incident.approval.basis import rests_on
from bot.incident.clocks import first_refusal, notification
from bot.incident.closing.open_items import NEW, OLD, TASK, kind_of, open_items
from bot.incident.model import Strategy
from bot.incident.narrative import two_sign
from bot.incident.obligations.rules import NOTIFICATION, notice_clocks
from bot.incident.record.rules import abuse_unknown
from bot.incident.severity import by_facts, severity
from bot.incident.state import Incident, SecretState, Statement, Task
from bot.model.capabilities import RevokedBy
from bot.model.providers import provider_name
from bot.phrases.closing import by_whom
from bot.phrases.report import dead_label, live_label, verdict
from bot.phrases.times import counted, duration, few, moment, span
from bot.report.drawing import drawing_of
from bot.report.facts import Fact, entries, seqs
from bot.report.lessons import drafted
from bot.report.touched import questions
from bot.report.warnings import left_open, since_close
from bot.report.way import path_of

WARNINGS_SHOWN, OPEN_SHOWN = 6, 8
"""The most lines of each kind on the first page; the rest is counted there, and is in the appendix."""
ROWS, NAMES = 6, 12
"""With more keys than rows, keys with the same facts share a row, which names at most this many."""


@dataclass(frozen=True)
class Named:
    name: str
    provider: str


@dataclass(frozen=True)
class KeyRow:
    """A key on the first page, or several with the same facts. `proof` is the basis of its death; `hand` who or what
    revoked it.
    """

    keys: tuple[Named, ...]
    alive_for: str
    dead: str
    proof: str
    replaced: str
    hand: str
    consent: str
    seqs: tuple[int, ...]
    over: bool
    more: int = 0
    """The number of keys that are not named here; the appendix has each."""


def page_one(
    incident: Incident,
    events: Sequence[e.Recorded],
    now: datetime,
    warnings: Sequence[Fact],
    unproven: Sequence[Fact],
) -> dict[str, object]:
    """What the templates can name as ``report.one.…``."""
    elsewhere = tuple(left_open(incident))  # what is still open has a section of its own here
    warned = [fact for fact in warnings if fact not in elsewhere]
    still = list(_open(incident, events, unproven))
    lessons = told(incident, "lessons")
    return {
        "id": incident.id,
        "title": incident.title,
        "state": "open" if incident.open else "closed",
        # That the incident is open: more will be known.
        "draft": incident.open,
        "severity": severity(incident).words,
        # Why it is as grave as that.
        "because": _grave(incident),
        "declared": _declared(incident, events),
        "verdict": Fact(verdict(incident), seqs(entries(events, e.OldProvenDead))),
        "over": is_over(incident),
        # In people's own words.
        "summary": told(incident, "summary"),
        "warnings": tuple(warned[:WARNINGS_SHOWN]),
        # The others, for the appendix; likewise `more_open`.
        "more_warnings": tuple(warned[WARNINGS_SHOWN:]),
        "questions": tuple(questions(incident, events, told(incident, "impact"))),
        "drawing": drawing_of(incident, events, now),
        "path": tuple(path_of(incident, events)),
        "causes": told(incident, "root-cause"),
        "lessons": lessons or tuple(drafted(incident, events)),
        # That the lessons are drawn from the log, because no person has written any.
        "drafted": not lessons,
        # Tasks that people planned and finished.
        "done": tuple(_done(incident, events)),
        "rows": tuple(_together(tuple(_keys(incident, events, now)))),
        # The basis of the deaths, when a key counts as dead, and why some were kept for a while.
        "proof": (Fact(_proof(incident)), *_overlaps(incident)),
        "open": tuple(still[:OPEN_SHOWN]),
        "more_open": tuple(still[OPEN_SHOWN:]),
        "signed": _signed(incident),
    }


def _grave(incident: Incident) -> Fact:
    _, why = by_facts(incident)
    return Fact(f"because {why}", (1,))


def _declared(incident: Incident, events: Sequence[e.Recorded]) -> Fact:
    """Who declared it, and who led, one after the other, with what made them."""
    made = [recorded for recorded in events if isinstance(recorded.event, e.RoleAccepted | e.RoleTaken)]
    first = made[0].event.before if made and isinstance(made[0].event, e.RoleAccepted | e.RoleTaken) else ""
    led = [name for name in (first, *(recorded.actor for recorded in made)) if name] or [incident.commander]
    words = f", led by {', then '.join(led)}" if led[0] else ""
    return Fact(f"declared by {incident.declared.name}{words}", (1, *(recorded.seq for recorded in made)))


def is_over(incident: Incident) -> bool:
    """Whether every old key is dead, every new one in place, and nothing may outlive the keys."""
    secrets = incident.secrets.values()
    return all(secret.settled for secret in secrets) and (contained(incident) or not secrets)


def told(incident: Incident, what: str) -> tuple[Fact, ...]:
    """People's last text about this; earlier ones are in the timeline."""
    said = [statement for statement in incident.statements if statement.what == what]
    return tuple(signed_words(statement) for statement in said[-1:])


def signed_words(said: Statement) -> Fact:
    """A person's text, with name and time."""
    return Fact(f"{said.text} ({said.by.name}, {moment(said.by.at)})", (said.seq,))


def _signed(incident: Incident) -> Fact:
    """A text cannot hold its own signature: it names the last one, and which version that was. Its page can."""
    signed, report = incident.report.signed, incident.report
    if signed is None:
        asked = "; the playbook asks for a second person" if two_sign(incident) else ""
        return Fact(f"not signed{asked}.")
    which = "an earlier version"
    if signed.digest == report.digest:
        which = "this version" if incident.seq == report.covers else "the version before this one"
    return Fact(
        f"{' and '.join(signed.names)} signed {which} at {moment(signed.by.at)}: events 1 to {signed.covers}, "
        f"SHA-256 {signed.digest}.",
        (signed.seq,),
    )


# --- keys, what is open -----------------------------------------------------------------------------------------------


def _keys(incident: Incident, events: Sequence[e.Recorded], now: datetime) -> Iterator[KeyRow]:
    for name, secret in incident.secrets.items():
        old = secret.old
        begun = incident.exposed_at or incident.detected_at
        ended = old.gone_at
        unknown = "" if incident.exposed_at is not None else "at least "
        proof = ""
        if old.contained_at is not None and old.refusals is not None:
            proof = f"{counted(old.refusals.count, 'rejection')}, comparison"
        yield KeyRow(
            keys=(Named(name, secret.entry.provider),),
            alive_for=f"{unknown}{span((ended or now) - begun)}{'' if ended else ' so far'}",
            dead=dead_label(incident, secret),
            proof=proof,
            replaced=f"{live_label(incident, secret)}{_room(secret)}",
            hand=_hand(secret),
            consent=_consent(secret),
            seqs=(
                *seqs(entries(events, e.OldProvenDead, name)[-1:]),
                *seqs(entries(events, e.DeathAttested, name)[-1:]),
                *seqs(entries(events, e.ValueLive, name)[-1:]),
            ),
            over=secret.settled,
        )


def _proof(incident: Incident) -> str:
    proven = [secret for secret in incident.secrets.values() if secret.old.contained_at is not None]
    found = [secret.old.refusals for secret in proven if secret.old.refusals is not None]
    if not found:
        return "Confirmed: rejected by its provider at least twice, with a comparison key accepted."
    times = _least_to_most([run.count for run in found], str)
    spans = _least_to_most([(run.last_at - run.first_at).total_seconds() for run in found], duration)
    return (
        f"Confirmed: rejected by its provider {times} times over {spans}, with a comparison key accepted. Dead from "
        f"the first of these.{_refused_before(proven)}"
    )


def _overlaps(incident: Incident) -> Iterator[Fact]:
    """Why some old keys worked longer than they had to."""
    chosen: dict[tuple[str, str], list[str]] = {}
    for secret in incident.secrets.values():
        if secret.strategy is Strategy.OVERLAP and not incident.routine:
            chosen.setdefault((secret.chosen_by, secret.strategy_reason), []).append(secret.name)
    for (who, why), names in chosen.items():
        kept = f"{few(names)}: the old key was kept until the new one is in use (replace first)"
        yield Fact(f"{kept}, chosen by {who}: {why}", (1,))


def _least_to_most[N: (int, float)](numbers: Sequence[N], words: Callable[[N], str]) -> str:
    """``2``, ``2 to 5``."""
    return " to ".join(dict.fromkeys((words(min(numbers)), words(max(numbers)))))


def _refused_before(proven: Sequence[SecretState]) -> str:
    """Refusals that are no part of a proof: what needs the key may have lacked it from then on."""
    first = [(secret, first_refusal(secret.old)) for secret in proven]
    earlier = [
        f"{secret.name} at {moment(at)}"
        for secret, at in first
        if at is not None and secret.old.contained_at is not None and at < secret.old.contained_at
    ]
    return f" Rejected earlier, not counted: {few(earlier)}." if earlier else ""


def _together(rows: Sequence[KeyRow]) -> Iterator[KeyRow]:
    if len(rows) <= ROWS:
        yield from rows
        return
    alike: dict[KeyRow, list[KeyRow]] = {}
    for row in rows:
        alike.setdefault(replace(row, keys=(), seqs=()), []).append(row)
    for same, found in alike.items():
        keys = tuple(key for row in found for key in row.keys)
        seqs_of_all = tuple(seq for row in found for seq in row.seqs)
        yield replace(same, keys=keys[:NAMES], more=max(0, len(keys) - NAMES), seqs=seqs_of_all)


def _done(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    tasks, finished = done_tasks(incident, events)
    if titles := [f"{task.title} ({task.done.name})" for task in tasks if task.done is not None]:
        yield Fact(f"Tasks done: {few(titles)}.", finished)


def done_tasks(incident: Incident, events: Sequence[e.Recorded]) -> tuple[Sequence[Task], tuple[int, ...]]:
    """The finished tasks, with the numbers of the events that say so."""
    tasks = [task for task in incident.tasks.values() if task.done is not None]
    ids = {task.id for task in tasks}
    return tasks, seqs([done for done in entries(events, e.TaskDone) if done.event.task in ids])


def _room(secret: SecretState) -> str:
    """Another key that went for it."""
    return f"; key {secret.new.made_room} deleted to make room" if secret.new.made_room else ""


def _hand(secret: SecretState) -> str:
    old = secret.old
    if old.claimed is not None and (old.revoked_at is None or old.claimed.at > old.revoked_at):
        return f"by hand: {old.claimed.name}"
    if old.revoked_at is not None:
        return "by the bot"
    return "by hand" if old.contained_at is not None else "no one yet"


def _consent(secret: SecretState) -> str:
    """Whose word its end rests on; of what a person revoked by hand, that they did. Empty where neither is recorded."""
    if secret.began_on is not None:
        return rests_on(secret.began_on)
    return f"revoked by {secret.old.claimed.name}" if secret.old.claimed is not None else ""


def _open(incident: Incident, events: Sequence[e.Recorded], unproven: Sequence[Fact]) -> Iterator[Fact]:
    """The conditions of a close, or what was accepted, then tasks and steps."""
    told = {key: Fact(f"{fact.text}.", fact.seqs) for fact, key in _owed(incident, events)}
    yield from told.values()
    clock = notification(incident) if not incident.open else None
    notices_left = {item.key for item in open_items(incident) if kind_of(item.key) == NOTIFICATION}
    if clock is not None and clock.decided is None and not notices_left <= told.keys():
        yield Fact(f"Decision on notification, due {moment(clock.due)}.", (1,))
    yield from _looked_at_again(incident)
    if not incident.open and incident.traits.investigates:
        yield from _unanswered(incident)
    for task in incident.tasks.values():
        if task.open:
            yield Fact(f"Task {task.id}: {task.title} ({by_whom(task)}).", _added([task], events))
    steps = [step.definition.title for step in incident.steps if not step.over] if incident.open else []
    if steps:
        yield Fact(f"Steps not done or skipped: {', '.join(steps)}.")
    if unproven and OLD not in map(kind_of, told):
        yield Fact(f"{counted(len(unproven), 'thing')} could not be confirmed: see the appendix.")


def _looked_at_again(incident: Incident) -> Iterator[Fact]:
    """Decisions that people said they would take again."""
    for clock in notice_clocks(incident):
        if clock.look is not None and (decision := clock.notice.decision) is not None:
            owner = f"{decision.decider}, by {moment(clock.look)}"
            yield Fact(f"Decide again: {clock.obligation.title} ({owner}).", (decision.seq,))


def _unanswered(incident: Incident) -> Iterator[Fact]:
    """What a closed incident does not know, and no person has taken on."""
    if abuse_unknown(incident):
        yield Fact("Find out whether the leaked keys were used (NO OWNER, no date).")
    if assumed := [name for name, secret in incident.secrets.items() if secret.assumed]:
        yield Fact(f"Compare the leaked {few(assumed)} with what was revoked (NO OWNER, no date).")


def _owed(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[tuple[Fact, str]]:
    """The conditions of a close; after the close, what was accepted and is still open. Each with its key."""
    if incident.open:
        for item in open_items(incident):
            if kind_of(item.key) not in {TASK, "step"}:
                yield Fact(f"{item.words}{_whose(incident, item.key)}"), item.key
        return
    closed, over = seqs(entries(events, e.IncidentClosed)[-1:]), since_close(incident)
    for accepted in incident.accepted_items:
        if kind_of(accepted.key) != TASK and accepted.key not in over:
            yield Fact(f"Accepted at the close: {accepted.words}", closed), accepted.key


def _added(tasks: Sequence[Task], events: Sequence[e.Recorded]) -> tuple[int, ...]:
    ids = {task.id for task in tasks}
    return seqs([added for added in entries(events, e.TaskAdded) if added.event.task in ids])


def _whose(incident: Incident, key: str) -> str:
    """For a value that still works or is missing: the owner of the secret, and that only a person can revoke it."""
    kind, _, name = key.partition(":")
    secret = incident.secrets.get(name)
    if secret is None or kind not in {OLD, NEW}:
        return ""
    by_hand = kind == OLD and secret.entry.capabilities.revokes is RevokedBy.PERSON
    alone = f"; only a person can revoke it, at {provider_name(secret.entry.provider)}" if by_hand else ""
    return f" (owner {secret.entry.owner or 'NOT NAMED'}{alone})"
