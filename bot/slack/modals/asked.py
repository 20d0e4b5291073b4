"""A form out of what is asked for a command (`bot.asks`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any, assert_never

from slack_sdk.models.blocks import Block

from bot.asks import ASKS
from bot.asks.ask import ME, About, Ask, Asking, Choice, Field, Takes
from bot.incident.offers import Offer
from bot.incident.state import Incident
from bot.slack.actions import ButtonValue
from bot.slack.blocks import OPTION_VALUE, option, section
from bot.slack.modals.form import Form
from bot.slack.modals.inputs import at, in_full, one_of, some_of, someone, words


def form_of(ask: Ask) -> Form:
    return Form(
        ask.act,
        ask.title,
        ask.submit,
        partial(_blocks, ask),
        lambda pressed, said: ask.commands(_about(pressed), said),
        mistakes=ask.mistakes,
        fields=tuple(field.name for field in ask.fields),
        shown=partial(_shown, ask),
        ready=partial(_ready, ask),
        takes=ask.takes,
        private=ask.private,
        titled=partial(_titled, ask),
        rehearsed=ask.rehearsed,
    )


def _about(pressed: ButtonValue) -> About:
    return About(pressed.subject, pressed.digest)


def _shown(ask: Ask, incident: Incident, pressed: ButtonValue) -> ButtonValue:
    now = ask.shown(incident, _about(pressed))
    return replace(pressed, subject=now.subject, digest=now.seen)


def _titled(ask: Ask, incident: Incident, pressed: ButtonValue) -> str:
    return ask.titled(incident, _about(pressed)) if ask.titled is not None else ask.title


def _ready(ask: Ask, incident: Incident, pressed: ButtonValue, offers: Sequence[Offer]) -> bool:
    """Whether there is something to submit: a form without open questions is for reading."""
    asking = Asking(incident, _about(pressed), offers)
    drawn = [field for field in ask.fields if field.takes is not Takes.CARRIED]
    asked = [_asked(field, asking) for field in drawn]
    needed = [there for field, there in zip(drawn, asked, strict=True) if not field.optional]
    return all(needed) and (not drawn or any(asked))


def _asked(field: Field, asking: Asking) -> bool:
    return field.when(asking) and (field.takes not in _CHOSEN or bool(_choices(field, asking)))


_CHOSEN = {Takes.ONE, Takes.SOME}


def _choices(field: Field, asking: Asking) -> list[Choice]:
    """The choices that Slack can carry."""
    return [choice for choice in field.choices(asking) if len(choice.value) <= OPTION_VALUE]


def _blocks(ask: Ask, incident: Incident, pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    asking = Asking(incident, _about(pressed), offers)
    told = [section(*lines) for some, lines in groupby(ask.told(asking), bool) if some]
    if not _ready(ask, incident, pressed, offers):
        return told or [section("Nothing to answer here.")]
    return [*told, *(block for field in ask.fields for block in _field(field, asking, pressed))]


def _field(field: Field, asking: Asking, pressed: ButtonValue) -> Iterator[Block]:
    if _asked(field, asking):
        choices = _choices(field, asking)
        yield from in_full(asking.incident.id, [choice.words for choice in choices])
        yield from drawn(field, field.initial(asking), choices, pressed.user)


def drawn(field: Field, initial: Any, choices: Sequence[Choice] = (), user: str = "") -> Iterator[Block]:
    """The field with what it holds at first; `user` is who is asked, by their id in Slack."""
    name, label, hint, optional = field.name, field.label, field.hint, field.optional
    options = [option(choice.value, choice.words, choice.told) for choice in choices]
    match field.takes:
        case Takes.TEXT | Takes.LINE:
            lines = field.takes is Takes.TEXT
            yield words(name, label, hint=hint, initial=initial or "", optional=optional, lines=lines)
        case Takes.ONE:
            yield one_of(name, label, options, initial=initial or "", hint=hint, optional=optional)
        case Takes.SOME:
            yield some_of(name, label, options, optional=optional)
        case Takes.TIME:
            yield at(name, label, initial=initial, hint=hint, optional=optional)
        case Takes.PERSON:
            yield someone(name, label, user if initial == ME else "", hint=hint, optional=optional)
        case Takes.CARRIED:
            return
        case _:
            assert_never(field.takes)


WITHOUT = frozenset({"retry", "revoked", "known"})
"""A press gives the first two at once (`bot.slack.listeners.buttons`); the last is in the form of the notices."""
ASKED_FORMS: tuple[Form, ...] = tuple(form_of(ask) for ask in ASKS if ask.act not in WITHOUT)
