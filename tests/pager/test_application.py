"""What the composition root makes of the settings: pagers, and which credentials are the bot's own."""

from bot.app import Application
from bot.data_files import shipped
from bot.pager.pagerduty.pager import PagerDuty
from bot.secrets.secret import Credential, Secret
from bot.settings.model import Settings


def application(tmp_path, **given):
    usual = {"BOT_ENVIRONMENT": "development", "BOT_DATA": str(tmp_path), "BOT_PLAYBOOKS": str(shipped("playbooks"))}
    return Application(Settings.load({**usual, **given}))


def test_the_second_pager_is_the_one_of_the_settings(tmp_path):
    assert application(tmp_path).outside.fallback_pager is None
    made = application(tmp_path, BOT_PAGER_FALLBACK_ROUTING_KEY="r" * 32)
    assert isinstance(made.outside.fallback_pager, PagerDuty)


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


def test_parameters_of_an_environment_that_the_catalog_has_no_longer_are_none(tmp_path):
    made = application(tmp_path)
    assert "/production/redis-url" in made.outside.parameters("production")
    assert made.outside.parameters("gone") == ()
