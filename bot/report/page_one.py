"""The first page: what happened, whom it touched, whether it is over, and what is still open. All else is evidence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.incident import events as e
from bot.incident.access.readers import contained
from bot.incident.approval.basis import rests_on
from bot.incident.clocks import first_refusal, notification
from bot.incident.closing.open_items import NEW, OLD, TASK, kind_of, open_items
from bot.incident.narrative import two_sign
from bot.incident.obligations.rules import NOTIFICATION
from bot.incident.severity import by_facts, severity
from bot.incident.state import Incident, SecretState, Statement, Task
from bot.model.capabilities import RevokedBy
from bot.model.providers import provider_name
from bot.phrases.closing import by_whom
from bot.phrases.events import close_words, sentence
from bot.phrases.report import dead_label, live_label, verdict
from bot.phrases.times import counted, duration, few, moment, span
from bot.report.drawing import Drawing, drawing_of
from bot.report.facts import Fact, entries, seqs
from bot.report.summary import left_open, since_close, summary
from bot.report.timeline import TOGETHER_FOR
from bot.report.touched import notices, touched
from bot.report.way import Milestone, path_of

DECISIONS_SHOWN, WARNINGS_SHOWN, OPEN_SHOWN = 8, 6, 8
"""So many are on the first page; the rest is counted there, and stands in the appendix."""
ROWS, NAMES = 6, 12
"""Of more keys than rows, those of which the same is true share one; so many of them are named there."""

ELSEWHERE = (e.ReaderAccounted, e.FindingRecorded)
"""Decisions that the first page tells in another place: with who read the values, and in people's own words."""
ON_ABUSE = frozenset({"no-abuse", "abuse-unknown"})
"""Findings that answer for something, as decisions do."""


@dataclass(frozen=True)
class Named:
    name: str
    provider: str


@dataclass(frozen=True)
class KeyRow:
    """A key on the first page, or several of which the same is true. `proof` is what the death rests on; `hand` who or
    what ended it.
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
    """So many are not named here; the appendix has each."""


@dataclass(frozen=True)
class PageOne:
    id: str
    title: str
    state: str
    draft: bool
    """That the incident is open: more will be known."""
    severity: str
    because: Fact
    """Why it is as grave as that."""
    declared: Fact
    verdict: Fact
    over: bool
    path: tuple[Milestone, ...]
    drawing: Drawing
    warnings: tuple[Fact, ...]
    more_warnings: int
    summary: tuple[Fact, ...]
    """In people's own words; what the log alone can tell stands in `facts`."""
    facts: tuple[Fact, ...]
    impact: tuple[Fact, ...]
    touched: tuple[Fact, ...]
    """Whose data, who read it, what stopped: what the log knows of the impact."""
    notices: tuple[Fact, ...]
    """What the law or a contract asks for: each duty with what became of it; empty: for none."""
    causes: tuple[Fact, ...]
    lessons: tuple[Fact, ...]
    done: tuple[Fact, ...]
    """Tasks that people had set themselves and finished: what is different now."""
    keys: tuple[KeyRow, ...]
    proof: str
    """What the deaths rest on, and from when on a key counts as dead."""
    decisions: tuple[Fact, ...]
    more_decisions: int
    open: tuple[Fact, ...]
    more_open: int
    all_open: tuple[Fact, ...]
    signed: Fact


def page_one(
    incident: Incident,
    events: Sequence[e.Recorded],
    now: datetime,
    warnings: Sequence[Fact],
    unproven: Sequence[Fact],
) -> PageOne:
    elsewhere = tuple(left_open(incident))  # what is still open has a section of its own here
    warned = [fact for fact in warnings if fact not in elsewhere]
    decided = list(_decisions(incident, events))
    still = list(_open(incident, events, unproven))
    return PageOne(
        id=incident.id,
        title=incident.title,
        state="open" if incident.open else "closed",
        draft=incident.open,
        severity=severity(incident).words,
        because=_grave(incident, events),
        declared=_declared(incident, events),
        verdict=Fact(verdict(incident), seqs(entries(events, e.OldProvenDead))),
        over=is_over(incident),
        path=tuple(path_of(incident, events)),
        drawing=drawing_of(incident, events, now),
        warnings=tuple(warned[:WARNINGS_SHOWN]),
        more_warnings=max(0, len(warned) - WARNINGS_SHOWN),
        summary=told(incident, "summary"),
        facts=tuple(summary(incident, events)),
        impact=told(incident, "impact"),
        touched=tuple(touched(incident, events)),
        notices=tuple(notices(incident)),
        causes=told(incident, "root-cause"),
        lessons=told(incident, "lessons"),
        done=tuple(_done(incident, events)),
        keys=tuple(_together(tuple(_keys(incident, events, now)))),
        proof=_proof(incident),
        decisions=tuple(decided[:DECISIONS_SHOWN]),
        more_decisions=max(0, len(decided) - DECISIONS_SHOWN),
        open=tuple(still[:OPEN_SHOWN]),
        more_open=max(0, len(still) - OPEN_SHOWN),
        all_open=tuple(still),
        signed=_signed(incident),
    )


