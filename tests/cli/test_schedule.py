"""When planned rotations begin, at the terminal; a provider's schedule is stopped and resumed by people."""

import pytest

from tests.support.practice import OPENAI

pytestmark = [pytest.mark.process, pytest.mark.counted]


def test_it_says_what_begins_when_and_a_person_stops_a_provider_and_resumes_it(installation):
    said = installation.bot("rotation", "schedule", "--json")
    assert said.status == 0, said.err
    assert said.document["stopped"] == []
    assert {"environment": "production", "secret": OPENAI} in said.document["by_hand"]
    told = installation.bot("rotation", "schedule", "-e", "production")
    count = sum(each["environment"] == "production" for each in said.document["by_hand"])
    assert f"{count} secrets have no window in the catalog, so people begin their rotation" in told.out

    stopped = installation.bot("rotation", "stop", "openai", "--note", "the launch is on Thursday", by="ada")
    assert stopped.status == 0, stopped.err
    assert "STOPPED  openai is stopped by ada" in stopped.out
    again = installation.bot("rotation", "stop", "openai", "--note", "twice", by="ben")
    assert again.status == 1
    assert "Nothing to do: openai is stopped by ada" in again.err
    listed = installation.bot("rotation", "schedule")
    assert "bot rotation resume openai --note TEXT" in listed.out
    resumed = installation.bot("rotation", "resume", "openai", "--note", "launched", by="ben")
    assert "The schedule of openai goes on." in resumed.out
    assert installation.bot("rotation", "schedule", "--json").document["stopped"] == []


def test_what_cannot_be_meant_is_said(installation):
    for arguments, words in [
        (("rotation", "schedule", "-e", "nowhere"), "There is no such environment"),
        (("rotation", "stop", "opnai", "--note", "x"), "The catalog has no secret of 'opnai'; it has"),
        (("rotation", "resume", "openai"), "--note"),
    ]:
        said = installation.bot(*arguments)
        assert (said.status, words in said.err) == (2, True), said.err
    said = installation.bot("rotation", "resume", "openai", "--note", "it was never stopped", by="ada")
    assert said.status == 1
    assert "nobody has stopped the schedule of openai" in said.err
