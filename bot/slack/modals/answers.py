"""The form behind *Answer…*: readers; checks and copies, by console; tasks and steps. A row each, one note a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import Any

from slack_sdk.models.blocks import Block, Option

from bot.asks.ask import QUOTED
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.checks import checks_of
from bot.incident.access.decide import alone
from bot.incident.access.readers import in_place, principal_name, saw_new_value
from bot.incident.kinds import KINDS, Face
from bot.incident.lanes import access_lane
from bot.incident.shown import tag_of
from bot.incident.state import Check, Incident
from bot.incident.steps.rules import in_reach
from bot.incident.todos import Todo, answered, answers, needs_note, todos
from bot.model.playbooks import Action
from bot.model.providers import provider_name
from bot.model.reads import Read
from bot.phrases.access import copy_words, settled_words
from bot.phrases.closing import done_when, step_lines
from bot.phrases.marks import link, literal, moment, plain
from bot.phrases.readers import cut_off_words, read_words
from bot.phrases.todos import todo_details, todo_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import VIEW_BLOCKS, Json, button, form, maybe, option, section
from bot.slack.blocks import rows as rows_of
from bot.slack.modals.inputs import Entered, fitting, one_of, turning, unfit, words

NOTE, NEXT_NOTE = "note", "next-note"
"""Of a page, and of the page after it: Slack keeps what was typed into a block of the same id."""
RESCANS = 3
"""So many secrets of one console can be read again here, a row of buttons each."""
_ROW, _ALL = "answer|", "all|"
_PAGE_OF = {kind.name: kind.page for kind in KINDS if kind.page}
"""On which page a kind is, in this order."""
_CHECKS = frozenset({"undo", "check"})
_TITLES = {"reader": "Readers", "check": "Checks and copies", "step": "Tasks and steps"}
_ALONE = "Save this one alone: it needs a note of its own."
_ASKED = "Enter who looked, and what they saw or did. Quoted in the report."
BACK = "Updated to a new key that was rolled back: put the old key back there, then choose *Accepted*."


# What each reader of the leaked keys read, as the last look at each secret saw it.


@dataclass
class Seen:
    """What one principal read: while the leaked key was in its place, and `after`, once the new one was."""

    leaked: list[Read] = field(default_factory=list)
    after: list[Read] = field(default_factory=list)


type Reads = Mapping[str, Seen]
"""By principal."""
NONE: Reads = MappingProxyType({})


def reads_of(incident: Incident, events: Iterable[e.Recorded]) -> Reads:
    """For each principal the reads in the last lookup of each secret that saw it."""
    told = list(events)
    last: dict[tuple[str, str], list[Read]] = {}
    for each in told:
        if isinstance(each.event, e.UsageRead) and each.event.secret in incident.secrets:
            last |= _by_reader(each.event)
    times = {name: in_place(told, name) for name in {name for name, _ in last}}
    found: dict[str, Seen] = {}
    for (name, principal), reads in last.items():
        seen = found.setdefault(principal, Seen())
        for read in reads:
            (seen.after if saw_new_value(read, times[name]) else seen.leaked).append(read)
    return found


def _by_reader(event: e.UsageRead) -> dict[tuple[str, str], list[Read]]:
    """By secret and principal."""
    found: dict[tuple[str, str], list[Read]] = {}
    for read in event.reads:
        found.setdefault((event.secret, read.principal), []).append(read)
    return found


def answers_form(incident: Incident, pressed: ButtonValue, now: datetime, reads: Reads = NONE) -> Json:
    """The page of the kind that `pressed` names, else the first that waits."""
    wanted = _PAGE_OF.get(pressed.subject.partition(":")[0], "")
    pages = _pages(incident, now, wanted)
    if not pages:
        nothing = section("Nothing to answer.", literal(cut_off_words(incident)), *_waiting(incident))
        return form(ActionId.ANSWER, "Answer", [nothing], close="Back")
    return _page(incident, pages, wanted if wanted in pages else next(iter(pages)), reads)


def _page(incident: Incident, pages: Mapping[str, Sequence[Todo]], shown: str, reads: Reads, name: str = NOTE) -> Json:
    rows, note = pages[shown], words(name, "What did you look at, or do?", hint=QUOTED, optional=True, lines=False)
    head = [*_turner(pages, shown), *_head(incident, shown)]
    body, left = fitting(_parts(incident, rows, reads), VIEW_BLOCKS - len(head) - 2)
    more = f"{left} more of {len(rows)} have no room here: *Save* leads to them." if left else ""
    return form(
        ActionId.ANSWER, _TITLES[shown], [*head, *body, *maybe(more), note], submit="Save",
        note=ButtonValue(incident.id, shown).encode(),
    )  # fmt: skip


def _pages(incident: Incident, now: datetime, wanted: str, given: Collection[str] = ()) -> dict[str, list[Todo]]:
    """What can be answered, by its page; of the page that is wanted, where none of it waits, what was answered. The
    to-dos `given` were just answered, and are not yet in the log.
    """
    every = sorted(_answerable(incident, now), key=lambda one: [*_PAGE_OF].index(one.kind.name))
    pages: dict[str, list[Todo]] = {}
    for one in every:
        if one.open and one.id not in given:
            pages.setdefault(_PAGE_OF[one.kind.name], []).append(one)
    if wanted not in pages and not given and (again := [one for one in every if _PAGE_OF[one.kind.name] == wanted]):
        pages = {wanted: again, **pages}
    return pages


def _answerable(incident: Incident, now: datetime) -> list[Todo]:
    """The to-dos that have an answer now; a step that still lacks something is skipped where all to-dos are listed."""
    made = any(check.undo is not None for secret in incident.secrets.values() for check in secret.checks.values())
    every = todos(incident, now, face=None if made else Face.ANSWER, settled=True)
    some = [one for one in every if one.kind.page and (said := answers(one)) and [*said] != ["skipped"]]
    return sorted(some, key=lambda one: (_team(one), _place(incident, one), one.secret))


def _team(one: Todo) -> str:
    """Who looks at the consoles, each team at all of its own."""
    return one.owner if one.kind.name in _CHECKS else ""


def _place(incident: Incident, one: Todo) -> str:
    """Where someone looks for it."""
    secret = incident.secrets.get(one.secret)
    return provider_name(secret.entry.provider) if secret is not None and one.kind.name in _CHECKS else ""


def _turner(pages: Mapping[str, Sequence[Todo]], shown: str) -> Iterator[Block]:
    if len(pages) > 1:
        options = [option(page, f"{_TITLES[page]} ({len(rows)})") for page, rows in pages.items()]
        yield turning(ActionId.ANSWER_OF, options, shown)


def _head(incident: Incident, shown: str) -> Iterator[Block]:
    match shown:
        case "check":
            since = incident.exposed_at or incident.detected_at
            yield section(f"Is anything new here since {moment(since)}?", *_waiting(incident))
        case "reader":
            yield section(
                "*A reader you can't identify may be the attacker.* New keys it could read are held.",
                literal(cut_off_words(incident)),
            )
        case _:
            return


def _waiting(incident: Incident) -> list[str]:
    """How many checks the card counts, where the pages cannot show them all."""
    checks = checks_of(incident.secrets.values())
    return [f"{checks.in_full}."] if checks.waiting else []


def _parts(incident: Incident, rows: Sequence[Todo], reads: Reads) -> Iterator[tuple[int, list[Block]]]:
    """Headings and rows, each with how many rows it is; a kind of several begins with one answer for all."""
    for kind, every in groupby(rows, lambda one: one.kind.name):
        alike = list(every)
        yield 0, [*_for_all(kind, [one for one in alike if _in_bulk(incident, one)])]
        team = ""
        for (owner, place), some in groupby(alike, lambda one: (_team(one), _place(incident, one))):
            here = list(some)
            yield 0, [*maybe(f"*{literal(owner)}*" if owner != team else ""), *_console(incident, place, here)]
            team = owner
            secrets = {one.secret for one in here}
            for one in here:
                yield 1, _row(incident, one, reads, optional=len(rows) > 1, named=len(secrets) > 1)


def _in_bulk(incident: Incident, one: Todo) -> bool:
    """Unidentified readers, checks that found something, and steps before their turn are answered each by itself."""
    match one.kind.name:
        case "reader":
            return False
        case "check" | "undo":
            return not _check(incident, one).found
        case "step":
            return one.subject in {step.definition.id for step in in_reach(incident)}
        case _:
            return True


def _check(incident: Incident, one: Todo) -> Check:
    return incident.secrets[one.secret].checks[one.subject.partition("/")[2]]


def _for_all(kind: str, rows: Sequence[Todo]) -> Iterator[Block]:
    if len(rows) < 2:
        return
    given = [answers(one) for one in rows]
    shared = [word for word, act in given[0].items() if not alone(act) and all(word in each for each in given)]
    options = [_option(rows[0], word) for word in shared]
    yield one_of(f"{_ALL}{kind}", f"All {len(rows)} {rows[0].kind.plural}", options, optional=True,
                 hint="Except those below.")  # fmt: skip


def _console(incident: Incident, place: str, rows: Sequence[Todo]) -> Iterator[Block]:
    if not place:
        return
    secrets = [incident.secrets[name] for name in dict.fromkeys(one.secret for one in rows)]
    read = [secret for secret in secrets if secret.inspected_at is not None]
    consoles = dict.fromkeys(link(secret.by_hand.console) for secret in secrets if secret.by_hand.console)
    yield section(" ".join((f"*{literal(place)}*", *consoles)))
    if incident.open:
        lanes = [(secret.name, ButtonValue(incident.id, str(access_lane(secret.name)))) for secret in read[:RESCANS]]
        labels = ["Rescan" if len(lanes) == 1 else f"Rescan {name}" for name, _ in lanes]
        yield from rows_of(button(label, ActionId.RETRY, lane) for label, (_, lane) in zip(labels, lanes, strict=True))


def _row(incident: Incident, one: Todo, reads: Reads, *, optional: bool, named: bool) -> list[Block]:
    seen = str(getattr(next(iter(answers(one).values())), "seen", ""))
    name, above, hint = f"{_ROW}{tag_of(one.id)}|{seen}", list[str](), ""
    if one.kind.name in _CHECKS and _check(incident, one).found:
        above = [f"⚠️ {literal(settled_words(_check(incident, one)))}."]
    if one.kind.name == "reader":
        every = reads.get(one.subject, Seen())
        above = [f"*{literal(todo_words(incident, one))}*", literal(read_words(every.leaked, every.after))]
        above += map(literal, todo_details(incident, one))
    else:
        hint = " ".join(_hints(incident, one))
    label = f"{_label(incident, one)} ({one.secret})" if named else _label(incident, one)
    options = [_option(one, word) for word in answers(one)]
    return [
        *maybe(*above),
        one_of(name, label, options, hint=hint, optional=optional),
    ]


def _hints(incident: Incident, one: Todo) -> Iterator[str]:
    match one.kind.name:
        case "copy":
            state = incident.secrets[one.secret].copies[one.subject.partition("/")[2]]
            if not state.open or state.updated_to:
                yield f"{copy_words(state)}. {plain(BACK) if state.open else ''}"
            yield f"{state.copy.update}{f' ({state.copy.owner})' if state.copy.owner else ''}"
        case "step" if (step := incident.step(one.subject)) is not None:
            told = done_when(step) if Action.ANNOUNCE in step.definition.actions else ()  # no rule can see it
            yield from map(plain, (*told, *step_lines(incident, step)))
        case "check":
            return
        case "undo":
            yield incident.secrets[one.secret].where_to_look(_check(incident, one))
        case _:
            yield from todo_details(incident, one)


def _label(incident: Incident, one: Todo) -> str:
    match one.kind.name:
        case "reader":
            return principal_name(one.subject)
        case "check":
            return incident.secrets[one.secret].where_to_look(_check(incident, one))
        case _:
            return todo_words(incident, one)


def _option(one: Todo, word: str) -> Option:
    known = one.kind.option(word)
    return option(word, known.label, known.note)


# What was entered.


def chosen(incident: Incident, entered: Entered, now: datetime) -> dict[str, tuple[str, c.Answer]]:
    """By block id, the id of each to-do that was given an outcome, by itself or with all of its kind, with the answer
    as the form showed it.
    """
    named = {tag_of(one.id): one for one in _answerable(incident, now)}
    of_all = entered.named(_ALL)
    found: dict[str, tuple[str, c.Answer]] = {}
    for name, own in entered.named(_ROW).items():
        tag, _, seen = name.partition("|")
        one = named.get(tag)
        if one is None:
            found.update((_ROW + name, each) for each in _settled(incident, tag, own, seen))
            continue
        word = own or (of_all.get(one.kind.name, "") if _in_bulk(incident, one) else "")
        if word and (answer := answers(one).get(word) or _the_same(one, word)) is not None:
            found[_ROW + name] = (one.id, _as_shown(answer, seen))
    return found


def _the_same(one: Todo, word: str) -> c.Answer | None:
    """The answer that someone has given meanwhile, again: the rules say who, and when. None without such outcomes."""
    other = next(iter(answers(one).values()), None)
    known: Any = type(getattr(other, "outcome", None))
    outcome: dict[str, Any] = {"outcome": known(word)} if issubclass(known, StrEnum) and word in known else {}
    return replace(other, **outcome) if other is not None and outcome else None


def _settled(incident: Incident, tag: str, word: str, seen: str) -> Iterator[tuple[str, c.Answer]]:
    """The answer to a step or task that someone has settled meanwhile: the rules say who, and when."""
    for step in incident.steps:
        name = step.definition.id
        made: dict[str, c.Answer] = {"done": c.CompleteStep(name, seen), "skipped": c.SkipStep(name, "", seen)}
        if tag_of(f"step:{name}") == tag and word in made:
            yield f"step:{name}", made[word]
    for task in incident.tasks:
        ended: dict[str, c.Answer] = {"done": c.FinishTask(task), "declined": c.DeclineTask(task, "")}
        if tag_of(f"task:{task}") == tag and word in ended:
            yield f"task:{task}", ended[word]


def _as_shown(answer: c.Answer, seen: str) -> c.Answer:
    """A row that has changed since refuses itself by what the form showed of it."""
    match answer:
        case c.EndCheck() | c.SettleCopy() | c.CompleteStep() | c.SkipStep():
            return replace(answer, seen=seen)
        case _:
            return answer


def _note(entered: Entered) -> str:
    return NEXT_NOTE if entered.asked(NEXT_NOTE) else NOTE


def command(incident: Incident, entered: Entered, now: datetime) -> list[c.Settle]:
    """All that was answered, as one command; none where nothing was."""
    rows = [answered(answer, entered.text(_note(entered))) for _, answer in chosen(incident, entered, now).values()]
    return [c.Settle(tuple(rows))] if rows else []


def mistakes(incident: Incident, entered: Entered, now: datetime) -> dict[str, str]:
    """A sentence for each field that keeps the page from being saved."""
    said, name = chosen(incident, entered, now), _note(entered)
    note = entered.text(name)
    if not said:
        return {_ROW + next(iter(entered.named(_ROW)), ""): "Answer at least one."}
    if len(said) > 1 and (found := {block: _ALONE for block, (_, answer) in said.items() if alone(answer)}):
        return found
    if note.strip():
        return {name: wrong} if (wrong := unfit(note)) else {}
    return {name: _ASKED} if any(needs_note(answer) for _, answer in said.values()) else {}


def following(incident: Incident, entered: Entered, now: datetime, shown: str, reads: Reads = NONE) -> Json | None:
    """The page after this one: another page, or what had no room on this one; None if nothing else waits."""
    given = {todo for todo, _ in chosen(incident, entered, now).values()}
    pages, asked = _pages(incident, now, "", given), {name.partition("|")[0] for name in entered.named(_ROW)}
    others = [page for page in pages if page not in {shown, "step"}]
    if any(tag_of(one.id) not in asked for one in pages.get(shown, ())):
        others = [shown, *others]
    name = NOTE if entered.asked(NEXT_NOTE) else NEXT_NOTE
    return _page(incident, pages, others[0], reads, name) if others else None
