"""The audiences of updates, when an update is due, and who has not been informed yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from bot.incident import events as e
from bot.incident.access.readers import contained_since
from bot.incident.clocks import by_day
from bot.incident.lanes import Lane, update_lane
from bot.incident.model import New
from bot.incident.operations import Failure
from bot.incident.paging.rules import paged_at
from bot.incident.record.rules import abuse_words
from bot.incident.refusals import TEXT_LIMIT
from bot.incident.state import Draft, Incident, SecretState, UpdateState
from bot.model.playbooks import Audience, Milestone, Preview

# What an incident has reached that others are told of, and since when.


def reached(incident: Incident) -> dict[Milestone, datetime]:
    """Each milestone that holds now, with since when; in the order in which they come."""
    found = {Milestone.DECLARED: incident.declared.at}
    if incident.reopened:
        found[Milestone.REOPENED] = incident.raised.at
    secrets = incident.secrets.values()
    if (contained := contained_since(incident)) is not None:
        found[Milestone.CONTAINED] = contained
    if secrets and all(secret.restored for secret in secrets):
        found[Milestone.RESTORED] = max(_restored(secret) for secret in secrets)
    if incident.closed is not None and not incident.handed_over:
        found[Milestone.CLOSED] = incident.closed.at
    return found


def _restored(secret: SecretState) -> datetime:
    if secret.new_state is New.NOT_NEEDED or secret.new.restored_at is None:
        return secret.added.at
    return secret.new.restored_at


PACE = timedelta(minutes=1)
"""The time between two drafts for one audience, except for a close or reopening: simultaneous news are combined."""
CORRECTED = timedelta(seconds=10)
"""The time between two corrections of one message."""
PROOF = timedelta(minutes=2)
"""So long a milestone waits for the proof of a key that is refused already: one text tells both."""
AT_ONCE = frozenset({Milestone.CLOSED, Milestone.REOPENED})
WITH_PROOF = frozenset({Milestone.CONTAINED, Milestone.RESTORED})
OWNER = "@"
"""The prefix of a secret owner's name, for a direct message."""
_NOTHING = UpdateState()


def audiences(incident: Incident) -> Iterator[Audience]:
    """The playbook's audiences; each owner is one of their own, since they hear about their own secrets."""
    for audience in incident.playbook.audience:
        if not audience.owners:
            yield audience
            continue
        for owner in sorted({secret.entry.owner for secret in incident.secrets.values()} - {""}):
            yield Audience(
                f"{audience.name} {owner}", (f"{OWNER}{owner}",), audience.template, audience.milestones,
                audience.every, audience.preview, owners=True,
            )  # fmt: skip


def fitting(text: str) -> str:
    """The text within the limits of a form, a command and a message: a longer one is cut at a line, with the number of
    missing lines.
    """
    if len(text) <= TEXT_LIMIT:
        return text
    lines = text.splitlines()
    for kept in range(len(lines) - 1, 0, -1):
        left = len(lines) - kept
        cut = "\n".join([*lines[:kept], f"(Left out here: {left} more line{'s' if left > 1 else ''}.)"])
        if len(cut) <= TEXT_LIMIT:
            return cut
    return f"{text[: TEXT_LIMIT - 1]}…"


def draft_text(incident: Incident, audience: str) -> str:
    """The newest text for the audience, as a person may send it; empty without one."""
    draft = state_of(incident, audience).draft
    return fitting(draft.text.strip()) if draft is not None else ""


def audience_named(incident: Incident, name: str) -> Audience | None:
    return next((each for each in audiences(incident) if each.name == name), None)


def state_of(incident: Incident, audience: str) -> UpdateState:
    return incident.updates.get(audience, _NOTHING)


def new_milestones(incident: Incident, audience: Audience) -> dict[Milestone, datetime]:
    """The milestones for this audience that were not reported yet."""
    told, now = state_of(incident, audience.name).told, reached(incident)
    said, since = told.get(Milestone.CONTAINED), now.get(Milestone.CONTAINED)
    if said is not None and since is not None and said >= since:
        del now[Milestone.CONTAINED]
    return {each: at for each, at in now.items() if each in audience.milestones and told.get(each) != at}


def draft_at(incident: Incident, audience: Audience) -> datetime | None:
    """When the next text is drafted; None while there is no news."""
    state = state_of(incident, audience.name)
    new = new_milestones(incident, audience)
    if new:
        newest = max(new, key=lambda each: new[each])
        pace = state.draft.drafted_at + PACE if state.draft is not None and newest not in AT_ONCE else new[newest]
        waits = WITH_PROOF.issuperset(new) and _being_proven(incident)
        proof = new[newest] + PROOF if waits else new[newest]
        return max(proof, pace)
    if corrects(audience) and state.draft is not None and state.draft.figures not in {"", figures(incident)}:
        return state.draft.drafted_at + CORRECTED
    return every_due(incident, audience)


def corrects(audience: Audience) -> bool:
    """Whether its last message is corrected in place: a new one comes for a milestone only."""
    return audience.preview is Preview.NONE and not audience.owners


def corrected_in_place(incident: Incident, sent: e.UpdateSent) -> bool:
    """Whether this sending corrected an earlier message, which deserves no news of its own."""
    draft, audience = state_of(incident, sent.audience).draft, audience_named(incident, sent.audience)
    newest = draft is not None and draft.number == sent.number and not draft.milestone
    return newest and audience is not None and corrects(audience)


