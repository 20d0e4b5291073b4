"""The form behind *Answer…*: checks, copies, readers and tasks; a row each, and one note for all of a page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from slack_sdk.models.blocks import Block, Option

from bot.incident import commands as c
from bot.incident.access.checks import checks_of
from bot.incident.access.decide import alone
from bot.incident.access.readers import principal_name
from bot.incident.lanes import access_lane
from bot.incident.shown import tag_of
from bot.incident.state import Incident
from bot.incident.todos import Face, Todo, answered, answers, needs_note, todos
from bot.phrases.marks import code, link, literal, moment
from bot.phrases.readers import cut_off_words, read_words
from bot.phrases.times import counted
from bot.phrases.todos import plural, todo_details, todo_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, context, form, option, row, section
from bot.slack.modals.inputs import Entered, one_of, turning, unfit, words
from bot.slack.modals.reads import NONE, Reads, Seen

ROWS = 30
"""On one page; a modal has room for 100 blocks."""
NOTE = "note"
HINT = "One note for all that you answer here. The report quotes it. Never a secret, not even in part."
_ROW = "answer|"
_OPTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "check": {
        "clear": ("Clear", "Somebody looked: nothing is there, or what was found is ours"),
        "handled": ("Found, and removed", "Answer it alone; say in the note what was removed"),
    },
    "copy": {
        "updated": ("Updated", "It has the new value"),
        "purged": ("Purged", "Nothing of it is left there"),
        "accepted": ("Accepted", "The old value may stay there; say why in the note"),
    },
    "reader": {
        "ours": ("Ours", "A function or person of ours that is meant to read it"),
        "explained": ("Explained", "A person vouches for it; name them in the note"),
        "unexplained": ("Unexplained", "Answer it alone; say in the note whom you asked"),
        "removed": ("Unexplained, access removed", "Answer it alone; say in the note how it was removed"),
    },
    "task": {"done": ("Done", ""), "declined": ("Declined", "Say why in the note")},
}
_ALONE = "Answer this one alone: it needs a note of its own."
_ASKED = "Say who looked, and what they saw or did: the report quotes it."
BACK = (
    "A copy that was updated to a new value which was rolled back: put the old one back there, then press *Accepted* "
    "and say so in the note, or accept that it fails."
)


def answers_form(incident: Incident, pressed: ButtonValue, now: datetime, reads: Reads = NONE) -> Json:
    """The page of the group that `pressed` names, else the first that waits."""
    pages = _pages(incident, now, pressed.subject)
    if not pages:
        nothing = section("Nothing waits for an answer.", literal(cut_off_words(incident)), *_waiting(incident))
        return form(ActionId.ANSWER, "Answer", [nothing], close="Back")
    return _page(incident, pages, pressed.subject if pressed.subject in pages else next(iter(pages)), reads)


def _page(incident: Incident, pages: Mapping[str, Sequence[Todo]], shown: str, reads: Reads) -> Json:
    rows = pages[shown]
    blocks = [
        *_turner(incident, pages, shown),
        *_head(incident, rows[0]),
        *(block for one in rows[:ROWS] for block in _row(incident, one, reads, optional=len(rows) > 1)),
        words(NOTE, "What did you look at, or do?", hint=HINT, optional=True, lines=False),
    ]
    return form(ActionId.ANSWER, "Answer", blocks, submit="Save", note=ButtonValue(incident.id, shown).encode())


def _pages(incident: Incident, now: datetime, wanted: str, given: Collection[str] = ()) -> dict[str, list[Todo]]:
    """What can be answered, by its group; of the group that is wanted, where none of it waits, what was answered. The
    to-dos `given` were just answered, and are not yet in the log.
    """
    every = [one for one in _answerable(incident, now) if answers(one)]
    pages: dict[str, list[Todo]] = {}
    for one in every:
        if one.open and one.id not in given:
            pages.setdefault(one.group, []).append(one)
    if wanted not in pages and not given and (again := [one for one in every if one.group == wanted]):
        pages = {wanted: again, **pages}
    return pages


def _answerable(incident: Incident, now: datetime) -> list[Todo]:
    every = todos(incident, now, face=Face.ANSWER, settled=True)
    return [one for one in every if one.kind.name in _OPTIONS]


def _turner(incident: Incident, pages: Mapping[str, Sequence[Todo]], shown: str) -> Iterator[Block]:
    if len(pages) > 1:
        options = [option(group, _title(incident, rows[0]), _count(rows)) for group, rows in pages.items()]
        yield turning(ActionId.ANSWER_OF, options, shown)
        yield context(f"{len(pages)} pages left; *Save* leads to the next.")


def _title(incident: Incident, first: Todo) -> str:
    secret = incident.secrets.get(first.secret)
    return secret.entry.title if secret is not None else plural(first.kind.name).capitalize()


def _count(rows: Sequence[Todo]) -> str:
    kind = rows[0].kind.name
    return counted(len(rows), kind, plural(kind))


def _head(incident: Incident, first: Todo) -> Iterator[Block]:
    secret = incident.secrets.get(first.secret)
    match first.kind.name:
        case "check" if secret is not None:
            title = f"*{literal(secret.entry.title)}* {code(secret.name)}"
            yield section(
                f"{title}: its old value is dead. Check for what was created with it.",
                f"Console: {link(secret.by_hand.console)}" if secret.by_hand.console else "",
                f"Read by API {moment(secret.inspected_at)}." if secret.inspected_at else "",
                *_waiting(incident),
            )
            if secret.inspected_at is not None and incident.open:
                lane = ButtonValue(incident.id, str(access_lane(secret.name)))
                yield from row(button("Rescan", ActionId.RETRY, lane))
        case "copy" if secret is not None:
            back = any(state.updated_to and state.open for state in secret.copies.values())
            yield section(
                f"*{literal(secret.entry.title)}* {code(secret.name)} is kept in other places too, which the bot "
                "cannot reach.",
                "An overlap does not end, and the incident does not close, before you say what became of each.",
                BACK if back else "",
            )
        case "reader":
            yield section(
                "*Who read the leaked values?* A reader that none of us can explain may be the thief. While one stands "
                "as unexplained, the page stays open, and new values of what it has read wait for a responder's word.",
                literal(cut_off_words(incident)),
            )
        case _:
            yield section(f"*{plural(first.kind.name).capitalize()}*")


def _waiting(incident: Incident) -> list[str]:
    """How many checks the card counts, where the pages cannot show them all."""
    checks = checks_of(incident.secrets.values())
    return [f"{checks.in_full}."] if checks.waiting else []


def _row(incident: Incident, one: Todo, reads: Reads, *, optional: bool) -> list[Block]:
    seen = _seen(next(iter(answers(one).values())))
    every = reads.get(one.subject, Seen())
    told = [literal(read_words(every.leaked, every.after)), *map(literal, todo_details(incident, one))]
    return [
        section(f"*{literal(todo_words(incident, one))}*", *told),
        one_of(f"{_ROW}{tag_of(one.id)}|{seen}", _label(one), _options(one), optional=optional),
    ]


def _label(one: Todo) -> str:
    """What the row is called beside what is said of it above."""
    match one.kind.name:
        case "reader":
            return principal_name(one.subject)
        case "task":
            return f"Task {one.subject}"
        case _:
            return one.subject.rpartition("/")[2]


def _options(one: Todo) -> list[Option]:
    known = _OPTIONS[one.kind.name]
    return [option(word, *known[word]) for word in answers(one)]


def _seen(answer: c.Answer) -> str:
    return str(getattr(answer, "seen", ""))


# What was entered.


def chosen(incident: Incident, entered: Entered, now: datetime) -> dict[str, tuple[Todo, c.Answer]]:
    """By block id, each to-do that was given an outcome, with the answer as the form showed it."""
    named = {tag_of(one.id): one for one in _answerable(incident, now)}
    found: dict[str, tuple[Todo, c.Answer]] = {}
    for name, word in entered.named(_ROW).items():
        one = named.get(name.partition("|")[0])
        answer = answers(one).get(word) if one is not None else None
        if one is not None and answer is not None:
            found[_ROW + name] = (one, _as_shown(answer, name.partition("|")[2]))
    return found


def _as_shown(answer: c.Answer, seen: str) -> c.Answer:
    """A row that has changed since refuses itself by what the form showed of it."""
    match answer:
        case c.EndCheck() | c.SettleCopy():
            return replace(answer, seen=seen)
        case _:
            return answer


def command(incident: Incident, entered: Entered, now: datetime) -> list[c.Settle]:
    """All that was answered, as one command; none where nothing was."""
    rows = [answered(answer, entered.text(NOTE)) for _, answer in chosen(incident, entered, now).values()]
    return [c.Settle(tuple(rows))] if rows else []


def mistakes(incident: Incident, entered: Entered, now: datetime) -> dict[str, str]:
    """A sentence for each field that keeps the page from being saved."""
    said, note = chosen(incident, entered, now), entered.text(NOTE)
    if not said:
        return {_ROW + next(iter(entered.named(_ROW)), ""): "Answer at least one."}
    if len(said) > 1 and (found := {block: _ALONE for block, (_, answer) in said.items() if alone(answer)}):
        return found
    if note.strip():
        return {NOTE: wrong} if (wrong := unfit(note)) else {}
    return {NOTE: _ASKED} if any(needs_note(answer) for _, answer in said.values()) else {}


def following(incident: Incident, entered: Entered, now: datetime, shown: str, reads: Reads = NONE) -> Json | None:
    """The page after this one: of another group, or what had no room on this one; None if nothing else waits."""
    given = {one.id for one, _ in chosen(incident, entered, now).values()}
    pages, asked = _pages(incident, now, "", given), {name.partition("|")[0] for name in entered.named(_ROW)}
    others = [group for group in pages if group != shown]
    if not others and any(tag_of(one.id) not in asked for one in pages.get(shown, ())):
        others = [shown]
    return _page(incident, pages, others[0], reads) if others else None
