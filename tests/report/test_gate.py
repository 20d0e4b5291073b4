"""No value passes, however it is dressed; fingerprints and plain text do."""

import base64
import time
from urllib.parse import quote, quote_plus

import pytest

from bot.errors import ConfigurationError
from bot.report.gate import SecretInReport, gate, known_fingerprints
from bot.report.markdown import code, md
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
    with pytest.raises(SecretInReport) as held:
        gate(f"# Report\n\nfirst line\n{text}\nlast line", known())
    assert "line 4" in str(held.value)
    assert VALUE not in str(held.value)
    assert next(iter(known())) in str(held.value)


def test_a_passphrase_of_several_words_is_held_back():
    with pytest.raises(SecretInReport):
        gate(
            "they wrote “correct horse battery staple” on the wall",
            {Secret("correct horse battery staple").fingerprint},
        )


def test_a_value_with_punctuation_at_its_end_is_held_back():
    with pytest.raises(SecretInReport):
        gate("it was (hunter2!).", {Secret("hunter2!").fingerprint})


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
    with pytest.raises(SecretInReport, match=kind) as held:
        gate(f"one\ntwo {text}", ())
    assert text not in str(held.value)
    assert held.value.findings[0][0] == 2


def test_ids_fingerprints_and_prose_pass():
    text = f"The value {next(iter(known()))} of {code('AKIAIOSFODNN7EXAMPLE')}: 100% dead? yes+no. YWJj ÿ"
    gate(text, known())


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
