"""What the timeline keeps of a message, and what is said of one that was reported."""

import pytest

from bot.response.known import KnownValues
from bot.response.message_handler import MessageHandler
from tests.response.test_known import PASSWORD, REDIS, URL, Held

BODY = ["MIIEpAIBAAKCAQEA" + letter * 48 for letter in "abcdefgh"]
LAST = "c2hvcnQ="
BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"


class Log:
    def open_incidents(self):
        return []


def handler(**held):
    values = KnownValues(Held(redis_url=[URL], **held), (REDIS,), patience=0.0)
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
