"""What is offered of standing approvals and waivers is what `decide` accepts, for everybody and at any moment."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident.model import Actor, Right
from bot.incident.refusals import Declined
from bot.programme.commands import AgreeStanding, AgreeWaiver, AskWaiver, SignStanding, WithdrawStanding, WithdrawWaiver
from bot.programme.offers import ANYBODY, agreement, offered, refusal, withdrawal
from tests.programme.conftest import AT, RIGHTS, Office
from tests.support.searches import search

DAY = timedelta(days=1)
SIGN = SignStanding("production", ("openai-api-key",), 3600.0, AT + 30 * DAY)
ASK = AskWaiver("openai-api-key", "production", AT + 60 * DAY, "the vendor moves")


def actor(office, name):
    return Actor(name, frozenset(office.rights.get(name, ())))


def offers(office, ask, name):
    found = offered(
        office.state, ask, actor(office, name), office.now, entitled=office.entitled, due=lambda *of: office.due.get(of)
    )
    return list(found)


def accepted(office, command, name):
    before = office.state
    try:
        office.say(command, name)
    except Declined:
        return False
    finally:
        office.state = before
    return True


def everything(office):
    """All that people can ask about what was signed or asked for, sensible or not."""
    for number in range(1, MOST + 2):
        standing = office.state.standing.get(number)
        for digest in ("0" * 16, standing.digest if standing else ""):
            yield AgreeStanding(number, digest)
        yield from (WithdrawStanding(number, "x"), AgreeWaiver(number), WithdrawWaiver(number, "x"))


MOST = 20
"""Things told; each may sign or ask for one more."""
names = st.sampled_from(sorted(RIGHTS))
steps = st.tuples(
    st.sampled_from(["sign", "ask", "agree", "withdraw", "lose", "due", "days"]), names, st.integers(1, 4)
)


@search(60)
@given(st.lists(steps, max_size=MOST))
def test_what_is_offered_is_accepted_and_what_is_accepted_is_offered(told):
    office = Office()
    office.due["production", "openai-api-key"] = AT + 20 * DAY
    for what, who, number in told:
        each = office.state.standing.get(number) or office.state.waivers.get(number)
        try:
            match what:
                case "sign":
                    office.say(replace(SIGN, until=office.now + number * DAY), who)
                case "ask":
                    office.say(replace(ASK, until=office.now + number * 20 * DAY), who)
                case "agree" if each is not None:
                    office.say(agreement(each), who)
                case "withdraw" if each is not None:
                    office.say(withdrawal(each, "because"), who)
                case "lose":
                    office.rights[who] ^= {Right.APPROVE}
                case "due":
                    office.due["production", "openai-api-key"] = office.now + number * DAY if number > 1 else None
                case _:
                    office.now += number * DAY
        except Declined:
            pass
    for name in RIGHTS:
        given_by_them = [*map(agreement, offers(office, agreement, name))]
        given_by_them += [withdrawal(each, "x") for each in offers(office, withdrawal, name)]
        assert [each for each in everything(office) if accepted(office, each, name)] == sorted(
            given_by_them, key=list(everything(office)).index
        )


def test_an_approval_whose_signer_lost_the_right_is_offered_to_nobody(office):
    office.say(SIGN, "ada")
    assert offers(office, agreement, "ben")
    office.rights["ada"] = set()
    assert not offers(office, agreement, "ben")
    [standing] = office.state.standing.values()
    why_not = refusal(
        office.state, agreement(standing), ANYBODY, AT, entitled=office.entitled, due=lambda *of: office.due.get(of)
    )
    assert why_not == "ada, who signed first, may not approve any more. Sign another one."


def test_a_waiver_of_what_has_become_overdue_is_offered_to_nobody(office):
    office.due["production", "openai-api-key"] = AT + 20 * DAY
    office.say(ASK, "eve")
    assert offers(office, agreement, "ben")
    office.due["production", "openai-api-key"] = AT
    assert not offers(office, agreement, "ben")


def test_whoever_is_asked_stands_for_somebody_who_may(office):
    office.say(SIGN, "ada")
    [standing] = office.state.standing.values()
    asked = (office.state, agreement(standing), ANYBODY, AT)
    assert refusal(*asked, entitled=office.entitled, due=lambda *_of: None) == ""


@pytest.mark.parametrize("days", [7, 29])
def test_what_nobody_agreed_to_in_time_is_not_withdrawn(office, days):
    office.due["production", "openai-api-key"] = AT + 7 * DAY
    office.say(SIGN, "ada")
    office.say(ASK, "eve")
    office.now = AT + days * DAY
    with pytest.raises(Declined, match="Nothing to do: no second person signed standing approval 1 in time"):
        office.say(WithdrawStanding(1, "x"), "ada")
    with pytest.raises(Declined, match="Nothing to do: no second person agreed to waiver 1 in time"):
        office.say(WithdrawWaiver(1, "x"), "eve")
    assert not offers(office, withdrawal, "ada")
