"""`bot news intake`: a text beside the catalog's values."""

import io
import json

import pytest

from bot.cli import status
from bot.cli.intake import intake
from bot.errors import Misuse
from bot.inbox.fingerprints import Compared
from bot.vault.own import WORKER_KEY, read_key
from tests.support.practice import ACCOUNT, OPENAI, PROJECT, SENDGRID


def report(*values):
    """As a scanner writes it: a finding has several lines, and the value is in the third of its five."""
    return json.dumps([{"File": "a.py", "Secret": value} for value in values], indent=1)


def test_ours_are_told_with_their_life_and_lines(installation):
    ours, mail = installation.world.old[OPENAI], installation.world.old[SENDGRID]
    given = report(ours, "ghp_nobodys-token", ours, mail)
    lines = [number for number, line in enumerate(given.splitlines(), 1) if ours in line]
    installation.world.start()
    said = installation.bot("news", "intake", stdin=given)
    assert said.status == status.AT_RISK
    assert f"{OPENAI} (production): STILL WORKS\n  in line {lines[0]} and {lines[1]}" in said.out
    assert ours not in said.out + said.err
    assert mail not in said.out + said.err

    assert "bot identify --declare" in said.out
    again = installation.bot("news", "intake", "--json", stdin=given)
    assert ours not in again.out + again.err
    assert [each["lines"] for each in again.document["ours"] if each["secret"] == OPENAI] == [lines]


def test_earlier_values_of_one_parameter_are_told_apart(installation):
    old = installation.world.openai.add_key(PROJECT, "old", service_account=ACCOUNT).value
    installation.world.aws.store(
        "/production/openai-api-key", old, "a-value-that-was-ended", old, "another-that-was-ended", "the-current-value"
    )
    said = installation.bot("news", "intake", stdin=report(old))
    assert (said.status, f"{OPENAI} (production), an earlier key: STILL WORKS" in said.out) == (status.AT_RISK, True)
    both = installation.bot("news", "intake", "--json", stdin=f"x={old}\nanother-that-was-ended\n")
    assert [(one["life"], one["current"], one["lines"]) for one in both.document["ours"]] == [
        ("dead", False, [2]), ("live", False, [1]),
    ]  # fmt: skip


def test_a_value_that_is_stored_with_a_newline_is_ours_too(installation):
    value = "a-value-that-ends-in-a-newline"
    installation.world.aws.store("/production/openai-api-key", "something-else-by-now", f"{value}\n")
    said = installation.bot("news", "intake", stdin=report(value))
    assert (said.status, f"{OPENAI} (production): dead" in said.out) == (status.DONE, True)


def test_a_text_of_strangers_and_no_text(installation):
    said = installation.bot("news", "intake", stdin=report("ghp_nobodys-token"))
    assert (said.status, "It holds none of the values of" in said.out) == (status.DONE, True)
    half = installation.bot("news", "intake", stdin=report("ghp_\ud800-token"))
    assert (half.status, "It holds none" in half.out) == (status.DONE, True)
    empty = installation.bot("news", "intake", stdin="\n")
    assert (empty.status, empty.out) == (status.FAILED, "No all-clear. The text is empty.\n")
    assert installation.bot("news", "intake", terminal=True).status == status.MISUSE


def test_a_line_that_is_too_long_is_no_all_clear_and_each_line_is_compared_once(installation, monkeypatch):
    seen = []

    def every(_self, texts, _more):
        seen.extend(texts)
        return Compared(whole=False)

    monkeypatch.setattr("bot.inbox.fingerprints.KnownValues.every", every)
    said = installation.bot("news", "intake", stdin="a long line\na long line\n")
    assert (said.status, seen) == (status.FAILED, ["a long line"])
    assert "No all-clear. 2 lines could not be compared to the end: too much text." in said.out


def test_the_bots_own_keys_are_ours(installation):
    installation.world.start()
    key, token = read_key(installation.world.app.outside.aws, WORKER_KEY).reveal(), "xoxb-a-token-of-the-bot"
    said = installation.bot("news", "intake", stdin=report(key, token), SLACK_BOT_TOKEN=token)
    assert said.status == status.AT_RISK
    for name, value in (("/bot/worker-key", key), ("SLACK_BOT_TOKEN", token)):
        assert f"the bot's own {name}: unknown whether it works" in said.out
        assert value not in said.out + said.err


def test_a_text_in_another_encoding_is_misuse(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'[{"Secret": "\xff"}]'), "utf-8"))
    with pytest.raises(Misuse, match="not UTF-8"):
        intake(None)
