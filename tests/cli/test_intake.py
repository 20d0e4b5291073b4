"""`bot news intake`: a scanner's report beside the catalog's values, and a declaration for exactly those."""

import io
import json

import pytest

from bot.cli import status
from bot.cli.intake import _matches, intake
from bot.errors import Misuse
from bot.inbox.fingerprints import Compared
from bot.news.sources.scanners import Reported, Scanner
from bot.secrets.secret import Secret
from bot.vault.own import WORKER_KEY, read_key
from tests.support.practice import ACCOUNT, OPENAI, PROJECT, SENDGRID


def report(*findings):
    known = {"RuleID": "a-rule", "StartLine": 3, "Commit": "c" * 40}
    return json.dumps([known | {"File": path, "Match": f"k='{value}'", "Secret": value} for value, path in findings])


def test_ours_are_told_with_their_life_and_places_and_declared_once(installation):
    ours, mail = installation.world.old[OPENAI], installation.world.old[SENDGRID]
    places = ((ours, "a.py"), (ours, "b.py"), (ours, "a.py"), ("ghp_nobodys-token", "c.py"), (mail, f"{mail}.txt"))
    given = report(*places)
    installation.world.start()
    said = installation.bot("news", "intake", "gitleaks", stdin=given)
    assert said.status == status.AT_RISK
    assert f"{OPENAI} (production): ALIVE\n  a.py:3, commit cccccccccccc, a-rule\n  b.py:3" in said.out
    assert "(it holds the value itself):3" in said.out
    assert "1 other findings hold none of" in said.out
    assert ours not in said.out + said.err
    assert mail not in said.out + said.err

    words = ("--declare", "--notice", "gitleaks in our repository", "--private", "--no-wait", "--json")
    declared = installation.bot("news", "intake", "gitleaks", *words, stdin=given)
    (opened,) = installation.world.app.incidents.summaries("open")
    assert set(opened.secrets) == {OPENAI, SENDGRID}
    state = installation.world.app.incidents.load(opened.incident)
    assert {name: str(secret.target.kind) for name, secret in state.secrets.items()} == {
        OPENAI: "confirmed", SENDGRID: "confirmed",
    }  # fmt: skip
    assert ours not in declared.out + declared.err
    document = declared.document
    assert [each["incident"] for each in document["incidents"]] == [opened.incident]
    assert (document["findings"], document["left"], document["not_declared"]) == (5, [], [])
    installation.bot("news", "intake", "gitleaks", *words, stdin=given)
    assert len(installation.world.app.incidents.summaries("open")) == 1


def test_earlier_values_of_one_parameter_are_told_apart_and_declared_each_for_itself(installation):
    old = installation.world.openai.add_key(PROJECT, "old", service_account=ACCOUNT).value
    installation.world.aws.store(
        "/production/openai-api-key", old, "a-value-that-was-ended", old, "another-that-was-ended", "the-current-value"
    )
    given = report((old, "a.py"))
    said = installation.bot("news", "intake", "gitleaks", stdin=given)
    assert (said.status, f"{OPENAI} (production), an earlier value: ALIVE" in said.out) == (status.AT_RISK, True)
    both = installation.bot(
        "news", "intake", "gitleaks", "--json", stdin=report(("another-that-was-ended", "b.py"), (old, "a.py"))
    )
    assert [(one["life"], one["current"], one["places"][0]["path"]) for one in both.document["ours"]] == [
        ("dead", False, "b.py"), ("live", False, "a.py"),
    ]  # fmt: skip

    also = installation.world.old[OPENAI]  # older, and alive as well
    words = ("--declare", "--notice", "gitleaks in our repository", "--private", "--no-wait")
    declared = installation.bot("news", "intake", "gitleaks", *words, stdin=report((also, "a.py"), (old, "b.py")))
    assert f"so this one is left: {OPENAI} (production), an earlier value" in declared.out
    (opened,) = installation.world.app.incidents.summaries("open")
    target = installation.world.app.incidents.load(opened.incident).secrets[OPENAI].target
    assert (target.fingerprint, target.version, target.current) == (Secret(old).fingerprint, 5, False)


def test_a_value_that_is_stored_with_a_newline_is_ours_all_the_same(installation):
    value = "a-value-that-ends-in-a-newline"
    installation.world.aws.store("/production/openai-api-key", "something-else-by-now", f"{value}\n")
    said = installation.bot("news", "intake", "gitleaks", stdin=report((value, "a.py")))
    assert (said.status, f"{OPENAI} (production): dead" in said.out) == (status.DONE, True)


