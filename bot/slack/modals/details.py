"""Everything about one secret, and the guide of one step: to read, with the secret's buttons below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.errors import Misuse
from bot.incident.approval.basis import MissingConsent, kill_basis, killable, rests_on, waits_for
from bot.incident.approval.plan import plan_of
from bot.incident.model import Access
from bot.incident.offers import available
from bot.incident.paging.rules import announcement
from bot.incident.refusals import secret_named
from bot.incident.state import Incident, SecretState
from bot.model.playbooks import Action
from bot.model.providers import provider_name
from bot.phrases.access import copy_words, open_words, place_words, settled_words
from bot.phrases.marks import code, day_and_time, guidance, link, literal, moment, plain
from bot.phrases.plans import steps_so_far
from bot.phrases.readers import left_words
from bot.phrases.secrets import owner_words, use_words
from bot.phrases.states import (
    capitalised,
    effect_now,
    new_words,
    old_words,
    probe_words,
    target_words,
)
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import BUTTONS_A_ROW, Json, divider, form, look, rows, section
from bot.slack.incident_card import secret_buttons
from bot.slack.modals.inputs import pages_of

STEP = "step:"
COMMAND, PLACE = re.compile(r"`bot [^`\n]+`"), re.compile(r"\b(?:INCIDENT|RUN|SECRET)\b")


def details(incident: Incident, pressed: ButtonValue, now: datetime) -> Json:
    """The modal behind “Details” and “How to”. Misuse where there is no such secret or step."""
    if pressed.subject.startswith(STEP):
        return _guide(incident, pressed.subject.removeprefix(STEP))
    secret = secret_named(incident, pressed.subject) if pressed.subject else _first(incident)
    paragraphs = [
        _state(incident, secret),
        _plan(incident, secret, now),
        _proof(secret),
        _access(incident, secret),
        _by_hand(secret),
    ]
    paragraphs += [_copies(secret), _readers(incident, secret)]
    blocks: list[Block] = [section(*lines) for lines in map(list, paragraphs) if lines]
    offers = available(incident, now)
    pages = pages_of(
        incident.secrets.values(), secret, ActionId.DETAILS_OF, lambda each: plain(f"old {old_words(each)}")
    )
    shown = [*pages, *blocks, divider(), *rows(secret_buttons(incident, secret, offers), BUTTONS_A_ROW)]
    return look(ActionId.DETAILS, secret.name, ButtonValue(incident.id, secret.name), shown)


def _first(incident: Incident) -> SecretState:
    """The page that opens by itself: the first secret that is not over."""
    every = list(incident.secrets.values())
    return next((secret for secret in every if not (secret.gone and secret.in_place)), every[0])


def _guide(incident: Incident, step_id: str) -> Json:
    step = incident.step(step_id)
    if step is None:
        raise Misuse(f"{incident.id} has no such step. Use the pinned card.")
    definition = step.definition
    told = _filled_in(incident, definition.guide)
    guide = [guidance(paragraph) for paragraph in told.split("\n\n") if paragraph.strip()]
    if Action.ANNOUNCE in definition.actions:
        guide.append(f"Prepared words for outside:\n{literal(announcement(incident))}.")
    return form(
        ActionId.DETAILS,
        definition.title,
        [
            section(f"*{literal(definition.why)}*" if definition.why else literal(definition.title)),
            *map(section, guide),
        ],
        close="Back",
    )


def _filled_in(incident: Incident, guide: str) -> str:
    """Its command lines with what is known here: the incident or run, and the secret where there is one only."""
    known, names = {"INCIDENT": incident.id, "RUN": incident.id}, list(incident.secrets)
    if len(names) == 1:
        known["SECRET"] = names[0]
    return COMMAND.sub(lambda line: PLACE.sub(lambda place: known.get(place[0], place[0]), line[0]), guide)


def _state(incident: Incident, secret: SecretState) -> Iterator[str]:
    entry = secret.entry
    yield f"*{literal(entry.title)}* at {literal(provider_name(entry.provider))}"
    yield f"Old key: {old_words(secret)}"
    yield f"Target: {target_words(secret)}"
    if secret.old.key_id:
        only = "only looks like " if secret.old.by_looks else ""
        named = "none of the listed ones" if secret.old.none_of_these else code(secret.old.key_id)
        yield f"Old key at the provider: {only}{named}"
    yield f"New: {new_words(incident, secret)}"
    if secret.new.key_id:
        yield f"New key at the provider: {code(secret.new.key_id)}"
    yield f"If revoked: {literal(effect_now(secret))}"
    if entry.public_by_design:
        yield "Public by design: every user of the product has it"
    yield f"Gives access to {entry.data.words}" + (f" · Owner: {literal(entry.owner)}" if entry.owner else "")
    if entry.dies_with:
        yield f"Revoked with it: {', '.join(code(name) for name in entry.dies_with)}"


def _plan(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    plan = plan_of(incident, secret)
    yield f"*Plan: {plan.strategy.words}*. {literal(secret.strategy_reason)}"
    yield from (
        f"{number}. {literal(step.words)}" for number, step in enumerate(steps_so_far(incident, secret, now), start=1)
    )
    if secret.old.owner is not None:
        yield f"⚠️ Not revoked: {literal(owner_words(secret.old.owner))}"
    if used := literal(capitalised(use_words(secret))):
        yield f"⚠️ {used}"
    basis = kill_basis(incident, secret, now)
    if not killable(secret):
        if secret.began_on is not None:
            yield f"The revocation rested on {literal(rests_on(secret.began_on))}."
    elif isinstance(basis, MissingConsent):
        yield f"The revocation {literal(waits_for(basis))}."
    else:
        yield f"The revocation rests on {literal(rests_on(basis))}."


def _proof(secret: SecretState) -> Iterator[str]:
    old = secret.old
    if old.last_probe is None or old.last_probe_at is None:
        return
    yield "*Proof*"
    seen = f"seen working {day_and_time(old.baseline_at)}" if old.baseline_at else "never seen working in this incident"
    yield f"{counted(old.probes, 'answer')}; {seen}"
    if old.refusals is not None:
        run = old.refusals
        times = f"{moment(run.first_at, seconds=True)} to {moment(run.last_at, seconds=True)}"
        yield f"{counted(run.count, 'rejection')} in a row, {times}"
    last = old.last_probe
    yield f"Last: {probe_words(last)} {moment(old.last_probe_at, seconds=True)}"
    if old.last_control is not None:
        yield f"Comparison key ({literal(old.last_control.subject)}): {probe_words(old.last_control)}"


def _access(incident: Incident, secret: SecretState) -> Iterator[str]:
    """What may outlive it, and who looked."""
    if secret.checks:
        contained = secret.access is Access.CONTAINED
        yield f"*Access: {(left_words(incident, secret.name) or 'contained') if contained else open_words(secret)}*"
    for check in secret.checks.values():
        yield f"{'▫️' if check.open else '✅'} {literal(check.item)}: {literal(settled_words(check))}"
        if check.open:
            yield f"    {literal(secret.where_to_look(check))}"


def _copies(secret: SecretState) -> Iterator[str]:
    """Where else it is kept, and what people said became of each."""
    if secret.copies:
        yield "*Copies*"
    for state in secret.copies.values():
        yield f"{'▫️' if state.open else '✅'} {literal(place_words(state))}: {literal(copy_words(state))}"


def _by_hand(secret: SecretState) -> Iterator[str]:
    by_hand = secret.by_hand
    if secret.made_by_person and by_hand.issue:
        yield f"*To make the new key by hand*:\n{literal(by_hand.issue)}"
    if by_hand.revoke:
        yield f"*To revoke the old key by hand*:\n{literal(by_hand.revoke)}"
    if by_hand.console:
        yield f"Console: {link(by_hand.console)}"


def _readers(incident: Incident, secret: SecretState) -> Iterator[str]:
    seen = incident.usage.get(secret.name)
    if seen is None:
        return
    yield f"*Who read it*, {day_and_time(seen.since)} to {day_and_time(seen.until)} ({literal(seen.source)})"
    more = f", and {seen.dropped} more by the same readers" if seen.dropped else ""
    yield f"{counted(seen.events, 'read')} by others{more}; {seen.by_bot} by this bot"
    if seen.truncated:
        yield "The search stopped early: there may be more readers"
    yield from (f"• {literal(principal)}" for principal in seen.principals[:15])
    if len(seen.principals) > 15:
        yield f"… and {len(seen.principals) - 15} more, all in the report"
    if seen.not_visible:
        yield f"Not visible there: {literal('; '.join(seen.not_visible))}"
