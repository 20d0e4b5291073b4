import time

import pytest

from bot.report.markdown import md
from bot.secrets.keyshapes import SHAPES, recognise, redact

HEX32, HEX40, HEX48 = "0123456789abcdef" * 2, "0123456789abcdef" * 2 + "01234567", "0123456789abcdef" * 3
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + ("MIIEpAIBAAKCAQEA" * 4 + "\n") * 20
    + "c2hvcnQ=\n-----END RSA PRIVATE KEY-----"
)

VALUES = {
    "OpenAI API key": ["sk-proj-" + "aB3_-x" * 20, "sk-svcacct-" + HEX48, "sk-" + "aB3x" * 12],
    "OpenAI admin key": ["sk-admin-" + HEX48],
    "Anthropic API key": ["sk-ant-api03-" + "aB3_" * 20],
    "SendGrid API key": ["SG." + "a" * 22 + "." + "B" * 43],
    "Stripe API key": ["sk_live_" + "aB3x" * 6, "rk_test_" + "aB3x" * 26],
    "Stripe organisation key": ["sk_org_live_" + "aB3x" * 6],
    "Stripe webhook secret": ["whsec_" + "aB3x" * 8],
    "ElevenLabs API key": ["sk_" + HEX48],
    "Slack token": ["xoxb-123456789012-abcdefABCDEF", "xoxp-1-2-3-abcdefabcdef", "xoxe.xoxb-1-abcdefabcdef"],
    "Slack app token": ["xapp-1-A0123-456-abcdef"],
    "Slack webhook URL": [
        "https://hooks.slack.com/services/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",
        "http://127.0.0.1:8080/services/T0123ABCD/B0123ABCD/aB3xaB3xaB3x",
    ],
    "Supabase secret key": ["sb_secret_" + "aB3_-" * 6],
    "Supabase access token": ["sbp_" + HEX40],
    "JSON Web Token": [JWT],
    "GitHub token": ["ghp_" + "aB3x" * 9, "gho_" + "aB3x" * 9, "github_pat_" + "aB3_" * 20],
    "AWS access key id": ["AKIA" + "ABCDEFGH23456789"[:16], "ASIA" + "ABCDEFGH23456789"[:16]],
    "Twilio API key SID": ["SK" + HEX32],
    "Twilio account SID": ["AC" + HEX32],
    "PagerDuty token": ["pdus+_0XBPWQQ_" + HEX32, "u+" + "aB3_-x" * 3],
    "private key": [PEM, PEM.replace("\n", "\\n"), "-----BEGIN PRIVATE KEY-----\n" + "MIIE" * 16],
}
BESIDE = {  # a value that is only telling beside its name: (text, value)
    "AWS secret access key": ("AWS_SECRET_ACCESS_KEY = '" + "aB3/+" * 8 + "'", "aB3/+" * 8),
    "Twilio API key": (f"SK{HEX32}:" + "aB3x" * 8, "aB3x" * 8),
    "Twilio auth token": ("TWILIO_AUTH_TOKEN=" + HEX32, HEX32),
    "PagerDuty key": ("PAGERDUTY_API_KEY: y_NbAkKc66ryYTWUXYEu", "y_NbAkKc66ryYTWUXYEu"),
    "Upstash token": ("UPSTASH_REDIS_REST_TOKEN=" + "aB3x" * 12, "aB3x" * 12),
    "URL with a password": ("use redis://app:s3cret%40x@host:6379/0 now", "s3cret%40x"),
    "authorization header": ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
}
INNOCENT = [
    "inc_a2b3c4",
    "inc_a2b3c4_openai_api_key_1",
    "0f1e2d3c4b5a",
    HEX32 * 2,
    HEX40,
    "7:" + HEX32 * 2,
    "5f0c5a3e-7f0e-4e0b-9a0a-0d3b5b1f2c3d",
    "arn:aws:lambda:eu-west-1:123456789012:function:checkout-handler",
    "arn:aws:kms:eu-west-1:123456789012:key/5f0c5a3e-7f0e-4e0b-9a0a-0d3b5b1f2c3d",
    "key_abc",
    "proj_abc/key_abc123",
    "svc_acct_abc",
    "redis://host:6379/0",
    "postgresql://app@host:5432/db",
    "https://dashboard.stripe.com/test/apikeys",
    "https://example.com:8443/a@b",
    "mailto:ada@example.com",
    "sk-abc...def",
    "sk_live_…abcd",
    "sb_publishable_" + "aB3_-" * 6,
    "pk_live_" + "aB3x" * 6,
    "/production/supabase/service-key",
    "task-force-on-desk-research-and-risk-assessment",
    "sk-some-hyphenated-words-of-a-sentence",
    "SG.example.com",
    "2026-11-25T13:00:00.000000Z",
    "-----BEGIN PUBLIC KEY-----",
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in VALUES.items() for value in values])
def test_a_known_value_is_recognised_as_a_whole(name, value):
    for text in (value, f"the key is {value}.", f'{{"key": "{value}"}}', f"KEY={value}\n"):
        found = recognise(text)
        assert [each.shape.name for each in found] == [name]
        assert text[found[0].start : found[0].end] == value


