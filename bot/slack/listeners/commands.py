"""`/compromise` and the words after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from slack_bolt import Ack, App

from bot.incident import commands as c
from bot.incident.events import kind_of
from bot.incident.state import Incident
from bot.keyshapes import recognise
from bot.phrases.marks import code, day_and_time, literal, moment, shorten
from bot.phrases.states import headline
from bot.response import PersonCommand, RedactChoice
from bot.slack.blocks import section
from bot.slack.incident_card import incident_card
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.declare import open_declaration
from bot.slack.listeners.request import SlackRequest

COMMAND = "/compromise"
NEWEST = 25
HELP = """\
*Leaked secret, confirmed or suspected?* `/compromise` opens the declaration. Never paste the secret itself.
`/compromise list`: open incidents
`/compromise show INCIDENT`: its card
`/compromise timeline INCIDENT`: what happened last
`/compromise report INCIDENT`: have the report written
`/compromise note INCIDENT TEXT`: add a note
`/compromise kill INCIDENT SECRET`: kill the old value now
`/compromise retry INCIDENT`: retry what failed and needs action
`/compromise redact INCIDENT EVENT,EVENT REASON`: propose to take people's words out of the log, by the report's numbers
`/compromise drill`: how to practise
At a terminal, `bot --help` has all of these and more; values are brought there, by `bot submit`."""
DRILL = "Practise at a terminal: `bot drill`. It runs a whole incident on your own machine and touches nothing real."
SUBMIT = "A value never goes through Slack. At a terminal: `bot submit INCIDENT SECRET` asks for it at a hidden prompt."
LEAKED = (
    "🚫 This holds what looks like a {shape}, so nothing was done with it. But *Slack has seen it now: treat it as "
    "leaked*, and declare it with `/compromise`. To find out which secret a value is, run `bot identify` at a terminal "
    "and enter it at the hidden prompt. To bring a new one, run `bot submit INCIDENT SECRET`."
)

type Words = Callable[[AppContext, SlackRequest, list[str]], None]


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
        if does := WORDS.get(word.lower()):
            does(ctx, request, rest)
        else:
            _unknown(ctx, request, word)


def _unknown(ctx: AppContext, request: SlackRequest, word: str) -> None:
    near = get_close_matches(word.lower(), WORDS, 1)
    meant = f" Did you mean {code(f'{COMMAND} {near[0]}')}?" if near else ""
    ctx.tell(request, f"Unknown command “{literal(word)}”.{meant}\n{HELP}")


def _declare(ctx: AppContext, request: SlackRequest, _rest: list[str]) -> None:
    open_declaration(ctx, request)


def _say(text: str) -> Words:
    return lambda ctx, request, _rest: ctx.tell(request, text)


def _list(ctx: AppContext, request: SlackRequest, _rest: list[str]) -> None:
    trusted = bool(ctx.people.by_slack(request.user).rights)
    lines = [ctx.unattended()] if ctx.unattended() else []
    for each, _ in ctx.open_incidents(NEWEST):
        alive = "🔴" if each.alive else "✅"
        more = (
            f" · {literal(each.title)} · {alive} {each.alive} of {len(each.secrets)} not proven dead" if trusted else ""
        )
        lines.append(f"*{each.incident}* · {literal(each.environment)} · {day_and_time(each.declared_at)}{more}")
    ctx.tell(request, shorten("\n".join(lines) or "No incident is open.", 3000))


def _named(ctx: AppContext, request: SlackRequest, rest: list[str], usage: str) -> Incident | None:
    """The incident that was named, if this person may read about it; else they have been told."""
    if not rest:
        ctx.tell(request, f"Which incident? {code(usage)}")
        return None
    incident = ctx.incident(rest[0].lower())
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
        events = ctx.incidents.events(incident.id)
        lines = [
            f"{moment(each.at, seconds=True)} {literal(each.actor)}: {kind_of(each.event).replace('-', ' ')}"
            for each in events[-NEWEST:]
        ]
        whole = f"The last {len(lines)} of {len(events)} events. All: {code(f'bot timeline {incident.id}')}"
        ctx.tell(request, shorten("\n".join([*lines, whole]), 3000))


def _doing(usage: str, make: Callable[[list[str]], PersonCommand | None], done: str = "") -> Words:
    """A word that gives a command; `make` has what follows the incident's id, and gives None if that is not enough."""

    def do(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
        command = make(rest[1:])
        if command is None:
            ctx.tell(request, f"More is needed: {code(usage)}")
        elif incident := _named(ctx, request, rest, usage):
            reply = ctx.do(request, incident.id, command)
            ctx.report(request, reply, done)

    return do


def redaction(rest: list[str]) -> RedactChoice | None:
    """``12,17 it held a password``: the numbers of events, and why; None for anything else."""
    numbers, *reason = rest or [""]
    if not reason or not all(each.isdecimal() for each in numbers.split(",")):
        return None
    return RedactChoice(tuple(dict.fromkeys(int(each) for each in numbers.split(","))), " ".join(reason))


WORDS: Mapping[str, Words] = {
    "declare": _declare,
    "help": _say(HELP),
    "drill": _say(DRILL),
    "submit": _say(SUBMIT),
    "identify": _say(SUBMIT.replace("submit", "identify")),
    "list": _list,
    "show": _show,
    "timeline": _timeline,
    "report": _doing("/compromise report INCIDENT", lambda _rest: c.RequestReport(), "The report is being written."),
    "retry": _doing("/compromise retry INCIDENT", lambda _rest: c.Retry(), "It is being tried again."),
    "note": _doing(
        "/compromise note INCIDENT TEXT", lambda rest: c.AddNote(" ".join(rest)) if rest else None, "Noted."
    ),
    "redact": _doing(
        "/compromise redact INCIDENT EVENT,EVENT REASON",
        redaction,
        "Proposed: another person with approve agrees on the card, or at a terminal.",
    ),
    "kill": _doing(
        "/compromise kill INCIDENT SECRET",
        lambda rest: c.KillNow(rest[0]) if len(rest) == 1 else None,
        "The kill is asked for; the card says what happens.",
    ),
}
