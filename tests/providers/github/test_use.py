"""How a token was used, as the practice organization's audit log tells it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import ConfigurationError, Refused, Throttled, Unexpected
from bot.model.uses import Concern
from bot.providers.contract import Held
from bot.providers.github import audit
from bot.providers.looks import Look
from bot.secrets.secret import Credential, Secret
from tests.providers.github.harness import github


@pytest.fixture(scope="module")
def shared():
    with github() as harness:
        yield harness
        assert harness.exchanges.breaches == []


@pytest.fixture
def harness(shared):
    yield shared
    shared.world.faults.clear()
    shared.world.enterprise_cloud = True


@pytest.fixture
def token(harness):
    """A leaked one."""
    return harness.world.add_token("leaked")


def report(harness, token, enough=lambda: False, **options):
    now = datetime.fromtimestamp(harness.world.clock(), UTC)
    provider = harness.reconfigured(options={"organization": "practice", **options})
    held = Held(Credential.single(Secret(token.value)), "ghp_…")
    look = Look(provider.card.records, now - timedelta(days=30), now + timedelta(seconds=1), enough)
    return provider.use(held, look)


def test_the_events_of_the_token_and_no_others_with_what_concerns_us(harness, token):
    harness.world.record(
        token, "hook.create", repo="practice/shop", name="web", actor_ip="198.51.100.7", user_agent="curl/8"
    )
    harness.world.record(token, "repo.create", repo="practice/x <!channel>")
    harness.world.record(token, "repo.destroy", at=harness.world.clock() - 40 * 86400)
    harness.world.record(harness.world.add_token("other"), "repo.destroy")
    found = report(harness, token)
    made, other = sorted(found.uses, key=lambda use: use.action)
    assert (made.action, made.principal, made.address, made.agent, made.what, made.why) == (
        "hook.create", "practice-machine", "198.51.100.7", "curl/8", ("practice/shop", "web"),
        "Makes a webhook, which sends data elsewhere.",
    )  # fmt: skip
    assert made.undo.where.startswith("Undo it in the repository's")
    assert other.undo is None
    assert (made.concern, other.concern, other.what) == (Concern.PERSISTENCE, Concern.NONE, ("practice/x <!channel>",))
    assert (found.per, found.gap, found.truncated) == ("key", harness.reconfigured().card.records.gap, False)
    assert token.value not in repr(found)


def test_a_long_log_is_read_page_by_page_until_it_is_enough(harness, token):
    for number in range(audit.PAGE + 3):
        harness.world.record(token, "repo.create", repo=f"practice/{number}")
    assert len(report(harness, token).uses) == audit.PAGE + 3
    asked = iter((False, True))
    cut = report(harness, token, lambda: next(asked))
    assert (len(cut.uses), cut.truncated) == (audit.PAGE, True)


def test_without_the_plan_or_the_right_or_an_organization_it_says_why_it_is_unknown(harness, token):
    assert report(harness, token, organization="").gap == "the catalog names no `organization` for this token"
    harness.world.enterprise_cloud = False
    found = report(harness, token)
    assert found.gap.endswith("owners with Enterprise Cloud and read:audit_log (HTTP 404)")
    assert (found.uses, found.delay) == ((), None)


def test_a_rate_limit_is_no_missing_right(harness, token):
    harness.world.faults.inject("audit-rate-limited")
    with pytest.raises(Throttled):
        report(harness, token)


def test_seconds_are_read_like_milliseconds_and_an_absurd_time_is_no_answer(harness, token):
    now = datetime.fromtimestamp(int(harness.world.clock()), UTC)
    harness.world.record(token, "repo.create", **{"@timestamp": int(now.timestamp())})
    assert [use.first for use in report(harness, token).uses] == [now]
    harness.world.record(token, "repo.create", **{"@timestamp": 1 << 60})
    with pytest.raises(Unexpected):
        report(harness, token)


def test_an_organization_that_would_change_the_path_is_refused(harness, token):
    with pytest.raises(ConfigurationError, match="unknown option"):
        harness.reconfigured(options={"org": "practice"})
    with pytest.raises(Refused, match="change a path"):
        report(harness, token, organization="../user")
