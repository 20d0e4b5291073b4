"""What is asked of a person for one command: the words, the fields, and what their answers make.

Slack's form and the terminal's command with its help are both made from it, so that the two ask for the same things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Protocol

from bot.incident import commands as c
from bot.incident.model import Right
from bot.incident.offers import Offer
from bot.incident.refusals import Declined, clean
from bot.incident.state import Incident

NOTE = "--note"
"""The one option for words that the report quotes."""
NEVER = "Never a secret, not even in part."
QUOTED = f"Quoted in the report under your name. {NEVER}"
NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""In place of a time that was not entered: the rules decline it."""

ME = "me"
"""The first choice of a person: the one who is asked."""

type Given = c.FromPeople | c.Answer
type Made = Given | Sequence[Given]


@dataclass(frozen=True)
class About:
    """What a command is about: the secret, audience or task, and the digest or the choice that its button carries."""

    subject: str = ""
    seen: str = ""


@dataclass(frozen=True)
class Asking:
    """What a person is asked about, as it is now."""

    incident: Incident
    about: About
    offers: Sequence[Offer] = ()


class Said(Protocol):
    """What somebody typed or chose, by the field's name. What is not there is empty."""

    def asked(self, name: str) -> bool:
        """Whether the field was there to be answered."""

    def text(self, name: str) -> str: ...
    def choice(self, name: str) -> str: ...
    def choices(self, name: str) -> tuple[str, ...]: ...
    def time(self, name: str) -> datetime | None:
        """In UTC. Misuse for what is no time."""

    def person(self, name: str) -> str:
        """A name of the people file."""


class Takes(Enum):
    """What a field takes."""

    TEXT = auto()
    LINE = auto()
    ONE = auto()
    """One of its choices."""
    SOME = auto()
    """Any of its choices."""
    TIME = auto()
    PERSON = auto()
    CARRIED = auto()
    """What the button carries already; typed at the terminal only where it has an option or a place."""


@dataclass(frozen=True)
class Choice:
    """`words` name it, `told` says in a line what it is for."""

    value: str
    words: str
    told: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a command. `option` is what it is called at the terminal: empty, where it is known by its place
    (`metavar`), None where it cannot be typed.
    """

    name: str
    label: str
    takes: Takes = Takes.TEXT
    hint: str = ""
    option: str | None = NOTE
    metavar: str = "TEXT"
    optional: bool = False
    choices: Callable[[Asking], Iterable[Choice]] = lambda _at: ()
    initial: Callable[[Asking], Any] = lambda _at: None
    when: Callable[[Asking], bool] = lambda _at: True
    """Whether it is asked for at all."""
    reads: Callable[[str], object] = str
    """What the command takes, from the value of a choice or from what is carried."""

    def given(self, said: Said, about: About) -> object:
        """The field's value as the command takes it."""
        match self.takes:
            case Takes.TEXT | Takes.LINE:
                return said.text(self.name)
            case Takes.ONE:
                return self.reads(said.choice(self.name))
            case Takes.SOME:
                return said.choices(self.name)
            case Takes.TIME:
                return said.time(self.name) or (None if self.optional else NO_TIME)
            case Takes.PERSON:
                return said.person(self.name)
            case Takes.CARRIED:
                return self.reads(said.choice(self.name) or about.seen)


def why(label: str = "Reason", hint: str = QUOTED, *, optional: bool = False) -> Field:
    """The reason that the report quotes."""
    return Field("reason", label, hint=hint, optional=optional)


def carried(name: str) -> Field:
    """What only a button has: the digest of what it was drawn for."""
    return Field(name, "", Takes.CARRIED, option=None)


def number_in(text: str) -> int:
    """0 for what is no number: the rules decline that."""
    return int(text) if text.isdecimal() else 0


@dataclass(frozen=True)
class Ask:
    """`act` names its form and the button that opens it, `title` heads the form, `submit` is the button in it.

    `about` is the field of the command that the subject goes into. `told` gives lines that stand above the fields, as
    phrases (`bot.phrases.marks`); an empty one begins a new paragraph.
    """

    act: str
    command: type[Given]
    title: str
    submit: str
    fields: tuple[Field, ...] = ()
    button: str = ""
    """What the button is called that opens its form; empty where it has words of its own (`bot.slack.buttons`)."""
    help: str = ""
    """What the terminal says of its command; empty where the form alone asks for it."""
    examples: tuple[str, ...] = ()
    """What is typed behind the command's words."""
    told: Callable[[Asking], Iterable[str]] = lambda _at: ()
    about: str = ""
    make: Callable[[About, Said], Made] | None = None
    """For answers that choose between commands; by default the fields go into `command`."""
    shown: Callable[[Incident, About], About] = lambda _incident, about: about
    """What the form is about now, where that is newer than the button that opened it."""
    takes: Right | None = None
    """The right without which it cannot be submitted."""
    titled: Callable[[About], str] | None = None
    doubts: Callable[[Said], Mapping[str, str]] = lambda _said: {}
    """What is asked again before it is recorded, by field; the rules accept it."""
    rehearsed: bool = False
    """Whether a person whom the rules would refuse is told so when the form opens."""
    works: bool = False
    """Whether the bot has work to do then, which the terminal waits for."""
    sure: bool = False
    """Whether the terminal shows what is `told` and asks."""

    @property
    def subject(self) -> str:
        """The field that the subject goes into; empty where it is about the incident as a whole."""
        return self.about or ("secret" if issubclass(self.command, c.OfSecret) else "")

    def commands(self, about: About, said: Said) -> Sequence[Given]:
        """What the answers ask for: mostly one command."""
        if self.make is not None:
            made = self.make(about, said)
            return made if isinstance(made, Sequence) else (made,)
        given: dict[str, Any] = {field.name: field.given(said, about) for field in self.fields}
        if self.subject:
            given[self.subject] = about.subject
        return (self.command(**given),)

    def mistakes(self, said: Said) -> dict[str, str]:
        """A sentence for each text that cannot be recorded, and for what is asked again, by field."""
        texts = [field.name for field in self.fields if field.takes in {Takes.TEXT, Takes.LINE}]
        return text_mistakes(said, texts) | dict(self.doubts(said))


def text_mistakes(said: Said, names: Iterable[str]) -> dict[str, str]:
    """The refusal that the rules would give, before anything is submitted. Empty fields are the rules' business."""
    found = {}
    for name in names:
        typed = said.text(name)
        if typed.strip():
            try:
                clean(typed, name.replace("_", " "))
            except Declined as declined:
                found[name] = str(declined)
    return found