def figures(incident: Incident) -> str:
    """What such a message counts, in a form that changes with it."""
    looks = [(each, each.old.last_probe if not each.gone else None) for each in incident.secrets.values()]
    states = ",".join(f"{each.old_state}/{look.liveness if look else ''}/{each.restored}" for each, look in looks)
    return f"{states} {incident.channel_url} {incident.commander} {abuse_words(incident)}"


def _being_proven(incident: Incident) -> bool:
    """Whether a key is refused by now, and its proof is in progress."""
    return any(
        secret.old.refusals is not None and secret.old.contained_at is None for secret in incident.secrets.values()
    )


def every_due(incident: Incident, audience: Audience) -> datetime | None:
    """When the next regular update is due, as the last one promised. A draft that waits for the commander is not
    repeated.
    """
    state = state_of(incident, audience.name)
    waits = state.draft is not None and state.draft.waits
    if not incident.open or audience.every is None or state.draft is None or waits:
        return None
    return next_by_clock(incident, audience, state.draft.drafted_at)


def next_by_clock(incident: Incident, audience: Audience, drafted_at: datetime) -> datetime | None:
    """By when the update after the one of then comes at the latest: by day, once the page is resolved."""
    if not incident.open or audience.every is None:
        return None
    at = drafted_at + timedelta(seconds=audience.every)
    resolved = incident.page.resolved_at
    return by_day(incident.timings, at) if resolved is not None and resolved <= drafted_at else at


def next_update_due(incident: Incident) -> datetime | None:
    """When people are informed next: since when a text waits, or when one is due by the clock. None: not scheduled."""
    times = []
    for audience in audiences(incident) if not incident.slack_untrusted else ():
        draft = _waiting(incident, audience)
        times.append(draft.drafted_at if draft is not None else every_due(incident, audience))
    return min(filter(None, times), default=None)


def looks_first(incident: Incident, audience: Audience) -> bool:
    """Whether the commander sees the text before it goes out."""
    sent = state_of(incident, audience.name).sent
    return audience.preview is Preview.EACH or (audience.preview is Preview.FIRST and not sent)


def waiting_drafts(incident: Incident) -> Iterator[tuple[Audience, int]]:
    """The drafts that the commander has to look at, with their numbers."""
    for audience in audiences(incident):
        if (draft := _waiting(incident, audience)) is not None:
            yield audience, draft.number


def skippable(incident: Incident) -> Iterator[tuple[Audience, int]]:
    """Drafts that may be skipped: waiting ones, and ones that do not reach all of their recipients."""
    for audience in audiences(incident):
        draft = state_of(incident, audience.name).draft
        if draft is not None and (draft.waits or not_reached(incident, audience)):
            yield audience, draft.number


def not_reached(incident: Incident, audience: Audience) -> dict[str, str]:
    """The targets that the newest text does not reach, with the reason: their address is unknown, or sending fails.
    Empty after a person has skipped it.
    """
    state = state_of(incident, audience.name)
    if state.draft is None or state.draft.skipped is not None or state.draft.released_at is None:
        return {}
    failing = {target: failure.message for target, failure in _failures(incident, audience)}
    return {**state.missing, **failing}


def failed_to_reach(incident: Incident, audience: Audience) -> bool:
    """Whether sending it to one of them has failed for good."""
    return any(failure.final for _, failure in _failures(incident, audience))


def _failures(incident: Incident, audience: Audience) -> Iterator[tuple[str, Failure]]:
    for target in audience.channels:
        if (failure := incident.lane(send_lane(audience, target)).failure) is not None:
            yield target, failure


def send_lane(audience: Audience, target: str) -> Lane:
    """Each target is a lane of its own, so that a lost channel delays no other."""
    return update_lane(f"{audience.name}/{target}")


def untold(incident: Incident) -> Iterator[str]:
    """People not informed yet, as phrases: on-call and each target of each audience, without skipped updates. Empty if
    the playbook names no audience: then people inform others.
    """
    if not incident.playbook.audience:
        return
    if paged_at(incident) is None:
        yield "on-call: no pager accepted the page"
    for audience, why in _unreached(incident):
        held = "the update waits for the commander" if _waiting(incident, audience) else "not sent yet"
        yield f"{audience.name}: {why or held}"


def told_nobody(incident: Incident) -> bool:
    """Whether people have skipped the updates to every audience that the playbook names."""
    states = [state_of(incident, audience.name) for audience in audiences(incident)]
    return bool(states) and all(state.skipped is not None and not state.sent for state in states)


def first_held(incident: Incident) -> tuple[str, ...]:
    """The name of the first audience whose update waits for the commander, before any other update; empty if there is
    none.
    """
    held = (each.name for each, why in _unreached(incident) if not why and _waiting(incident, each))
    return tuple(islice(held, 1))


def _unreached(incident: Incident) -> Iterator[tuple[Audience, str]]:
    """Each audience without any update so far, with the reason for one of its targets; empty while an
    update is coming.
    """
    for audience in audiences(incident):
        state = state_of(incident, audience.name)
        if state.skipped is None:
            yield from ((audience, state.missing.get(each, "")) for each in audience.channels if each not in state.sent)


def _waiting(incident: Incident, audience: Audience) -> Draft | None:
    """The draft that the commander has to look at; None where none waits."""
    draft = state_of(incident, audience.name).draft
    return draft if draft is not None and draft.waits else None
