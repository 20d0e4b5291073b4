"""The JSON reports of secret scanners, read from standard input: what was found, and where.

Shapes: gitleaks 8.16 and Kingfisher 2.14 as they print them; TruffleHog (``--json``, one object a line) and ggshield 1
(``--json --show-secrets``) as their documentation and sources have them. Only what is needed is read, so that a field
more or less breaks nothing; a report in which nothing of the expected form stands is Misuse, never "no findings", and
so is one that hides a value: of that nobody could tell whose it is.

A scanner that fails may leave an empty report, or a part of one, which is no all-clear. Kingfisher and ggshield write a
report also where they find nothing. gitleaks writes ``[]`` there, and also where it fails halfway. TruffleHog prints
nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from bot.errors import Misuse
from bot.phrases.times import counted
from bot.secrets.secret import Secret

Json = object
LARGEST = 256 * 1024 * 1024
"""Characters of a report."""


class Scanner(StrEnum):
    TRUFFLEHOG = "trufflehog"
    KINGFISHER = "kingfisher"
    GITLEAKS = "gitleaks"
    GGSHIELD = "ggshield"


@dataclass(frozen=True)
class Reported:
    """One finding: the text that holds the value, by which rule, where, and what the scanner says of its life."""

    text: Secret
    rule: str = ""
    path: str = ""
    line: int = 0
    commit: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Report:
    """What a scanner found. `doubts` are sentences: why it may not have looked at everything, and what to do."""

    found: list[Reported]
    doubts: tuple[str, ...] = ()


def read_report(scanner: Scanner, text: str) -> Report:
    """Misuse if it is not that scanner's report, or hides the values."""
    if len(text) > LARGEST:
        raise Misuse(f"The report is larger than {LARGEST >> 20} MiB: scan in parts.")
    documents = list(_documents(text))
    known, read = _READERS[scanner]
    if (text.strip() if scanner is Scanner.TRUFFLEHOG else documents) and not any(known(one) for one in documents):
        raise Misuse(f"This is no report of {scanner}: {_EXPECTED[scanner]}")
    documents = [one for one in documents if known(one)]
    found = _findings(scanner, documents, read)
    return Report(found, tuple(_doubts(scanner, documents, len(found))))


def _findings(scanner: Scanner, documents: list[Json], read: _Reader) -> list[Reported]:
    found = [each for one in documents for each in read(one)]
    if scanner is Scanner.GITLEAKS and found and all(_text(one, "Secret").endswith("...") for one in documents):
        raise Misuse(f"All findings show only how their value begins: {_EXPECTED[scanner]}")  # --redact=PERCENT
    if hidden := sum(not each.text for each in found):
        raise Misuse(f"{hidden} of {len(found)} findings do not show their value: {_EXPECTED[scanner]}")
    return found


def _documents(text: str) -> Iterator[Json]:
    """JSON documents one after the other, the items of an array each by itself. No part of the text is quoted."""
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return
        try:
            document, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            line = text.count("\n", 0, at) + 1
            raise Misuse(f"Line {line} of the report is not JSON: have the scanner print nothing else.") from None
        yield from document if isinstance(document, list) else [document]


# --- each scanner's form, the text empty where it hides the value ---------------------------------------------------


def _trufflehog(found: Json) -> Iterator[Reported]:
    data = _at(found, "SourceMetadata", "Data")
    place = next(filter(_is_object, data.values()), {}) if _is_object(data) else {}
    yield Reported(
        Secret("\n".join(filter(None, (_value(found, "Raw"), _value(found, "RawV2"))))), _text(found, "DetectorName"),
        _text(place, "file", "link", "repository", "key"), _number(place, "line"), _text(place, "commit"),
        "active" if _at(found, "Verified") is True else "unverified",
    )  # fmt: skip


def _gitleaks(found: Json) -> Iterator[Reported]:
    value = _value(found, "Secret")
    text = f"{value}\n{_text(found, 'Match')}" if value else ""
    place = (_text(found, "File"), _number(found, "StartLine"), _text(found, "Commit"))
    yield Reported(Secret(text), _text(found, "RuleID"), *place)


def _kingfisher(report: Json) -> Iterator[Reported]:
    for one in [report] if _at(report, "finding") is not None else _list(report, "findings"):
        found = _at(one, "finding")
        yield Reported(
            Secret(_value(found, "snippet")), _text(_at(one, "rule"), "id"), _text(found, "path"),
            _number(found, "line"), _text(_at(found, "git_metadata", "commit"), "id"),
            _text(_at(found, "validation"), "status").lower(),
        )  # fmt: skip


def _ggshield(report: Json) -> Iterator[Reported]:
    for scan in _scans(report):
        for entity in _list(scan, "entities_with_incidents"):
            for incident in _list(entity, "incidents"):
                rule = _text(incident, "type") or _text(incident, "detector")
                for place in _list(incident, "occurrences") or [None]:
                    yield Reported(
                        Secret(_value(place, "match")), rule, _text(entity, "filename"), _number(place, "line_start"),
                        _text(scan, "id") if scan is not report else "", _text(incident, "validity"),
                    )  # fmt: skip


