"""No value passes, however it is dressed; fingerprints and plain text do."""

import base64
import time
from urllib.parse import quote, quote_plus

import pytest

from bot.errors import ConfigurationError
from bot.report.markdown import code, md
from bot.report.secret_scan import gate, known_fingerprints
from bot.secret import Secret, use_fingerprint_key
from tests.support.events import SAMPLES
from tests.support.incidents import START, Story, declaration

VALUE = "Tr0ub4dor&3/zebra+x=="


def known():
    return {Secret(VALUE).fingerprint}


def b64(text):
    return base64.b64encode(text.encode()).decode()


DISGUISES = {
    "in clear": VALUE,
    "at the end of a sentence": f"it was {VALUE}.",
    "in quotes": f"it was “{VALUE}”, she said",
    "in single quotes": f"KEY='{VALUE}'",
    "in code": f"`{VALUE}`",
    "assigned": f"REDIS_PASSWORD={VALUE}",
    "in JSON": f'{{"key":"{VALUE}","x":1}}',
    "in a URL's path": f"https://example.com/{VALUE}/x",
    "as a URL's password": f"redis://user:{quote(VALUE, safe='')}@cache.example:6379/0",
    "in a list": f"a,{VALUE},b",
    "in a mail address": f"{VALUE}@example.com",
    "as base64": b64(VALUE),
    "as base64 without padding": b64(VALUE).rstrip("="),
    "as URL-safe base64": base64.urlsafe_b64encode(VALUE.encode()).decode(),
    "as basic authorization": b64(f"user:{VALUE}"),
    "URL-encoded": quote(VALUE, safe=""),
    "form-encoded": f"key={quote_plus(VALUE)}&x=1",
    "as URL-encoded base64": quote(b64(VALUE), safe=""),
    "as base64 twice": b64(b64(VALUE)),
    "escaped for Markdown": str(md(f"it was {VALUE} indeed")),
    "as HTML": VALUE.replace("&", "&amp;"),
}


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES.keys())
def test_a_known_value_is_held_back(text):
    gated = gate(f"# Report\n\nfirst line\n{text}\nlast line", known(), "Redact it.")
    assert {line for line, _ in gated.withheld} == {4}
    assert text not in gated.text
    assert VALUE not in gated.text
    assert next(iter(known())) in gated.text
    assert gated.text.startswith(
        "# Report\n\n> **1 line of this text was withheld, because a secret stood there.** Redact"
    )
    assert "first line\n*withheld: the value" in gated.text
    assert gated.text.endswith("*\nlast line\n")
    assert gate(gated.text, known()) == type(gated)(gated.text)


def test_a_passphrase_of_several_words_is_held_back():
    text = "they wrote “correct horse battery staple” on the wall"
    assert "horse" not in gate(text, {Secret("correct horse battery staple").fingerprint}).text


def test_a_value_with_punctuation_at_its_end_is_held_back():
    assert "hunter2" not in gate("it was (hunter2!).", {Secret("hunter2!").fingerprint}).text


def test_the_numbers_of_events_and_the_cells_beside_it_stay():
    text = f"# Report\n- ada noted: it was {VALUE} [12, 14]\n| [3] | 03:14 | ada noted: {md(VALUE)} |\n"
    lines = gate(text, known()).text.splitlines()
    assert lines[4].startswith("- *withheld: ")
    assert lines[4].endswith("* [12, 14]")
    assert lines[5].startswith("| [3] | 03:14 | *withheld: ")
    assert lines[5].count("|") == 4


def test_what_stands_in_the_frame_of_a_line_takes_the_line_with_it():
    text = f"<!-- marker -->\n# {VALUE}\nall is well\n"
    gated = gate(text, known())
    assert (VALUE in gated.text, gated.text.startswith("<!-- marker -->\n# *withheld")) == (False, True)
    spread = (
        "# R\n-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEabcdefghijklmnop\n" * 3 + "-----END RSA PRIVATE KEY-----\nend"
    )
    gated = gate(spread, ())
    assert "MIIE" not in gated.text
    assert gated.text.endswith("\nend\n")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SG.abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq", "SendGrid"),
        (b64("sk_live_abcdefghijklmnop"), "Stripe"),
        (str(md("it was ghp_abcdefghijklmnopqrstuvwxyz0123456789 there")), "GitHub"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ],
)
def test_a_known_shape_is_held_back_without_being_known(text, kind):
    gated = gate(f"one\ntwo {text}", ())
    assert text not in gated.text
    assert kind in gated.text
    assert gated.withheld[0][0] == 2


def test_ids_fingerprints_and_prose_pass():
    text = f"The value {next(iter(known()))} of {code('AKIAIOSFODNN7EXAMPLE')}: 100% dead? yes+no. YWJj ÿ"
    assert gate(text, known()).text == text


def test_a_process_without_the_key_says_that_it_cannot_look():
    use_fingerprint_key(None)
    with pytest.raises(ConfigurationError, match="fingerprint key"):
        gate("anything", ())


def test_known_fingerprints_are_those_of_all_values_ever_dealt_with():
    story = Story(declaration())
    for kind in ("secret-added", "old-captured", "value-staged", "note-added"):
        story.log.append(type(story.log[0])(99, START, "bot", SAMPLES[kind][0]))
    assert known_fingerprints(story.log) == {"f" * 12, "e" * 12}


def test_a_long_hostile_text_takes_little_time():
    text = "\n".join(["a:b/c=d@e,f;" * 250] * 3) + "\n" + "%41" * 900 + "\n" + "x " * 3000
    began = time.process_time()
    gate(text, known())
    assert time.process_time() - began < 5
