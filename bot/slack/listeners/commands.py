"""`/compromise` and the words after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from slack_bolt import Ack, App

from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident.state import Incident
from bot.incident.todos import todos
from bot.phrases.alive import not_dead_words
from bot.phrases.marks import code, day_and_time, literal, plain, shorten
from bot.phrases.states import headline
from bot.phrases.times import counted, listed
from bot.phrases.todos import todo_words
from bot.secrets.keyshapes import recognise
from bot.slack.blocks import section
from bot.slack.incident_card import incident_card
from bot.slack.incident_card.header import sign
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.declare import open_declaration
from bot.slack.listeners.forms import open_form_of
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals.asked import Form
from bot.slack.modals.consents import CLOSE, KILL, REDACT, events_in

COMMAND = "/compromise"
INCIDENT = re.compile(r"inc_[a-z2-7]{6}")
NEWEST = 25
LONGEST = 2900
"""Characters of a list: a block takes 3,000, and what is left out has to be said."""
SUBMIT = "Never put a key into Slack. At a terminal `bot submit INCIDENT SECRET` asks for it at a hidden prompt."
LEAKED = (
    "🚫 This holds what looks like a {shape}, so it was ignored. *Slack has seen it: treat it as leaked* and "
    "declare it with `/compromise`. To find out which secret it is, run `bot identify` at a terminal. To hand over "
    "a new key, run `bot submit INCIDENT SECRET`."
)

type Does = Callable[[AppContext, SlackRequest, list[str]], None]


@dataclass(frozen=True)
class Word:
    """What may be typed after the command. `usage` is what follows it: in an incident's channel without its id.
    `terminal` is the command of the terminal that does the same, for when Slack does not answer.
    """

    does: Does
    usage: str = ""
    terminal: str = "bot --help"


def register(app: App, ctx: AppContext) -> None:
    @app.command(COMMAND)
    def typed(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        answer(ctx, SlackRequest.slash(body), str(body.get("text") or ""))


def answer(ctx: AppContext, request: SlackRequest, text: str) -> None:
    """Does what was typed after the command."""
    if found := recognise(text):
        with ctx.explaining(request, "bot identify"):
            ctx.tell(request, LEAKED.format(shape=found[0].shape.name))
        return
    word, *rest = text.split() or ["declare"]
    known = WORDS.get(word.lower())
    with ctx.explaining(request, known.terminal if known is not None else "bot --help"):
        if known is not None:
            known.does(ctx, request, rest)
        else:
            _unknown(ctx, request, word)


def _unknown(ctx: AppContext, request: SlackRequest, word: str) -> None:
    ctx.tell(request, f"Unknown command “{literal(word)}”.{_meant(word, WORDS, f'{COMMAND} ')}\n{help_words()}")


def _meant(typed: str, known: Iterable[str], before: str = "") -> str:
    """A question for what is misspelt, with a blank before it; empty where nothing is near."""
    near = get_close_matches(typed.lower(), list(known), 1)
    return f" Did you mean {code(f'{before}{near[0]}')}?" if near else ""


def usage_of(word: str) -> str:
    """``/compromise note [INCIDENT] TEXT``."""
    return f"{COMMAND} {word} {WORDS[word].usage}".rstrip()


def help_words() -> str:
    """Six lines."""
    here = "|".join(word for word, row in WORDS.items() if row.usage.startswith(HERE))
    return "\n".join(
        (
            f"*Leaked secret, confirmed or suspected?* {code(COMMAND)} reports it. Never paste the secret.",
            f"In an incident's channel: {code(f'{COMMAND} {here}')}. Elsewhere add its id.",
            f"{code(usage_of('list'))}: open incidents.",
            f"Planned rotations, and someone who leaves: {code('bot rotate')}, {code('bot people departure')}.",
            f"Never put keys into Slack: {code('bot submit')} and {code('bot identify')} ask at a terminal.",
            f"Everything else is a button of the card; {code('bot --help')} has it at a terminal.",
        )
    )


def _help(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    """Of one word, if one is named."""
    word = rest[0].lower() if rest else ""
    if word in WORDS:
        ctx.tell(request, code(usage_of(word)))
    else:
        ctx.tell(request, f"{f'There is no word {code(word)}.' + _meant(word, WORDS) if word else ''}\n{help_words()}")


def _say(text: str) -> Does:
    return lambda ctx, request, _rest: ctx.tell(request, text)


def _list(ctx: AppContext, request: SlackRequest, _rest: list[str]) -> None:
    trusted = bool(ctx.people.by_slack(request.user).rights)
    lines = [ctx.unattended()] if ctx.unattended() else []
    found = ctx.open_incidents()
    if trusted and found.unread:
        which = counted(found.unread, "open incident")
        lines.append(f"🛑 {which} cannot be read: {code('bot list')} at a terminal.")
    shown = 0
    for each, state in found.known[:NEWEST]:
        more = f" · {literal(each.title)} · {sign(state)} {not_dead_words(state)}" if trusted else ""
        line = f"*{each.incident}* · {literal(each.environment)} · {day_and_time(each.declared_at)}{more}"
        if len(plain("\n".join([*lines, line]))) > LONGEST:
            break
        lines.append(line)
        shown += 1
    if shown < len(found.known):
        lines.append(f"And {len(found.known) - shown} more: {code('bot list')}.")
    ctx.tell(request, "\n".join(lines) or "No open incident.")


def _named(ctx: AppContext, request: SlackRequest, rest: list[str], word: str) -> tuple[Incident | None, list[str]]:
    """The incident that was named, or whose channel this is, with what follows; None where it is not to be read here:
    the person has been told then.
    """
    if rest and INCIDENT.fullmatch(rest[0].lower()):
        name, rest = rest[0].lower(), rest[1:]
    else:
        found = [each.incident for each, state in ctx.open_incidents().known if state.channel == request.channel]
        name = found[0] if len(found) == 1 else ""
    if not name:
        ctx.tell(request, f"Which incident? {code(usage_of(word))}{_meant(rest[0], _ids(ctx)) if rest else ''}")
        return None, rest
    try:
        incident = ctx.incident(name)
    except Misuse as misuse:
        raise Misuse(f"{misuse}{plain(_meant(name, _ids(ctx)))}") from None
    if not ctx.may_see(request, incident):
        ctx.tell(request, f"{code(incident.id)} is visible to its responders, in its channel.")
        return None, rest
    return incident, rest


def _ids(ctx: AppContext) -> list[str]:
    return [each.incident for each, _ in ctx.open_incidents().known]


def _show(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    incident, _ = _named(ctx, request, rest, "show")
    if incident is not None:
        blocks = incident_card(incident, ctx.clock(), ctx.incidents.event_log.head(incident.id), word=ctx.word)
        if warning := ctx.unattended():
            blocks = [section(warning), *blocks]
        ctx.tell(request, f"{incident.id}: {headline(incident)}", blocks)


def _todo(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    """What waits for people, the most urgent first."""
    incident, _ = _named(ctx, request, rest, "todo")
    if incident is None:
        return
    lines = [f"*{incident.id}*: {headline(incident)}"]
    waiting = todos(incident, ctx.clock())
    for one in waiting[:NEWEST]:
        line = shorten(f"• {todo_words(incident, one)}{' (waits)' if one.waits else ''}", LONGEST // NEWEST)
        lines.append(line)
    if left := len(waiting[NEWEST:]):
        lines.append(f"And {left} more: {code(f'bot todo {incident.id}')}.")
    ctx.tell(request, "\n".join(lines if waiting else [*lines, "Nothing needs a person."]))


def _note(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    incident, words = _named(ctx, request, rest, "note")
    if incident is not None and not words:
        ctx.tell(request, f"More is needed: {code(usage_of('note'))}")
    elif incident is not None:
        ctx.report(request, ctx.do(request, incident.id, c.AddNote(" ".join(words))), "Noted.")


def _asking(word: str, form: Form, about: Callable[[list[str]], str] | None = None) -> Does:
    """A word that opens a form; `about` has what follows the incident's id, and gives "" if that is not enough."""

    def do(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
        incident, words = _named(ctx, request, rest, word)
        if incident is None:
            return
        subject = about(words) if about is not None else ""
        if about is not None and not subject:
            ctx.tell(request, f"More is needed: {code(usage_of(word))}")
        elif form is KILL and (sentence := _no_secret(incident, subject)):
            ctx.tell(request, sentence)
        else:
            open_form_of(ctx, form, request, incident, subject)

    return do


def _no_secret(incident: Incident, name: str) -> str:
    """What to say where the incident has no secret of this name; empty where it has."""
    if name in incident.secrets:
        return ""
    known = listed([code(each) for each in incident.secrets][:NEWEST])
    return f"{code(incident.id)} has no secret {code(name)}.{_meant(name, incident.secrets)} It has {known}."


def _one(rest: list[str]) -> str:
    return rest[0] if len(rest) == 1 else ""


def _events(rest: list[str]) -> str:
    return next((each for each in rest[:1] if events_in(each)), "")


HERE = "[INCIDENT]"
WORDS: Mapping[str, Word] = {
    "declare": Word(lambda ctx, request, _rest: open_declaration(ctx, request), "", "bot declare"),
    "list": Word(_list, "", "bot list"),
    "show": Word(_show, HERE, "bot show"),
    "todo": Word(_todo, HERE, "bot todo"),
    "note": Word(_note, f"{HERE} TEXT", "bot note"),
    "revoke": Word(_asking("revoke", KILL, _one), f"{HERE} SECRET", "bot revoke"),
    "close": Word(_asking("close", CLOSE), HERE, "bot close"),
    "redact": Word(_asking("redact", REDACT, _events), f"{HERE} EVENT,EVENT", "bot incident redact"),
    "identify": Word(_say(SUBMIT.replace("submit", "identify")), "", "bot identify"),
    "submit": Word(_say(SUBMIT), "", "bot submit"),
    "help": Word(_help, "[WORD]"),
}