def test_a_report_of_strangers_and_no_report(installation):
    said = installation.bot("news", "intake", "gitleaks", stdin=report(("ghp_nobodys-token", "c.py")))
    assert (said.status, "None of 1 findings holds one of" in said.out) == (status.DONE, True)
    hidden = installation.bot("news", "intake", "gitleaks", stdin=report(("REDACTED", "a.py")))
    assert (hidden.status, hidden.out, "without --redact" in hidden.err) == (status.MISUSE, "", True)
    half = installation.bot("news", "intake", "gitleaks", stdin=report(("ghp_\ud800-token", "\ud800.py")))
    assert (half.status, "None of 1 findings" in half.out) == (status.DONE, True)
    assert installation.bot("news", "intake", "trufflehog", stdin="INFO no json").status == status.MISUSE
    assert installation.bot("news", "intake", "gitleaks", terminal=True).status == status.MISUSE


@pytest.mark.parametrize("given", ["[]", ""])
def test_an_empty_report_is_no_all_clear(installation, given):
    said = installation.bot("news", "intake", "gitleaks", stdin=given)
    assert (said.status, said.out.startswith("No all-clear. The report holds no finding.")) == (status.FAILED, True)
    assert "None of 0" not in said.out
    assert installation.bot("news", "intake", "trufflehog", stdin="").status == status.DONE


def test_a_stranger_in_a_report_with_errors_is_no_all_clear_and_one_of_ours_is_found_all_the_same(installation):
    installation.world.start()

    def given(value):
        incident = {"type": "a-key", "occurrences": [{"match": value, "line_start": 1}]}
        found = [{"filename": "a.py", "incidents": [incident]}]
        errors = [{"files": [], "description": "The server is not responding."}]
        return json.dumps({"total_incidents": 1, "entities_with_incidents": found, "errors": errors})

    said = installation.bot("news", "intake", "ggshield", stdin=given("ghp_nobodys-token"))
    assert (said.status, "lists 1 error" in said.out, "None of 1 findings" in said.out) == (status.FAILED, True, True)
    ours = installation.bot("news", "intake", "ggshield", "--json", stdin=given(installation.world.old[OPENAI]))
    assert (ours.status, len(ours.document["ours"]), len(ours.document["doubts"])) == (status.AT_RISK, 1, 1)


def test_a_finding_that_is_too_long_is_no_all_clear_and_each_text_is_compared_once():
    seen = []

    class Values:
        def every(self, texts, _more):
            seen.extend(texts)
            return Compared(whole=False)

    compared = _matches([Reported(Secret("a long text"))] * 2, Values())
    assert (compared.others, seen) == (2, ["a long text"])
    assert compared.doubts == ("2 findings could not be compared to the end: too much text. Scan in smaller parts.",)


def test_the_bots_own_keys_are_ours(installation):
    installation.world.start()
    key, token = read_key(installation.world.app.outside.aws, WORKER_KEY).reveal(), "xoxb-a-token-of-the-bot"
    given = report((key, "a.py"), (token, "b.py"))
    said = installation.bot("news", "intake", "gitleaks", stdin=given, SLACK_BOT_TOKEN=token)
    assert said.status == status.AT_RISK
    for name, value in (("/bot/worker-key", key), ("SLACK_BOT_TOKEN", token)):
        assert f"the bot's own {name}: whether it lives could not be told" in said.out
        assert value not in said.out + said.err


def test_a_report_in_another_encoding_is_misuse(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'[{"Secret": "\xff"}]'), "utf-8"))
    with pytest.raises(Misuse, match="not UTF-8"):
        intake(None, Scanner.GITLEAKS)


def test_what_lives_and_no_declaration_can_name_is_left_and_said(installation):
    admin = installation.world.openai.admin_key
    given = report((admin, "a.py"), (installation.world.old[OPENAI], "b.py"))
    words = ("--declare", "--notice", "gitleaks in our repository", "--private", "--no-wait")
    said = installation.bot("news", "intake", "gitleaks", *words, stdin=given)
    assert said.status == status.AT_RISK
    assert "No declaration can name the admin credential /bot/admin/openai: revoke it by hand" in said.out
    again = installation.bot("news", "intake", "gitleaks", *words, "--json", stdin=given)
    assert (again.status, again.document["left"]) == (status.AT_RISK, ["the admin credential /bot/admin/openai"])
