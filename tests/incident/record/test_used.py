"""What the machine proposes about others using a key: from the provider's records, ours known or not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import events as e
from bot.incident.record.rules import Missing, Verdict, all_used, used
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.uses import Per, Use
from tests.support.incidents import START, Story, declaration, entry, wanted

NAME = "aws-access-key"
ABLE = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, identifies=True, snapshots=True, controls=True, reports_use=True)
DELAY = timedelta(seconds=900)
STRANGE = Use(START, START, "iam:CreateUser", "AKIA1", address="198.51.100.7")
OURS = replace(STRANGE, action="s3:ListBuckets", address="192.0.2.1", ours="the functions")
PROBE = replace(STRANGE, action="sts:GetCallerIdentity", by_bot=True)


def told(*uses, seconds=2000.0, able=True, usual=0, **more):
    """So long after the declaration, with these uses in every look."""
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=replace(ABLE, reports_use=able)))))
    story.world.used = lambda report: replace(report, uses=uses, **more)
    story.run(seconds)
    if usual:
        secret = story.secret(NAME)
        seen = replace(secret, use=replace(secret.use, found=replace(secret.use.found, usual=usual)))
        return used(story.incident, seen)
    return used(story.incident, story.secret(NAME))


def test_a_use_that_is_none_of_ours_is_proposed_as_someone_elses():
    found = told(OURS, STRANGE)
    assert (found.verdict, found.missing, found.strange) == (Verdict.OTHERS, None, (STRANGE,))
    assert told(STRANGE, usual=3).verdict is Verdict.OTHERS


def test_where_none_of_ours_is_known_it_is_unknown_and_the_rows_are_shown():
    found = told(STRANGE)
    assert (found.verdict, found.missing, found.strange) == (Verdict.UNKNOWN, Missing.NOT_KNOWN, (STRANGE,))


def test_a_use_without_an_address_is_someone_elses_only_where_something_of_it_is_new():
    unplaced = replace(STRANGE, action="completions:gpt-5", address="")
    found = told(unplaced, usual=3)
    assert (found.verdict, found.missing, found.strange) == (Verdict.UNKNOWN, Missing.NOT_KNOWN, (unplaced,))
    assert told(replace(unplaced, new=("action",)), usual=3).verdict is Verdict.OTHERS


def test_a_use_in_records_of_a_whole_account_may_be_of_another_key():
    found = told(OURS, STRANGE, per=Per.ACCOUNT)
    assert (found.verdict, found.missing, found.strange) == (Verdict.UNKNOWN, Missing.NOT_KNOWN, (STRANGE,))


@pytest.mark.parametrize("uses", [(), (OURS,), (PROBE,), (OURS, PROBE)])
def test_only_ours_is_said_once_every_record_until_the_death_is_in(uses):
    found = told(*uses)
    assert (found.verdict, found.missing) == (Verdict.OURS, None)
    assert told(*uses, seconds=200.0).missing is Missing.NOT_IN
    assert told(*uses, truncated=True).missing is Missing.NOT_ALL
    assert told(*uses, since=START + timedelta(days=1)).missing is Missing.TOO_LATE


def test_a_source_that_never_has_every_use_can_show_others_and_never_only_ours():
    for uses in ((), (OURS,), (PROBE,)):
        found = told(*uses, gap="shows open sessions only", delay=None)
        assert (found.verdict, found.missing, found.complete_at) == (Verdict.UNKNOWN, Missing.GAP, None)
    assert told(OURS, STRANGE, gap="shows open sessions only").verdict is Verdict.OTHERS


def test_it_says_from_when_the_source_is_complete():
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE))))
    story.run(200)
    assert used(story.incident, story.secret(NAME)).complete_at == story.secret(NAME).old.gone_at + DELAY


def test_a_key_that_works_is_never_only_ours():
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE))))
    story.work(only={"capture", "look-up-use"})
    assert used(story.incident, story.secret(NAME)).missing is Missing.NOT_DEAD


def test_without_a_source_or_a_look_it_is_unknown():
    assert told(able=False).missing is Missing.NO_SOURCE
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE))))
    [proposed] = all_used(story.incident)
    assert (proposed.verdict, proposed.missing) == (Verdict.UNKNOWN, Missing.NOT_ASKED)


def test_a_later_look_says_whether_it_saw_more():
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE))))
    story.run(200)
    assert not story.secret(NAME).use.more
    story.world.used = lambda report: replace(report, uses=(STRANGE,))
    story.run(2000)
    assert story.secret(NAME).use.more
    assert sum(isinstance(each.event, e.UseLookedUp) for each in story.log) == 2


def test_a_close_before_the_records_are_in_does_not_prevent_the_look_at_them():
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE))))
    story.run(200)
    story.record(e.IncidentClosed("done"))
    story.world.used = lambda report: replace(report, uses=(STRANGE, OURS))
    story.run(2000)
    assert used(story.incident, story.secret(NAME)).verdict is Verdict.OTHERS
    assert story.secret(NAME).use.more


def test_no_word_says_that_it_was_not_used():
    assert not any("not used" in each for each in (*Verdict, *Missing))
