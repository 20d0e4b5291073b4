"""The questions for one command: the words, the fields, and the commands that the answers make.

Slack's form and the terminal's command with its help are both made from it, so both ask the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Protocol

from bot.incident import commands as c
from bot.incident.model import Actor, Right
from bot.incident.offers import Offer
from bot.incident.refusals import Declined, clean
from bot.incident.state import Incident

NOTE = "--note"
"""The one option for words that the report quotes."""
NEVER = "Never a secret."
QUOTED = f"Quoted in the report under your name. {NEVER}"
NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""In place of a time that was not entered: the rules decline it."""

ME = "me"
"""The first choice of a person: the one who is asked."""

type Given = c.FromPeople | c.Answer
type Made = Given | Sequence[Given]


@dataclass(frozen=True)
class About:
    """The subject of a command: the secret, audience or task, and the digest or the choice in its button."""

    subject: str = ""
    seen: str = ""


@dataclass(frozen=True)
class Asking:
    """The subject in its current state."""

    incident: Incident
    about: About
    offers: Sequence[Offer] = ()


class Said(Protocol):
    """A person's answers, by the field's name. A missing answer is empty."""

    def asked(self, name: str) -> bool:
        """Whether the field was there to be answered."""

    def text(self, name: str) -> str: ...
    def choice(self, name: str) -> str: ...
    def choices(self, name: str) -> tuple[str, ...]: ...
    def time(self, name: str) -> datetime | None:
        """A time in UTC. Misuse for an invalid one."""

    def person(self, name: str) -> str:
        """A name of the people file."""


class Takes(Enum):
    """The kinds of answers."""

    TEXT = auto()
    LINE = auto()
    ONE = auto()
    """One of its choices."""
    SOME = auto()
    """Any of its choices."""
    TIME = auto()
    PERSON = auto()
    CARRIED = auto()
    """The button has the answer already; the terminal asks only if the field has an option or a place."""


@dataclass(frozen=True)
class Choice:
    """`words` name it, `told` explains it in a line."""

    value: str
    words: str
    told: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a command. `option` is its name at the terminal: empty if its place identifies it (`metavar`), None
    if it cannot be typed.
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
    """Whether the field is asked for at all."""
    reads: Callable[[str], object] = str
    """Converts a choice, or the button's value, to the command's type."""

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
    """A field that only a button has: the digest of what the button was drawn for."""
    return Field(name, "", Takes.CARRIED, option=None)


def number_in(text: str) -> int:
    """The number in a text; 0 for another text, which the rules decline."""
    return int(text) if text.isdecimal() else 0


@dataclass(frozen=True)
class Ask:
    """`act` names its form and the button that opens it, `title` heads the form, `submit` is the button in it.

    `about` is the command's field for the subject. `told` gives the lines above the fields, as phrases
    (`bot.phrases.marks`); an empty line begins a new paragraph.
    """

    act: str
    command: type[Given]
    title: str
    submit: str
    fields: tuple[Field, ...] = ()
    button: str = ""
    """The label of the button that opens its form; in some states `bot.slack.buttons` has another."""
    help: str = ""
    """The terminal's help for the command; empty if only a form asks for it."""
    examples: tuple[str, ...] = ()
    """Examples of what to type after the command's words."""
    told: Callable[[Asking], Iterable[str]] = lambda _at: ()
    about: str = ""
    make: Callable[[About, Said], Made] | None = None
    """For answers that choose between commands; by default the fields go into `command`."""
    shown: Callable[[Incident, About], About] = lambda _incident, about: about
    """The current subject of the form, if it is newer than the button."""
    takes: Right | None = None
    """The right without which it cannot be submitted."""
    private: Callable[[Incident, Actor], bool] | None = None
    """Who may read its `told` lines; None for anyone."""
    titled: Callable[[Incident, About], str] | None = None
    doubts: Callable[[Said], Mapping[str, str]] = lambda _said: {}
    """Answers to confirm before they are recorded, by field; the rules accept them."""
    rehearsed: bool = False
    """Whether the form tells a person when it opens that the rules would refuse them."""
    ready: Callable[[Asking], bool] | None = None
    """Whether it can be submitted; by default where there is something to answer, or no field at all."""
    wish: bool = False
    """Whether it is submitted even if its contents have changed since: the rules decide how it counts."""
    works: bool = False
    """Whether the bot has work to do then, which the terminal waits for."""
    sure: bool = False
    """Whether the terminal shows the `told` lines and asks for confirmation."""

    @property
    def subject(self) -> str:
        """The field that the subject goes into; empty where it is about the incident as a whole."""
        return self.about or ("secret" if issubclass(self.command, c.OfSecret) else "")

    def commands(self, about: About, said: Said) -> Sequence[Given]:
        """The commands that the answers make, mostly one."""
        if self.make is not None:
            made = self.make(about, said)
            return made if isinstance(made, Sequence) else (made,)
        given: dict[str, Any] = {field.name: field.given(said, about) for field in self.fields}
        if self.subject:
            given[self.subject] = about.subject
        return (self.command(**given),)

    def mistakes(self, said: Said) -> dict[str, str]:
        """A sentence for each text that cannot be recorded, and for each answer to confirm, by field."""
        texts = [field.name for field in self.fields if field.takes in {Takes.TEXT, Takes.LINE}]
        return text_mistakes(said, texts) | dict(self.doubts(said))


def text_mistakes(said: Said, names: Iterable[str]) -> dict[str, str]:
    """The refusal that the rules would give, before anything is submitted. Empty fields are the rules' business."""
    found = {}
    for name in names:
        typed = said.text(name)
        if typed.strip():
            try:
                clean(typed, "text")
            except Declined as declined:
                found[name] = str(declined)
    return found
