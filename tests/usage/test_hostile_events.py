"""Records of CloudTrail that a stranger has written: none ends a look, none is shown as more than text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.phrases.marks import printable
from bot.usage.trail_records import LONGEST, Search

KEY = "/production/openai-api-key"
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
WINDOW = (NOW - timedelta(days=90), NOW)
STRANGER = "arn:aws:sts::999999999999:assumed-role/role/session"
GOOD = {
    "eventID": "an-event", "eventTime": "2026-11-25T02:00:00Z", "eventSource": "ssm.amazonaws.com",
    "eventName": "GetParameter", "userIdentity": {"type": "AssumedRole", "arn": STRANGER},
    "sourceIPAddress": "192.0.2.1", "userAgent": "aws-cli/2", "requestParameters": {"name": KEY},
    "resources": [{"ARN": f"arn:aws:ssm:eu-west-1:123456789012:parameter{KEY}"}],
}  # fmt: skip
EVIL = "\x1b[2J\x1b]0;x\x07\u202e<!channel> <@U123> *b* `c` \ue006U123\ue000\x00\r\n<script>&amp; " + "x" * 5_000


def search():
    return Search((KEY,), WINDOW, "")


def evil(place):
    """The record with a text in one of the places that whoever reads can write to."""
    document = json.loads(json.dumps(GOOD))
    *way, last = place.split(".")
    inner = document
    for name in way:
        inner = inner[name]
    inner[last] = EVIL
    return document


TEXTS = [
    "userIdentity.arn", "userIdentity.type", "userIdentity.invokedBy", "sourceIPAddress", "userAgent", "errorCode",
    "errorMessage", "requestParameters.names", "requestParameters.path", "eventName", "eventSource", "eventID",
]  # fmt: skip


@pytest.mark.parametrize("place", TEXTS)
def test_a_text_of_a_stranger_is_short_and_printable(place):
    looked = search()
    looked.take("an-event", json.dumps(evil(place)))
    for read in looked.reads.values():
        for text in (read.principal, read.address, read.agent, read.action):
            assert len(text) <= LONGEST + 50
            assert text == printable(text)
            assert "\n" not in text
            assert text.encode()
        assert not {"<", "*", "`"} & set(read.principal + read.address + read.action)


def test_who_is_refused_and_names_no_parameter_is_told_by_a_name_alone():
    looked = search()
    document = evil("userIdentity.arn") | {"errorCode": "AccessDenied", "requestParameters": None, "resources": None}
    looked.take("an-event", json.dumps(document))
    (gap,) = looked.gaps()
    assert not {"<", "*", "`", "\ue006", "\x1b"} & set(gap)
    assert len(gap) < LONGEST + 100


WRONG = [None, 1, 1e300, True, [], {}, [[]], {"arn": {}}, "x", "\ud800"]


@pytest.mark.parametrize("name", [*GOOD, "errorCode", "errorMessage"])
def test_a_field_of_another_type_or_none_ends_no_look(name):
    looked = search()
    for number, wrong in enumerate(WRONG):
        looked.take(f"event-{number}", json.dumps(GOOD | {name: wrong, "eventID": f"event-{number}"}))
    looked.take("without", json.dumps({key: value for key, value in GOOD.items() if key != name}))
    looked.take("good", json.dumps(GOOD | {"eventID": "good"}))
    assert ("good", KEY) in looked.reads
    assert len(list(looked.gaps())) <= 2


TIMES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-25T02:00:00", "2031-01-01T00:00:00Z", "x"]
ODD = {
    **{at: json.dumps(GOOD | {"eventTime": at}) for at in TIMES},
    "nothing": "",
    "half": json.dumps(GOOD)[:-1],
    "deep": json.dumps(GOOD)[:-1] + ', "x": ' + "[" * 200_000 + "]" * 200_000 + "}",
    "objects": json.dumps(GOOD)[:-1] + ', "requestParameters": ' + '{"a":' * 200_000 + "1" + "}" * 200_001,
    "many": json.dumps(GOOD | {"resources": GOOD["resources"] * 20_000}),
    "no unicode": json.dumps(GOOD).replace("aws-cli", "\udcff"),
}


@pytest.mark.parametrize("document", ODD.values(), ids=ODD.keys())
def test_what_cannot_be_read_is_counted_and_ends_no_look(document):
    looked = search()
    assert looked.take("an-event", document) is None
    assert looked.reads == {}
    assert list(looked.gaps()) == ["1 event that could not be read."]
