"""Each secret of the card: its two states, what will happen to it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident.basis import Missing, kill_basis, press_missing, rests_on, waits_for
from bot.incident.decide_proposals import STRATEGY
from bot.incident.model import New, Old, Strategy
from bot.incident.operations import Op, access_lane, new_lane, old_lane
from bot.incident.order import holds
from bot.incident.plan import kill_wanted, owner_kept, to_revoke_by_hand
from bot.incident.state import Incident, SecretState
from bot.incident.track_old import overlap_end
from bot.report.words import owner_words
from bot.slack.blocks import button, confirm, link, row, section
from bot.slack.card.lanes import lane_lines
from bot.slack.press import Act, Press
from bot.slack.text import code, count, escape, moment
from bot.slack.words import (
    NEW_SIGNS,
    OLD_SIGNS,
    STRATEGIES,
    consequence,
    new_words,
    old_words,
    probe_words,
    target_words,
)

FULL = 6
"""Up to so many secrets, each has its own row of buttons; beyond, see `many`."""


def few(incident: Incident, now: datetime, room: int) -> list[Block] | None:
    """Every secret in full, two blocks each at most; None where they are too many for `room` or for a reader."""
    every = list(incident.secrets.values())
    if len(every) > FULL or len(every) * 2 > room:
        return None
    return [block for secret in every for block in _in_full(incident, secret, now)]


def _in_full(incident: Incident, secret: SecretState, now: datetime) -> list[Block]:
    return [section(*_lines(incident, secret, now)), *row(*secret_buttons(incident, secret))]


def _lines(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    yield f"{OLD_SIGNS[secret.old_state]} *{escape(secret.entry.title)}*  {code(secret.name)}"
    yield f"Old: {old_words(secret)} ({target_words(secret)})"
    yield f"New: {NEW_SIGNS[secret.new_state]} {new_words(secret)}"
    yield from happening(incident, secret, now)
    if secret.due_checks:
        yield f"🔎 {count(len(secret.due_checks), 'check')} open: what it made may outlive it"
    if incident.open and not secret.gone and secret.old.revoked_at is None:
        yield f"If killed: {escape(consequence(secret))}"
    yield from _by_hand(incident, secret)


def happening(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    """Strategy and countdown while it matters, then what runs or has failed."""
    if not secret.gone and secret.old.revoked_at is None:
        yield _strategy(incident, secret, now)
    yield from lane_lines(incident, old_lane(secret.name))
    yield from lane_lines(incident, new_lane(secret.name))
    yield from lane_lines(incident, access_lane(secret.name))
    if incident.open:
        yield from (f"⏳ {escape(words[:1].upper() + words[1:])}" for words in holds(incident, secret, now))
    yield from _last_look(secret)
    if secret.old.reappeared:
        yield f"⚠️ The old value *stands again* in {', '.join(code(name) for name in secret.old.reappeared)}"
    if _choice_of_keys(secret):
        yield f"⚠️ {len(secret.old.candidates)} keys at the provider can be this one: a person must choose"
    if secret.new.rejected and not secret.new.staged:
        yield f"⚠️ The submitted value was rejected: {escape(secret.new.rejected)}"


def _last_look(secret: SecretState) -> Iterator[str]:
    """The last answer while there is no proof, and how often it came in a row, as far as that is recorded."""
    last, streak = secret.old.last_probe, secret.old.streak
    if last is None or secret.gone:
        return
    times = f", {streak.count} times until {moment(streak.until)}" if streak is not None and streak.count > 1 else ""
    if times or secret.old.claimed is not None or secret.old_state in {Old.REVOKING, Old.UNPROVEN}:
        yield f"Last probe: {probe_words(last)}{times}"


def _strategy(incident: Incident, secret: SecretState, now: datetime) -> str:
    if secret.old.owner is not None:
        return f"⚠️ Not revoked: {escape(owner_words(secret.old.owner))}"
    if secret.glass is not None:
        return f"Strategy: kill, by glass broken by {escape(secret.glass.name)}"
    if secret.kill is not None:
        asked = f"Kill asked for by {escape(secret.kill.name)} {moment(secret.kill.at)}"
        basis = kill_basis(incident, secret, now)
        if isinstance(basis, Missing):
            return f"{asked}; ✋ {escape(waits_for(basis))}"
        return f"{asked}; it rests on {escape(rests_on(basis))}"
    end = overlap_end(incident, secret)
    if end is None:
        return f"Strategy: {STRATEGIES[secret.strategy]}"
    return f"⏳ Overlap: the old value is killed at {moment(end, seconds=True)}" + (" (now)" if end <= now else "")


def _by_hand(incident: Incident, secret: SecretState) -> Iterator[str]:
    """What only a person can do, with the provider's own words for where."""
    entry = secret.entry
    if by_hand_needed(incident, secret):
        guide = entry.revoke_by_hand or f"Revoke it in {entry.provider}'s console."
        yield f"🖐 *A person must revoke it.* {escape(guide)} Then press *I revoked it*."
    if secret.made_by_person and secret.new_state is New.NONE and not secret.new.inbox and incident.open:
        guide = entry.issue_by_hand or f"Make a new key in {entry.provider}'s console."
        yield f"🖐 *A person must make the new one.* {escape(guide)} Never paste it here; run"
        yield code(f"bot submit {incident.id} {secret.name}")


