"""The order of the card: is it over, what is alive, what is pressed next; then all the rest, as numbers.

Each part is a function of its own file, and draws only what there is to say: the card shrinks as things end. However
many secrets there are, the parts are the same, and none grows with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement, InteractiveElement

from bot.incident import commands as c
from bot.incident.model import TargetKind
from bot.incident.needs import CONSENTS
from bot.incident.offers import Offer, Urgency, unblocked, urged
from bot.incident.state import Incident, SecretState
from bot.phrases.alive import names_of
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.paging import reach_words
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import MESSAGE_BLOCKS, button, context, link, row
from bot.slack.buttons import buttons_of, offer_button, offered, revokes_again
from bot.slack.incident_card.answers import findings
from bot.slack.incident_card.approval import approvals
from bot.slack.incident_card.closed import closed, overrides, to_close
from bot.slack.incident_card.header import headed, known
from bot.slack.incident_card.needs import failures, for_people
from bot.slack.incident_card.progress import alive, progress, steps
from bot.slack.incident_card.rotation import rotation_card
from bot.trust import NOBODY_PROVES

# The lower end: when and by whom it was declared, who has answered the page, and what is a press away.


TITLE = 80
ALWAYS: tuple[type[c.Act], ...] = (c.AddNote, c.AddSecret)
"""What is at hand at any time, in this order."""
IN_STEPS = (c.CompleteStep, c.SkipStep)
DECISIONS = (c.RecordFinding, c.DecideNotice, c.RecordNoticeSent, c.SetSeverity, c.Close)
ELSEWHERE = frozenset({*IN_STEPS, *DECISIONS, *ALWAYS, *CONSENTS, c.EndCheck, c.SettleCopy, c.AccountReader})
"""What has its place in another part of the card, or in a form behind it."""
URGED = 3


def bottom(incident: Incident, offers: Sequence[Offer], now: datetime, head: str, *, word: bool = False) -> list[Block]:
    return [*row(*_buttons(incident, offers)), context(*_small_print(incident, now, head, word=word))]


def _buttons(incident: Incident, offers: Sequence[Offer]) -> Iterator[ButtonElement]:
    yield from _urged(incident, offers)
    for kind in ALWAYS:
        yield from (offer_button(incident, offer) for offer in unblocked(offers, kind)[:1])
    yield button("More…", ActionId.MORE, ButtonValue(incident.id))


def _urged(incident: Incident, offers: Sequence[Offer]) -> list[ButtonElement]:
    """What makes sense now and has no place of its own: broken glass, a report, whatever else there comes to be."""
    found: dict[type[c.Act], Offer] = {}
    for offer in offers:
        own = offer.urgency is Urgency.SENSIBLE and offer.kind not in ELSEWHERE and offer.kind not in found
        if own and (offer.kind is c.BreakGlass or not offer.secret) and not offer.blocked:
            found.setdefault(offer.kind, offer)
    return [offer_button(incident, offer) for offer in list(found.values())[:URGED]]


def _small_print(incident: Incident, now: datetime, head: str, *, word: bool) -> Iterator[str]:
    seq, _, digest = head.partition(":")
    title = literal(shorten(incident.title, TITLE))
    public = f"public since {day_and_time(incident.exposed_at)}" if incident.exposed_at and incident.public else ""
    page = literal(reach_words(incident))
    said = [f"Declared {day_and_time(incident.declared.at)} by {literal(incident.declared.name)}", public]
    yield f"“{title}”"
    yield " · ".join(filter(None, [*said, f"📟 {page}", *_tasks(incident, now)]))
    notes = [f"log {code(f'{seq}:{digest[:12]}')}", *_assumed(incident), *([literal(NOBODY_PROVES)] if word else [])]
    yield " · ".join(notes)


def _tasks(incident: Incident, now: datetime) -> Iterator[str]:
    left = [task for task in incident.tasks.values() if task.open]
    if left:
        late = sum(task.due is not None and task.due < now for task in left)
        yield f"{counted(len(left), 'open task')}{f', {late} late' if late else ''}"


def _assumed(incident: Incident) -> Iterator[str]:
    """Of how many keys nobody has compared the leaked value with the one that is meant."""
    if others := [secret for secret in incident.secrets.values() if secret.mistaken]:
        said = f"🎯 *another value leaked* than {names_of(others)}, as compared"
        yield f"{said}; declare for it at a terminal: {code('bot identify --declare')}"
    left = [secret for secret in incident.secrets.values() if secret.target.kind is TargetKind.ASSUMED]
    assumed = [secret for secret in left if not secret.mistaken]
    if assumed:
        said = f"🎯 {len(assumed)} of {counted(len(incident.secrets), 'key')} assumed: leaked value not verified"
        captured = incident.open and any(secret.old.fingerprint for secret in assumed)
        yield f"{said}; compare at a terminal: {code(f'bot identify {incident.id}')}" if captured else said


def incident_card(incident: Incident, now: datetime, head: str, *, word: bool = False) -> list[Block]:
    """At most 50 blocks. `head` is the log's ``seq:digest``. Times are shown as moments, so that a card drawn again a
    second later is the same card. `word`: nobody proves who they are.
    """
    offers = urged(incident, now)
    if incident.routine:
        return rotation_card(incident, offers, now, head, word=word)
    if not incident.open:
        return closed(incident, offers, now, head)
    waiting = approvals(incident, offers, now)
    failed, places = failures(incident, offers, now)
    blocks = [
        *headed(incident),
        *overrides(incident, offers),
        *known(incident),
        *alive(incident, offers, now),
        *failed,
        *for_people(incident, offers, now, places + bool(waiting)),
        *waiting,
        *findings(incident, offers),
        *to_close(incident, offers),
        *progress(incident),
        *steps(incident),
        *bottom(incident, offers, now, head, word=word),
    ]
    assert len(blocks) <= MESSAGE_BLOCKS
    return blocks


# What can be done about one secret, as buttons: for its own page.


def secret_buttons(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> list[InteractiveElement]:
    """What can be done about the secret now, the most urgent first."""
    buttons: list[InteractiveElement] = list(buttons_of(incident, secret, offers))
    if secret.by_hand.console and offered(offers, c.ConfirmRevoked, secret):
        buttons.insert(1 + revokes_again(offers, secret), link("Open console", secret.by_hand.console))
    if offered(offers, c.ConfirmRevoked, secret) or offered(offers, c.AnnounceSubmission, secret):
        buttons.append(button("Show steps", ActionId.BY_HAND, ButtonValue(incident.id, secret.name)))
    return buttons
