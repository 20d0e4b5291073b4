"""The list of what waits for people, at a terminal and as JSON: a row each, or one for what is answered together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.cli.terminal import Terminal
from bot.errors import ConfigurationError
from bot.incident.closing.open_items import open_items
from bot.incident.commands import Act
from bot.incident.kinds import Face, Rank
from bot.incident.obligations.rules import aware_at, facts_of
from bot.incident.state import Incident
from bot.incident.todos import State, Todo, answers, taken_by, yours
from bot.people import People, Person
from bot.phrases.approvals import who_can
from bot.phrases.closing import open_words
from bot.phrases.marks import plain
from bot.phrases.readers import cut_off_words
from bot.phrases.times import moment
from bot.phrases.todos import Row, row_words, rows_of, todo_details, todo_words
from bot.phrases.typed import answer_line, command_line

COLUMN = 60
"""Characters: longer lines push the next column."""
BEHIND = 12
"""Characters of a row's tag and face."""
URGENT = frozenset({Rank.WORKS, Rank.FAILING, Rank.EXPIRING})
"""Of these the list has what is typed at once."""


@dataclass(frozen=True)
class Seat:
    """The people file, and who of it sits here, as far as that is known without a look at AWS."""

    people: People = field(default_factory=People)
    me: Person | None = None

    def mine(self, one: Todo) -> bool:
        owners = {person.name for person in self.people.owning(one.owner)}
        return self.me is not None and yours(one, self.me.actor, owners)

    def who(self, one: Todo) -> str:
        """Who has taken or owns it, or else may do it."""
        if one.taken is not None:
            return f"taken by {one.taken.name}"
        able = who_can([each.actor for each in self.people], one.choices[0]) if one.choices else ""
        return one.owner or plain(able)


NOBODY = Seat()


def seat_of(terminal: Terminal) -> Seat:
    """An unreadable people file does not prevent reading the list."""
    try:
        people = terminal.application.files.people
        name = terminal.person or terminal.named or terminal.application.settings.person or ""
        return Seat(people, people.named(name))
    except ConfigurationError:
        return Seat()


def tell_taken(terminal: Terminal, incident: Incident, act: type[Act], subject: str) -> None:
    """Tells a person who acts in another's place who has taken it; this prevents nothing."""
    has, me = taken_by(incident, act, subject), seat_of(terminal).me
    if has is not None and (me is None or has.name != me.name):
        terminal.hint(f"{has.name} took this at {has.at:%H:%M} UTC.", style="yellow", warns=True)


def show_todos(
    terminal: Terminal,
    incident: Incident,
    now: datetime,
    listed: Sequence[Todo],
    seat: Seat,
    *,
    commands: bool = True,
) -> None:
    """Yours, as far as it is known who sits here, then those of others; last what keeps the incident open."""
    _cut_off(terminal, incident)
    rows = rows_of(listed)
    mine = [row for row in rows if any(map(seat.mine, row.todos))]
    for title, some in (("YOURS", mine), ("OTHERS" if mine else "TO DO", [row for row in rows if row not in mine])):
        if some:
            terminal.say(title, style="bold")
        show_rows(terminal, incident, now, some, seat, commands=commands)
    if not listed:
        terminal.say("Nothing needs a person.")
    elif commands:
        terminal.say(f"`bot todo {incident.id} {rows[0].tag}` says what to type, and what is known.")
    if left := open_items(incident) if incident.open else ():
        terminal.say(f"Blocks the close: {plain(', '.join(open_words(left)))}. `bot close {incident.id}` lists all.")


def show_rows(
    terminal: Terminal, incident: Incident, now: datetime, rows: Sequence[Row], seat: Seat, *, commands: bool = True
) -> None:
    """A line each, and what is typed for what cannot wait and what is done by hand."""
    width = min(COLUMN, max((len(row_words(incident, row)) for row in rows), default=0))
    for row in rows:
        first = row.first
        what, told = f"{row.tag} {first.kind.face:6}  {row_words(incident, row)}", _told(row, now, seat)
        line = f"{what:{BEHIND + width}}  {told}".rstrip()
        terminal.say(line if terminal.fits(line, 1) else f"{what}\n{' ' * BEHIND}{told}", indent=1, style=_style(first))
        alone = len(row.todos) == 1 and bool(first.choices)
        if commands and alone and (first.rank in URGENT or (first.secret and first.kind.face is Face.DO)):
            for typed_line in typed(incident, first):
                terminal.command(typed_line, indent=1 + BEHIND)


def _cut_off(terminal: Terminal, incident: Incident) -> None:
    if words := cut_off_words(incident):
        terminal.warn(words)
        terminal.say(words, style="yellow")


def show_details(terminal: Terminal, incident: Incident, listed: Sequence[Todo], seat: Seat) -> None:
    """All there is to know of each, and what is typed."""
    _cut_off(terminal, incident)
    if any(one.kind.name == "notice" for one in listed):
        terminal.say(f"Known since {moment(aware_at(incident))}. Facts: {'; '.join(facts_of(incident))}")
    for one in listed:
        terminal.say(f"{one.id}: {todo_words(incident, one)}", style=_style(one))
        for line in todo_details(incident, one):
            terminal.say(line, indent=2)
        if who := seat.who(one):
            terminal.say(f"Who: {who}", indent=2)
        for line in typed(incident, one):
            terminal.command(line, indent=4)


def typed(incident: Incident, one: Todo) -> list[str]:
    """All that can be typed about it, as command lines. Words in capitals are to be filled in."""
    if possible := answers(one):
        take = [command_line(incident, offer) for offer in one.take]
        return [*take, *(answer_line(incident.id, one.id, answer, word) for word, answer in possible.items())]
    if one.kind.name == "compare" and incident.secrets[one.secret].mistaken is not None:
        return ["bot identify --declare"]
    return list(dict.fromkeys(command_line(incident, choice, one.choices) for choice in (*one.choices, *one.take)))


def _told(row: Row, now: datetime, seat: Seat) -> str:
    """Who may do it, and by when."""
    first = row.first
    who = "" if seat.mine(first) and first.taken is None else seat.who(first)
    return "  ".join(filter(None, (who, _when(first, now))))


def _style(one: Todo) -> str:
    return "" if one.state is State.WAITS else "bold red" if one.rank in {Rank.WORKS, Rank.FAILING} else "yellow"


def _when(one: Todo, now: datetime) -> str:
    if one.state is State.WAITS:
        return "checking" if one.choices else "waits"
    if one.due is not None:
        return f"by {one.due:%H:%M} UTC" if one.due.date() == now.date() else f"by {one.due:%Y-%m-%d %H:%M} UTC"
    return "now" if one.rank in URGENT else ""
