"""A command of the terminal out of what is asked for a command of the core (`bot.asks`)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.asks import ASKS
from bot.asks.ask import NOTE, About, Ask, Asking, Field, Takes
from bot.cli.arguments import argument, option, parse_time
from bot.cli.inbox import NoWait, Yes, ask_and_show, record
from bot.cli.show import IncidentId, SecretName
from bot.cli.terminal import Terminal
from bot.cli.todo import one_to_do
from bot.cli.todo_list import tell_taken
from bot.errors import Misuse
from bot.incident.commands import Answer
from bot.incident.offers import available
from bot.incident.refusals import secret_named
from bot.incident.state import Incident
from bot.phrases.marks import plain
from bot.phrases.typed import word_of


@dataclass(frozen=True)
class Typed:
    """What someone typed, by the field's name, as `bot.asks.ask.Said` gives it."""

    values: Mapping[str, Any]

    def asked(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "")

    def choice(self, name: str) -> str:
        return self.text(name)

    def choices(self, _name: str) -> tuple[str, ...]:
        return ()  # no command of the terminal takes several

    def time(self, name: str) -> datetime | None:
        return parse_time(self.text(name))

    def person(self, name: str) -> str:
        return self.text(name)


def function_of(ask: Ask) -> Callable[..., int | None]:
    """What the command of this word does, with its help and with the parameters that Typer reads from it."""

    @taking({parameter.name: parameter for parameter in _parameters(ask)}.values())
    def run(terminal: Terminal, **given: Any) -> int | None:
        return _run(terminal, ask, given.pop("incident"), given)

    examples = "\n".join(f"  bot {word_of(ask.command)} {example}" for example in ask.examples)
    run.__doc__ = f"{ask.help}\n\nFor example:\n{examples}"
    return run


ASKED: Mapping[str, Ask] = {word_of(ask.command): ask for ask in ASKS if ask.help}
"""By the words that are typed."""


def _parameters(ask: Ask) -> Iterator[inspect.Parameter]:
    yield _parameter("incident", IncidentId)
    if ask.subject == "secret":
        yield _parameter("subject", SecretName)
    elif ask.subject == "lane":
        told = "As `bot show` names it; all of them by default."
        yield _parameter("subject", Annotated[str, argument("[LANE]", told)], default="")
    elif ask.subject == "todo":
        yield _parameter("subject", Annotated[str, argument("WHAT", "What `bot todo` lists of work by hand.")])
    elif ask.subject:
        yield _parameter("subject", Annotated[str, argument(ask.subject.upper(), "As `bot show` names it.")])
    by_place = [field for field in ask.fields if field.option == ""]
    for field in by_place:
        yield _parameter(field.name, Annotated[str, argument(field.metavar, f"{field.label}.".replace("?.", "?"))])
    for field in ask.fields:
        if field.option:
            yield option_of(field)
    if ask.works:
        yield _parameter("no_wait", NoWait, default=False)
    if ask.sure:
        yield _parameter("yes", Yes, default=False)


def _parameter(name: str, kind: object, *, default: object = None) -> inspect.Parameter:
    """By its place where it has no default."""
    if default is not None:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind)


def option_of(field: Field) -> inspect.Parameter:
    """The field as Typer reads it."""
    utc = " UTC by default." if field.takes is Takes.TIME else ""
    told = f"{field.label}. {field.hint}{utc}".strip().replace("?.", "?")
    return _parameter(field.name, Annotated[str, option(field.option or "", field.metavar, told)], default="")


def taking[F: Callable[..., int | None]](parameters: Iterable[inspect.Parameter]) -> Callable[[F], F]:
    """Gives a command these parameters, as Typer reads them, in place of its ``**`` parameter."""

    def changed(command: F) -> F:
        own = inspect.signature(command, eval_str=True).parameters.values()
        both = [*(each for each in own if each.kind is not each.VAR_KEYWORD), *parameters]
        command.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
        return command

    return changed


