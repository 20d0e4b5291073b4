"""What the bot itself works with reaches the providers that could end it."""

from bot.app import Application
from bot.data_files import shipped
from bot.settings.model import Settings

OWN = {
    "SLACK_BOT_TOKEN": "xoxb-1111111111111-2222222222222-ownownownownownownownown",
    "BOT_PAGERDUTY_ROUTING_KEY": "c0ffee00c0ffee00c0ffee00c0ffee00",
    "BOT_PAGERDUTY_API_KEY": "own_rest_key-0123456",
}
GIVEN = {"BOT_ENVIRONMENT": "development", "BOT_PLAYBOOKS": str(shipped("playbooks"))}


def test_the_bots_own_credentials_are_known_to_slack_and_pagerduty(tmp_path):
    application = Application(Settings.load({**OWN, **GIVEN, "BOT_DATA": str(tmp_path)}))
    catalog = application.files.loaded.catalog
    for name in ("slack-bot-token", "pagerduty-api-key"):
        provider = application.outside.provider(application.files.freeze(catalog.entry(name, "production")))
        assert [value.reveal() for value in provider.runs_on] == list(OWN.values())


def test_what_is_not_set_protects_nothing(tmp_path):
    application = Application(Settings.load({**GIVEN, "BOT_DATA": str(tmp_path)}))
    entry = application.files.loaded.catalog.entry("slack-bot-token", "production")
    assert application.outside.provider(application.files.freeze(entry)).runs_on == ()