_Reader = Callable[[Json], Iterator[Reported]]
_READERS: Mapping[Scanner, tuple[Callable[[Json], bool], _Reader]] = {
    Scanner.TRUFFLEHOG: (lambda one: _at(one, "DetectorName") is not None, _trufflehog),
    Scanner.GITLEAKS: (lambda one: _at(one, "RuleID") is not None, _gitleaks),
    Scanner.KINGFISHER: (
        lambda one: isinstance(_at(one, "findings"), list) or _is_object(_at(one, "finding") or _at(one, "audit")),
        _kingfisher,
    ),
    Scanner.GGSHIELD: (
        lambda one: any(_at(one, name) is not None for name in ("entities_with_incidents", "scans", "total_incidents")),
        _ggshield,
    ),
}  # fmt: skip
_EXPECTED = {
    Scanner.TRUFFLEHOG: "expected what `trufflehog … --json` prints, one object a line.",
    Scanner.GITLEAKS: "expected what `gitleaks detect -f json -r /dev/stdout` prints, without --redact.",
    Scanner.KINGFISHER: "expected what `kingfisher scan … --format json` prints, without --redact.",
    Scanner.GGSHIELD: "expected what `ggshield secret scan … --json --show-secrets` prints.",
}


# --- whether it looked at everything --------------------------------------------------------------------------------

_AGAIN = "Read what it says went wrong, then scan again."
_LEFT = ("fetch_failed", "scan_partial", "scan_failed", "pending")


def _doubts(scanner: Scanner, documents: list[Json], found: int) -> Iterator[str]:
    """Why the scanner may not have looked at everything: sentences with what to do. TruffleHog's report cannot say."""
    if scanner is Scanner.GITLEAKS and not documents:
        yield (
            "The report holds no finding. gitleaks writes the same where its scan fails halfway: it found nothing only "
            "if it ended with status 0."
        )
    if scanner is Scanner.KINGFISHER:
        ends = [end for one in documents if _is_object(end := _at(one, "audit", "summary"))]
        if not ends:
            yield f"The report has no end (`audit`), so kingfisher failed. {_AGAIN}"
        if left := sum(_number(end, name) for end in ends for name in _LEFT):
            yield f"kingfisher did not scan {counted(left, 'repository', 'repositories')} to the end. {_AGAIN}"
    if scanner is Scanner.GGSHIELD:
        if not all(isinstance(_at(one, "total_incidents"), int) for one in documents or [None]):
            yield f"The report has no count (`total_incidents`), so ggshield failed. {_AGAIN}"
        if found < (total := sum(_number(one, "total_incidents") for one in documents)):
            yield f"ggshield counts {counted(total, 'incident')}, and {found} can be read in its report. {_AGAIN}"
        if errors := sum(len(_list(scan, "errors")) for one in documents for scan in _scans(one)):
            yield f"ggshield did not scan everything: its report lists {counted(errors, 'error')} (`errors`). {_AGAIN}"


def _scans(report: Json) -> tuple[Json, ...]:
    """A report of ggshield, and the scans of commits or of layers in it."""
    return (report, *_list(report, "scans"))


# --- values that are not shown --------------------------------------------------------------------------------------

_LETTERS_SHOWN = 60
"""At most as many characters ggshield shows at each end, else a sixth of the value."""
_STARS = re.compile(r"[+\-\s]*\*[*+\-\s]*")
"""The middle of a value as ggshield hides it: all but these separators are stars."""


def _value(finding: Json, name: str) -> str:
    """The value of a finding; empty where there is none, or only what stands in its place.

    gitleaks and Kingfisher write ``REDACTED`` and ``[REDACTED:…]``, ggshield stars.
    """
    value = _text(finding, name)
    return "" if _hides(value.strip()) else value


def _hides(value: str) -> bool:
    shown = min(math.ceil(len(value) / 6), _LETTERS_SHOWN)
    return (
        not value
        or value.upper() in {"REDACTED", "REDACT"}
        or value.upper().startswith("[REDACTED")
        or _STARS.fullmatch(value[shown : len(value) - shown]) is not None
        or ("***" in value and value.count("*") * 3 >= len(value))
    )


# --- JSON that may be anything --------------------------------------------------------------------------------------


def _is_object(value: Json) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _at(value: Json, *names: str) -> Json:
    for name in names:
        value = value.get(name) if _is_object(value) else None
    return value


def _text(value: Json, *names: str) -> str:
    """The first of these fields that is a text with something in it. A lone surrogate, which JSON can write and no
    value of ours holds, becomes a question mark.
    """
    held = next((held for name in names if isinstance(held := _at(value, name), str) and held), "")
    return held.encode(errors="replace").decode()


def _number(value: Json, name: str) -> int:
    held = _at(value, name)
    return held if isinstance(held, int) and not isinstance(held, bool) and held > 0 else 0


def _list(value: Json, name: str) -> list[object]:
    held = _at(value, name)
    return held if isinstance(held, list) else []
