"""Planned rotations at the terminal: what is due, and when."""

import pytest

from tests.support.practice import OPENAI, SENDGRID

pytestmark = [pytest.mark.process, pytest.mark.counted]


def row(document, name, environment="production"):
    found = (each for each in document["secrets"] if (each["secret"], each["environment"]) == (name, environment))
    return next(found)


def test_it_says_how_old_each_secret_is_and_who_begins_its_rotation(installation):
    said = installation.bot("rotation", "policy", "-e", "production", "--json")
    assert said.status == 0, said.err
    before = row(said.document, OPENAI)
    assert (before["age_days"], before["age"]["counts_from"], before["state"]) == (0, "version", "later")
    assert said.document["could_not_be_asked"] == []
    assert before["begun_by_people_because"] == (
        f"nothing starts by itself: no `when:` in the catalog; `bot rotate {OPENAI} -e production`"
    )


def test_what_cannot_be_meant_is_said(installation):
    said = installation.bot("rotation", "policy", "-e", "nowhere")
    assert (said.status, "no such environment" in said.err) == (2, True), said.err


def test_an_age_counts_from_the_last_rotation_that_was_proven(installation):
    said = installation.bot("declare", OPENAI, "-e", "production", "-n", "a gist", "--public", "--yes", "--json")
    incident = said.document["incident"] if "incident" in said.document else said.document["id"]
    document = installation.bot("rotation", "policy", "-e", "production", "--json").document
    rotated = row(document, OPENAI)
    assert (rotated["age"]["counts_from"], rotated["age"]["incident"], rotated["age_days"]) == ("rotation", incident, 0)
    assert rotated["last"]["words"] == "rotated, proven"
    assert (row(document, SENDGRID)["age"]["counts_from"], row(document, SENDGRID)["last"]) == ("version", None)
