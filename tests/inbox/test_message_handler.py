"""What is said of a message that was reported."""

import json
from dataclasses import replace

import pytest

from bot.inbox import fingerprints as known
from bot.inbox.fingerprints import KnownValues
from bot.inbox.message_handler import MessageHandler
from bot.inbox.messages import Message, ReportMessage
from tests.inbox.test_fingerprints import PASSWORD, REDIS, URL, Held

BODY = ["MIIEpAIBAAKCAQEA" + letter * 48 for letter in "abcdefgh"]
LAST = "c2hvcnQ="
BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"


class Log:
    def open_incidents(self):
        return []

    def incident_of(self, environment, secret):
        return None


def handler(**held):
    values = KnownValues(Held(**({"redis_url": [URL]} | held)), (REDIS,), patience=0.0)
    values.refresh()
    return MessageHandler(Log(), values, None)


KEY = "\n".join([BEGIN, *BODY, LAST, END])


MANY = json.dumps({f"k{number}": f"v{number}" for number in range(240)}, separators=(",", ":"))
TOO_MANY = "\n".join(MANY.replace("k", f"{number}k") for number in range(2))
SEVERAL_LINES = '{\n  "client": "app",\n  "password": "gV5eXa48Nu93"\n}'


class Shown:
    """What Slack shows of one message."""

    def __init__(self, *texts) -> None:
        self.texts = texts

    def read(self, channel, ts, thread):
        return Message(self.texts)


def report(*texts, **held):
    here = replace(handler(**held), messages=Shown(*texts))
    return here.report(ReportMessage("C1", "1700000000.000100"), lambda _incident, _sighting: "")


HIDDEN = {
    "behind three thousand characters": f"log {'x' * 3100} token {PASSWORD}",
    "at the end of a long line of JSON": f'{MANY[:-1]},"key":"{PASSWORD}"}}',
    "where a long line is looked at in parts": f"{'a:' * 2996}{PASSWORD}:b",
    "at the end of a long log": "03:14 POST /v1/orders/4711?user=ada status=201\n" * 300 + PASSWORD,
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_value_is_found_wherever_it_stands_in_a_long_message(text):
    assert "holds redis-url (production)" in report(text).text


def test_a_value_of_several_lines_is_found():
    for value in (KEY, SEVERAL_LINES):
        held = {"redis_url": [value]}
        assert "holds redis-url (production)" in report("here it is", f"  {value}\n", **held).text
    assert "holds redis-url (production)" in report(f"found this:\n{KEY}\nin a gist", redis_url=[KEY]).text


def test_what_could_not_be_compared_to_its_end_is_said(monkeypatch):
    monkeypatch.setattr(known, "MOST_OF_MESSAGE", 3_000)
    told = report(f"{TOO_MANY}\nand {PASSWORD}").text
    assert "is in this message" not in told
    assert "No catalogued secret was found in this message: only a part of its" in told
    assert "Not excluded: the rest of its text, which has too many marks and brackets" in told
    told = report(f"{PASSWORD}\n{TOO_MANY}").text
    assert "holds redis-url (production)" in told
    assert "Not excluded: the rest of its text" in told
