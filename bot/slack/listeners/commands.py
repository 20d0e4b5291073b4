"""`/compromise` and the words after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from slack_bolt import Ack, App

from bot.errors import Misuse
from bot.inbox import PersonCommand
from bot.incident import commands as c
from bot.incident.state import Incident
from bot.incident.updates.rules import audiences
from bot.phrases.alive import not_dead_words
from bot.phrases.events import sentence
from bot.phrases.marks import code, day_and_time, literal, moment, plain, shorten
from bot.phrases.states import headline
from bot.phrases.times import counted, listed
from bot.phrases.updates import audience_words
from bot.secrets.keyshapes import recognise
from bot.slack.blocks import section
from bot.slack.incident_card import incident_card
from bot.slack.incident_card.header import sign
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.declare import open_declaration
from bot.slack.listeners.departure import open_departure
from bot.slack.listeners.forms import open_form_of
from bot.slack.listeners.request import SlackRequest
from bot.slack.listeners.rotate import open_rotation
from bot.slack.modals.consents import KILL, REDACT, events_in
from bot.slack.modals.form import Form

COMMAND = "/compromise"
NEWEST = 25
LONGEST = 2900
"""Characters of a list: a block takes 3,000, and what is left out has to be said."""
LONGEST_EVENT = 300
"""Characters of one event in a timeline: what somebody wrote can be longer."""
DRILL = "Practise at a terminal: `bot drill`. It runs a whole incident on your own machine and touches nothing real."
SUBMIT = "A value never goes through Slack. At a terminal: `bot submit INCIDENT SECRET` asks for it at a hidden prompt."
LEAKED = (
    "🚫 This holds what looks like a {shape}, so nothing was done with it. But *Slack has seen it now: treat it as "
    "leaked*, and declare it with `/compromise`. To find out which secret a value is, run `bot identify` at a terminal "
    "and enter it at the hidden prompt. To bring a new one, run `bot submit INCIDENT SECRET`."
)

type Does = Callable[[AppContext, SlackRequest, list[str]], None]


@dataclass(frozen=True)
class Word:
    """What may be typed after the command. `usage` is what follows the word, `help` a phrase: what it is for."""

    does: Does
    help: str
    usage: str = ""


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
    with ctx.explaining(request, f"bot {word}" if word in WORDS else "bot --help"):
        if known := WORDS.get(word.lower()):
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
    """``/compromise note INCIDENT TEXT``."""
    return f"{COMMAND} {word} {WORDS[word].usage}".rstrip()


def help_words() -> str:
    """Every word with what it is for."""
    lines = [f"{code(usage_of(word))}: {row.help}" for word, row in WORDS.items() if word != "declare"]
    head = f"*Leaked secret, confirmed or suspected?* {code(COMMAND)} opens the declaration. Never paste the secret."
    last = (
        "All else that an incident asks for (readers, checks, notices, tasks, paging again, close) is a button of its "
        "card. "
        f"At a terminal, {code('bot --help')} has all of these, under the same words, and more; values are brought "
        f"there, by {code('bot submit')}."
    )
    return "\n".join([head, *lines, last])


def _help(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    """Of one word, if one is named."""
    word = rest[0].lower() if rest else ""
    if word in WORDS:
        same = f" At a terminal: {code(f'bot {word} --help')}." if word in TERMINAL_TOO else ""
        ctx.tell(request, f"{code(usage_of(word))}: {WORDS[word].help}.{same}")
    else:
        ctx.tell(request, f"{f'There is no word {code(word)}.' + _meant(word, WORDS) if word else ''}\n{help_words()}")


def _declare(ctx: AppContext, request: SlackRequest, _rest: list[str]) -> None:
    open_declaration(ctx, request)


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
    ctx.tell(request, "\n".join(lines) or "No incident is open.")


def _named(ctx: AppContext, request: SlackRequest, rest: list[str], usage: str) -> Incident | None:
    """The incident that was named, if this person may read about it; else they have been told."""
    if not rest:
        ctx.tell(request, f"Which incident? {code(usage)}")
        return None
    name = rest[0].lower()
    try:
        incident = ctx.incident(name)
    except Misuse as misuse:
        meant = _meant(name, [each.incident for each, _ in ctx.open_incidents().known])
        raise Misuse(f"{misuse}{plain(meant)}") from None
    if not ctx.may_see(request, incident):
        ctx.tell(request, f"{code(incident.id)} is shown to its responders, in its channel.")
        return None
    return incident


def _show(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    if incident := _named(ctx, request, rest, "/compromise show INCIDENT"):
        blocks = incident_card(incident, ctx.clock(), ctx.incidents.event_log.head(incident.id), word=ctx.word)
        if warning := ctx.unattended():
            blocks = [section(warning), *blocks]
        ctx.tell(request, f"{incident.id}: {headline(incident)}", blocks)


def _timeline(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    if incident := _named(ctx, request, rest, "/compromise timeline INCIDENT"):
        told = [(each, said) for each in ctx.incidents.events(incident.id) if (said := sentence(each, incident))]
        lines: list[str] = []
        for each, said in reversed(told[-NEWEST:]):
            line = f"{moment(each.at, seconds=True)} {shorten(literal(said), LONGEST_EVENT)}"
            if len(plain("\n".join([line, *lines]))) > LONGEST:
                break
            lines.insert(0, line)
        whole = f"The last {len(lines)} of {len(told)} events. All: {code(f'bot timeline {incident.id}')}"
        ctx.tell(request, "\n".join([*lines, whole]))


def _doing(word: str, make: Callable[[list[str]], PersonCommand | None], done: str = "") -> Does:
    """A word that gives a command; `make` has what follows the incident's id, and gives None if that is not enough."""

    def do(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
        command, usage = make(rest[1:]), usage_of(word)
        if command is None:
            ctx.tell(request, f"More is needed: {code(usage)}")
        elif incident := _named(ctx, request, rest, usage):
            if sentence := _no_secret(incident, getattr(command, "secret", "")):
                ctx.tell(request, sentence)
                return
            ctx.report(request, ctx.do(request, incident.id, command), done)

    return do


def _asking(word: str, form: Form, about: Callable[[list[str]], str]) -> Does:
    """A word that opens a form; `about` has what follows the incident's id, and gives "" if that is not enough."""

    def do(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
        subject, usage = about(rest[1:]), usage_of(word)
        if not subject:
            ctx.tell(request, f"More is needed: {code(usage)}")
        elif incident := _named(ctx, request, rest, usage):
            if form is KILL and (sentence := _no_secret(incident, subject)):
                ctx.tell(request, sentence)
                return
            open_form_of(ctx, form, request, incident, subject)

    return do


def _no_secret(incident: Incident, name: object) -> str:
    """What to say where the incident has no secret of this name; empty where it has, and where none is named."""
    if not isinstance(name, str) or not name or name in incident.secrets:
        return ""
    known = listed([code(each) for each in incident.secrets][:NEWEST])
    return f"{code(incident.id)} has no secret {code(name)}.{_meant(name, incident.secrets)} It has {known}."


def commander(rest: list[str]) -> PersonCommand | None:
    """``take anna does not answer``, ``accept``; None for anything else."""
    match rest:
        case ["accept"]:
            return c.AcceptRole()
        case ["take", *reason]:
            return c.TakeRole(" ".join(reason))
        case ["decline", *reason] if reason:
            return c.DeclineRole(" ".join(reason))
        case ["hand-over", to]:
            return c.HandOver(to)
        case _:
            return None


def step(rest: list[str]) -> PersonCommand | None:
    """``notify done``, ``remediate skip only made-up data``; None for anything else."""
    match rest:
        case [name, "done"]:
            return c.CompleteStep(name)
        case [name, "skip", *reason] if reason:
            return c.SkipStep(name, " ".join(reason))
        case _:
            return None


def _update(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    if incident := _named(ctx, request, rest, usage_of("update")):
        lines = [literal(audience_words(incident, audience)) for audience in audiences(incident)]
        ctx.tell(request, shorten("\n".join(lines) or "Nobody gets status updates: no audience is named.", 3000))


def _note(rest: list[str]) -> PersonCommand | None:
    return c.AddNote(" ".join(rest)) if rest else None


def _one_secret(make: Callable[[str], PersonCommand]) -> Callable[[list[str]], PersonCommand | None]:
    return lambda rest: make(rest[0]) if len(rest) == 1 else None


WORDS: Mapping[str, Word] = {
    "declare": Word(_declare, "open the declaration"),
    "list": Word(_list, "open incidents"),
    "show": Word(_show, "its card", "INCIDENT"),
    "timeline": Word(_timeline, "what happened last", "INCIDENT"),
    "note": Word(_doing("note", _note, "Noted."), "add a note", "INCIDENT TEXT"),
    "kill": Word(
        _asking("kill", KILL, lambda rest: rest[0] if len(rest) == 1 else ""),
        "revoke the old value now",
        "INCIDENT SECRET",
    ),
    "revoked": Word(
        _doing("revoked", _one_secret(c.ConfirmRevoked), "Recorded. Verifying with the provider."),
        "say that you revoked it at its provider",
        "INCIDENT SECRET",
    ),
    "retry": Word(
        _doing("retry", lambda _rest: c.Retry(), "It is being tried again."),
        "retry what failed and needs action",
        "INCIDENT",
    ),
    "commander": Word(
        _doing("commander", commander, "Done: the card says who commands."),
        "take, accept or hand over command",
        "INCIDENT take|accept|decline|hand-over [NAME|REASON]",
    ),
    "update": Word(_update, "what security, stakeholders and owners were told, and what waits", "INCIDENT"),
    "step": Word(_doing("step", step, "Done."), "move a step", "INCIDENT STEP done|skip [REASON]"),
    "report": Word(
        _doing("report", lambda _rest: c.RequestReport(), "The report is being written."),
        "have the report written",
        "INCIDENT",
    ),
    "redact": Word(
        _asking("redact", REDACT, lambda rest: next((each for each in rest[:1] if events_in(each)), "")),
        "propose to take people's words out of the log, by the report's numbers",
        "INCIDENT EVENT,EVENT",
    ),
    "departure": Word(open_departure, "somebody leaves: rights void at once, what they knew rotated", "@NAME"),
    "rotate": Word(
        open_rotation,
        "replace secrets as planned: the plan is shown first",
        "NAME… [ENVIRONMENT] [--due|--owner NAME] [--overlap 24h]",
    ),
    "identify": Word(_say(SUBMIT.replace("submit", "identify")), "which secret a value is: at a terminal"),
    "submit": Word(_say(SUBMIT), "bring a new value: at a terminal"),
    "drill": Word(_say(DRILL), "how to practise"),
    "help": Word(_help, "these words, or one of them", "[WORD]"),
}
TERMINAL_TOO = frozenset(WORDS) - {"help"}
"""Words that the terminal has as well. A test holds that each of them is a command there."""
