"""A host may name an option, and leads nowhere else for that."""

import pytest

from bot.errors import ConfigurationError
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.secrets import SecretEntry
from bot.providers import PROVIDERS
from bot.providers.building import ProviderBuilder, check_addresses, filled, unknown_addresses, validator_for
from bot.secrets.secret import Secret


def secret(project):
    can = Capabilities(Makes.ISSUE, RevokedBy.MACHINE)
    return SecretEntry(
        "key", "Key", "supabase", (), capabilities=can, admin_parameter="/bot/admin", options={"project": project}
    )


def building(urls=None, *, production=True, admin="sbp_x"):
    return ProviderBuilder(urls or {}, lambda _: Secret(admin), production=production, timeout=1.0)


def test_an_admin_credential_that_is_stored_with_a_newline_is_used_without():
    assert building(admin="SG.a.b\n")(sendgrid()).admin() == Secret("SG.a.b")


def test_each_project_has_its_own_host_and_its_own_client():
    build = building()
    one, two, again = (build(secret(project)) for project in ("aaaa", "bbbb", "aaaa"))
    assert one.gateway.http.base_url == "https://aaaa.supabase.co"
    assert two.gateway.http.base_url == "https://bbbb.supabase.co"
    assert again.gateway.http.session is one.gateway.http.session
    assert two.gateway.http.session is not one.gateway.http.session
    assert two.management.http.bucket is two.gateway.http.bucket


@pytest.mark.parametrize("value", ["", "evil.example", "a/b", "a@b", "a:1", "A", "-a", "a" * 64, "ä", "a\n"])
def test_an_option_in_a_host_is_one_plain_label(value):
    with pytest.raises(ConfigurationError, match="'project' must be letters, digits and dashes only"):
        filled("supabase", "https://{project}.supabase.co", {"project": value})


def test_another_address_may_name_the_option_too_but_only_on_loopback_and_outside_production():
    elsewhere = {("supabase", "project"): "http://127.0.0.1:1/{project}"}
    built = building(elsewhere, production=False)(secret("aaaa"))
    assert built.gateway.http.base_url == "http://127.0.0.1:1/aaaa"
    with pytest.raises(ConfigurationError, match="expected https at"):
        building(elsewhere)(secret("aaaa"))
    for url in ("https://evil.example/{project}", "https://bbbb.supabase.co", "https://{project}.evil.example"):
        with pytest.raises(ConfigurationError, match=r"expected https at aaaa\.supabase\.co"):
            building({("supabase", "project"): url}, production=False)(secret("aaaa"))


EU = "https://api.eu.sendgrid.com"


def sendgrid():
    can = Capabilities(Makes.ISSUE, RevokedBy.MACHINE)
    return SecretEntry("key", "Key", "sendgrid", (), capabilities=can, admin_parameter="/bot/admin")


@pytest.mark.parametrize("production", [True, False])
def test_another_host_of_the_same_card_may_take_its_place(production):
    build = building({("sendgrid", "api"): f"{EU}/v3x"}, production=production)
    assert build(sendgrid()).http.base_url == f"{EU}/v3x"
    check_addresses({("sendgrid", "api"): EU}, production=production)
    assert validator_for({("sendgrid", "api"): EU}, production=production)("sendgrid", {}, ["key"]) == ""


WRONG = [
    ("sendgrid", "api", "https://api.sendgrid.com.evil.test"),
    ("sendgrid", "api", "http://api.eu.sendgrid.com"),
    ("sendgrid", "api", "https://api.openai.com"),
    ("sendgrid", "api", "http://127.0.0.1:1"),
    ("supabase", "project", "https://{project}.evil.test"),
    ("supabase", "project", "https://a.b.supabase.co"),
    ("supabase", "project", "https://aaaa.supabase.co.evil.test"),
    ("pagerduty", "api", "https://events.pagerduty.com"),
    ("pagerduty", "events", "https://events.pagerduty.com.evil.test"),
]


@pytest.mark.parametrize(("provider", "role", "url"), WRONG)
def test_what_no_card_has_is_refused_before_anything_is_asked(provider, role, url):
    variable = f"BOT_{provider.upper()}_{role.upper()}_URL: base URL with host"
    with pytest.raises(ConfigurationError, match=variable):
        check_addresses({(provider, role): url}, production=True)


def test_every_wrong_address_is_named():
    urls = {(provider, role): url for provider, role, url in WRONG}
    with pytest.raises(ConfigurationError) as caught:
        check_addresses(urls, production=True)
    assert len(str(caught.value).splitlines()) == len(urls)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_address_of_a_card_is_its_own_and_fits_a_practice_world(name):
    card = PROVIDERS[name].card
    for role, url in card.hosts.items():
        check_addresses({(card.name, role): url}, production=True)
        check_addresses({(card.name, role): "http://127.0.0.1:1/{project}"}, production=False)


@pytest.mark.parametrize(
    "url", ["https://bbbb.supabase.co", "https://{project}.supabase.co/x", "https://bbbb.supabase.co/x"]
)
def test_what_fills_a_hosts_name_only_the_catalog_can_tell(url):
    check_addresses({("supabase", "project"): url}, production=True)


def test_an_address_that_a_catalogs_option_does_not_lead_to_is_a_mistake_of_the_catalog():
    judged = validator_for({("supabase", "project"): "https://bbbb.supabase.co"}, production=True)
    wrong = judged("supabase", {"project": "aaaa"}, ["publishable", "secret"])
    assert wrong.startswith("BOT_SUPABASE_PROJECT_URL: base URL with host bbbb.supabase.co: expected https at aaaa")
    assert judged("sendgrid", {"api": "x"}, ["key"]).startswith("sendgrid:")
    assert judged("nobody", {}, ["key"]) == ""


def test_a_variable_for_an_address_that_no_card_has_is_told():
    urls = {("sendgrid", "api"): EU, ("sengrid", "api"): EU, ("sendgrid", "moon"): EU}
    assert unknown_addresses(urls) == ["BOT_SENDGRID_MOON_URL", "BOT_SENGRID_API_URL"]
    check_addresses(urls, production=True)
