"""What a form is: the fields it shows and the command that its answers make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.errors import Misuse
from bot.inbox import PersonCommand
from bot.incident.model import Right
from bot.incident.offers import Offer, available
from bot.incident.refusals import Declined, clean, demand
from bot.incident.state import Incident, SecretState
from bot.people import People, Person
from bot.phrases.marks import literal
from bot.phrases.team import having
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, form, section
from bot.slack.modals.inputs import Entered


@dataclass(frozen=True)
class Form:
    """`texts` are the fields that people type into: they are checked for secrets before anything leaves the form."""

    act: ActionId
    title: str
    submit: str
    blocks: Callable[[Incident, ButtonValue, Sequence[Offer]], Sequence[Block]]
    command: Callable[[ButtonValue, Entered], PersonCommand | Sequence[PersonCommand]]
    texts: tuple[str, ...] = ()
    shown: Callable[[Incident, ButtonValue], ButtonValue] = lambda _incident, pressed: pressed
    """What the form shows, which is what is answered: of a button that was drawn before that something newer."""
    ready: Callable[[Incident], bool] = lambda _incident: True
    """Whether it can be handed in; until then it is there to be read."""
    takes: Right | None = None
    """The right without which nobody can hand it in."""
    about: str = ""
    """The field at which is told what the rules decline; where none is named, the first that Slack sends."""
    doubts: Callable[[Entered], dict[str, str]] = lambda _entered: {}
    """What is asked once more before it is recorded, by field; the rules have nothing against it."""
    titled: Callable[[Incident, ButtonValue], str] | None = None
    """The title where it names what the form is about."""
    rehearsed: bool = False
    """Whether somebody whose command could only be declined is told so when it opens, and has nothing to hand in."""
    wish: bool = False
    """Whether it is handed in even where what it showed has changed since: the rules say what it counts as."""

    def refusal(self, person: Person, people: People) -> Json | None:
        """What opens instead for somebody who could only be refused: why, and who can. None for whoever may."""
        if self.takes is None:
            return None
        try:
            demand(person.actor, self.takes)
        except Declined as declined:
            names = having([one.actor for one in people], self.takes)
            who = f"Who can: {names}." if names else f"Nobody of the people file has `{self.takes}`."
            return form(self.act, self.title, [section(f"⛔ {literal(str(declined))}", literal(who))], close="Back")
        return None

    def view(
        self, incident: Incident, pressed: ButtonValue, now: datetime, *, said: str = "", declined: str = ""
    ) -> Json:
        """The modal for this button, below what is `said` or why it would be `declined`. Misuse where what it acts on
        is not there any more.
        """
        told = [section(f"⛔ {words}") for words in (said, declined) if words]
        blocks = [*told, *self.blocks(incident, pressed, available(incident, now))]
        submit = self.submit if self.ready(incident) and not declined else ""
        title = self.titled(incident, pressed) if self.titled is not None else self.title
        note = self.shown(incident, pressed).encode()
        return form(self.act, title, blocks, submit=submit, close="Cancel" if submit else "Back", note=note)

    def commands(self, pressed: ButtonValue, entered: Entered) -> Sequence[PersonCommand]:
        """What the answers ask for: of most forms one thing."""
        found = self.command(pressed, entered)
        return found if isinstance(found, Sequence) else (found,)

    def mistakes(self, entered: Entered) -> dict[str, str]:
        """A sentence for each text that cannot be recorded, and for what is asked once more, by field."""
        return text_mistakes(entered, self.texts) | self.doubts(entered)


def text_mistakes(entered: Entered, names: Sequence[str]) -> dict[str, str]:
    """The refusal that the rules would give, while the form is still open. Empty fields are the rules' business."""
    found = {}
    for name in names:
        typed = entered.text(name)
        if typed.strip():
            try:
                clean(typed, name.replace("_", " "))
            except Declined as declined:
                found[name] = str(declined)
    return found


def the_secret(incident: Incident, pressed: ButtonValue) -> SecretState:
    """The secret that a button names. Misuse if the incident has none of this name."""
    secret = incident.secrets.get(pressed.subject)
    if secret is None:
        raise Misuse(f"{incident.id} has no such secret. Use the pinned card.")
    return secret
