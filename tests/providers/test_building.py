"""A host may name an option, and leads nowhere else for that."""

import pytest

from bot.errors import ConfigurationError
from bot.incident.model import Abilities, Makes, RevokedBy, SecretEntry
from bot.providers.building import ProviderBuilder, filled
from bot.secret import Secret


def secret(project):
    can = Abilities(Makes.ISSUE, RevokedBy.MACHINE)
    return SecretEntry("key", "Key", "supabase", (), can, admin_parameter="/bot/admin", options={"project": project})


def building(urls=None, *, production=True):
    return ProviderBuilder(urls or {}, lambda _: Secret("sbp_x"), production=production, timeout=1.0)


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
