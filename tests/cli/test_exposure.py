"""What readiness and doctor find about how a secret is kept and sent: each with its remedy, none with the value."""

from types import SimpleNamespace

import pytest

from bot.cli.diagnostics.check import look
from bot.cli.diagnostics.exposure import EXPOSED, Exposure
from bot.errors import Unauthorized
from bot.model.secrets import Part
from bot.secrets.secret import Secret
from bot.vault.contract import Stored

KEY, ADMIN = "/production/redis-url", "/bot/admin/redis"
PASSWORD = "hunter2-canary"
SAFE = f"rediss://:{PASSWORD}@cache.example.com"
OPEN = f"redis://:{PASSWORD}@cache.example.com"
DATABASE = f"postgres://app:{PASSWORD}@db.example.com/app"


def finding(question, held, admin=ADMIN, *, public=False):
    """`held` maps a parameter to its value, and whether it is encrypted."""

    def read(name):
        if name not in held:
            raise Unauthorized("ssm", f"read {name}", "AccessDeniedException")
        value, encrypted = held[name]
        return Stored(Secret(value), 1, encrypted)

    entry = SimpleNamespace(
        parts=(Part("id", "/production/redis-id", secret=False), Part("key", KEY)), admin_parameter=admin,
        public_by_design=public,
    )  # fmt: skip
    exposure = Exposure(entry, ("production", "staging"), SimpleNamespace(vault=SimpleNamespace(read=read)))
    found = next(look(check) for check in EXPOSED.of(exposure) if check.name == question)
    assert PASSWORD not in repr(found)
    assert bool(found.remedy) == (found.state in {"failed", "doubtful"})
    return found


def test_a_plain_string_is_a_failure_that_names_the_parameter():
    found = finding("encrypted", {KEY: (SAFE, True), ADMIN: ("sk", False)})
    assert (found.state, found.detail) == ("failed", f"stored in clear, as a plain String: {ADMIN}")
    assert "SecureString" in found.remedy


def test_a_secure_string_is_well():
    assert finding("encrypted", {KEY: (SAFE, True), ADMIN: ("sk", True)}).state == "ok"


def test_what_is_public_by_design_needs_no_cover():
    assert finding("encrypted", {KEY: (OPEN, False)}, admin=None, public=True).state == "skipped"


def test_redis_without_tls_fails_and_the_remedy_says_what_to_write():
    found = finding("transport", {KEY: (OPEN, True), ADMIN: ("sk", True)})
    assert (found.state, found.detail) == ("failed", f"the password may travel unencrypted: {KEY} (redis://)")
    assert found.remedy.startswith("Write rediss:// into the URL")


def test_postgres_that_encrypts_and_does_not_verify_is_doubtful():
    found = finding("transport", {KEY: (f"{DATABASE}?sslmode=require", True), ADMIN: ("sk", True)})
    assert (found.state, found.detail) == (
        "doubtful", f"encrypted, but the server is not verified: {KEY} (sslmode=require)",
    )  # fmt: skip
    assert "sslmode=verify-full" in found.remedy


def test_the_admin_s_own_url_counts_too():
    assert finding("transport", {KEY: (SAFE, True), ADMIN: (DATABASE, True)}).state == "failed"


def test_a_url_that_verifies_is_well_and_a_key_is_none():
    assert finding("transport", {KEY: (SAFE, True), ADMIN: ("sk", True)}).state == "ok"
    assert finding("transport", {KEY: ("sk", True), ADMIN: ("sk", True)}).state == "skipped"


@pytest.mark.parametrize("admin", ["/production/admin/redis", "/staging/redis-admin"])
def test_an_admin_credential_below_an_environment_fails(admin):
    found = finding("admin apart", {}, admin)
    assert found.state == "failed"
    assert f"{admin} is below /{admin.split('/')[1]}/" in found.detail
    assert "/bot/admin/" in found.remedy


@pytest.mark.parametrize("admin", ["/bot/admin/redis", "/bot/admin/production/redis", "/productions/x"])
def test_one_elsewhere_is_well(admin):
    assert finding("admin apart", {}, admin).state == "ok"


@pytest.mark.parametrize("question", ["encrypted", "transport"])
def test_what_cannot_be_read_is_said_to_be_so_and_not_to_be_well(question):
    found = finding(question, {KEY: (SAFE, True)})
    assert (found.state, found.detail) == ("skipped", f"{ADMIN} cannot be read")


def test_what_is_seen_is_told_though_another_cannot_be_read():
    assert finding("transport", {KEY: (OPEN, True)}).state == "failed"


@pytest.mark.process
def test_at_an_installation_both_commands_find_them(installation):
    world = installation.world
    ssm = world.aws.aws.client("ssm")
    ssm.delete_parameter(Name="/production/openai-api-key")
    world.aws.store("/production/openai-api-key", world.old["openai-api-key"], type_="String")
    said = installation.bot("catalog", "readiness", "-e", "production", "--json")
    found = {each["secret"]: {check["name"]: check for check in each["checks"]} for each in said.document["secrets"]}
    assert said.status == 1
    assert found["openai-api-key"]["encrypted"]["state"] == "failed"
    assert found["sendgrid-api-key"]["encrypted"]["state"] == "ok"
    assert found["redis-url"]["transport"]["state"] == "skipped"  # it stands on loopback
    assert found["openai-api-key"]["admin apart"]["state"] == "ok"
    text = installation.bot("doctor", "-e", "production").out
    assert (
        "production openai-api-key: encrypted: stored in clear, as a plain String: /production/openai-api-key" in text
    )
    assert world.old["openai-api-key"] not in said.out + text
