"""Every field of every command says by its type what it can be; what else stands there reaches nothing.

Commands are made as text, as someone would who writes into the inbox with programs of their own.
"""

import enum
import itertools
import json
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass

import msgspec
import pytest

from bot.errors import BotError, Missing, Misuse
from bot.eventlog import Answered, InboxRow, open_event_log
from bot.eventlog.forms import format_time
from bot.inbox import Incidents
from bot.inbox.wire import KINDS, decode
from bot.incident.commands import ANSWERS
from bot.incident.lanes import Lane, new_lane
from bot.incident.model import Right
from bot.incident.operations import Claim, Op
from bot.incident.overlap.strategy import incident_id
from bot.model.places import inbox_of as inbox_place
from bot.model.places import staging_of
from bot.model.timings import Timings
from bot.people import People, Person
from bot.proofs.statement import Statement
from bot.rotation import Tools
from bot.rotation.capture import capture
from bot.rotation.job import Job
from bot.rotation.receive import receive
from bot.rotation.unstage import unstage, unstage_old
from tests.inbox.test_inbox import OPENAI, START
from tests.slack.conftest import catalog, freeze
from tests.slack.states import PLAYBOOK
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.inbox import INSTALLATION, inbox_of

PLACES = ("/bot/worker-key", "../../bot/admin/openai", "/_compromise/inc_zzzzzz/openai-api-key/old", "..")
LONG = "long " * 20_000
HOSTILE = {
    str: (*PLACES, "two\nlines", "\u202egnp.exe", "nul\x00", LONG, "inc_zzzzzz", "nobody-knows", ""),
    int: (-1, 0, 2**31, 10**12, 2**63),
    float: (-1.0, 0.0, 1e12, 1e308),
    "time": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-25T03:00:00", "today"),
}
GIVEN = {
    "a name": OPENAI,
    "an id that the incident knows": "t1",
    "a person": "ada",
    "a digest": "0" * 64,
    "a fingerprint": "f" * 12,
    "a token": "a" * 16,
    "an incident's id": "inc_ab3cde",
    "a scope": "mail.send",
    "a number": 1,
    "words": "what the person writes",
    "a channel of Slack": "C0ABCDEF",
    "a message of Slack": "1764039600.000100",
    "a time in the last ten years": "2026-11-25T02:59:00Z",
    "a time in the future": "2026-11-26T03:00:00Z",
    "the length of an overlap": 900.0,
}
NAMED = {"environment": "production", "playbook": "secret-compromise", "step": "assess", "provider": "openai",
         "what": "finding", "obligation": "authority"}  # fmt: skip


KEY = ""
"""The step of a path that leads to the key of a mapping."""


@dataclass(frozen=True)
class Leaf:
    """A field that holds one thing: where it stands, and what its type says of it (`title` None: nothing)."""

    path: tuple[str | int, ...]
    title: str | None
    kind: object


def leaves(hint, path=()):
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        base, *notes = typing.get_args(hint)
        [title] = [note.title for note in notes if isinstance(note, msgspec.Meta)] or [None]
        yield Leaf(path, title, "time" if base.__name__ == "datetime" else base)
    elif origin in {typing.Union, types.UnionType}:
        for inner in typing.get_args(hint):
            if inner is not type(None):
                yield from leaves(inner, path)
    elif origin is tuple:
        yield from leaves(typing.get_args(hint)[0], (*path, 0))
    elif origin is Mapping:
        named, held = typing.get_args(hint)
        yield from leaves(named, (*path, KEY))
        yield from leaves(held, (*path, filled(named)))
    elif is_dataclass(hint):
        for name, inner in hints(hint).items():
            yield from leaves(inner, (*path, name))
    else:
        choice = isinstance(hint, type) and (issubclass(hint, enum.Enum) or hint in {bool, Lane})
        yield Leaf(path, "a choice" if choice else None, hint)


def hints(kind):
    """The type of each field."""
    found = typing.get_type_hints(kind, include_extras=True)
    return {each.name: found[each.name] for each in fields(kind)}


