"""Reports of secret scanners: what each form says, and what is no report of theirs."""

import json

import pytest

from bot.errors import Misuse
from bot.news.sources.scanners import Report, Scanner, read_report

VALUE = "SG.Q1w2E3r4T5y6U7i8O9p0Aa.Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2Kl3Zx4"
COMMIT = "5be383bb577005910a9bb7733dd9cc0e9a6c3920"
GITLEAKS = {
    "Description": "Generic API Key", "StartLine": 2, "EndLine": 2, "Match": f'API_KEY="{VALUE}"', "Secret": VALUE,
    "File": "s.py", "SymlinkFile": "", "Commit": COMMIT, "Entropy": 5.48, "Author": "a", "RuleID": "generic-api-key",
}  # fmt: skip
KINGFISHER = {
    "rule": {"name": "SendGrid", "id": "kingfisher.sendgrid.1"},
    "finding": {"snippet": VALUE, "confidence": "high", "line": 2, "path": "./s.py",
                "validation": {"outcome": "active", "status": "Active Credential", "response": "{}"},
                "git_metadata": {"repository_url": "file:///x", "commit": {"id": COMMIT, "date": "2026-11-27"}}},
}  # fmt: skip
TRUFFLEHOG = {
    "SourceMetadata": {"Data": {"Git": {"commit": COMMIT, "file": "s.py", "email": "a <a@b.c>", "line": 2,
                                        "repository": "https://example.org/r.git", "timestamp": "2026-11-27"}}},
    "SourceName": "trufflehog - git", "DetectorName": "SendGrid", "Verified": True, "Raw": VALUE, "RawV2": "",
}  # fmt: skip
OCCURRENCE = {"match": VALUE, "type": "apikey", "line_start": 2, "line_end": 2}
GGSHIELD = {
    "id": "path", "type": "path_scan", "total_incidents": 1,
    "entities_with_incidents": [
        {"mode": "FILE", "filename": "s.py", "total_incidents": 1,
         "incidents": [{"type": "SendGrid Key", "validity": "valid", "occurrences": [OCCURRENCE]}]},
    ],
}  # fmt: skip
REPORTS = {
    Scanner.GITLEAKS: json.dumps([GITLEAKS]),
    Scanner.KINGFISHER: json.dumps({"findings": [KINGFISHER], "audit": {"summary": {}}}) + '\n{"findings": 1}\n',
    Scanner.TRUFFLEHOG: json.dumps(TRUFFLEHOG) + "\n" + json.dumps(TRUFFLEHOG | {"Verified": False}) + "\n",
    Scanner.GGSHIELD: json.dumps(GGSHIELD),
}


@pytest.mark.parametrize("scanner", Scanner)
def test_value_and_place(scanner):
    report = read_report(scanner, REPORTS[scanner])
    assert report.doubts == ()
    first = report.found[0]
    assert VALUE in first.text.reveal()
    assert (first.path.removeprefix("./"), first.line) == ("s.py", 2)
    assert first.rule
    assert first.commit == ("" if scanner is Scanner.GGSHIELD else COMMIT)
    assert VALUE not in repr(first)


def test_what_the_scanner_says_of_its_life():
    said = {scanner: [one.verdict for one in read_report(scanner, text).found] for scanner, text in REPORTS.items()}
    assert said == {
        Scanner.GITLEAKS: [""],
        Scanner.KINGFISHER: ["active credential"],
        Scanner.TRUFFLEHOG: ["active", "unverified"],
        Scanner.GGSHIELD: ["valid"],
    }


def test_kingfishers_lines_and_ggshields_scans_of_commits():
    (line,) = read_report(Scanner.KINGFISHER, json.dumps(KINGFISHER)).found
    assert line.path == "./s.py"
    (scan,) = read_report(Scanner.GGSHIELD, json.dumps({"scans": [GGSHIELD | {"id": COMMIT}]})).found
    assert scan.commit == COMMIT


def kingfishers_end(**counts):
    """As Kingfisher 2.14 writes it, of which `fetch`, `stats` and times are left out here."""
    known = {"discovered": 2, "fetch_succeeded": 0, "fetch_failed": 0, "scan_succeeded": 2, "scan_partial": 0}
    return {"schema": "kingfisher.repository-audit.v1", "summary": known | {"scan_failed": 0, "pending": 0} | counts}


