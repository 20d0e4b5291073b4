import pytest

from bot.errors import ConfigurationError, Refused
from bot.providers import PROVIDERS, abilities
from bot.providers.contract import Answer, Card, Liveness, Setup


def test_the_registry_goes_by_the_cards_names():
    assert set(PROVIDERS) >= {"openai", "redis", "sendgrid", "stripe"}
    assert all(provider.card.key == key for key, provider in PROVIDERS.items())


@pytest.mark.parametrize(
    ("name", "makes", "revokes"),
    [
        ("openai", "issue", "machine"),
        ("sendgrid", "issue", "machine"),
        ("redis", "install", "machine"),
        ("stripe", "person", "person"),
    ],
)
def test_abilities_follow_from_what_a_class_defines(name, makes, revokes):
    able = abilities(PROVIDERS[name])
    assert (able.makes, able.revokes) == (makes, revokes)
    assert able.holds_sessions is (name == "redis")
    assert able.identifies
    assert able.compares


def test_without_an_admin_credential_a_person_does_what_needs_one():
    able = abilities(PROVIDERS["openai"], admin=False)
    assert (able.makes, able.revokes, able.snapshots, able.controls) == ("person", "person", False, False)


class Suicidal:
    card = Card("suicidal", "Suicidal", "")

    @classmethod
    def configured(cls, _setup) -> "Suicidal":
        return cls()

    def probe(self, credential):
        return Answer(Liveness.UNKNOWN, "")

    def revoke_itself(self, credential):
        """Would end it."""


def test_a_key_that_can_end_itself_needs_no_admin_credential():
    assert abilities(Suicidal).revokes == "itself"
    assert abilities(Suicidal, admin=False).revokes == "itself"


def test_a_missing_option_is_named():
    setup = Setup({"project": ""}, http=lambda _: None)
    with pytest.raises(ConfigurationError, match="'project' is needed"):
        setup.check_options("openai", {"project"}, {"project"})
    with pytest.raises(ConfigurationError, match="expected: none"):
        setup.check_options("stripe", ())


def test_a_missing_admin_credential_is_refused_only_when_it_is_needed():
    read = Setup({}, http=lambda _: None).admin_for("openai")
    with pytest.raises(Refused, match="openai: read the admin credential: the catalog names none"):
        read()
