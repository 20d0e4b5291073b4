"""What people answer and decide together, one line a kind: readers, checks, tasks; counsel's notices; findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.incident.access.checks import checks_of
from bot.incident.access.readers import principal_name
from bot.incident.model import BOT
from bot.incident.state import Incident
from bot.incident.steps.rules import in_reach
from bot.incident.todos import Todo
from bot.phrases.alive import names_of
from bot.phrases.marks import code, literal, shorten
from bot.phrases.states import capitalised
from bot.phrases.times import counted, few
from bot.phrases.todos import first_due, number_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import beside, button, maybe
from bot.slack.buttons import offer_button

LINE = 200
NAMED = 3
ANSWERED = ("check", "copy", "task", "step")


def together(incident: Incident, every: Sequence[Todo]) -> list[Block]:
    """Nothing where nothing waits. `every` is all that waits for people."""
    kinds: dict[str, list[Todo]] = {}
    for one in every:
        if one.choices:
            kinds.setdefault(one.kind.name, []).append(one)
    blocks: list[Block] = []
    if lines := [*_lines(incident, kinds)]:
        words = "\n".join(shorten(line, LINE) for line in ["ANSWER", *lines])
        blocks.append(beside(words, button("Answer…", ActionId.ANSWER, ButtonValue(incident.id))))
    for kind, head in (("notice", "Notices"), ("finding", "Not recorded")):
        if some := kinds.get(kind):
            number, names = f"{len(some)} open{first_due(some)}", [short_finding(one) for one in some]
            said = number if kind == "notice" else literal(few(names, NAMED))
            blocks.append(beside(f"{head}: {said}", offer_button(incident, some[0].choices[0])))
    return [*blocks, *(maybe(*_not_verified(incident)) if incident.traits.investigates else ())]


def _lines(incident: Incident, kinds: dict[str, list[Todo]]) -> Iterator[str]:
    yield from _readers(incident, kinds.get("reader", []))
    steps = {step.definition.id for step in in_reach(incident)}
    for kind in ANSWERED:
        some = [one for one in kinds.get(kind, []) if kind != "step" or one.subject in steps]
        if some:
            yield f"{capitalised(number_words(incident, some))}{_whose(some)}{_more(incident, kind)}"


def _readers(incident: Incident, some: Sequence[Todo]) -> Iterator[str]:
    """The readers without an answer, and the ones that people could not identify, by name."""
    strange = [one for one in some if one.subject in incident.readers]
    new = [one for one in some if one not in strange]
    ours = sum(not said.outcome.unexplained for said in incident.readers.values())
    its = "its" if len(strange) == 1 else "their"
    for which, words in ((new, "to identify"), (strange, f"not identified, remove {its} access")):
        if which:
            names = few([literal(principal_name(one.subject)) for one in which], NAMED)
            beside = f" ({ours} are ours)" if ours and which is new else ""
            yield f"⚠️ {counted(len(which), 'reader')} {words}: {names}{beside}"


def _whose(some: Sequence[Todo]) -> str:
    """``: Eli 2, Dana 3``, and by when the first is due."""
    owners: dict[str, int] = {}
    for one in some:
        if one.owner:
            owners[one.owner] = owners.get(one.owner, 0) + 1
    named = few([f"{literal(owner)} {number}" for owner, number in owners.items()], NAMED)
    return f"{f': {named}' if len(owners) > 1 else ''}{first_due(some)}"


def _more(incident: Incident, kind: str) -> str:
    if kind != "check":
        return ""
    waiting = checks_of(incident.secrets.values()).waiting
    read = sum(
        check.ended is not None and check.ended.name == BOT.name
        for secret in incident.secrets.values()
        for check in secret.checks.values()
    )
    said = [f"bot answered {read}"] if read else []
    said += [f"{waiting} more once keys are dead"] if waiting else []
    return f" ({', '.join(said)})" if said else ""


def short_finding(one: Todo) -> str:
    """What is not recorded, in a word or two."""
    word = one.subject.replace("-", " ")
    return "abuse" if "abuse" in word else word


def _not_verified(incident: Incident) -> Iterator[str]:
    """The keys that are not compared with the leaked key, and other keys that leaked."""
    if others := [secret for secret in incident.secrets.values() if secret.mistaken]:
        said = f"🎯 *Another key leaked* than {names_of(others)} (compared)"
        yield f"{said}. Declare it at a terminal: {code('bot identify --declare')}"
    if assumed := [secret for secret in incident.secrets.values() if secret.assumed]:
        every = len(assumed) == len(incident.secrets)
        said = "Not verified: these are the leaked keys" if every else f"Not verified as leaked: {names_of(assumed)}"
        captured = any(secret.old.fingerprint for secret in assumed)
        yield f"{said}{f'. At a terminal: {code(f"bot identify {incident.id}")}' if captured else ''}"
