"""The line to type at a terminal for each command: instead of a button, or where no button exists."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields

from msgspec.structs import asdict

from bot.incident import commands as c
from bot.incident.closing.open_items import acceptable
from bot.incident.commands import Act
from bot.incident.offers import Offer
from bot.incident.state import Incident
from bot.incident.stored import text_of
from bot.incident.todos import answer_word, todo_of

LINES: Mapping[type[Act], str] = {
    c.AcceptRole: "bot people accept {here}",
    c.AddNote: "bot note {here} TEXT",
    c.AddSecret: "bot incident add {here} SECRET",
    c.AddTask: "bot incident task {here} TITLE --owner NAME --due TIME",
    c.AnnounceSubmission: "bot submit {here} {secret}",
    c.ApprovePlan: "bot approve {here}",
    c.AskReplacement: "bot incident replace {here} {secret}",
    c.ChangeTask: "bot incident change-task {here} {task} --owner NAME --due TIME --note WHY",
    c.ChooseCandidate: "bot incident key {here} {secret} {key_id}",
    c.ChooseScopes: "bot incident scopes {here} {secret} SCOPES",
    c.ChooseStrategy: "bot incident strategy {here} {secret} {strategy} --note WHY",
    c.CompareValue: "bot identify {here} {secret}",
    c.ConfirmRevoked: "bot incident revoked {here} {secret}",
    c.DeclineRole: "bot people decline {here} --note WHY",
    c.HandOver: "bot people hand-over {here} NAME",
    c.KillNow: "bot revoke {here} {secret}",
    c.NoteForCounsel: "bot incident counsel-note {here} TEXT",
    c.PageAgain: "bot incident page {here} --note WHY",
    c.RecordAbuse: "bot incident abuse {here} {secret} WHAT_WAS_SEEN",
    c.RecordAwareness: "bot incident known {here} TIME --note WHY",
    c.RecordExposure: "bot incident exposed {here} TIME --note WHY",
    c.RecordFinding: "bot note {here} TEXT --{what}",
    c.Redact: "bot incident redact {here} EVENT... --note WHY",
    c.RejectPlan: "bot approve {here} --refuse --note WHY",
    c.RequestReport: "bot report {here}",
    c.ReviewGlass: "bot incident review {here} --note WHAT_YOU_FOUND",
    c.HoldEvidence: "bot incident legal-hold {here} ON_OR_OFF --note WHY",
    c.HoldRevocations: "bot incident hold {here} --note WHY",
    c.ResumeRevocations: "bot incident resume {here} --note WHY",
    c.ReturnTodo: "bot incident give-back {here} {todo}",
    c.TakeTodo: "bot incident take {here} {todo}",
    c.TakeRole: "bot people take {here} --note WHY",
    c.Retry: "bot incident retry {here} {lane}",
    c.WriteNarrative: "bot report {here} --edit",
}
"""With the command's own fields, where the line is another than by default. Words in capitals are to be filled in."""


def _line(kind: type[Act]) -> str:
    """By default the command's name in the group `incident`, its fields by their places, and its text as the note."""
    text = text_of(kind)
    places = [f"{{{each.name}}}" for each in fields(kind) if each.name not in {text, "seen", "digest"}]
    note = ["--note WHY"] if text else []
    return LINES.get(kind) or " ".join(["bot incident", c.name_of(kind), "{here}", *places, *note])


def command_line(incident: Incident, offer: Offer, among: Sequence[Offer] = ()) -> str:
    """The line for this offer, together with offers `among` that the same command gives. Words in capitals are to be
    filled in.
    """
    if offer.command is None:
        return _line(offer.kind).format(here=incident.id, **{e.name: e.name.upper() for e in fields(offer.kind)})
    leaver = incident.departure.leaver.name if incident.departure is not None else ""
    left = [item.key for item in acceptable(incident)] if offer.kind is c.Close else ()
    return line_of(incident.id, offer.command, leaver=leaver, left=left, among=among)


def line_of(here: str, command: Act, *, leaver: str = "", left: Sequence[str] = (), among: Sequence[Offer] = ()) -> str:
    """The line for this command in the incident of the id `here`. `leaver` is the leaver's name, `left` the keys that a
    close has to accept; glass is broken for all of the offers `among` at once.
    """
    match command:
        case c.BreakGlass(shown):
            return f"bot revoke {here} {_broken(tuple(shown), among)} --break-glass --note WHY"
        case c.Close():
            accepted = [f"--accept {key}" for key in left]
            return " ".join([f"bot close {here}", *accepted, *(["--note WHY"] if accepted else [])])
        case c.AgreeDeparture():
            return f"bot people departure {leaver or 'NAME'} --agree"
        case _ if isinstance(command, c.Answer):
            word = "OUTCOME" if isinstance(command, c.AccessAnswer) else answer_word(command)
            return answer_line(here, todo_of(command), command, word)
        case c.SignReport(digest):
            return f"bot report {here} --sign {digest[:12] or 'DIGEST'}"
        case _:
            filled = {name: name.upper() if value == "" else _quoted(value) for name, value in asdict(command).items()}
            return _line(type(command)).format(here=here, **filled).rstrip()


def _quoted(value: object) -> str:
    text = str(value)
    return shlex.quote(text) if text else ""


def answer_line(here: str, todo: str, answer: c.Answer, word: str) -> str:
    """The line that gives it to the to-do of that id, or to a group of them."""
    field = text_of(type(answer))
    by = " --by NAME" if isinstance(answer, c.DecideNotice) else ""
    note = " --note TEXT" if field and not getattr(answer, field) else ""
    return f"bot answer {here} {shlex.quote(todo)} {word}{by}{note}"


def word_of(command: type[Act]) -> str:
    """The words before the incident's id: ``incident roll-back``."""
    return _line(command).removeprefix("bot ").partition(" {here}")[0]


def submit_line(here: str, secret: str) -> str:
    """The line that submits a new key, which never goes through Slack."""
    return line_of(here, c.AnnounceSubmission(secret, ""))


def _broken(secrets: Sequence[str], among: Sequence[Offer]) -> str:
    """For whom the glass is broken at once, first the one that is offered first."""
    first, *others = [each.secret for each in among if each.kind is c.BreakGlass] or secrets
    return " ".join(dict.fromkeys([first, *secrets, *others]))
