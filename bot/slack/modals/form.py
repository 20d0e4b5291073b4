"""What a form is: the fields it shows and the command that its answers make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.errors import Misuse
from bot.inbox import PersonCommand
from bot.incident.model import Actor, Right
from bot.incident.offers import Offer, available
from bot.incident.refusals import Declined, demand
from bot.incident.state import Incident, SecretState
from bot.people import People, Person
from bot.phrases.marks import literal
from bot.phrases.team import having
from bot.slack.actions import ButtonValue
from bot.slack.blocks import Json, form, section
from bot.slack.modals.inputs import Entered


@dataclass(frozen=True)
class Form:
    """Texts are checked for secrets before anything leaves the form: `mistakes`."""

    act: str
    title: str
    submit: str
    blocks: Callable[[Incident, ButtonValue, Sequence[Offer]], Sequence[Block]]
    command: Callable[[ButtonValue, Entered], PersonCommand | Sequence[PersonCommand]]
    mistakes: Callable[[Entered], dict[str, str]] = lambda _entered: {}
    """A sentence for each field that cannot be recorded, or is asked again before it is."""
    fields: tuple[str, ...] = ()
    """In their order: at the first of them is told what the rules decline."""
    shown: Callable[[Incident, ButtonValue], ButtonValue] = lambda _incident, pressed: pressed
    """What the form shows, which is what is answered: of a button that was drawn before that something newer."""
    ready: Callable[[Incident, ButtonValue, Sequence[Offer]], bool] = lambda _incident, _pressed, _offers: True
    """Whether it can be handed in; until then it is there to be read."""
    takes: Right | None = None
    """The right needed to submit it."""
    private: Callable[[Incident, Actor], bool] | None = None
    """Who may read it; None for anyone."""
    titled: Callable[[Incident, ButtonValue], str] | None = None
    """The title where it names what the form is about."""
    rehearsed: bool = False
    """Whether the form has no submit button where it opens on what would be declined, or changes when it is sent."""
    wish: bool = False
    """Whether it is submitted even if its contents have changed since: the rules decide how it counts."""

    def refusal(self, person: Person, people: People, incident: Incident) -> Json | None:
        """What opens instead for a person who could only be refused: why, and who can. None for others."""
        if self.private is not None and not self.private(incident, person.actor):
            return form(
                self.act, self.title, [section("⛔ Only counsel and the commander write and read these.")], close="Back"
            )
        if self.takes is None:
            return None
        try:
            demand(person.actor, self.takes)
        except Declined as declined:
            names = having([one.actor for one in people], self.takes)
            who = f"Who can: {names}." if names else f"No one in the people file has `{self.takes}`."
            return form(self.act, self.title, [section(f"⛔ {literal(str(declined))}", literal(who))], close="Back")
        return None

    def view(
        self, incident: Incident, pressed: ButtonValue, now: datetime, *, said: str = "", declined: str = ""
    ) -> Json:
        """The modal for this button, below the text `said` or the reason it would be `declined`. Misuse if its subject
        no longer exists.
        """
        told = [section(f"⛔ {words}") for words in (said, declined) if words]
        offers = available(incident, now)
        blocks = [*told, *self.blocks(incident, pressed, offers)]
        submit = self.submit if not declined and self.ready(incident, pressed, offers) else ""
        title = self.titled(incident, pressed) if self.titled is not None else self.title
        note = self.shown(incident, pressed).encode()
        return form(self.act, title, blocks, submit=submit, close="Cancel" if submit else "Back", note=note)

    def commands(self, pressed: ButtonValue, entered: Entered) -> Sequence[PersonCommand]:
        """What the answers ask for: of most forms one thing."""
        found = self.command(pressed, entered)
        return found if isinstance(found, Sequence) else (found,)


def the_secret(incident: Incident, pressed: ButtonValue) -> SecretState:
    """The secret that a button names. Misuse if the incident has none of this name."""
    secret = incident.secrets.get(pressed.subject)
    if secret is None:
        raise Misuse(f"{incident.id} has no such secret. Use the pinned card.")
    return secret