def filled(hint, name=""):
    """What could be meant, in JSON: every field is given."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        [title] = [note.title for note in typing.get_args(hint)[1:]]
        return NAMED.get(name, GIVEN[title]) if title == "a name" else GIVEN[title]
    if origin in {typing.Union, types.UnionType}:
        return filled(next(inner for inner in typing.get_args(hint) if inner is not type(None)), name)
    if origin is Mapping:
        named, held = typing.get_args(hint)
        return {filled(named): filled(held)}
    if origin is tuple:
        return [filled(typing.get_args(hint)[0], name)]
    if is_dataclass(hint):
        return {one: filled(inner, one) for one, inner in hints(hint).items()}
    if hint is bool:
        return False
    return "" if hint is Lane else str(next(iter(hint)))


def with_value(document, path, value):
    made = json.loads(json.dumps(document))
    held = made
    for step in path[:-1]:
        held = held[step]
    if path[-1] == KEY:
        [(_, inner)] = held.items()
        held.clear()
        held[str(value)] = inner
    else:
        held[path[-1]] = value
    return made


GIVEN_KINDS = {name: kind for name, kind in KINDS.items() if name != "settle"} | ANSWERS
"""Commands, and answers, each of which goes as the row of a `Settle`."""
EVERY = [(name, leaf) for name, kind in GIVEN_KINDS.items() for leaf in leaves(kind)]


def sent(name, document):
    """The kind under which it goes, and its arguments."""
    if name in ANSWERS:
        return "settle", json.dumps({"rows": [[name, document]]})
    return name, json.dumps(document)


def test_each_field_of_each_command_is_classified():
    assert [f"{name}: {leaf.path} is any {leaf.kind}" for name, leaf in EVERY if leaf.title is None] == []
    assert set(NAMED) < {leaf.path[-1] for _, leaf in EVERY}


def test_a_field_that_could_hold_anything_is_found():
    @dataclass(frozen=True)
    class Carries:
        inbox: tuple[str, ...]

    assert [leaf.title for leaf in leaves(Carries)] == [None]


@pytest.mark.parametrize("name", GIVEN_KINDS)
def test_what_is_read_has_the_form_that_its_class_says(name):
    given = filled(GIVEN_KINDS[name])
    decode(*sent(name, given))
    for leaf in leaves(GIVEN_KINDS[name]):
        for value in (*HOSTILE.get(leaf.kind, HOSTILE[str]), None, [[]], {"a": {}}):
            try:
                decode(*sent(name, with_value(given, leaf.path, value)))
            except Misuse:
                continue
            free = leaf.title in {"words", "a person", "a scope", "an id that the incident knows"}
            assert free or value not in PLACES, (leaf, value)
            assert leaf.title == "words" or value not in {LONG, "two\nlines", "\u202egnp.exe", "nul\x00"}, (leaf, value)
    with pytest.raises(Misuse):
        decode(sent(name, given)[0], '{"number": NaN, "overlap": Infinity}' if given else "NaN")


@pytest.mark.parametrize(
    "rows",
    ["[[]]", '[["kill-now", {}]]', '[["settle", {"rows": []}]]', '[["end-check"]]', '["end-check"]', "{}", '"x"'],
)
def test_a_row_is_an_answer_and_nothing_else(rows):
    with pytest.raises(Misuse):
        decode("settle", f'{{"rows": {rows}}}')


# --- decided, and worked on -----------------------------------------------------------------------------------------


class Recording:
    """A vault that has nothing and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked = []

    def __getattr__(self, verb: str) -> object:
        def ask(parameter, *_more, **_named):
            self.asked.append(parameter)
            if verb == "staged":
                return []
            raise Missing("ssm", verb, "there is no such parameter")

        return ask