def _grave(incident: Incident, events: Sequence[e.Recorded]) -> Fact:
    facts, why = by_facts(incident)
    chosen = incident.severity
    if chosen is not None:
        otherwise = f" (by its facts {facts.words}: {why})" if facts is not chosen.severity else ""
        said = f"set by {chosen.by.name}: {chosen.reason}{otherwise}"
        return Fact(said, seqs(entries(events, e.SeveritySet)[-1:]))
    return Fact(f"because {why}", (1,))


def _declared(incident: Incident, events: Sequence[e.Recorded]) -> Fact:
    """Who declared it, and who led, one after the other, with what made them."""
    made = [recorded for recorded in events if isinstance(recorded.event, e.RoleAccepted | e.RoleTaken)]
    first = made[0].event.before if made and isinstance(made[0].event, e.RoleAccepted | e.RoleTaken) else ""
    led = [name for name in (first, *(recorded.actor for recorded in made)) if name] or [incident.commander]
    words = f", led by {', then '.join(led)}" if led[0] else ""
    return Fact(f"declared by {incident.declared.name}{words}", (1, *(recorded.seq for recorded in made)))


def is_over(incident: Incident) -> bool:
    """Every old value is proven dead, every new one in place, and nothing may outlive the keys."""
    secrets = incident.secrets.values()
    return all(secret.settled for secret in secrets) and (contained(incident) or not secrets)


def told(incident: Incident, what: str) -> tuple[Fact, ...]:
    """What people last wrote of this; what they wrote before stands in the timeline."""
    said = [statement for statement in incident.statements if statement.what == what]
    return tuple(signed_words(statement) for statement in said[-1:])


def signed_words(said: Statement) -> Fact:
    """What somebody wrote, with name and time."""
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


# --- keys, decisions, what is open ----------------------------------------------------------------------------------


def _keys(incident: Incident, events: Sequence[e.Recorded], now: datetime) -> Iterator[KeyRow]:
    for name, secret in incident.secrets.items():
        old = secret.old
        begun = incident.exposed_at or incident.detected_at
        ended = old.gone_at
        unknown = "" if incident.exposed_at is not None else "at least "
        proof = ""
        if old.contained_at is not None and old.refusals is not None:
            proof = f"{counted(old.refusals.count, 'refusal')}, control"
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
        return "Proof: refused by its provider twice or more, beside an accepted key (the control)."
    times = _least_to_most([run.count for run in found], str)
    spans = _least_to_most([(run.last_at - run.first_at).total_seconds() for run in found], duration)
    return (
        f"Proof: refused by its provider {times} times over {spans}, beside an accepted key (the control). "
        f"Dead from the first of these.{_refused_before(proven)}"
    )


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
    return f" Refused before, which is no part of the proof: {few(earlier)}." if earlier else ""


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
    return "by hand" if old.contained_at is not None else "nobody yet"


def _consent(secret: SecretState) -> str:
    """Whose word its end rests on; of what a person revoked by hand, that they did. Empty where neither is recorded."""
    if secret.began_on is not None:
        return rests_on(secret.began_on)
    return f"revoked by {secret.old.claimed.name}" if secret.old.claimed is not None else ""


