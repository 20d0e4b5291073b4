"""Whose word counts: one person takes trust away, two give it back."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.incident.model import OPERATOR, Actor, Right
from bot.incident.refusals import Declined
from bot.incident.two_people import listed
from bot.model.codec import Recorded
from bot.trust import (
    RESTORED_AFTER,
    SLACK,
    UNDO_WITHIN,
    Depart,
    Distrust,
    RestoreHere,
    Trust,
    TrustProposed,
    TrustRestored,
    TrustState,
    decide,
    evolve,
    restored,
)

AT = datetime(2026, 11, 25, 3, 14, tzinfo=UTC)
RESPOND, APPROVE, COMMAND = Right.RESPOND, Right.APPROVE, Right.COMMAND
ROLE = "arn:aws:sts::123456789012:assumed-role/OnCall/session"
RIGHTS = {
    "ada": {RESPOND, APPROVE, COMMAND},
    "ben": {RESPOND, APPROVE},
    "cleo": {RESPOND, APPROVE},
    "dan": {RESPOND, COMMAND},
    "eve": {RESPOND},
    ROLE: {RESPOND, COMMAND},
}


class Chain:
    """The state, and the commands of people with their rights."""

    def __init__(self) -> None:
        self.state, self.now = TrustState(), AT
        self.rights = dict(RIGHTS)

    def entitled(self, name, right):
        return right in self.rights[name] and self.state.against(name) is None

    def say(self, command, by, accounts=()):
        actor = Actor(by, frozenset(self.rights.get(by, ())))
        decided = decide(
            self.state,
            command,
            actor,
            self.now,
            accounts=accounts,
            entitled=self.entitled,
            everyone=[name for name in self.rights if listed(name)],
        )
        events = decided if isinstance(decided, tuple) else (decided,)
        self.append(events, by)
        return decided

    def append(self, events, by):
        for event in events:
            self.state = evolve(self.state, Recorded(1, self.now, by, event))


def test_one_who_may_command_takes_trust_away_at_once():
    chain = Chain()
    chain.say(Distrust("ben", "his laptop is gone."), "ada")
    assert chain.state.against("ben").words == (
        "ben is not trusted: said by ada at 2026-11-25 03:14 UTC. his laptop is gone"
    )
    assert chain.state.against("cleo") is None
    assert chain.state.slack


@pytest.mark.parametrize("by", ["ben", "eve"])
def test_nobody_else_does(by):
    with pytest.raises(Declined, match="may not command incidents"):
        Chain().say(Distrust("ada", "x"), by)


def test_a_person_is_known_by_each_of_their_accounts_whatever_their_entry_is_called():
    chain = Chain()
    chain.say(Distrust("ben", "gone"), "ada", ("slack:U0BEN", "arn:aws:iam::123456789012:user/ben"))
    assert chain.state.against("benjamin", ("slack:U0BEN",)) is not None
    assert chain.state.against("cleo", ("slack:U0CLEO",)) is None


def test_accounts_that_the_entry_has_no_more_stay_known():
    chain = Chain()
    chain.say(Distrust("ben", "gone"), "ada", ("slack:U0BEN",))
    chain.say(Depart("ben", "left"), "ada", ("arn:aws:iam::123456789012:user/ben",))
    assert chain.state.against("benjamin", ("slack:U0BEN",)).left
    assert chain.state.lost["ben"].accounts == ("arn:aws:iam::123456789012:user/ben", "slack:U0BEN")


def test_slack_is_no_person():
    chain = Chain()
    chain.say(Distrust(SLACK, "the workspace was taken over"), "dan")
    assert not chain.state.slack
    assert chain.state.people == ()
    assert chain.state.against(SLACK) is None


def test_one_person_alone_gives_no_trust_back():
    chain = Chain()
    chain.say(Distrust("ben", "gone"), "ada")
    assert isinstance(chain.say(Trust("ben", "found it"), "ada"), TrustProposed)
    with pytest.raises(Declined, match="Another person must agree before 04:14 UTC"):
        chain.say(Trust("ben", "really"), "ada")
    assert chain.state.against("ben") is not None


@pytest.mark.parametrize("two", [("ada", "dan"), ("ada", "cleo"), ("cleo", "ada"), ("dan", "cleo")])
def test_two_do_of_whom_one_may_command(two):
    chain = Chain()
    chain.say(Distrust("ben", "gone"), "ada")
    chain.say(Trust("ben", "found it"), two[0])
    assert chain.say(Trust("ben", "seen it"), two[1]) == TrustRestored("ben", "seen it", two[0])
    assert chain.state.against("ben") is None


def test_not_two_of_whom_none_may_command_nor_one_who_may_neither():
    chain = Chain()
    chain.say(Distrust("dan", "gone"), "ada")
    chain.say(Trust("dan", "found it"), "ben")
    with pytest.raises(Declined, match="needs two with `command`, or one with `command` and one with `approve`"):
        chain.say(Trust("dan", "yes"), "cleo")
    with pytest.raises(Declined, match="cannot command incidents or approve"):
        chain.say(Trust("dan", "yes"), "eve")
    chain.say(Trust("dan", "yes"), "ada")
    assert chain.state.against("dan") is None


def test_a_proposal_lapses():
    chain = Chain()
    chain.say(Distrust("ben", "gone"), "ada")
    chain.say(Trust("ben", "found it"), "ada")
    chain.now += UNDO_WITHIN
    assert isinstance(chain.say(Trust("ben", "yes"), "dan"), TrustProposed)
    assert chain.state.against("ben") is not None


@pytest.mark.parametrize("how", ["lost the right", "is not trusted", "said again"])
def test_a_proposal_is_void_when(how):
    chain = Chain()
    chain.say(Distrust("ben", "gone"), "ada")
    chain.say(Trust("ben", "found it"), "dan")
    match how:
        case "lost the right":
            chain.rights["dan"] = {RESPOND}
        case "is not trusted":
            chain.say(Distrust("dan", "he too"), "ada")
        case _:
            chain.say(Distrust("ben", "still gone"), "ada")
    assert isinstance(chain.say(Trust("ben", "yes"), "ada"), TrustProposed)
    assert chain.state.against("ben").by == "ada"


def test_what_is_so_already_is_no_news():
    chain = Chain()
    with pytest.raises(Declined, match=r"Nothing to do: ben is trusted\."):
        chain.say(Trust("ben", "x"), "ada")
    chain.say(Distrust("ben", "gone"), "ada")
    chain.now += timedelta(minutes=1)
    with pytest.raises(Declined, match=r"Nothing to do\. ben is not trusted: said by ada at 2026-11-25 03:14"):
        chain.say(Distrust("ben", "gone"), "dan")


def test_a_reason_is_demanded_and_holds_no_key():
    for reason in (" \n", "sk-proj-" + "Ab3dEf6hIj9" * 12):
        with pytest.raises(Declined, match="reason"):
            Chain().say(Distrust("ben", reason), "ada")


# --- someone leaves ------------------------------------------------------------------------------------------------


def test_whoever_leaves_counts_for_nothing_from_then_on_and_it_is_no_reproach():
    chain = Chain()
    event = chain.say(Depart("ben", "last day."), "dan", ("slack:U0BEN",))
    assert (event.left, event.approvers) == (True, 2)
    assert chain.state.against("ben").words == "ben has left: said by dan at 2026-11-25 03:14 UTC. last day"
    assert chain.state.against("benjamin", ("slack:U0BEN",)) is not None
    assert (chain.state.people, chain.state.lost["ben"].left) == (("ben",), True)


def test_one_who_is_distrusted_can_leave_and_one_who_left_is_not_distrusted_into_staying():
    chain = Chain()
    chain.say(Distrust("ben", "laptop gone"), "ada")
    chain.say(Depart("ben", "last day"), "dan")
    assert chain.state.against("ben").words.startswith("ben has left: said by dan")
    with pytest.raises(Declined, match="ben has left: said by dan"):
        chain.say(Depart("ben", "last day"), "ada")


@pytest.mark.parametrize(
    ("subject", "by", "said"),
    [
        ("ada", "eve", "may not command incidents"),
        ("ada", "ben", "may not command incidents"),
        ("ada", "ada", "Someone else than the person leaving must"),
        (SLACK, "ada", "for a person in the people file"),
    ],
)
def test_who_says_that_somebody_leaves(subject, by, said):
    with pytest.raises(Declined, match=said):
        Chain().say(Depart(subject, "x"), by)


@pytest.mark.parametrize(
    ("gone", "said"), [(("cleo",), "only ada is left who can"), (("cleo", "ada"), "no one is left")]
)
def test_one_of_the_last_who_may_approve_leaves_only_by_somebodys_express_word(gone, said):
    chain = Chain()
    for name in gone:
        chain.rights[name] = chain.rights[name] - {APPROVE}
    with pytest.raises(Declined, match=said):
        chain.say(Depart("ben", "last day"), "dan")
    assert chain.state.people == ()
    event = chain.say(Depart("ben", "last day", fewer_approvers=True), "dan")
    assert event.approvers == 2 - len(gone)


def test_whoever_may_not_approve_leaves_however_few_there_are():
    chain = Chain()
    for name in ("ada", "cleo"):
        chain.rights[name] = chain.rights[name] - {APPROVE}
    assert chain.say(Depart("eve", "last day"), "dan").approvers is None


def test_two_take_a_departure_back():
    chain = Chain()
    chain.say(Depart("ben", "last day"), "ada")
    chain.say(Trust("ben", "he stays"), "ada")
    chain.say(Trust("ben", "he stays"), "dan")
    assert chain.state.people == ()


def test_an_account_without_an_entry_is_none_of_the_two_who_give_trust_back():
    chain = Chain()
    chain.say(Distrust("eve", "her laptop is gone"), ROLE)
    with pytest.raises(Declined, match="not in the people file"):
        chain.say(Trust("eve", "it was found"), ROLE)
    chain.say(Trust("eve", "it was found"), "ada")
    with pytest.raises(Declined, match="not in the people file"):
        chain.say(Trust("eve", "it was found"), ROLE)


# --- where nobody but one can undo it --------------------------------------------------------------------------------


def locked_out():
    """Dan distrusts everyone who could stop him."""
    chain = Chain()
    for name in ("ada", "ben", "cleo"):
        chain.say(Distrust(name, "says dan"), "dan")
    return chain


def test_that_nobody_but_its_author_can_undo_it_is_told():
    chain = Chain()
    chain.say(Distrust("eve", "her laptop is gone"), "dan")
    assert chain.state.locked == "", "ada commands, and ben or cleo can agree"
    chain.say(Distrust("ada", "says dan"), "dan")
    assert "Only dan can undo this" in chain.state.locked
    assert "bot people trust --on-this-host" in chain.state.locked


def test_a_departure_is_told_so_only_where_few_are_left_who_may_approve():
    chain = Chain()
    chain.say(Depart("ada", "last day"), "dan")
    assert chain.state.locked == ""
    chain.say(Depart("ben", "last day", fewer_approvers=True), "dan")
    assert "Only dan can undo this" in chain.state.locked


def test_the_workers_host_gives_trust_back_after_ten_minutes():
    chain = locked_out()
    chain.say(RestoreHere("", "dan is the attacker"), OPERATOR)
    assert [one.subject for one in chain.state.announced.values()] == ["ada", "ben", "cleo"]
    chain.now += RESTORED_AFTER - timedelta(seconds=1)
    assert restored(chain.state, chain.now) == ()
    assert chain.state.against("ada") is not None
    chain.now += timedelta(seconds=1)
    chain.append(restored(chain.state, chain.now), "bot")
    assert (chain.state.lost, chain.state.announced, chain.state.locked) == ({}, {}, "")


def test_whoever_may_command_can_object_to_it():
    chain = locked_out()
    chain.say(RestoreHere("ada", "it was wrong"), OPERATOR)
    chain.say(Distrust("ada", "no, it was not"), "dan")
    chain.now += RESTORED_AFTER
    assert restored(chain.state, chain.now) == ()


def test_it_brings_back_those_alone_whom_the_people_file_lists_and_who_left_only_by_name():
    chain = Chain()
    chain.say(Distrust("ben", "gone"), "ada")
    chain.say(Depart("eve", "last day"), "ada")
    del chain.rights["ben"]
    with pytest.raises(Declined, match="Nothing to do"):
        chain.say(RestoreHere("", "all of them"), OPERATOR)
    with pytest.raises(Declined, match="Nothing to do: ben"):
        chain.say(RestoreHere("ben", "him"), OPERATOR)
    chain.say(RestoreHere("eve", "she stays"), OPERATOR)
    assert [*chain.state.announced] == ["eve"]


def test_nobody_says_it_elsewhere_whatever_their_rights():
    chain = locked_out()
    with pytest.raises(Declined, match="Do this on the worker's own host"):
        chain.say(RestoreHere("", "it was wrong"), "ada")
