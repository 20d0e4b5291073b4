import re
import subprocess
import sys

import pytest

from bot.errors import ConfigurationError, Refused
from bot.model.probes import Answer, Liveness
from bot.providers import PROVIDERS, capabilities
from bot.providers.contract import Card, Setup


def test_the_registry_goes_by_the_cards_names():
    assert set(PROVIDERS) >= {"openai", "redis", "sendgrid", "stripe"}
    assert all(provider.card.key == key for key, provider in PROVIDERS.items())


def test_a_class_is_imported_when_it_is_asked_for():
    asked = "import sys, bot.providers as p; p.provider_class('github', {}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert set(re.findall(r"\bbot\.providers\.(\w+)\.", done.stdout)) == {"github"}


@pytest.mark.parametrize(
    ("name", "makes", "revokes"),
    [
        ("openai", "issue", "machine"),
        ("sendgrid", "issue", "machine"),
        ("redis", "install", "machine"),
        ("stripe", "person", "person"),
    ],
)
def test_capabilities_follow_from_what_a_class_defines(name, makes, revokes):
    able = capabilities(PROVIDERS[name])
    assert (able.makes, able.revokes) == (makes, revokes)
    assert able.holds_sessions is (name == "redis")
    assert able.identifies
    assert able.compares


def test_without_an_admin_credential_a_person_does_what_needs_one():
    able = capabilities(PROVIDERS["openai"], admin=False)
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
    assert capabilities(Suicidal).revokes == "itself"
    assert capabilities(Suicidal, admin=False).revokes == "itself"


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


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_proof_by_hand_is_a_shell_s_and_puts_no_value_on_a_command_line(key, tmp_path):
    proof = PROVIDERS[key].card.prove_by_hand
    assert "# " in proof, "it says which answer means what"
    script = tmp_path / "proof.sh"
    script.write_text(proof + "\n")
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    given = re.findall(r"\b(?:curl|psql|redis-cli|aws)\b[^|\n#]*\$\{?(?:VALUE|KEY)\b",
                       proof.replace('printf %s "$VALUE"', ""))  # fmt: skip
    assert given == [], "every user of the machine can read the arguments of a process"


@pytest.mark.parametrize("key", PROVIDERS)
def test_somebody_who_had_the_key_may_have_left_something(key):
    card = PROVIDERS[key].card
    assert 1 <= len(card.checklist) <= 4
    assert set(card.inspects) <= set(card.checklist)
    assert card.use_by_hand.endswith(".")
    assert all(sentence.endswith((".", "…")) and len(sentence) < 400 for sentence in card.checklist.values())
