"""What heads a report, in words: the danger first, in capitals, then what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.incident.access.readers import principal_name
from bot.incident.model import OPERATOR, New, Old, ReaderOutcome, Severity
from bot.incident.old_value.rules import own_words
from bot.incident.state import ChosenSeverity, Incident, Reader, SecretState, Statement
from bot.phrases.secrets import claim_words, not_restored
from bot.phrases.states import OLD_LABELS
from bot.phrases.times import few, listed, moment

WITHOUT_SLACK = "WITHOUT SLACK: whoever declared did not trust it, and nothing of this was told there."
UNPROVEN = "an operator at the worker's host, IDENTITY UNPROVEN,"


def accepted(items: Sequence[str], name: str, reason: str) -> str:
    """What was open at the close: each by the words that were accepted."""
    return f"CLOSED OVER WHAT IS NOT DONE: {'; '.join(items)}. Accepted by {name}: {reason}"


def declined(titles: Sequence[str], name: str, reason: str) -> str:
    return f"NOT DONE, DECLINED: {few(titles)}. Declined by {name}: {reason}"


def own_credential(incident: Incident, secret: SecretState) -> str:
    return f"THE BOT'S OWN CREDENTIAL: {secret.name}, and {own_words(secret.own, planned=incident.routine)}"


def undecided(data: Sequence[str], due: datetime, now: datetime) -> str:
    """`data`: the kinds that the keys open; where they open none, something else asks for a notice."""
    late = "WAS due" if due <= now else "is due"
    about = f"{listed(list(data))} data; " if data else ""
    return f"NO DECISION ON NOTIFICATION: {about}it {late} by {moment(due)}."


def broken(actor: str, secret: str, reason: str) -> str:
    """Who broke the glass, for which key, and why."""
    who = UNPROVEN if actor == OPERATOR else actor
    return f"{who} broke the glass to revoke {secret} without a second person: {reason}"


def reviewed(said: str, verdicts: Sequence[tuple[str, str]]) -> str:
    """`verdicts`: who reviewed it, and what each found."""
    found = ". ".join(f"Reviewed by {name}: {verdict}" for name, verdict in verdicts)
    return f"Broken glass, reviewed: {said}. {found}"


def old_value(secret: SecretState) -> str:
    """Of a key that is not proven dead; empty for one that is."""
    name, old, label = secret.name, secret.old, OLD_LABELS[secret.old_state]
    match secret.old_state:
        case Old.ALIVE:
            how = f"was {claim_words(secret)}" if old.claimed is not None else "has not been revoked"
            return f"{label}: the old value of {name} {how}."
        case Old.REVOKING:
            how = claim_words(secret) if old.revoked_at is None else "revoked"
            return f"{label}: the old value of {name} was {how}, and counts as alive."
        case Old.UNPROVEN:
            return f"{label}: the old value of {name} is refused, but was never seen alive."
        case Old.ATTESTED if old.attested is not None:
            return f"ATTESTED, not proven: {old.attested.name} vouches for {name}'s death."
        case _:
            return ""


def unexplained(principal: str, secrets: Sequence[str], said: Reader) -> str:
    """Of a reader whom nobody can explain, also where its access was taken away since: it had read them by then."""
    removed = f"; its access was taken away, as {said.by.name} reported"
    became = removed if said.outcome is ReaderOutcome.REMOVED else f", as {said.by.name} recorded"
    note = f": {said.note.removesuffix('.')}" if said.note else ""
    return f"UNEXPLAINED READER: {principal_name(principal)} read {few(tuple(secrets))}{became}{note}."


def abuse_unknown(said: Statement | None) -> str:
    if said is None:
        return "ABUSE UNKNOWN: nobody has said whether somebody used what leaked."
    return f"ABUSE UNKNOWN: nobody can tell whether somebody used what leaked, as {said.by.name} recorded: {said.text}"


def lowered(facts: Severity, why: str, chosen: ChosenSeverity) -> str:
    """Where a person called it less grave than its facts do."""
    to = f"lowered to {chosen.severity.words} by {chosen.by.name}"
    return f"SEVERITY LOWERED: {facts.words} by its facts ({why}), {to}: {chosen.reason}"


def not_contained(secret: SecretState) -> str:
    items = listed([check.item for check in secret.open_checks])
    return f"ACCESS NOT CONTAINED: persistence checks of {secret.name} are open: {items}."


def reappeared(secret: SecretState) -> str:
    places = listed(secret.old.reappeared)
    return f"BACK AGAIN: the old value of {secret.name} stands in {places}, where it was not left."


def lacking(incident: Incident, secret: SecretState) -> str:
    if secret.new_state is New.NONE:
        return f"NOT RESTORED: there is no new value of {secret.name} yet."
    about = f"{secret.name}:" if secret.new_state is New.UNKNOWN else f"the new value of {secret.name} is"
    return f"NOT RESTORED: {about} {not_restored(incident, secret)}."


def copies_open(secret: SecretState, places: Sequence[str]) -> str:
    return f"COPIES NOT SETTLED: the old value of {secret.name} may still stand in {listed(list(places))}."


def copy_kept(secret: SecretState, name: str, place: str, note: str) -> str:
    return f"COPY ACCEPTED: {name} accepts that the old value of {secret.name} stays in {place}: {note}"


def another(secret: SecretState) -> str:
    """Of a target that was assumed, and that somebody has compared since."""
    assert secret.compared is not None
    compared = f"compared by {secret.compared.name} at {moment(secret.compared.at)}: does not match"
    return f"WRONG TARGET: what leaked is another value than the assumed one of {secret.name}, {compared}."


def assumed(names: Sequence[str]) -> str:
    """One line for all of them: a leaked `.env` must not bury what else heads the report."""
    which = f"value of {names[0]} with the one that was" if len(names) == 1 else f"values of {few(names)} with those"
    ended = "ended" if len(names) == 1 else "that were ended"
    return f"ASSUMED TARGET: nobody compared the leaked {which} {ended}."