CLEAN = {
    "trufflehog": (Scanner.TRUFFLEHOG, ""),
    "kingfisher": (Scanner.KINGFISHER, json.dumps({"findings": [], "audit": kingfishers_end(), "metadata": {}})),
    "kingfisher, lines": (Scanner.KINGFISHER, f'{json.dumps({"audit": kingfishers_end()})}\n{{"findings": 0}}\n'),
    "ggshield": (Scanner.GGSHIELD, json.dumps({"id": ".", "type": "path_scan", "total_incidents": 0})),
}


@pytest.mark.parametrize(("scanner", "text"), CLEAN.values(), ids=CLEAN.keys())
def test_a_scanner_that_found_nothing_says_so(scanner, text):
    assert read_report(scanner, text) == Report([])


ERROR = {"files": [{"mode": "FILE", "filename": "a.py"}], "description": "The server is not responding."}
DOUBTED = {
    "gitleaks": (Scanner.GITLEAKS, [], "it found nothing only if it ended with status 0"),
    "kingfisher": (Scanner.KINGFISHER, [], "has no end"),
    "kingfisher, a part": (Scanner.KINGFISHER, KINGFISHER, "has no end"),
    "kingfisher, no end": (Scanner.KINGFISHER, {"findings": []}, "has no end"),
    "kingfisher, failed": (
        Scanner.KINGFISHER, {"findings": [], "audit": kingfishers_end(scan_failed=1)}, "did not scan 1 repository to",
    ),
    "kingfisher, in part": (
        Scanner.KINGFISHER, {"audit": kingfishers_end(fetch_failed=1, scan_partial=2)}, "did not scan 3 repositories",
    ),
    "ggshield": (Scanner.GGSHIELD, [], "has no count"),
    "ggshield, no head": (Scanner.GGSHIELD, {"entities_with_incidents": []}, "has no count"),
    "ggshield, errors": (Scanner.GGSHIELD, {"total_incidents": 0, "errors": [ERROR]}, "lists 1 error (`errors`)"),
    "ggshield, of a commit": (
        Scanner.GGSHIELD, {"total_incidents": 0, "scans": [{"id": COMMIT, "errors": [ERROR, ERROR]}]}, "lists 2 errors",
    ),
    "ggshield, another form": (
        Scanner.GGSHIELD, {"total_incidents": 2, "found": [OCCURRENCE]}, "counts 2 incidents, and 0 can be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("scanner", "report", "doubt"), DOUBTED.values(), ids=DOUBTED.keys())
def test_a_scanner_that_may_have_failed_is_no_all_clear(scanner, report, doubt):
    (said,) = read_report(scanner, json.dumps(report)).doubts
    assert doubt in said


@pytest.mark.parametrize("scanner", sorted(set(Scanner) - {Scanner.TRUFFLEHOG}))
def test_only_trufflehog_prints_nothing(scanner):
    assert len(read_report(scanner, " \n").doubts) == 1
    with pytest.raises(Misuse, match="no report of trufflehog"):
        read_report(Scanner.TRUFFLEHOG, "[]")


@pytest.mark.parametrize("scanner", Scanner)
@pytest.mark.parametrize("other", Scanner)
def test_another_scanners_report_is_no_empty_one(scanner, other):
    if scanner is other:
        return
    with pytest.raises(Misuse, match=f"no report of {scanner}") as refused:
        read_report(scanner, REPORTS[other])
    assert VALUE not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{VALUE}",
        f'{{"Secret": "{VALUE}"',
        '{"a": ' * 200_000,
        f"INFO scanning\n{json.dumps(TRUFFLEHOG)}",
        "{}",
        '"x"',
        "[1]",
    ],
)
def test_what_is_no_report_is_said_without_quoting_it(text):
    with pytest.raises(Misuse, match=r"not JSON|no report of") as refused:
        read_report(Scanner.TRUFFLEHOG, text)
    assert VALUE not in str(refused.value)


