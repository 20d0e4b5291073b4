"""What the composition root makes of the settings: pagers, and which credentials are the bot's own."""

import pytest

from bot.app import Application
from bot.data_files import shipped
from bot.drill.fakes.serving import Served
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.errors import Unauthorized
from bot.pager.contract import NoPager, Page
from bot.secrets.secret import Credential, Secret
from bot.settings.model import Settings

PAGE = Page("inc_abc234", "a credential has been compromised", "critical", "https://slack.test/C1", "production")


def application(tmp_path, **given):
    usual = {"BOT_ENVIRONMENT": "development", "BOT_DATA": str(tmp_path), "BOT_PLAYBOOKS": str(shipped("playbooks"))}
    return Application(Settings.load({**usual, **given}))


def test_an_installation_may_have_a_pager_or_not(tmp_path):
    outside = application(tmp_path).outside
    assert isinstance(outside.pager, NoPager)
    assert outside.fallback_pager is None


def test_the_fallback_pages_by_its_own_key(tmp_path):
    world = FakePagerDuty()
    with Served(world.application) as served:
        outside = application(
            tmp_path,
            BOT_PAGERDUTY_ROUTING_KEY="x" * 32,
            BOT_PAGER_FALLBACK_ROUTING_KEY=world.routing_key,
            BOT_PAGERDUTY_EVENTS_URL=served.url,
        ).outside
        outside.fallback_pager.trigger(PAGE)
        with pytest.raises(Unauthorized):
            outside.pager.trigger(PAGE)
    assert [alert.dedup_key for alert in world.alerts] == [PAGE.incident]


def test_a_value_that_the_bot_works_with_is_known_by_its_part_that_opens_doors(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    made = application(
        tmp_path, BOT_DATABASE_URL="postgresql://bot:made-up@db/log", BOT_PAGERDUTY_API_KEY="own-rest-key"
    )
    url = Credential.single(Secret("postgresql://admin:made-up@elsewhere/product"), "url")
    pair = {"id": Secret("AKIAIOSFODNN7EXAMPLE"), "secret": Secret("y" * 40)}
    assert made.outside.own(url) == ("BOT_DATABASE_URL",)
    assert made.outside.own(Credential.single(Secret("own-rest-key"))) == ("BOT_PAGERDUTY_API_KEY",)
    assert made.outside.own(Credential(pair, "secret")) == ("AWS_ACCESS_KEY_ID",)
    assert made.outside.own(Credential.single(Secret("someone-elses"))) == ()
