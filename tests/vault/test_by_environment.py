"""One vault over two: development's values in its `.env`, everything else in Parameter Store."""

import pytest

from bot.app import Application
from bot.errors import ConfigurationError, Missing
from bot.secrets.secret import Secret
from bot.settings.model import Settings
from bot.vault.by_environment import VaultByEnvironment
from bot.vault.contract import Vault
from bot.vault.dotenv import DotenvVault
from bot.vault.ssm import SsmVault
from tests.support.aws import BOT, furnished, running_front

HERE, THERE, ADMIN = "/development/openai-api-key", "/production/openai-api-key", "/bot/admin/openai"
STAGED = "/_compromise/inc_abc234/openai/new/inc_abc234_openai_1/key"
STAGING_KEY = "alias/staging"
CATALOG = """\
schema: 1
environments: [production, {name}]
secrets:
  - name: twilio-auth-token
    title: Twilio auth token
    provider: twilio
    parts:
      sid: {{ parameter: /shared/twilio-account-sid, variable: TWILIO_ACCOUNT_SID, secret: false }}
      token: {{ parameter: "/{{environment}}/twilio-auth-token", variable: TWILIO_AUTH_TOKEN }}
    options: {{ account: ACe0000000000000000000000000000001 }}
    admin: /bot/admin/twilio
    policy: {{ rotate_after_days: 90 }}
    owner: Growth team
    if_killed: Texts stop.
    outage: degraded
    kill: irreversible
    data: personal
  - name: twilio-admin-key
    title: Twilio admin key
    provider: twilio
    parts:
      sid: {{ parameter: /shared/twilio-admin-sid, variable: TWILIO_ADMIN_SID, secret: false }}
      secret: {{ parameter: /bot/admin/twilio, variable: TWILIO_ADMIN_SECRET }}
    options: {{ kind: api-key, account: ACe0000000000000000000000000000001 }}
    only-in: [{name}]
    policy: {{ rotate_after_days: 90 }}
    owner: Growth team
    if_killed: The bot cannot rotate.
    outage: none
    kill: irreversible
    data: none
"""


@pytest.fixture(scope="module")
def front():
    with running_front(put_rate=100_000, put_burst=100_000) as front:
        yield front


@pytest.fixture
def ssm(front):
    world = furnished(front)
    world.create_key("staging")
    for parameter, value in ((THERE, "sk-production"), (ADMIN, "sk-admin"), (HERE, "sk-stale")):
        world.store(parameter, value)
    return SsmVault(world.session_of(world.create_person(BOT)), staging_key=STAGING_KEY)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / ".env"
    file.write_text("OPENAI_API_KEY=sk-development\n")
    return file


@pytest.fixture
def dotenv(path):
    return DotenvVault(path, {HERE: "OPENAI_API_KEY"})


@pytest.fixture
def vault(ssm, dotenv):
    return VaultByEnvironment(ssm, dotenv, {HERE}.__contains__)


def test_it_is_a_vault(vault):
    as_vault: Vault = vault
    assert as_vault is vault


def test_each_environment_and_the_admin_credentials_are_read_where_they_stand(vault):
    assert vault.read(HERE).value.reveal() == "sk-development"
    assert vault.read(THERE).value.reveal() == "sk-production"
    assert vault.read(ADMIN).value.reveal() == "sk-admin"
    found = vault.read_some([HERE, THERE, ADMIN, THERE])
    assert {name: stored.value.reveal() for name, stored in found.items()} == {
        HERE: "sk-development",
        THERE: "sk-production",
        ADMIN: "sk-admin",
    }


def test_each_is_asked_for_its_own_values(vault, path):
    before = vault.newest([HERE, THERE, "/production/nothing"])
    assert set(before) == {HERE, THERE}
    assert vault.values(HERE)[-1].value == vault.read(HERE).value
    assert vault.values(THERE)[-1].value == vault.read(THERE).value
    path.unlink()
    assert set(vault.newest([HERE, THERE])) == {THERE}


def test_both_are_rotated_each_in_its_own_place(vault, ssm, dotenv, path):
    for parameter, where, other in ((HERE, dotenv, ssm), (THERE, ssm, dotenv)):
        before = vault.read(parameter)
        old = before.value
        version = vault.put(parameter, Secret(f"{old.reveal()}-new"), expected=before.version)
        vault.label(parameter, before.version, "previous")
        vault.label(parameter, version, "current")
        assert where.read(parameter).value.reveal() == f"{old.reveal()}-new"
        assert [each.labels for each in vault.history(parameter)] == [("previous",), ("current",)]
        assert vault.find(old, [HERE, THERE, ADMIN]) == [(parameter, before.version)]
        assert [each.number for each in vault.holding(old, parameter)] == [before.version]
        assert not other.find(Secret(f"{old.reveal()}-new"), [parameter])
    assert "OPENAI_API_KEY=sk-development-new\n" in path.read_text()


def test_what_is_staged_stands_in_parameter_store_under_its_own_key(vault, ssm, path):
    vault.stage(STAGED, Secret("sk-made"))
    assert ssm.read(STAGED).value.reveal() == vault.read(STAGED).value.reveal() == "sk-made"
    assert vault.staged("/_compromise/inc_abc234") == [STAGED]
    assert "sk-made" not in path.read_text()
    vault.unstage(STAGED)
    with pytest.raises(Missing):
        vault.read(STAGED)


def test_without_the_file_only_development_is_concerned(vault, path):
    path.unlink()
    assert vault.read(THERE).value.reveal() == "sk-production"
    vault.stage(STAGED, Secret("sk-made"))
    assert vault.staged("/_compromise/inc_abc234") == [STAGED]
    vault.unstage(STAGED)
    with pytest.raises(Missing, match="BOT_VAULT_DOTENV"):
        vault.read(HERE)


class TestInTheApplication:
    @pytest.fixture
    def made(self, tmp_path):
        def make(name="development", environment="development", **given):
            (tmp_path / "secrets.yaml").write_text(CATALOG.format(name=name))
            (tmp_path / ".env").write_text("TWILIO_AUTH_TOKEN=t\nTWILIO_ACCOUNT_SID=AC\nTWILIO_ADMIN_SECRET=s\n")
            given |= {"BOT_VAULT_DOTENV": str(tmp_path / ".env"), "BOT_PLAYBOOKS": str(tmp_path)}
            return Application(Settings.load({"BOT_ENVIRONMENT": environment, "BOT_DATA": str(tmp_path), **given}))

        return make

    @pytest.mark.parametrize("environment", ["development", "production"])
    def test_wherever_the_bot_runs_the_file_is_developments(self, made, environment):
        assert made(environment=environment).outside.vault.read("/development/twilio-auth-token").value.reveal() == "t"

    def test_what_several_environments_share_and_what_is_the_bots_own_stands_in_no_dotenv(self, made):
        assert set(made().files.loaded.catalog.in_dotenv()) == {
            "/development/twilio-auth-token",
            "/shared/twilio-admin-sid",
        }

    def test_a_catalog_without_development_has_no_use_for_it(self, made):
        with pytest.raises(ConfigurationError, match="BOT_VAULT_DOTENV is set, and the catalog has no environment"):
            _ = made("dev").outside.vault