def _run(terminal: Terminal, ask: Ask, incident: str, given: dict[str, Any]) -> int | None:
    for field in ask.fields:
        if field.takes is Takes.TIME:
            parse_time(given.get(field.name) or "")  # before anything is asked of the log
    state = terminal.incidents.look(incident).incident
    if ask.subject == "secret":
        secret_named(state, given["subject"])
    if ask.subject == "todo":
        given["subject"] = one_to_do(state, terminal.clock(), given["subject"]).id
    tell_taken(terminal, state, ask.command, given.get("subject", ""))
    about = ask.shown(state, About(given.pop("subject", "")))
    carried = next((field for field in ask.fields if field.takes is Takes.CARRIED and given.get(field.name)), None)
    if carried is not None:
        about = About(about.subject, _chosen(carried, Asking(state, about), given[carried.name]))
    asking = Asking(state, about, available(state, terminal.clock()))
    no_wait, yes = given.pop("no_wait", False), given.pop("yes", False)
    typed = Typed({each.name: _value(terminal, each, asking, given) for each in ask.fields if each.option is not None})
    if mistakes := ask.mistakes(typed):
        raise Misuse(next(iter(mistakes.values())))
    if ask.sure:
        _sure(terminal, ask, asking, yes=yes)
    (body,) = ask.commands(about, typed)
    if ask.works:
        return ask_and_show(terminal, incident, body, no_wait=no_wait)
    record(terminal, incident, body, f"{incident}: recorded.")
    return None


def _value(terminal: Terminal, field: Field, asking: Asking, given: Mapping[str, Any]) -> Any:
    """What was typed; asked for where it is needed and someone can be asked. Misuse where it is missing."""
    value = given.get(field.name)
    if field.takes in {Takes.ONE, Takes.CARRIED} and value:
        return _chosen(field, asking, value)
    if str(value or "").strip() or field.optional or field.takes is Takes.CARRIED:
        return value
    if field.takes is Takes.PERSON:
        return ""  # the author
    if field.option not in {NOTE, ""} and (initial := field.initial(asking)):
        return initial  # the draft of a text
    if terminal.interactive:
        return typer.prompt(f"{field.label} (never a secret)", err=True)
    raise Misuse(f"{field.label.removesuffix('?')}: add {f'{field.option} {field.metavar}'.strip()}.")


def _chosen(field: Field, asking: Asking, typed: str) -> str:
    """The choice that was typed, whole or by its end: ``1`` for ``sev1``. Misuse names the choices."""
    choices = list(field.choices(asking))
    if not choices:
        return typed
    found = [one.value for one in choices if typed.lower() in {one.value.lower(), one.words.lower()}]
    found = found or [one.value for one in choices if one.value.lower().endswith(typed.lower())]
    if len(found) != 1:
        raise Misuse(f"{typed!r} is not one of {', '.join(str(one.value) for one in choices)}.")
    return found[0]


def ask_of(answer: Answer) -> Ask | None:
    """The `Ask` of an answer that decides something, which leads to work."""
    return next((each for each in ASKS if each.command is type(answer)), None)


def sure_of(terminal: Terminal, incident: Incident, answer: Answer, *, named: bool, yes: bool) -> None:
    """Shows what the answer does and asks, where its `Ask` says so. `named`: by its id or tag, so that someone has seen
    it; Misuse where it is not, and no one can be asked.
    """
    if (ask := ask_of(answer)) is not None and ask.sure:
        if not named and not terminal.interactive:
            raise Misuse(f"Name it in full: `bot todo {incident.id}` lists it.")
        asking = Asking(incident, About(getattr(answer, ask.subject) if ask.subject else ""))
        drafts = [getattr(answer, each.name) for each in ask.fields if each.initial(asking)]
        _sure(terminal, ask, asking, drafts, yes=yes and named)


def _sure(terminal: Terminal, ask: Ask, asking: Asking, texts: Sequence[str] = (), *, yes: bool) -> None:
    """Shows what it does and the texts that go out, and asks, where someone can be asked. typer.Abort for a no."""
    for line in (*map(plain, ask.told(asking)), *(line for text in texts for line in text.splitlines())):
        terminal.hint(line)
    terminal.sure(f"{ask.title}?", yes=yes)
