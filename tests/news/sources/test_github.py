"""What the worker asks GitHub for: whole organisations where it may, changes alone, and nothing twice."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.scanning import FakeGithubScanning
from bot.drill.fakes.serving import Served
from bot.errors import Missing, Unexpected
from bot.net.http import Http
from bot.news.sources import github as intake_github
from bot.news.sources.github import GithubAlerts

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
ORGANISATION, APP, SITE = (
    f"GET /{place}/secret-scanning/alerts" for place in ("orgs/acme", "repos/acme/app", "repos/acme/site")
)


@pytest.fixture
def fake():
    return FakeGithubScanning({"acme/app": False, "acme/site": True, "acme/other": False}, {"acme"}, lambda: AT)


@pytest.fixture
def source(fake):
    with Served(fake.application) as served:
        yield GithubAlerts(("acme/app", "acme/site"), fake.token, Http("github", served.url, timeout=5))


def found(source, since):
    return [str(one.ref) for one in listed(source, since)]


def listed(source, since):
    return [one for one in source.listed(since) if one is not None]


def test_an_organisation_is_asked_as_a_whole_and_alerts_of_other_repositories_count_for_nothing(fake, source):
    for repository in fake.repositories:
        fake.find(repository, "a-value")
    assert sorted(found(source, AT)) == ["acme/app#1", "acme/site#1"]
    assert fake.asked == [ORGANISATION] * 2  # the second time for kinds that are listed only by name


def test_where_the_token_may_not_each_repository_is_asked_until_the_next_look_at_all_that_is_open(fake, source):
    fake.organisations = frozenset()
    fake.find("acme/app", "a-value")
    for _ in range(2):
        assert found(source, AT) == ["acme/app#1"]
    assert fake.asked == [ORGANISATION, *[APP, APP, SITE, SITE] * 2]
    fake.organisations = frozenset({"acme"})
    assert found(source, None) == ["acme/app#1"]
    del fake.asked[:]
    assert found(source, AT) == ["acme/app#1"]
    assert set(fake.asked) == {ORGANISATION}


def test_what_changed_comes_newest_first_whoever_resolved_it_and_what_did_not_change_since_then_does_not(fake, source):
    old, _, oldest = (fake.find("acme/app", "a-value", created_at=AT - timedelta(days=days)) for days in (1, 2, 3))
    fake.changes(oldest, state="resolved", resolution="revoked")
    assert found(source, AT - timedelta(hours=36)) == ["acme/app#3", "acme/app#1"]
    before = {one.ref.item: one.stamp for one in listed(source, AT - timedelta(days=9))}
    fake.changes(old, public=True)
    after = {one.ref.item: one.stamp for one in listed(source, AT - timedelta(days=9))}
    assert {number for number in before if before[number] != after[number]} == {old.number}
    assert sorted(found(source, None)) == ["acme/app#1", "acme/app#2"]


def test_a_list_that_is_as_it_was_is_not_sent_again(fake, source, monkeypatch):
    answers = []
    send = Http.send

    def watched(self, *args, **more):
        answers.append(send(self, *args, **more))
        return answers[-1]

    monkeypatch.setattr(Http, "send", watched)
    alert = fake.find("acme/app", "a-value")
    for _ in range(2):
        assert found(source, AT) == ["acme/app#1"]
    fake.changes(alert, public=True)
    assert found(source, AT) == ["acme/app#1"]
    assert [(one.status, bool(one.body)) for one in answers[::2]] == [(200, True), (304, False), (200, True)]


def test_a_long_list_is_read_on_as_far_as_something_has_changed(fake, source, monkeypatch):
    monkeypatch.setattr(intake_github, "PAGE", 2)
    for hours in range(5):
        fake.find("acme/app", "a-value", created_at=AT - timedelta(hours=hours))
    assert len(found(source, AT - timedelta(hours=2))) == 3
    assert len(fake.asked) == 3  # two answers, and one for kinds that are listed only by name
    assert len(found(source, None)) == 5
    monkeypatch.setattr(intake_github, "PAGES", 2)
    with pytest.raises(Unexpected, match="there are more than 4"):
        found(source, None)


def test_a_repository_that_is_not_there_keeps_no_other_from_being_listed(fake, source):
    fake.find("acme/site", "a-value")
    del fake.repositories["acme/app"]
    with pytest.raises(Missing, match="list alerts of acme/app"):
        found(source, None)
    assert [str(one.ref) for one in _until_it_fails(source.listed(None)) if one is not None] == ["acme/site#1"]


def _until_it_fails(listed):
    try:
        yield from listed
    except Missing:
        return
