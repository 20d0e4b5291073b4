"""Planned rotations at the terminal: what is due, what two people approve beforehand, and what they put off."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.practice import OPENAI, SENDGRID

pytestmark = [pytest.mark.process, pytest.mark.counted]
SOON = f"{datetime.now(UTC) + timedelta(days=80):%Y-%m-%d}"


def row(document, name, environment="production"):
    found = (each for each in document["secrets"] if (each["secret"], each["environment"]) == (name, environment))
    return next(found)


def test_it_says_how_old_each_secret_is_and_two_people_decide_about_it(installation):
    said = installation.bot("policy", "-e", "production", "--json")
    assert said.status == 0, said.err
    before = row(said.document, OPENAI)
    assert (before["age_days"], before["counts_from"], before["state"]) == (0, "version", "later")
    assert said.document["could_not_be_asked"] == []
    assert before["begun_by_people_because"] == (
        f"nothing begins by itself: no `when:` in the catalog; bot rotate {OPENAI} -e production"
    )

    signed = installation.bot("standing", "sign", OPENAI, SENDGRID, "--until", SOON, "--overlap", "4h", by="ada")
    assert f"secrets: {OPENAI}, {SENDGRID}" in signed.out
    assert "by schedule after staging, unless waived; by hand at any time" in signed.out
    assert signed.status == 0, signed.err
    assert "not in force: a second person has not signed" in signed.out
    line = re.search(r"bot standing agree 1 --digest ([0-9a-f]{16})", signed.out)
    alone = installation.bot("standing", "agree", 1, "--digest", line[1], by="ada")
    assert alone.status == 1
    assert "cannot be its second person" in alone.err
    other = installation.bot("standing", "agree", 1, "--digest", "0" * 16, by="ben")
    assert f"has the digest {line[1]}" in other.err
    agreed = installation.bot("standing", "agree", 1, "--digest", line[1], by="ben")
    assert f"Standing approval 1, production: in force until {SOON[:4]}" in agreed.out
    document = installation.bot("policy", "-e", "production", "--json").document
    assert row(document, OPENAI)["standing_approval"] == 1

    asked = installation.bot("waive", OPENAI, "--until", SOON, "--because", "the vendor moves", by="ada")
    assert asked.status == 1
    assert "changes nothing" in asked.err
    withdrawn = installation.bot("standing", "withdraw", 1, "--because", "the plan is another one", "--json", by="ben")
    assert withdrawn.document["why_not"].startswith("withdrawn by ben")
    listed = installation.bot("standing")
    assert "withdrawn because: the plan is another one" in listed.out

    signed = installation.bot("standing", "sign", OPENAI, "--until", SOON, by="ada")
    assert "bot standing agree 2 --digest" in signed.out
    file = Path(installation.environ()["BOT_PEOPLE"])
    file.write_text(file.read_text().replace("respond, approve, command", "respond, command"))
    listed = installation.bot("standing", by="ben")
    assert "bot standing agree" not in listed.out
    assert "Nobody can agree to it: ada, who signed first, may not approve any more." in listed.out


MISTAKES = [
    (("standing", "sign", OPENAI, "--until", "2030-13-01"), "2030-13-01"),
    (("standing", "sign", OPENAI), "Say until when: --until DATE"),
    (("standing", "sign", "--until", SOON), "Name the secrets"),
    (("standing", "sign", "openai", "--until", SOON), f"did you mean {OPENAI}"),
    (("standing", "sign", OPENAI, "--until", SOON, "--overlap", "long"), "expected one like 90m, 24h or 3d"),
    (("standing", "sign", OPENAI, "--until", SOON, "--overlap", "0h"), "expected one like 90m, 24h or 3d"),
    (("standing", "sign", OPENAI, "--until", SOON, "-e", "nowhere"), "no such environment"),
    (("waive", OPENAI, "--until", SOON, "--because", "later", "-e", "nowhere"), "no such environment"),
    (("waive", "agree", "x"), "no number of a waiver"),
    (("waive", OPENAI, "--until", SOON), "--because TEXT"),
    (("waive", "a", "b", "c"), "Expected one of"),
    (("policy", "-e", "nowhere"), "no such environment"),
]


def test_what_cannot_be_meant_is_said(installation):
    for arguments, words in MISTAKES:
        said = installation.bot(*arguments)
        assert (said.status, words in said.err) == (2, True), said.err


def test_a_guest_decides_nothing_and_a_key_is_no_reason(installation):
    said = installation.bot("standing", "sign", OPENAI, "--until", SOON, by="guest")
    assert said.status == 1
    assert "may not approve" in said.err
    key = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    said = installation.bot("waive", OPENAI, "--until", SOON, "--because", key, by="ada")
    assert said.status == 1
    assert key not in said.err + said.out
    assert installation.bot("waive", "list", "--json").document == []


def test_an_age_counts_from_the_last_rotation_that_was_proven(installation):
    said = installation.bot("declare", OPENAI, "-e", "production", "-n", "a gist", "--public", "--yes", "--json")
    incident = said.document["incident"] if "incident" in said.document else said.document["id"]
    document = installation.bot("policy", "-e", "production", "--json").document
    rotated = row(document, OPENAI)
    assert (rotated["counts_from"], rotated["proven_by"], rotated["age_days"]) == ("rotation", incident, 0)
    assert rotated["last"]["result"] == "rotated, proven"
    assert (row(document, SENDGRID)["counts_from"], row(document, SENDGRID)["last"]) == ("version", None)
