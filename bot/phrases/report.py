"""What the report says in its own words: how each key stands, what several events of one kind come to, and whether it
is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from bot.incident import events as e
from bot.incident.model import New, Old
from bot.incident.offers import unblocked, urged
from bot.incident.state import Incident, SecretState
from bot.phrases.marks import code, literal
from bot.phrases.readers import left_words
from bot.phrases.states import OLD_LABELS
from bot.phrases.times import at_most, counted, first_of, span
from bot.phrases.typed import command_line

SOME = 4
"""So many keys are named in the line that says whether it is over."""
ALL_DEAD = "Every old value is proven dead"


def verdict(incident: Incident) -> str:
    """Whether it is over, in one line: what still lives comes first."""
    secrets = list(incident.secrets.values())
    alive = [secret.name for secret in secrets if not secret.gone]
    unknown = [secret.name for secret in secrets if secret.new_state is New.UNKNOWN]
    lacking = [secret.name for secret in secrets if not secret.in_place and secret.name not in unknown]
    attested = [secret.name for secret in secrets if secret.old_state is Old.ATTESTED]
    said = []
    if alive:
        said.append(f"NOT OVER: {counted(len(alive), 'old value')} not proven dead ({first_of(alive, SOME)})")
    elif attested:
        said.append(f"Old values are dead; of {first_of(attested, SOME)} on somebody's word, not proven")
    elif secrets:
        said.append(ALL_DEAD)
    if unknown:
        said.append(f"not known which value serves for {first_of(unknown, SOME)}")
    if lacking:
        said.append(f"no replacement in place for {first_of(lacking, SOME)}")
    elif secrets and not unknown:
        said.append("every replacement is in place" if any(s.new.wanted for s in secrets) else "none is needed")
    unchecked = sum(len(secret.open_checks) for secret in secrets)
    if not alive:
        said.append(
            f"access is not contained: {counted(unchecked, 'persistence check')} open"
            if unchecked
            else left_words(incident) or "access is contained"
        )
    return "; ".join(said) + "."


def after(length: timedelta) -> str:
    """``4 min 12 s``, ``<1 s``."""
    return span(length) if abs(length) >= timedelta(seconds=1) else "<1 s"


def dead_label(incident: Incident, secret: SecretState) -> str:
    """``dead in 4 min``, ``ALIVE``: counted from the declaration."""
    old = secret.old
    if old.contained_at is not None:
        return f"dead in {after(old.contained_at - incident.declared.at)}"
    return OLD_LABELS[secret.old_state]


def live_label(incident: Incident, secret: SecretState) -> str:
    """``live in 5 min``, ``no replacement``."""
    if not secret.new.wanted:
        return "none needed"
    if secret.restored and secret.new.restored_at is not None:
        return f"live in {after(secret.new.restored_at - incident.declared.at)}"
    words = {
        New.FAILING: "new one FAILING",
        New.UNCONFIRMED: "new one in place",
        New.UNKNOWN: "not known which value serves",
    }
    return words.get(secret.new_state, "no replacement")


TOGETHER: Mapping[type, str] = {
    e.SecretAdded: "added",
    e.KillRequested: "decided to revoke, without waiting, the old value of",
    e.OldCaptured: "pinned the old value of",
    e.SnapshotTaken: "recorded what the old value could do, of",
    e.ScopesRead: "read the rights of",
    e.LastUseRead: "asked when it was last used, of",
    e.AccessRevoked: "revoked the old value of",
    e.OldProvenDead: "proved DEAD the old value of",
    e.ValueStaged: "made a new value for",
    e.ValueVerified: "verified the new value of",
    e.ValuePromoted: "put in place the new value of",
    e.FunctionRefreshed: "refreshed",
    e.ValueLive: "verified live the new value of",
    e.ConsumersAsked: "asked consumers again about the new value of",
    e.SiblingsSeen: "looked at other secrets of the provider of",
    e.Swept: "looked again for unrecorded keys of",
    e.Unstaged: "deleted the staged value of",
    e.UsageRead: "looked up who read",
    e.AccessInspected: "looked for leftovers of",
    e.OldDeleted: "deleted the switched-off key of",
    e.StepStarted: "began",
    e.StepDone: "completed",
    e.CheckEnded: "ended the persistence checks of",
}
"""What events of one kind, by one actor within a minute, come to: the names follow."""

PROBED: Mapping[str, str] = {
    "dead": "saw refused the old value of",
    "live": "saw ACCEPTED the old value of",
    "unknown": "got no clear answer about the old value of",
}


# An incident in its plainest form, for where its card or report cannot be drawn: state, what lives, what is next.


NAMED = 20
"""So many secrets of one state are named."""
NEXT = 5
"""So many commands are named."""


def plainest(incident: Incident, what: str, now: datetime) -> list[str]:
    """Phrases, a line each. `what` cannot be drawn: ``card``, ``report``. What cannot be told is left out."""
    state = "open" if incident.open else "closed"
    return [
        f"⚠️ This {what} can't be drawn. The incident goes on, and the log is whole. What is known:",
        f"{code(incident.id)} · {literal(incident.environment)} · {state}",
        *_told(lambda: _living(incident)),
        *_told(lambda: _next(incident, now)),
        f"The rest: {code(f'bot show {incident.id}')}. By hand: {code('bot runbook SECRET')}.",
    ]


def _told(lines: Callable[[], Iterator[str]]) -> Iterator[str]:
    """As many of the lines as can be told."""
    with suppress(Exception):
        yield from lines()


def _living(incident: Incident) -> Iterator[str]:
    for state in Old:
        if names := [code(secret.name) for secret in incident.secrets.values() if secret.old_state is state]:
            yield f"{OLD_LABELS[state]}: {at_most(names, NAMED)}"


def _next(incident: Incident, now: datetime) -> Iterator[str]:
    for offer in islice(unblocked(urged(incident, now)), NEXT):
        yield f"Next: {code(command_line(incident, offer))}"
