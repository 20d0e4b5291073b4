"""A form out of what is asked for a command (`bot.asks`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from slack_sdk.models.blocks import Block

from bot.asks import ASKS
from bot.asks.ask import ME, About, Ask, Asking, Choice, Field, Given, Said, Takes
from bot.incident import commands as c
from bot.incident.offers import available
from bot.incident.refusals import Declined, demand
from bot.incident.state import Incident
from bot.people import People, Person
from bot.phrases.marks import literal
from bot.phrases.team import having
from bot.slack.actions import ButtonValue
from bot.slack.blocks import OPTION_VALUE, Json, form, option, paragraphs, section
from bot.slack.modals.inputs import at, in_full, one_of, some_of, someone, words


@dataclass(frozen=True)
class Form:
    """What is asked for a command, as a form of Slack's. What a button carries says what the form is about."""

    ask: Ask

    @property
    def act(self) -> str:
        return self.ask.act

    def shown(self, incident: Incident, pressed: ButtonValue) -> ButtonValue:
        """What the form shows, which is what is answered: of a button that was drawn before that something newer."""
        now = self.ask.shown(incident, _about(pressed))
        return replace(pressed, subject=now.subject, digest=now.seen)

    def commands(self, pressed: ButtonValue, said: Said) -> Sequence[Given]:
        return self.ask.commands(_about(pressed), said)

    def refusal(self, person: Person, people: People, incident: Incident) -> Json | None:
        """What opens instead for a person who could only be refused: why, and who can. None for others."""
        ask = self.ask
        said = ["⛔ Only counsel and the commander write and read these."]
        if ask.private is None or ask.private(incident, person.actor):
            if ask.takes is None:
                return None
            try:
                demand(person.actor, ask.takes)
            except Declined as declined:
                names = having([one.actor for one in people], ask.takes)
                who = f"Who can: {names}." if names else f"No one in the people file has `{ask.takes}`."
                said = [f"⛔ {literal(str(declined))}", literal(who)]
            else:
                return None
        return form(ask.act, ask.title, [section(*said)], close="Back")

    def view(
        self, incident: Incident, pressed: ButtonValue, now: datetime, *, said: str = "", declined: str = ""
    ) -> Json:
        """The modal for this button, below the text `said` or the reason it would be `declined`. Misuse if its subject
        no longer exists.
        """
        asking = Asking(incident, _about(pressed), available(incident, now))
        declined = declined or (GONE if _gone(self.ask, asking) else "")
        told = paragraphs(self.ask.told(asking))
        blocks = [*(section(f"⛔ {words}") for words in (said, declined) if words), *told]
        submit = ""
        if not declined and _ready(self.ask, asking):
            submit = self.ask.submit
            blocks += [block for field in self.ask.fields for block in _field(field, asking, pressed)]
        elif not declined and not told:
            blocks.append(section("Nothing to answer here."))
        title = self.ask.titled(incident, asking.about) if self.ask.titled is not None else self.ask.title
        note = self.shown(incident, pressed).encode()
        return form(self.act, title, blocks, submit=submit, close="Cancel" if submit else "Back", note=note)


def _about(pressed: ButtonValue) -> About:
    return About(pressed.subject, pressed.digest)


GONE = "No longer open: it was done or decided, or is not possible now."


def _gone(ask: Ask, asking: Asking) -> bool:
    """Whether the rules no longer offer such a command: its button is an old one."""
    of_an_incident = issubclass(ask.command, c.Act)  # the others become one at the worker
    return of_an_incident and not any(offer.kind is ask.command for offer in asking.offers)


def _ready(ask: Ask, asking: Asking) -> bool:
    """Whether there is something to submit: a form without open questions is for reading."""
    if ask.ready is not None:
        return ask.ready(asking)
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
ASKED_FORMS: tuple[Form, ...] = tuple(Form(ask) for ask in ASKS if ask.act not in WITHOUT)