@pytest.mark.parametrize("broken", [None, 1, [], {}, "x", {"file": 3}])
@pytest.mark.parametrize("field", ["SourceMetadata", "Verified", "RawV2"])
def test_fields_of_other_types_are_left_out(field, broken):
    (one,) = read_report(Scanner.TRUFFLEHOG, json.dumps(TRUFFLEHOG | {field: broken})).found
    assert VALUE in one.text.reveal()


# --- values that are not shown --------------------------------------------------------------------------------------


def ggshields(*occurrences):
    incident = GGSHIELD["entities_with_incidents"][0]["incidents"][0] | {"occurrences": list(occurrences)}
    return GGSHIELD | {"entities_with_incidents": [{"filename": "s.py", "incidents": [incident]}]}


def without(document, name):
    return {key: value for key, value in document.items() if key != name}


HIDDEN = {
    "gitleaks": (Scanner.GITLEAKS, [GITLEAKS, GITLEAKS | {"Secret": "REDACTED", "Match": 'API_KEY="REDACTED"'}]),
    "gitleaks, empty": (Scanner.GITLEAKS, [GITLEAKS | {"Secret": ""}]),
    "gitleaks, none": (Scanner.GITLEAKS, [without(GITLEAKS, "Secret")]),
    "gitleaks, a percentage": (Scanner.GITLEAKS, [GITLEAKS | {"Secret": f"{VALUE[:34]}..."}]),
    "kingfisher": (Scanner.KINGFISHER, {"findings": [KINGFISHER | {"finding": {"snippet": "[REDACTED:ab12]"}}]}),
    "kingfisher, none": (Scanner.KINGFISHER, KINGFISHER | {"finding": {"path": "./s.py"}}),
    "trufflehog": (Scanner.TRUFFLEHOG, TRUFFLEHOG | {"Raw": "", "Redacted": "SG.Q1w2"}),
    "trufflehog, none": (Scanner.TRUFFLEHOG, without(TRUFFLEHOG, "Raw")),
    "ggshield": (Scanner.GGSHIELD, ggshields(OCCURRENCE, OCCURRENCE | {"match": "SG.****************c4"})),
    "ggshield, in words": (Scanner.GGSHIELD, ggshields(OCCURRENCE | {"match": "sk-p***-**** *-+**3"})),
    "ggshield, a key": (Scanner.GGSHIELD, ggshields(OCCURRENCE | {"match": f"{'x' * 60}{'*' * 400}\n{'y' * 60}"})),
    "ggshield, no match": (Scanner.GGSHIELD, {"scans": [ggshields({"line_start": 2})]}),
    "ggshield, no occurrence": (Scanner.GGSHIELD, ggshields()),
    "others' stars": (Scanner.GGSHIELD, ggshields(OCCURRENCE | {"match": "sk-proj-********"})),
}


@pytest.mark.parametrize(("scanner", "report"), HIDDEN.values(), ids=HIDDEN.keys())
def test_a_report_that_hides_a_value_is_refused_with_what_to_leave_out(scanner, report):
    with pytest.raises(Misuse, match=r"do not show their value: expected|show only how their value begins") as refused:
        read_report(scanner, json.dumps(report))
    assert {
        Scanner.GITLEAKS: "without --redact", Scanner.KINGFISHER: "without --redact",
        Scanner.GGSHIELD: "--show-secrets", Scanner.TRUFFLEHOG: "--json",
    }[scanner] in str(refused.value)  # fmt: skip
    assert VALUE[:10] not in str(refused.value)


@pytest.mark.parametrize("value", ["a*b+c-d*e", "**bold**-2026", "sk-proj-abc...", "a" * 30 + "***"])
def test_stars_and_points_of_a_value_itself_hide_nothing(value):
    text = json.dumps([GITLEAKS, GITLEAKS | {"Secret": value}])
    assert value in read_report(Scanner.GITLEAKS, text).found[1].text.reveal()


def test_half_a_character_is_no_reason_to_fail():
    text = json.dumps([GITLEAKS | {"Secret": f"\ud800{VALUE}", "File": "a\udfff.py", "Match": ""}])
    (one,) = read_report(Scanner.GITLEAKS, text).found
    assert VALUE in one.text.reveal().encode().decode()
    assert one.path == "a?.py"