def _decisions(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """In the order of time. What the last close was over stands at the head of the page, once."""
    for same in _decided_together(events):
        said = _several(incident, same) or _closed(incident, same[0]) or sentence(same[0], incident)
        if said is not None:
            yield Fact(f"{same[0].at:%H:%M:%S} {said}", tuple(each.seq for each in same))


def _closed(incident: Incident, recorded: e.Recorded) -> str:
    """The last close; empty for all else."""
    event, closed = recorded.event, incident.closed
    if not isinstance(event, e.IncidentClosed) or closed is None or closed.at != recorded.at:
        return ""
    return close_words(recorded.actor, event, incident, "all of it at the head of this page")


def decides(event: e.Event) -> bool:
    """Whether a person decided something by it that the first page names them for."""
    if isinstance(event, e.FindingRecorded) and event.what in ON_ABUSE:
        return True
    return isinstance(event, e.PeoplesDecision) and not isinstance(event, ELSEWHERE)


def _decided_together(events: Sequence[e.Recorded]) -> list[list[e.Recorded]]:
    """Each decision by itself, but for what one person asked to kill, or skipped for one reason, within a minute of the
    first, but for what another tells.
    """
    told = _told_by_another(events)
    found: list[list[e.Recorded]] = []
    last: dict[tuple[str, ...], list[e.Recorded]] = {}
    for recorded in events:
        if not decides(recorded.event) or recorded.seq in told:
            continue
        alike = _alike(recorded)
        before = last.get(alike)
        if alike and before is not None and recorded.at - before[0].at < TOGETHER_FOR:
            before.append(recorded)
            continue
        last[alike] = [recorded]
        found.append(last[alike])
    return found


def _told_by_another(events: Sequence[e.Recorded]) -> set[int]:
    """Numbers of decisions that the one after them tells too: a second person's word for a close, and the strategy by
    which a kill was decided.
    """
    found = set()
    for one, after in itertools.pairwise(events):
        match one.event, after.event:
            case (e.ProposalApproved(), e.IncidentClosed()):
                found.add(one.seq)
            case (e.StrategyChosen(secret=name), e.KillRequested(secret=same)) if name == same:
                found.add(one.seq)
    return found


def _alike(recorded: e.Recorded) -> tuple[str, ...]:
    """The same for decisions that share a line; empty for one that has its own."""
    match recorded.event:
        case e.KillRequested():
            return ("kill", recorded.actor)
        case e.StepSkipped(reason=reason):
            return ("skip", recorded.actor, reason)
        case _:
            return ()


def _several(incident: Incident, same: Sequence[e.Recorded]) -> str:
    """Each value and each step once, however often it was asked for; empty for a single one, which has a sentence of
    its own.
    """
    who, steps = same[0].actor, {step.definition.id: step.definition.title for step in incident.steps}
    names = list(dict.fromkeys(each.event.secret for each in same if isinstance(each.event, e.KillRequested)))
    if len(names) > 1:
        return f"{who} decided to revoke {counted(len(names), 'old value')} without waiting ({few(names)})"
    skipped = [each.event for each in same if isinstance(each.event, e.StepSkipped)]
    titles = list(dict.fromkeys(f"“{steps.get(event.step, event.step)}”" for event in skipped))
    if len(titles) > 1:
        return f"{who} skipped {counted(len(titles), 'step')} ({few(titles)}): {skipped[0].reason}"
    return ""


def _open(incident: Incident, events: Sequence[e.Recorded], unproven: Sequence[Fact]) -> Iterator[Fact]:
    """What a close asks for, or what was accepted, then tasks and steps."""
    told = {key: Fact(f"{fact.text}.", fact.seqs) for fact, key in _owed(incident, events)}
    yield from told.values()
    clock = notification(incident) if not incident.open else None
    notices_left = {item.key for item in open_items(incident) if kind_of(item.key) == NOTIFICATION}
    if clock is not None and clock.decided is None and not notices_left <= told.keys():
        yield Fact(f"Decision on notification, due {moment(clock.due)}.", (1,))
    for task in incident.tasks.values():
        if task.open:
            yield Fact(f"Task {task.id}: {task.title} ({by_whom(task)}).", _added([task], events))
    steps = [step.definition.title for step in incident.steps if not step.over] if incident.open else []
    if steps:
        yield Fact(f"Steps neither done nor skipped: {', '.join(steps)}.")
    if unproven and OLD not in map(kind_of, told):
        yield Fact(f"{counted(len(unproven), 'thing')} could not be proven: see the appendix.")


def _owed(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[tuple[Fact, str]]:
    """What a close asks for; once closed, what was accepted and is so still. Each with its key."""
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
    """Of a value that lives or lacks: who answers for the secret, and that nobody but a person can end it."""
    kind, _, name = key.partition(":")
    secret = incident.secrets.get(name)
    if secret is None or kind not in {OLD, NEW}:
        return ""
    by_hand = kind == OLD and secret.entry.capabilities.revokes is RevokedBy.PERSON
    alone = f"; only a person can end it, at {provider_name(secret.entry.provider)}" if by_hand else ""
    return f" (owner {secret.entry.owner or 'NOBODY NAMED'}{alone})"
