"""The order of the card: is it over, what still works, what to press next; then all the rest, as numbers.

Each part is a function in its own file, and draws only what there is to say: the card shrinks as things end. The parts
are the same for any number of secrets, and none grows with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement, InteractiveElement

from bot.incident import commands as c
from bot.incident.offers import Offer, unblocked, urged
from bot.incident.state import Incident, SecretState
from bot.incident.todos import Todo, needed, todos
from bot.phrases.alive import Needed
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.rotations import disturbed, run_headline, run_lines
from bot.phrases.states import capitalised
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import MESSAGE_BLOCKS, button, context, header, link, row, section
from bot.slack.buttons import buttons_of, offer_button, offered, revokes_again
from bot.slack.incident_card.answers import together
from bot.slack.incident_card.approval import approvals
from bot.slack.incident_card.closed import closed, held, log_words, overrides
from bot.slack.incident_card.header import headed, known
from bot.slack.incident_card.needs import do_now, failures
from bot.slack.incident_card.progress import alive, progress
from bot.trust import NOBODY_PROVES

# The lower end: what is a press away, always in the same place, and the small print.


TITLE = 80


def fixed(incident: Incident) -> list[Block]:
    """The same four buttons for as long as the incident is open: an edit moves none under a finger."""
    here = ButtonValue(incident.id)
    acts = (
        ("All to-dos", ActionId.TODOS),
        ("Add…", ActionId.ADD),
        ("Revoke now…", ActionId.REVOKE),
        (MORE, ActionId.MORE),
    )
    return row(*(button(label, act, here) for label, act in acts))


MORE = "More…"


def _ending(head: str, *, word: bool = False) -> list[str]:
    """The log's head, and whether it needs no proofs."""
    return [log_words(head), *([literal(NOBODY_PROVES)] if word else [])]


def small_print(incident: Incident, head: str, *, word: bool = False) -> Iterator[str]:
    public = f"public since {day_and_time(incident.exposed_at)}" if incident.exposed_at and incident.public else ""
    said = [f"Declared {day_and_time(incident.declared.at)} by {literal(incident.declared.name)}", public]
    yield f"“{literal(shorten(incident.title, TITLE))}” · {' · '.join(filter(None, said))}"
    yield " · ".join([incident.id, *_ending(head, word=word)])


def incident_card(incident: Incident, now: datetime, head: str, *, word: bool = False) -> list[Block]:
    """At most 50 blocks. `head` is the log's ``seq:digest``. Times are shown as moments, so that a card drawn again a
    second later is the same card. `word`: no proofs are needed here.
    """
    offers = urged(incident, now)
    if incident.routine:
        return rotation_card(incident, offers, now, head, word=word)
    if not incident.open:
        return closed(incident, offers, now, head)
    every = todos(incident, now)
    stuck = needed(incident, every, now)
    blocks = [
        *held(incident, offers),
        *headed(incident),
        *overrides(incident, offers),
        *alive(incident, stuck, now),
        *known(incident),
        *_work(incident, offers, every, stuck, now),
        *_close(incident, offers, every),
        *fixed(incident),
        context(*small_print(incident, head, word=word)),
    ]
    assert len(blocks) <= MESSAGE_BLOCKS
    return blocks


def _work(
    incident: Incident, offers: Sequence[Offer], every: Sequence[Todo], stuck: Needed, now: datetime
) -> list[Block]:
    """Failing consumers, and work for people, come first; then what the machine does."""
    waiting = approvals(incident, offers, now)
    failed, places = failures(incident, offers, now)
    first = do_now(incident, every, stuck, places + bool(waiting))
    return [*failed, *waiting, *first, *together(incident, every), *progress(incident)]


def _close(incident: Incident, offers: Sequence[Offer], every: Sequence[Todo]) -> list[Block]:
    """Over what is open, once every step is over; where nothing is open, it is what people do now."""
    due = any(one.kind.name == "close" for one in every)
    return row(*(offer_button(incident, each) for each in ([] if due else unblocked(offers, c.Close)[:1])))


# What can be done about one secret, as buttons: for its own page.


def secret_buttons(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> list[InteractiveElement]:
    """What can be done about the secret now, the most urgent first."""
    buttons: list[InteractiveElement] = list(buttons_of(incident, secret, offers))
    if secret.by_hand.console and offered(offers, c.ConfirmRevoked, secret):
        buttons.insert(1 + revokes_again(offers, secret), link("Open console", secret.by_hand.console))
    if offered(offers, c.ConfirmRevoked, secret) or offered(offers, c.AnnounceSubmission, secret):
        buttons.append(button("Open steps", ActionId.BY_HAND, ButtonValue(incident.id, secret.name)))
    return buttons


# The card of a planned rotation: what is live, when the old key is revoked, and what waits for whom.

LINE = 400


def rotation_card(
    incident: Incident, offers: Sequence[Offer], now: datetime, head: str, *, word: bool = False
) -> list[Block]:
    """Short while all goes as planned; failing consumers, and work for people, come first."""
    alone = [] if incident.secrets else [capitalised(run_headline(incident))]
    lines = [shorten(line, LINE) for line in (*alone, *run_lines(incident, now))]
    blocks = [*held(incident, offers), header(_headline(incident)), *overrides(incident, offers), section(*lines)]
    if incident.open:
        every = todos(incident, now)
        blocks += _work(incident, offers, every, needed(incident, every, now), now)
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
    began = f"Began {day_and_time(incident.declared.at)} by {literal(incident.declared.name)}"
    closed = f"closed {day_and_time(incident.closed.at)}" if incident.closed is not None else ""
    report = f"report {code(incident.report.path)}" if incident.report.path and not incident.open else ""
    yield " · ".join(filter(None, [began, closed, report]))
    yield " · ".join(_ending(head, word=word))
