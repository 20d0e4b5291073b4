"""What the timeline keeps of a message, and what is said of one that was reported."""

import base64
import json
from dataclasses import replace

import pytest

from bot.inbox import fingerprints as known
from bot.inbox.fingerprints import KnownValues
from bot.inbox.message_handler import MessageHandler
from bot.inbox.messages import Message, ReportMessage
from tests.inbox.test_fingerprints import PASSWORD, REDIS, URL, Held
from tests.support.incidents import START

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
    return MessageHandler(Log(), values, None, str)


KEYS = {
    "whole": [BEGIN, *BODY, LAST, END],
    "without its end": [BEGIN, *BODY, LAST],
    "without its beginning": [*BODY, LAST, END],
    "quoted": ["&gt; " + line for line in (BEGIN, *BODY, END)],
    "indented": ["      " + line for line in (BEGIN, *BODY, END)],
    "encrypted": [BEGIN, "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,3F17F5316E2BAC89", "", *BODY, LAST, END],
}


@pytest.mark.parametrize("lines", KEYS.values(), ids=KEYS.keys())
def test_of_a_private_key_no_line_is_kept(lines):
    kept = handler().masked("\n".join(["found this:", *lines, "in the gist"]))
    assert kept.startswith("found this:\n")
    assert kept.endswith("\nin the gist")
    assert not [line for line in (*BODY, LAST) if line in kept]


def test_what_stands_beside_a_private_key_is_kept():
    key = "\n".join(KEYS["whole"])
    text = "see\n{}\nthanks\nin commit 3f17f5316e2bac89b0c1"
    assert handler().masked(text.format(key)) == text.format("▒▒▒")


def test_a_value_of_the_catalog_is_masked_in_its_line_alone():
    assert handler().masked(f"the gist had\nredis {PASSWORD}\nsince ten") == "the gist had\nredis ▒▒▒\nsince ten"


def test_a_key_with_characters_that_nobody_sees_is_masked():
    text = "sk_live_\u200baB3xaB3xaB3x, or {}"
    assert handler().masked(text.format(f"{PASSWORD[:4]}\u200b{PASSWORD[4:]}")) == "▒▒▒"
    assert handler().masked(text.format("what")) == "▒▒▒, or what"


def test_a_value_that_a_lines_end_cuts_in_two_is_not_kept():
    env = f"HOST=db.internal.example.com\nUSER=app\nREDIS_PASSWORD={PASSWORD}\n"
    cut = base64.encodebytes(env.encode()).decode()
    assert handler().masked(f"the gist had\n{cut}since ten") == "▒▒▒"


# --- a message that was reported ------------------------------------------------------------------------------------

MANY = json.dumps({f"k{number}": f"v{number}" for number in range(240)}, separators=(",", ":"))
TOO_MANY = "\n".join(MANY.replace("k", f"{number}k") for number in range(2))
SEVERAL_LINES = '{\n  "client": "app",\n  "password": "gV5eXa48Nu93"\n}'


class Shown:
    """What Slack shows of one message."""

    def __init__(self, *texts) -> None:
        self.texts = texts

    def read(self, channel, ts, thread):
        return Message(self.texts, self.texts[0], "ada", START)


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
    assert PASSWORD not in handler().masked(text)


def test_a_value_of_several_lines_is_found():
    for value in ("\n".join(KEYS["whole"]), SEVERAL_LINES):
        held = {"redis_url": [value]}
        assert "holds redis-url (production)" in report("here it is", f"  {value}\n", **held).text
        assert "gV5eXa48Nu93" not in handler(**held).masked(value)
    key = "\n".join(KEYS["whole"])
    assert "holds redis-url (production)" in report(f"found this:\n{key}\nin a gist", redis_url=[key]).text


def test_what_could_not_be_compared_to_its_end_is_said_and_not_kept(monkeypatch):
    monkeypatch.setattr(known, "MOST_OF_MESSAGE", 3_000)
    told = report(f"{TOO_MANY}\nand {PASSWORD}").text
    assert "stands in this message" not in told
    assert "No catalogued secret was found in this message: only a part of its" in told
    assert "Not excluded: the rest of its text, which has too many marks and brackets" in told
    told = report(f"{PASSWORD}\n{TOO_MANY}").text
    assert "holds redis-url (production)" in told
    assert "Not excluded: the rest of its text" in told
    assert handler().masked(f"before\n{TOO_MANY.replace(chr(10), ',')}\nafter") == "before\n▒▒▒\nafter"
