"""What people do now: the first things that stand still until someone acts, each with its buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.incident import commands as c
from bot.incident.consumers.lacking import failing, troubled, unclear
from bot.incident.kinds import Face
from bot.incident.lanes import HALT, old_lane
from bot.incident.model import Old
from bot.incident.offers import Offer, Urgency, can
from bot.incident.overlap.rules import kept_while_failing, serves_again
from bot.incident.state import Incident, SecretState
from bot.incident.taking import BY_HAND, NEW_KEY, UNDO
from bot.incident.todos import Todo
from bot.phrases.alive import Needed, names_of, why_not_dead
from bot.phrases.marks import code, day_and_time, literal, moment, shorten
from bot.phrases.needs import hint_words, need_words
from bot.phrases.states import capitalised
from bot.phrases.times import counted, listed
from bot.phrases.todos import todo_details, todo_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import BUTTONS_A_ROW, button, context, row, rows, section
from bot.slack.buttons import buttons_of, distinct, urgent_first

SHOWN = 2
"""The most needs on the card, including the ones above: failing consumers, and approvals."""
WORDS = 480
BUTTONS = 3
TOGETHER = frozenset({"plan", "proposal", "hold", "departure", "finding"})
"""Kinds that have a place of their own on the card."""


def do_now(incident: Incident, every: Sequence[Todo], stuck: Needed, above: int = 0) -> list[Block]:
    """What people do or decide first, each by itself. `stuck` is what secrets stand still for until someone acts,
    `above` is how much else on the card people are to press first.
    """
    some = [one for one in every if _single(incident, one) and _first_of_all(one, stuck)]
    first = list({_about(one) or one.id: one for one in reversed(some)}.values())[::-1]
    shown = max(SHOWN - above, 1)
    blocks: list[Block] = []
    for number, one in enumerate(first[:shown]):
        blocks += todo_blocks(incident, one, stuck.get(_about(one), ()), "THEN" if number else "DO NOW")
    if left := first[shown:]:
        blocks.append(context(f"And {len(left)} more, behind *All to-dos*: {_subjects(incident, left)}"))
    return blocks


def _single(incident: Incident, one: Todo) -> bool:
    state = incident.secrets.get(one.secret)
    here = one.kind.face is not Face.ANSWER and one.kind.name not in TOGETHER and bool(one.choices)
    return here and not (state is not None and troubled(state))


def _about(one: Todo) -> str:
    """The secret with all that it needs; empty for a to-do with words of its own."""
    return one.secret if one.kind.name != UNDO else ""


def _first_of_all(one: Todo, stuck: Needed) -> bool:
    return one.kind.name == UNDO or (one.secret in stuck if one.secret else _urgent(one))


def _urgent(one: Todo) -> bool:
    """Going on after a halt has a place of its own."""
    if one.choices[0].command == c.Retry(HALT):
        return False
    return one.kind.name in {"close", "report"} or bool(one.words) or _needed(one)


def _needed(one: Todo) -> bool:
    return any(offer.urgency is Urgency.NEEDED for offer in one.choices)


def _subjects(incident: Incident, some: Sequence[Todo]) -> str:
    secrets = [incident.secrets[name] for name in dict.fromkeys(one.secret for one in some if one.secret)]
    others = [literal(todo_words(incident, one)) for one in some if not one.secret]
    return "; ".join(filter(None, [names_of(secrets), *others[:SHOWN]]))


def todo_blocks(incident: Incident, one: Todo, needed: Sequence[Offer] = (), head: str = "") -> list[Block]:
    """What is to be done, and the buttons; of a secret all that it needs."""
    if _about(one):
        secret, whole = incident.secrets[one.secret], needed or one.choices
        what = f"{f'*{head}*' if head else ''} {code(secret.name)}{hint_words(secret)}{_taken(one)}".strip()
        words = shorten(need_words(incident, secret, _first(whole)), WORDS)
        return [section(what, words), *rows(need_buttons(incident, secret, whole), BUTTONS_A_ROW)]
    until = f"Until {day_and_time(one.due)}" if one.due is not None else ""
    known = [shorten(literal(line), WORDS) for line in todo_details(incident, one)] if one.kind.name == UNDO else []
    said = todo_words(incident, one)
    what = literal(f"{head}: {said}" if head else capitalised(said))
    told = section(f"*{what}*{_taken(one)}", *known, until)
    return [told, *row(*distinct(incident, (*one.take, *one.choices) if one.kind.name == UNDO else one.choices))]


def _first(offers: Sequence[Offer]) -> Sequence[Offer]:
    """A person who revokes by hand finds the way to the new key behind the same button."""
    if not can(offers, c.ConfirmRevoked):
        return offers
    return [offer for offer in offers if offer.kind is not c.AnnounceSubmission]


def _taken(one: Todo) -> str:
    return f" · {literal(one.taken.name)} since {moment(one.taken.at)}" if one.taken is not None else ""


def need_buttons(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> list[ButtonElement]:
    """What is pressed now: first what the machine can do again, else the steps; last what explains it."""
    by_hand, choose = can(offers, c.ConfirmRevoked), can(offers, c.ChooseCandidate)
    skipped = {c.ConfirmRevoked} | ({c.KillNow} if choose else set())
    meant = [offer for offer in offers if offer.kind not in skipped]
    buttons = distinct(incident, urgent_first(incident, secret.name, meant))[:BUTTONS]
    if not by_hand and not can(offers, c.AnnounceSubmission):
        return [*buttons, button("Details", ActionId.DETAILS, ButtonValue(incident.id, secret.name))]
    kind = BY_HAND if by_hand and not secret.lacks_only_new else NEW_KEY
    tried = c.Retry(old_lane(secret.name)) in [offer.command for offer in meant]
    again = tried and kind == BY_HAND and not secret.revoked_by_person
    steps = steps_button(incident, f"{kind}:{secret.name}", style=None if again else "primary")
    return [*buttons, steps] if again else [steps, *buttons]


def steps_button(incident: Incident, todo: str, style: str | None = None) -> ButtonElement:
    """Opens the steps of work by hand, and takes it if it is not taken."""
    label = "Open steps" if todo in incident.taken else "Take, open steps"
    return button(label, ActionId.TAKE_STEPS, ButtonValue(incident.id, todo), style=style)


# Consumers that fail with a new key: above everything else that needs a person, because the product is down now.


MOST = 2
"""So many have their buttons on the card."""
FAILING_BUTTONS = 4


def failures(incident: Incident, offers: Sequence[Offer], now: datetime) -> tuple[list[Block], int]:
    """The blocks, and how many of the needs they include."""
    every = failing(incident)
    lacks = unclear(incident, every)
    blamed = [secret for secret in every if secret.name not in lacks]
    blocks: list[Block] = [section(_unclear([s for s in every if s.name in lacks], lacks))] if lacks else []
    urged = [offer for offer in offers if offer.urgency < Urgency.POSSIBLE]
    for secret in blamed[:MOST]:
        about = button("Details", ActionId.DETAILS, ButtonValue(incident.id, secret.name))
        blocks += [
            section(_words(incident, secret, now)),
            *row(*list(buttons_of(incident, secret, urged))[:FAILING_BUTTONS], about),
        ]
    if rest := blamed[MOST:]:
        more = f"❌ Consumers fail with {counted(len(rest), 'more new key')}: {names_of(rest)}"
        blocks += [section(more), *row(button("Every secret…", ActionId.DETAILS, ButtonValue(incident.id)))]
    return blocks, min(len(blamed), MOST)


def _unclear(secrets: Sequence[SecretState], lacks: Mapping[str, Sequence[str]]) -> str:
    """One sentence for all of them: what is missing must come first."""
    who = listed([literal(name) for name in dict.fromkeys(name for s in secrets for name in s.new.failing)])
    absent = listed([code(name) for name in dict.fromkeys(name for names in lacks.values() for name in names)])
    since = min(secret.new.failing_since for secret in secrets if secret.new.failing_since is not None)
    which = code(secrets[0].name) if len(secrets) == 1 else f"{len(secrets)} others ({names_of(secrets)})"
    said = f"❌ *{who}*: failing since {moment(since)}, still without a new key of {absent}."
    return f"{said} Unknown until then whether the new key of {which} is accepted."


def _words(incident: Incident, secret: SecretState, now: datetime) -> str:
    if secret.new.back_since is not None:
        serves = "is in production again since" if serves_again(incident, secret) else "was put back at"
        said = f"⏪ *{code(secret.name)}*: the *OLD* key {serves} {moment(secret.new.back_since)}."
        return f"{said} Retry the new one, bring another, or revoke the old one."
    since = f" since {moment(secret.new.failing_since)}" if secret.new.failing_since is not None else ""
    who = literal(listed(secret.new.failing))
    fails = "fails" if len(secret.new.failing) == 1 else "fail"
    said = f"❌ *{who}* {fails} with the new {code(secret.name)}{since}. {_of_old(incident, secret, now)}"
    if secret.old_state is Old.ALIVE:
        return said
    return f"{said} Look for the reason in {who}'s own logs and configuration, then press *Check consumers again*."


def _of_old(incident: Incident, secret: SecretState, now: datetime) -> str:
    """What becomes of the old key meanwhile, as a sentence."""
    if secret.old_state is not Old.ALIVE:
        return f"Old key: {why_not_dead(incident, secret, (), now)}."
    if kept_while_failing(incident, secret):
        return "The old key is kept until people decide."
    return "The old key will be revoked."