@pytest.mark.parametrize("name", BESIDE)
def test_a_value_beside_its_name_is_recognised_without_the_name(name):
    text, value = BESIDE[name]
    assert [(each.shape.name, text[each.start : each.end]) for each in recognise(text)] == [(name, value)]


def test_every_shape_is_tried_here():
    assert {shape.name for shape in SHAPES} == {*VALUES, *BESIDE}


@pytest.mark.parametrize("text", INNOCENT)
def test_our_own_ids_and_what_is_public_raise_no_alarm(text):
    assert recognise(text) == []
    assert recognise(f"see {text}, please") == []
    assert redact(text) == text


@pytest.mark.parametrize("unseen", ["\u200b", "\u2060", "\u00ad", "\u202e", "\ue000", "\x00"])
def test_what_nobody_sees_hides_no_value(unseen):
    text = f"caf\u00e9 sk_live_{unseen}{'aB3x' * 6}, {unseen}and AKIA{unseen}ABCDEFGH23456789"
    found = [(each.shape.name, text[each.start : each.end]) for each in recognise(text)]
    assert found == [
        ("Stripe API key", f"sk_live_{unseen}{'aB3x' * 6}"),
        ("AWS access key id", f"AKIA{unseen}ABCDEFGH23456789"),
    ]
    assert redact(f"{unseen}sk_live_{'aB3x' * 3}{unseen}{'aB3x' * 3}{unseen}.") == f"{unseen}[Stripe API key]{unseen}."
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u05e9\u05dc\u05d5\u05dd\u200f ok"
    assert redact(family) == family


KEY = "sk_live_" + "aB3x" * 6
ESCAPED = [
    r"x:\n{}", r"\t{}", r"\\n{}", r"\\\\n{}", r"\u003d{}", r"\x3d{}", r"\075{}", r"\u200b{}", "k%3D{}", "k%22{}",
    "k%253D{}", "%5Cn{}", "=3D{}", "&amp;#61;{}", "\x1b[31m{}", "foo\x1b[31m{}\x1b[0m", r"foo\x1b[31m{}\x1b[0m",
    "[31m{}[0m",
]  # fmt: skip


@pytest.mark.parametrize("around", ESCAPED)
def test_an_escape_before_a_value_hides_none(around):
    text = around.format(KEY)
    assert [text[each.start : each.end] for each in recognise(text)] == [KEY]
    assert redact(text) == around.format("[Stripe API key]")
    if "foo\x1b" not in around:  # whose colours nothing shows
        assert [md(text)[each.start : each.end] for each in recognise(md(text))] == [KEY]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (KEY.replace("_", r"\u005f"), "[Stripe API key]"),
        (KEY.replace("_", "%5F"), "[Stripe API key]"),
        (KEY.replace("_", "\x1b[0m_"), "[Stripe API key]"),
        (r"http:\/\/u:s3cret\u0021x@h", r"http:\/\/u:[URL with a password]@h"),
        ("https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0123ABCD%2FB0123ABCD%2FaB3xaB3xaB3x", "[Slack webhook URL]"),
        ("Authorization%3A%20Bearer%20abcdefghijklmnop", "Authorization%3A%20Bearer%20[authorization header]"),
    ],
)
def test_an_escape_inside_a_value_hides_none(text, left):
    assert redact(f"x={text} y") == f"x={left} y"


def test_redacting_leaves_the_surroundings_and_mere_ids():
    text = f"rotate ghp_{'aB3x' * 9} and redis://app:pw@host/0 of AKIAABCDEFGH23456789"
    assert redact(text) == "rotate [GitHub token] and redis://app:[URL with a password]@host/0 of AKIAABCDEFGH23456789"


def test_redacting_twice_changes_nothing_more():
    once = redact(f"{JWT} {PEM} {VALUES['Slack webhook URL'][0]}")
    assert redact(once) == once
    assert "eyJ" not in once
    assert "MII" not in once


HOSTILE = [
    "sk-" * 100_000,
    "eyJ" + "a" * 300_000,
    "eyJaaaaaaaa." * 25_000,
    "redis://" * 40_000,
    "a://" + ":" * 300_000,
    "x://u:" * 50_000,
    "-----BEGIN PRIVATE KEY-----" * 11_000,
    "-----BEGIN " + "A " * 150_000,
    "-----BEGIN PRIVATE KEY-----" + "A" * 300_000,
    ("-----BEGIN PRIVATE KEY-----" + "A" * 100 + " ") * 2_000,
    "/services/T" * 30_000,
    "http://a/services/TAAAA/" * 12_000,
    "aws_secret_access_key=" * 14_000,
    "Authorization: Bearer " * 14_000,
    "SG." * 100_000,
    " " * 300_000,
    "A" * 300_000,
    "\\n" * 150_000,
    "sk-\u200b" * 75_000,
    "\u200b" * 300_000,
    "\\" * 300_000,
    "%25" * 100_000,
    "%" + "25" * 150_000,
    "&" + "amp;" * 75_000,
    "\x1b[" * 150_000,
    "\x1b[31mx" * 50_000,
    "=3D" * 100_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:16])
def test_hostile_text_takes_time_linear_in_its_length(text):
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 3.0
