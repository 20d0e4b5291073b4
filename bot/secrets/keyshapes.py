"""The shapes of known credentials, to recognise one in the wrong place: a text field, a log line, a report.

Every pattern has a literal beginning, bounded repeats and a boundary before it, so that a scan takes time linear in any
text. Public material (publishable keys) and our own ids and digests match nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from bot.secrets.escapes import Opened, colours, opened, without_colours

SECRET_GROUP = "secret"  # noqa: S105 - the name of a group
_APART = r"(?<![A-Za-z0-9_-])"
"""Matches only outside a longer word."""
_END = r"(?![A-Za-z0-9_-])"
PRIVATE_KEY = "private key"
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_PERHAPS_UNSEEN = re.compile(r"[^\t-\r\x1c-\x1f -~]")


@dataclass(frozen=True)
class Shape:
    """One known form. `opens` is False for a form that only names a key (an AWS key id) and opens nothing alone.

    If `form`, a regular expression, has a group `secret`, that group is the value and the rest its surroundings.
    """

    name: str
    provider: str
    form: str
    opens: bool = True

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled at the first search: most commands of the terminal search no text."""
        return re.compile(self.form, re.ASCII)


@dataclass(frozen=True)
class Recognised:
    """A value of `shape` at text[start:end]. The value itself is not kept."""

    shape: Shape
    start: int
    end: int


def _shape(name: str, provider: str, pattern: str, *, opens: bool = True) -> Shape:
    return Shape(name, provider, _APART + pattern, opens)


def _assigned(names: str, value: str) -> str:
    """A value that is recognisable only beside its variable's name."""
    return rf"(?i:{names})[\"']?\s{{0,4}}[=:]\s{{0,4}}[\"']?(?P<{SECRET_GROUP}>{value}){_END}"


_PEM_BREAK = r"(?:\\r|\\n|\s){0,4}"
_PEM = (
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_PEM_BREAK}[A-Za-z0-9+/=]{{16,128}}){{0,400}}"
    rf"(?:{_PEM_BREAK}[A-Za-z0-9+/=]{{0,128}}{_PEM_BREAK}-----END (?:[A-Z0-9]{{1,12}} ){{0,3}}PRIVATE KEY-----)?"
)

SHAPES: tuple[Shape, ...] = (
    _shape("OpenAI admin key", "openai", r"sk-admin-[A-Za-z0-9_-]{12,300}"),
    _shape("Anthropic API key", "anthropic", r"sk-ant-[A-Za-z0-9_-]{16,300}"),
    _shape("OpenAI API key", "openai", r"sk-(?:(?:proj|svcacct|None)-[A-Za-z0-9_-]{16,300}|[A-Za-z0-9]{16,200}(?!-))"),
    _shape("SendGrid API key", "sendgrid", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,80}"),
    _shape("Stripe API key", "stripe", r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,255}"),
    _shape("Stripe organisation key", "stripe", r"sk_org_(?:live_|test_)?[A-Za-z0-9]{10,255}"),
    _shape("Stripe webhook secret", "stripe", r"whsec_[A-Za-z0-9+/]{16,128}"),
    _shape("ElevenLabs API key", "elevenlabs", rf"sk_[0-9a-f]{{48}}{_END}"),
    _shape("Slack token", "slack", r"(?:xoxe\.)?xox[abceoprs]-[A-Za-z0-9-]{10,300}"),
    _shape("Slack app token", "slack", r"xapp-[0-9]-[A-Za-z0-9-]{10,300}"),
    _shape(
        "Slack webhook URL",
        "slack",
        r"(?:https?://[A-Za-z0-9.:\[\]-]{1,100})?/(?:services/T[A-Z0-9]{4,16}/B[A-Z0-9]{4,16}/[A-Za-z0-9]{8,64}"
        r"|(?:workflows|triggers)/T[A-Z0-9]{4,16}/[A-Za-z0-9/]{8,128})",
    ),
    _shape("Supabase secret key", "supabase", r"sb_secret_[A-Za-z0-9_-]{12,128}"),
    _shape("Supabase access token", "supabase", r"sbp_(?:v[0-9]_)?[A-Za-z0-9]{16,128}"),
    _shape("JSON Web Token", "supabase", r"eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,6000}\.[A-Za-z0-9_-]{16,2000}"),
    _shape("GitHub token", "github", r"(?:gh[oprsu]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})"),
    _shape("AWS access key id", "aws-iam", rf"(?:AKIA|ASIA)[A-Z0-9]{{16}}{_END}", opens=False),
    _shape("AWS secret access key", "aws-iam", _assigned(r"(?:aws_)?secret_?access_?key", r"[A-Za-z0-9/+]{40}")),
    _shape("Twilio API key", "twilio", rf"SK[0-9a-f]{{32}}:(?P<{SECRET_GROUP}>[0-9A-Za-z]{{32}}){_END}"),
    _shape("Twilio API key SID", "twilio", rf"SK[0-9a-f]{{32}}{_END}(?!:[0-9A-Za-z]{{32}})", opens=False),
    _shape("Twilio account SID", "twilio", rf"AC[0-9a-f]{{32}}{_END}", opens=False),
    _shape(
        "Twilio auth token", "twilio", _assigned(r"twilio_(?:auth_token|(?:api_)?(?:key_)?secret)", r"[0-9A-Za-z]{32}")
    ),
    _shape("PagerDuty token", "pagerduty", r"(?:pd(?:us|eu)\+[A-Za-z0-9_+-]{16,128}|u\+[A-Za-z0-9_-]{18})"),
    _shape("PagerDuty key", "pagerduty", _assigned(r"pagerduty_[a-z_]{0,20}(?:key|token)", r"[A-Za-z0-9+_-]{20,32}")),
    _shape("Upstash token", "redis", _assigned(r"upstash_[a-z_]{0,30}token", r"[A-Za-z0-9_=-]{20,200}")),
    _shape(
        "URL with a password",
        "",
        r"(?:[a-z][a-z0-9+]{1,20})://[^\s:@/?#\"'<>]{0,128}:(?P<secret>[^\s@/\"'<>]{1,256})@",
    ),
    _shape(
        "authorization header",
        "",
        r"(?i:authorization)[\"']?[:=]\s{0,4}[\"']?(?i:bearer|basic|token)\s{1,4}"
        r"(?:token=)?(?P<secret>[A-Za-z0-9._~+/=-]{12,4000})",
    ),
    Shape(PRIVATE_KEY, "", _PEM),
)