def by_hand_needed(incident: Incident, secret: SecretState) -> bool:
    """Whether only a person can revoke it now, and no refusal shows that one has."""
    return to_revoke_by_hand(incident, secret) and not failed_lane(incident, secret)


def secret_buttons(incident: Incident, secret: SecretState) -> list[ButtonElement]:
    """What can be done about the secret now, the most urgent first; details come last and are always there."""
    details = button("Details", Act.DETAILS, Press(incident.id, secret.name))
    return [*(_open_buttons(incident, secret) if incident.open else ()), details]


def _open_buttons(incident: Incident, secret: SecretState) -> Iterator[ButtonElement]:
    press, old = Press(incident.id, secret.name), secret.old
    begun = old.revoked_at is not None or Op.REVOKE in incident.lane(old_lane(secret.name)).attempts
    pressed = kill_wanted(secret) and not press_missing(incident, secret, incident.last_at)
    undecided = not secret.gone and not begun and not pressed
    if by_hand_needed(incident, secret):
        yield from _revoked_button(incident, secret)
    if undecided and not secret.revoked_by_person:
        yield _kill_button(incident, secret)
    if owner_kept(incident, secret):
        yield button("Ask again", Act.KILL, press)
    if _choice_of_keys(secret):
        yield button("Choose the key…", Act.CHOOSE_KEY, press, style="primary")
    if lane := failed_lane(incident, secret):
        yield button("Retry", Act.RETRY, Press(incident.id, lane))
        if to_revoke_by_hand(incident, secret):
            yield from _revoked_button(incident, secret)
    if _scopes_in_question(incident, secret):
        yield button("Choose rights…", Act.CHOOSE_SCOPES, press)
    if undecided and not secret.revoked_by_person and not _strategy_proposed(incident, secret):
        other = Strategy.OVERLAP if secret.strategy is Strategy.KILL_FIRST else Strategy.KILL_FIRST
        if other is Strategy.KILL_FIRST or not secret.entry.abilities.swaps:
            yield button(f"Switch to {STRATEGIES[other]}…", Act.STRATEGY, Press(incident.id, secret.name, other))
    if not secret.new.wanted:
        yield button("Replace it all the same", Act.REPLACE, press)
    if _attestable(secret):
        yield button("Attest…", Act.ATTEST, press)


def _revoked_button(incident: Incident, secret: SecretState) -> Iterator[ButtonElement]:
    yield button("I revoked it", Act.REVOKED, Press(incident.id, secret.name), style="primary")
    if secret.entry.console:
        yield link("Open console", secret.entry.console)


def _choice_of_keys(secret: SecretState) -> bool:
    return len(secret.old.candidates) > 1 and not secret.old.key_id and not secret.gone


def failed_lane(incident: Incident, secret: SecretState) -> str:
    """The lane that waits for a retry, the kill's before the replacement's; empty if none does."""
    old, new, access = old_lane(secret.name), new_lane(secret.name), access_lane(secret.name)
    overdue = secret.old.overdue and not secret.gone
    failed = [lane for lane in (old, new, access) if (f := incident.lane(lane).failure) is not None and f.final]
    return old if overdue else next(iter(failed), "")


def _kill_button(incident: Incident, secret: SecretState) -> ButtonElement:
    warning = consequence(secret)
    if secret.entry.abilities.revoke_needs_replacement and not secret.new.staged:
        warning += " It begins once the new value is staged."
    if secret.entry.abilities.renews and secret.new.wanted and not secret.new.staged:
        warning += " It begins once the new value has been made out of this one, or that has failed."
    sure = confirm(f"Kill {secret.name} now?"[:100], warning, "Kill it", danger=True)
    return button("Kill now", Act.KILL, Press(incident.id, secret.name), style="danger", confirm=sure)


def _scopes_in_question(incident: Incident, secret: SecretState) -> bool:
    if not secret.entry.abilities.copies_scopes or secret.old.scopes_known or secret.new.staged:
        return False
    failure = incident.lane(new_lane(secret.name)).failure
    return secret.old.snapshot is not None and failure is not None and failure.op is Op.READ_SCOPES


def _strategy_proposed(incident: Incident, secret: SecretState) -> bool:
    proposal = incident.proposal
    return proposal is not None and proposal.what == STRATEGY and proposal.subject == secret.name


def _attestable(secret: SecretState) -> bool:
    """Only where no proof is to be had soon, and never over a probe that found it alive."""
    last = secret.old.last_probe
    unclear = secret.old_state is Old.UNPROVEN or (secret.old.overdue and not secret.gone)
    return unclear and (last is None or last.liveness != "live")
