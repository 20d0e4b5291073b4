"""`/compromise rotate NAME…`: the plan first, and what its submission begins."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

import msgspec
from slack_bolt import Ack, App

from bot.asks.ask import text_mistakes
from bot.decoding import decode
from bot.errors import Misuse
from bot.inbox import Declaration
from bot.inbox.rotations import due, overlap_seconds, owned, runs_of
from bot.incident.model import Right
from bot.incident.overlap.strategy import incident_id
from bot.incident.refusals import demand
from bot.incident.routine import Rotating
from bot.phrases.marks import authored, code, literal
from bot.phrases.rotations import rotating_words
from bot.phrases.times import counted, few
from bot.slack.actions import ActionId
from bot.slack.blocks import SENT, Json, form, section, told_form
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest, answering
from bot.slack.modals.inputs import Entered, words
from bot.worker.due_rotations import kept_look

OPTIONS = ("--environment", "--due", "--owner", "--overlap", "--dry-run")
SHORT = {"-e": "--environment"}
_TYPED = str.maketrans({"\u2014": "--", "\u2013": "--", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})
"""What phones and desktops make of hyphens and quotation marks while someone types."""


@dataclass(frozen=True)
class Typed:
    """What stood behind the word. `names` are secrets' names."""

    names: tuple[str, ...] = ()
    environment: str = ""
    due: bool = False
    owner: str = ""
    overlap: str = ""


def register(app: App, ctx: AppContext) -> None:
    app.view(ActionId.ROTATE)(answering(partial(submit_rotation, ctx)))


def submit_rotation(ctx: AppContext, ack: Ack, request: SlackRequest) -> None:
    if mistakes := text_mistakes(Entered(request.values, ctx.people), ("because",)):
        ack(response_action="errors", errors=mistakes)
    else:
        ack(response_action="update", view=told_form(ActionId.ROTATE, TITLE, SENT))
        begin(ctx, request)


def typed(rest: Sequence[str], environments: Sequence[str]) -> Typed:
    """``openai-api-key staging``, ``--due -e production``, as at a terminal. Misuse for what is none of it."""
    try:
        left = shlex.split(" ".join(rest).translate(_TYPED))
    except ValueError:
        raise Misuse("A quotation mark is not closed.") from None
    names, said = list[str](), dict[str, str]()
    while left:
        word = left.pop(0)
        option, equals, value = word.partition("=")
        option = SHORT.get(option, option)
        if not word.startswith("-"):
            names += [word] if word not in environments else []
            said |= {"--environment": word} if word in environments else {}
        elif option not in OPTIONS:
            near = get_close_matches(option, OPTIONS, 1)
            raise Misuse(f"Unknown option {word}.{f' Did you mean {near[0]}?' if near else ''}")
        elif option in {"--due", "--dry-run"}:
            said[option] = "yes"
        elif not equals and not left:
            raise Misuse(f"{option} needs a value after it.")
        else:
            said[option] = value if equals else left.pop(0)
    return Typed(
        tuple(dict.fromkeys(names)), said.get("--environment", ""), "--due" in said, said.get("--owner", ""),
        said.get("--overlap", ""),
    )  # fmt: skip


def open_rotation(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    """Shows what would happen; nothing begins before that was sent."""
    ctx.demand_known()
    demand(ctx.people.by_slack(request.user).actor, Right.RESPOND)
    said = typed(rest, ctx.incidents.catalog.environments)
    environment = ctx.incidents.catalog.chosen(said.environment)
    names = _names(ctx, said, environment)
    if len(names) > MOST:
        raise Misuse(f"{len(names)} secrets are more than a form holds ({MOST}). Use `bot rotate` at a terminal.")
    asked = RotationAsked(names, environment, overlap_seconds(said.overlap) if said.overlap else None)
    actor = ctx.people.by_slack(request.user).actor
    plans = ctx.incidents.foresee_rotations(_runs(ctx, asked), actor, slack=True)
    view = rotation_form(asked, [one for each in plans for one in each])
    ctx.gateway.open_view(request.trigger, view)


def _names(ctx: AppContext, said: Typed, environment: str) -> tuple[str, ...]:
    """Those named; all that is due as a worker last saw it, or all of one owner."""
    found: list[str] = []
    if said.due:
        looked = kept_look(ctx.incidents.event_log)
        if looked is None:
            raise Misuse("Due rotations are not known yet: name the secrets.")
        found = due(looked, environment, said.owner)
    elif said.owner:
        found = owned(ctx.incidents.catalog, environment, said.owner)
    names = tuple(dict.fromkeys([*said.names, *found]))
    if not names:
        raise Misuse("Name the secrets to rotate, or use --due or --owner NAME.")
    return names


def _runs(ctx: AppContext, asked: RotationAsked, because: str = "") -> list[Declaration]:
    return runs_of(ctx.incidents, asked.names, asked.environment, asked.overlap, because)


def begin(ctx: AppContext, request: SlackRequest) -> None:
    """A run for each secret; what cannot begin does not keep the others from it."""
    with ctx.explaining(request, "bot rotate"):
        asked = RotationAsked.decode(request.view_note)
        runs = _runs(ctx, asked, Entered(request.values, ctx.people).text("because"))
        ctx.tell(request, "\n".join(_begun(ctx, request, runs)))


def _begun(ctx: AppContext, request: SlackRequest, runs: Sequence[Declaration]) -> Iterator[str]:
    for number, run in enumerate(runs):
        command_id = f"{request.command_id}-{number}"
        names = few([choice.name for choice in run.secrets], 3)
        answer = ctx.client.ask(incident_id(command_id), run, ctx.asker(request), command_id)
        if answer is None:
            yield f"{literal(names)}: saved, but no worker has taken it yet. It is decided as soon as one runs."
        elif answer.reason:
            yield f"Not begun: {authored(answer.reason)}"
        elif not answer.last:
            yield f"Nothing new was begun: {literal(names)} is in {code(answer.incident)}."
        else:
            yield f"🔄 {code(answer.incident)} rotates {literal(names)}."


# The form: what each rotation would do, before anything begins.


TITLE = "Planned rotation"
MOST = 20
"""Secrets of one form: more would not fit into what a form shows and carries."""


@dataclass(frozen=True)
class RotationAsked:
    """What the form carries to its submission: names alone. `overlap` is in seconds."""

    names: tuple[str, ...]
    environment: str
    overlap: float | None = None

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, note: str) -> RotationAsked:
        """Misuse for anything that no form of ours carries."""
        try:
            return decode(note, cls)
        except (msgspec.DecodeError, ValueError):
            raise Misuse("This form is from another version of the bot. Ask for the rotation again.") from None


def rotation_form(asked: RotationAsked, plans: Sequence[Rotating]) -> Json:
    """Without a button where nothing can begin."""
    begin = sum(one.begins for one in plans)
    about = "No page. If someone else may have a secret, declare a leak instead."
    return form(
        ActionId.ROTATE,
        TITLE,
        [
            section(f"*{literal(asked.environment)}*: {about}"),
            *(section(rotating_words(one)) for one in plans),
            *([words("because", "Why now?", hint="Quoted in the report.", optional=True)] if begin else ()),
        ],
        submit=f"Rotate {counted(begin, 'secret')}" if begin else "",
        close="Cancel" if begin else "Close",
        note=asked.encode(),
    )
