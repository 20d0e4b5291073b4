"""The card of a planned rotation: what is live, when the old key is revoked, and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.offers import Offer, unblocked
from bot.incident.state import Incident
from bot.incident.todos import needed, todos
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.rotations import disturbed, run_headline, run_lines
from bot.phrases.states import capitalised
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, context, header, row, section
from bot.slack.buttons import offer_button
from bot.slack.incident_card.answers import together
from bot.slack.incident_card.approval import approvals
from bot.slack.incident_card.closed import held, overrides
from bot.slack.incident_card.needs import do_now, failures
from bot.slack.incident_card.progress import progress
from bot.trust import NOBODY_PROVES

LINE = 400


def rotation_card(
    incident: Incident, offers: Sequence[Offer], now: datetime, head: str, *, word: bool = False
) -> list[Block]:
    """Short while all goes as planned; failing consumers, and work for people, come first."""
    alone = [] if incident.secrets else [capitalised(run_headline(incident))]
    lines = [shorten(line, LINE) for line in (*alone, *run_lines(incident, now))]
    waiting = approvals(incident, offers, now)
    failed, places = failures(incident, offers, now)
    blocks = [*held(incident, offers), header(_headline(incident)), *overrides(incident, offers), section(*lines)]
    if incident.open:
        every = todos(incident, now)
        blocks += [
            *failed,
            *waiting,
            *do_now(incident, every, needed(incident, every, now), places + bool(waiting)),
            *together(incident, every),
            *progress(incident),
        ]
    return [*blocks, *row(*_buttons(incident, offers)), context(*_small_print(incident, head, word=word))]


def _headline(incident: Incident) -> str:
    sign, state = "🔄", "planned rotation"
    if disturbed(incident):
        sign, state = "🟠", "planned rotation, disturbed"
    if not incident.open:
        done = incident.secrets and all(secret.settled for secret in incident.secrets.values())
        sign, state = ("✅", "rotated") if done else ("🔒", "planned rotation, closed")
        state = "planned rotation, taken over" if incident.handed_over else state
    return f"{sign} {incident.id} · {incident.environment} · {state}"


def _buttons(incident: Incident, offers: Sequence[Offer]) -> Iterator[ButtonElement]:
    if incident.open:
        yield button("All to-dos", ActionId.TODOS, ButtonValue(incident.id))
        yield button("Add…", ActionId.ADD, ButtonValue(incident.id))
    else:
        kinds: tuple[type[c.Act], ...] = (c.Reopen,) if incident.report.path else (c.RequestReport, c.Reopen)
        for kind in kinds:
            yield from (offer_button(incident, offer) for offer in unblocked(offers, kind)[:1])
    yield button("More…", ActionId.MORE, ButtonValue(incident.id))


def _small_print(incident: Incident, head: str, *, word: bool) -> Iterator[str]:
    seq, _, digest = head.partition(":")
    began = f"Began {day_and_time(incident.declared.at)} by {literal(incident.declared.name)}"
    closed = f"closed {day_and_time(incident.closed.at)}" if incident.closed is not None else ""
    report = f"report {code(incident.report.path)}" if incident.report.path and not incident.open else ""
    yield " · ".join(filter(None, [began, closed, report]))
    yield " · ".join([f"log {code(f'{seq}:{digest[:12]}')}", *([literal(NOBODY_PROVES)] if word else [])])
