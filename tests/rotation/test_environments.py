"""Development in the product's `.env`, production in Parameter Store: one installation rotates both."""

from dataclasses import replace

from bot.incident.model import Old
from bot.model.secrets import Part
from bot.vault.by_environment import VaultByEnvironment
from bot.vault.dotenv import DotenvVault
from tests.support.rotation import entry_for

HERE = "/development/sendgrid-api-key"


def test_each_is_rotated_where_it_stands_with_the_admin_credential_of_parameter_store(rig_of, tmp_path):
    harness = rig_of("openai", "sendgrid")
    in_ssm = entry_for("openai")
    in_dotenv = entry_for("sendgrid", parts=(Part("key", HERE, "SENDGRID_API_KEY"),), consumers=())
    old = harness.providers["sendgrid"].old
    file = tmp_path / ".env"
    file.write_text(f"LOG_LEVEL=debug\nSENDGRID_API_KEY={old.key.reveal()}\n")
    dotenv = DotenvVault(file, {HERE: "SENDGRID_API_KEY"})
    harness.tools = replace(harness.tools, vault=VaultByEnvironment(harness.vault, dotenv, {HERE}.__contains__))
    harness.store(in_ssm)
    harness.declare(in_ssm, in_dotenv)
    harness.settled()
    for entry in (in_ssm, in_dotenv):
        assert harness.state(entry).old_state is Old.DEAD
        assert harness.tools.vault.read(entry.main.parameter).value.fingerprint == harness.state(entry).new.fingerprint
    assert dotenv.read(HERE).value.fingerprint != old.key.fingerprint
    assert dotenv.read(HERE, 1).value == old.key
    assert dotenv.staged("/_compromise/x") == []
    assert file.read_text().startswith("LOG_LEVEL=debug\nSENDGRID_API_KEY=")
    assert harness.staged() == []
