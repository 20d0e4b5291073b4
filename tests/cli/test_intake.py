"""`bot intake`: a scanner's report beside the catalog's values, and a declaration for exactly those."""

import io
import json

import pytest

from bot.cli import status
from bot.cli.intake import intake
from bot.errors import Misuse
from bot.intake.scanners import Scanner
from tests.support.practice import OPENAI, SENDGRID


def report(*findings):
    known = {"RuleID": "a-rule", "StartLine": 3, "Commit": "c" * 40}
    return json.dumps([known | {"File": path, "Match": f"k='{value}'", "Secret": value} for value, path in findings])


def test_ours_are_told_with_their_life_and_places_and_declared_once(installation):
    ours, mail = installation.world.old[OPENAI], installation.world.old[SENDGRID]
    places = ((ours, "a.py"), (ours, "b.py"), (ours, "a.py"), ("ghp_nobodys-token", "c.py"), (mail, f"{mail}.txt"))
    given = report(*places)
    installation.world.start()
    said = installation.bot("intake", "gitleaks", stdin=given)
    assert said.status == status.AT_RISK
    assert f"{OPENAI} (production): ALIVE\n  a.py:3, commit cccccccccccc, a-rule\n  b.py:3" in said.out
    assert "(it holds the value itself):3" in said.out
    assert "1 other findings hold none of" in said.out
    assert ours not in said.out + said.err
    assert mail not in said.out + said.err

    words = ("--declare", "--notice", "gitleaks in our repository", "--private", "--no-wait", "--json")
    declared = installation.bot("intake", "gitleaks", *words, stdin=given)
    (opened,) = installation.world.app.incidents.summaries("open")
    assert set(opened.secrets) == {OPENAI, SENDGRID}
    state = installation.world.app.incidents.load(opened.incident)
    assert {name: str(secret.target.kind) for name, secret in state.secrets.items()} == {
        OPENAI: "confirmed", SENDGRID: "confirmed",
    }  # fmt: skip
    assert ours not in declared.out + declared.err
    installation.bot("intake", "gitleaks", *words, stdin=given)
    assert len(installation.world.app.incidents.summaries("open")) == 1


def test_a_value_that_is_stored_with_a_newline_is_ours_all_the_same(installation):
    value = installation.world.old[OPENAI]
    installation.world.aws.store("/production/openai-api-key", "something-else-by-now", f"{value}x\n")
    said = installation.bot("intake", "gitleaks", stdin=report((f"{value}x", "a.py")))
    assert (said.status, f"{OPENAI} (production): dead" in said.out) == (status.DONE, True)


def test_a_report_of_strangers_and_no_report(installation):
    said = installation.bot("intake", "gitleaks", stdin=report(("ghp_nobodys-token", "c.py")))
    assert (said.status, "None of 1 findings holds one of" in said.out) == (status.DONE, True)
    hidden = installation.bot("intake", "gitleaks", stdin=report(("REDACTED", "a.py")))
    assert (hidden.status, hidden.out, "without --redact" in hidden.err) == (status.MISUSE, "", True)
    half = installation.bot("intake", "gitleaks", stdin=report(("ghp_\ud800-token", "\ud800.py")))
    assert (half.status, "None of 1 findings" in half.out) == (status.DONE, True)
    assert installation.bot("intake", "trufflehog", stdin="INFO no json").status == status.MISUSE
    assert installation.bot("intake", "gitleaks", terminal=True).status == status.MISUSE


def test_a_report_in_another_encoding_is_misuse(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'[{"Secret": "\xff"}]'), "utf-8"))
    with pytest.raises(Misuse, match="not UTF-8"):
        intake(None, Scanner.GITLEAKS)
