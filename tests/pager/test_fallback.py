"""The second way to wake people, and what the settings make of it."""

from __future__ import annotations

import pytest

from bot.app.parts import fallback_pager, first_pager
from bot.drill.fakes.serving import Served
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.errors import Unauthorized
from bot.pager.contract import Page
from bot.pager.nobody import NoPager
from bot.pager.pagerduty.pager import PagerDuty
from bot.settings.model import Settings

PAGE = Page("inc_abc234", "a credential has been compromised", "critical", "https://slack.test/C1", "production")


def test_an_installation_may_have_it_or_not():
    assert fallback_pager(Settings.load({"HOME": "/"})) is None
    assert isinstance(first_pager(Settings.load({"HOME": "/"}), ""), NoPager)
    assert isinstance(
        fallback_pager(Settings.load({"HOME": "/", "BOT_PAGER_FALLBACK_ROUTING_KEY": "r" * 32})), PagerDuty
    )


def test_the_fallback_of_pagerduty_pages_by_its_own_key():
    world = FakePagerDuty()
    with Served(world.application) as served:
        settings = {
            "HOME": "/",
            "BOT_PAGERDUTY_ROUTING_KEY": "x" * 32,
            "BOT_PAGER_FALLBACK_ROUTING_KEY": world.routing_key,
            "BOT_PAGERDUTY_EVENTS_URL": served.url,
        }
        fallback_pager(Settings.load(settings)).trigger(PAGE)
        with pytest.raises(Unauthorized):
            first_pager(Settings.load(settings), "").trigger(PAGE)
    assert [alert.dedup_key for alert in world.alerts] == [PAGE.incident]