class Installation:
    """A worker's inbox, and an incident with a task, a run and a report: what a command could be about."""

    def __init__(self, folder) -> None:
        self.now = START
        self.event_log = open_event_log(empty_log(folder / "log.sqlite"), seal=SEAL)
        self.incidents = Incidents(
            self.event_log, catalog(), {"secret-compromise": PLAYBOOK}, Timings(), freeze, lambda: self.now
        )
        people = People(
            (
                Person("ada", slack="U0ADA", rights=frozenset(Right)),
                Person("ben", slack="U0BEN", rights=frozenset(Right)),
                Person("rita", slack="U0RITA", rights=frozenset({Right.RESPOND})),
                Person("nina", slack="U0NINA"),
            )
        )
        self.inbox = inbox_of(self.incidents, people, lambda: self.now)
        self.numbers = itertools.count()

    def give(self, user, incident, kind, arguments, command_id=""):
        """Why it was refused; empty where it was not."""
        asker, command_id = self.inbox.by_slack(user), command_id or f"c{next(self.numbers)}"
        at = format_time(self.now)
        told = Statement(INSTALLATION, incident, command_id, at, asker.claims, kind, arguments)
        proof_kind, proof = asker.sign(told)
        row = InboxRow(command_id, 0, incident, at, asker.claims, kind, arguments, proof_kind, proof)
        self.event_log.inbox.put(row)
        refusals = []
        [head] = self.event_log.inbox.waiting()
        # By itself: a round would keep whatever is no refusal to itself.
        self.inbox.handler.decider.decide(self.event_log.inbox.read(head.number), refusals)
        self.event_log.inbox.refuse(refusals, self.now)
        assert self.event_log.inbox.waiting() == []
        return self.inbox.client.answer(command_id, 0).reason

    def worked(self):
        """Runs what goes by the places of commands; gives what was asked of the vault, by incident and secret."""
        for summary in self.event_log.incidents():
            incident = self.event_log.load(summary.incident)
            for name in incident.secrets:
                vault = Recording()
                tools = Tools(vault, None, None, None, None, lambda: self.now)
                for op, run in ((Op.CAPTURE, capture), (Op.RECEIVE, receive), (Op.UNSTAGE, unstage),
                                (Op.UNSTAGE_OLD, unstage_old)):  # fmt: skip
                    claim = Claim(1, op, new_lane(name), name, 1, "w")
                    with suppress(BotError):
                        run(Job(incident, claim, tools, lambda: None))
                yield incident, incident.secrets[name], vault.asked


def readable(name, leaf):
    """The command with each hostile value in this field that is read at all."""
    for value in HOSTILE.get(leaf.kind, HOSTILE[str]):
        kind, arguments = sent(name, with_value(filled(GIVEN_KINDS[name]), leaf.path, value))
        with suppress(Misuse):
            decode(kind, arguments)
            yield kind, arguments


@pytest.fixture
def here(tmp_path):
    made = Installation(tmp_path)
    yield made
    made.event_log.close()


def test_front_and_terminal_refuse_what_they_rehearse_with_a_sentence(here):
    incident = incident_id("declares")
    declared = json.dumps({"environment": "production", "secrets": [{"name": OPENAI}], "how_noticed": "a gist"})
    assert here.give("U0ADA", incident, "declare", declared, "declares") == ""
    before, asker = here.event_log.load(incident).seq, here.inbox.by_slack("U0NINA")
    for name, leaf in EVERY:
        for kind, arguments in readable(name, leaf):
            with suppress(BotError):
                assert isinstance(here.inbox.client.rehearse(incident, decode(kind, arguments), asker), str)
    assert here.event_log.load(incident).seq == before


@pytest.mark.parametrize("user", ["U0NINA", "U0RITA", "U0ADA"])
def test_no_command_makes_the_worker_read_write_or_delete_outside_its_own_places(here, user):
    incident = incident_id("declares")
    declared = json.dumps({"environment": "production", "secrets": [{"name": OPENAI}], "how_noticed": "a gist"})
    assert here.give("U0ADA", incident, "declare", declared, "declares") == ""
    for turn, (name, leaf) in enumerate(EVERY):
        read = list(readable(name, leaf))
        if read:
            with suppress(Misuse, Answered):  # too large to be put, or nobody may give it any more
                here.give(user, incident, *read[turn % len(read)])
    theirs = incident_id("theirs")
    target = {"kind": "confirmed", "staged": True, "fingerprint": "f" * 12}
    secrets = [{"name": "database-url", "target": target}]
    document = {"environment": "production", "secrets": secrets, "how_noticed": "a gist"}
    assert here.give(user, theirs, "declare", json.dumps(document), "theirs") == ""
    here.give(user, theirs, "announce-submission", json.dumps({"secret": "database-url", "token": "b" * 16}))
    seen = list(here.worked())
    for state, secret, asked in seen:
        own = {part.parameter for part in secret.entry.parts}
        below = (f"{staging_of(state.id, secret.name)}/", f"{inbox_place(state.id, secret.name)}/")
        assert [one for one in asked if one not in own and not one.startswith(below)] == []
    asked = next(asked for state, _, asked in seen if state.id == theirs)
    place = f"{inbox_place(theirs, 'database-url')}/{'b' * 16}/key"
    assert (asked[0], place in asked) == (f"{staging_of(theirs, 'database-url')}/old", user != "U0NINA")
