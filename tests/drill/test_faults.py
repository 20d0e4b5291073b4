"""Faults on the command line: which there are, and what is said about one that is not."""

import pytest

from bot.drill.faults import PLACES, Fault, parse_faults
from bot.errors import Misuse


@pytest.mark.parametrize(
    "text",
    [
        "sendgrid:revoke-500", "openai:create-timeout", "slack:down", "pagerduty:down", "aws:kms-denied",
        "stripe:revoke-ignored", "functions:health-stuck", "slack:chat.postMessage-429", "aws:ssm-put-500",
    ],
)  # fmt: skip
def test_known(text):
    (fault,) = parse_faults([text])
    assert str(fault) == text


def test_several():
    assert parse_faults(["slack:down", "openai:list-500"]) == (Fault("slack", "down"), Fault("openai", "list-500"))


@pytest.mark.parametrize("text", ["heroku:down", "down", ""])
def test_an_unknown_place_is_answered_with_those_that_there_are(text):
    with pytest.raises(Misuse, match=f"one of {', '.join(PLACES)}"):
        parse_faults([text])


@pytest.mark.parametrize("place", PLACES)
def test_an_unknown_fault_is_answered_with_those_of_the_place(place):
    with pytest.raises(Misuse) as told:
        parse_faults([f"{place}:explode"])
    known = PLACES[place]()
    assert f"{place}:down" in str(told.value)
    assert all(f"{place}:{name}" in str(told.value) for name in known.special)


def test_the_list_names_operations():
    with pytest.raises(Misuse, match=r"OPERATION is one of create, get, list, probe, revoke"):
        parse_faults(["openai:rewoke-500"])
