"""At the terminal a provider's schedule of planned rotations is stopped and resumed by people."""

import pytest

pytestmark = [pytest.mark.process, pytest.mark.counted]


def test_a_person_stops_a_provider_and_resumes_it(installation):
    said = installation.bot("rotation", "policy", "--json")
    assert said.document["stopped"] == []
    stopped = installation.bot("rotation", "stop", "openai", "--note", "the launch is on Thursday", by="ada")
    assert stopped.status == 0, stopped.err
    assert "STOPPED  openai is stopped by ada" in stopped.out
    again = installation.bot("rotation", "stop", "openai", "--note", "twice", by="ben")
    assert again.status == 1
    assert "Nothing to do: openai is stopped by ada" in again.err
    listed = installation.bot("rotation", "policy")
    assert "bot rotation resume openai --note TEXT" in listed.out
    resumed = installation.bot("rotation", "resume", "openai", "--note", "launched", by="ben")
    assert "The schedule of openai continues." in resumed.out
    assert installation.bot("rotation", "policy", "--json").document["stopped"] == []


def test_what_cannot_be_meant_is_said(installation):
    for arguments, words in [
        (("rotation", "stop", "opnai", "--note", "x"), "The catalog has no secret of 'opnai'; it has"),
        (("rotation", "resume", "openai"), "--note"),
    ]:
        said = installation.bot(*arguments)
        assert (said.status, words in said.err) == (2, True), said.err
    said = installation.bot("rotation", "resume", "openai", "--note", "it was never stopped", by="ada")
    assert said.status == 1
    assert " the schedule of openai is not stopped" in said.err