_BEGINNING = re.compile(
    r"[sr]k_(?:live|test|org)_|whsec_|sk-(?:admin-|proj-|svcacct-|ant-)?|SG\.|gh[oprsu]_|github_pat_|sb_secret_|sbp_",
    re.ASCII,
)
_LAST, _LONG = 4, 24


def key_hint(value: str) -> str:
    """The part of a key that consoles show, by which people find it there: ``sk_live_…c668``. Empty for an unknown
    form, and for a form so short that four characters would reveal much of it.
    """
    beginning = _BEGINNING.match(value)
    if beginning is None or len(value) < _LONG or not value.isascii() or not value.isprintable():
        return ""
    return f"{beginning[0]}…{value[-_LAST:]}"


def recognise(text: str) -> list[Recognised]:
    """All known shapes in `text`, in order, without overlaps (the earlier, then the longer, wins). Invisible characters
    and escapes do not hide one.
    """
    found = _recognised(text)
    if visible(text) != text:
        found += _recognised_in(_only_seen(text))
    for each in opened(text):
        found += _recognised_in(each)
        if visible(each[0]) != each[0]:
            found += _recognised_in(_only_seen(*each))
    return list(_without_overlaps(sorted(found, key=lambda each: (each.start, -each.end))))


def visible(text: str) -> str:
    """The text without invisible characters: control characters, terminal colours, characters of no width, and marks
    that change the direction of writing. White space stays.
    """
    return "".join(filter(_is_seen, without_colours(text))) if _PERHAPS_UNSEEN.search(text) else text


@cache
def _is_seen(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in _UNSEEN


def _only_seen(text: str, begins: Sequence[int] = (), ends: Sequence[int] = ()) -> Opened:
    """The visible part of a text, with the place of each letter in the text that it was opened from."""
    begins, ends = begins or range(len(text)), ends or range(1, len(text) + 1)
    hidden = {at for start, end in colours(text) for at in range(start, end)}
    at = [index for index, letter in enumerate(text) if index not in hidden and _is_seen(letter)]
    return "".join(text[index] for index in at), [begins[index] for index in at], [ends[index] for index in at]


def _recognised_in(shown: Opened) -> list[Recognised]:
    """The shapes of an opened text, with their places in the text that it was opened from."""
    text, begins, ends = shown
    return [Recognised(each.shape, begins[each.start], ends[each.end - 1]) for each in _recognised(text)]


def _recognised(text: str) -> list[Recognised]:
    return [
        Recognised(shape, *match.span(SECRET_GROUP if SECRET_GROUP in shape.pattern.groupindex else 0))
        for shape in SHAPES
        for match in shape.pattern.finditer(text)
    ]


def redact(text: str) -> str:
    """`text` with every value that opens something replaced by its shape's name in brackets. Mere ids stay readable."""
    pieces: list[str] = []
    done = 0
    for each in recognise(text):
        if each.shape.opens:
            pieces += [text[done : each.start], f"[{each.shape.name}]"]
            done = each.end
    pieces.append(text[done:])
    return "".join(pieces)


def _without_overlaps(found: Iterable[Recognised]) -> Iterable[Recognised]:
    end = 0
    for each in found:
        if each.start >= end:
            yield each
            end = each.end
