"""readiness: what would go wrong tonight, and what to do about it. runbook: the work for hands only."""

import json
import re
import shlex
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.catalog.catalog import Catalog
from bot.cli.diagnostics.check import look
from bot.cli.diagnostics.exposure import ENDS
from bot.cli.diagnostics.ready import SEEN_WITHIN, Once, Ready
from bot.model.reads import KnownReader, Read
from bot.model.secrets import Consumer
from bot.usage.contract import Usage
from tests.support.practice import OPENAI, SENDGRID, STRIPE

pytestmark = pytest.mark.process
SHOP = "arn:aws:sts::111122223333:assumed-role/shop/0f3c"


def readiness(installation, *arguments, **changes):
    said = installation.bot("catalog", "readiness", "-e", "production", *arguments, "--json", **changes)
    by_name = {
        secret["secret"]: {check["name"]: check for check in secret["checks"]} for secret in said.document["secrets"]
    }
    return said, by_name


def test_every_gap_is_named_with_what_to_do(installation):
    said, found = readiness(installation)
    assert said.status == 0
    assert 0 < said.document["score"] < 100
    assert not said.document["ready"]
    openai = found[OPENAI]
    assert {name for name, check in openai.items() if check["state"] == "ok"} >= {
        "parameter", "value accepted", "admin credential", "key known", "consequence", "age",
    }  # fmt: skip
    assert f"not seen in {SEEN_WITHIN.days} days: api, worker" in openai["readers known"]["detail"]
    assert "made and revoked by a person" in found[STRIPE]["admin credential"]["detail"]
    for checks in found.values():
        for check in checks.values():
            assert bool(check["remedy"]) == (check["state"] in {"doubtful", "failed"})
    text = installation.bot("catalog", "readiness", "-e", "production").out
    assert f"production {OPENAI}: " in text
    assert "Readiness " in text


def test_what_is_broken_fails_and_takes_nothing_else_with_it(installation):
    world = installation.world
    world.sendgrid.revoke(world.sendgrid.all_keys()[-1])
    world.aws.store("/bot/admin/openai", "sk-admin-notthekey00000000")
    world.aws.aws.client("ssm").delete_parameter(Name="/production/redis-url")
    said, found = readiness(installation)
    assert said.status == 1
    assert found[SENDGRID]["value accepted"]["state"] == "failed"
    assert "sendgrid rejects the current key" in found[SENDGRID]["value accepted"]["detail"]
    assert found[OPENAI]["admin credential"]["state"] == "failed"
    assert found[OPENAI]["value accepted"]["state"] == "ok"
    assert found["redis-url"]["parameter"]["state"] == "failed"
    old = next(value for name, value in world.old.items() if name == SENDGRID)
    assert old not in said.out


def test_a_value_with_a_newline_at_its_end_is_named(installation):
    installation.world.aws.store("/production/openai-api-key", f"{installation.world.old[OPENAI]}\n")
    _, found = readiness(installation)
    check = found[OPENAI]["parameter"]
    assert (check["state"], check["remedy"]) == ("doubtful", ENDS)
    assert "/production/openai-api-key" in check["detail"]
    assert found[OPENAI]["key known"]["state"] == "ok"


def of_consumers(usage, *consumers, ours=()):
    """What is said of the readers of one secret."""
    parts = [SimpleNamespace(parameter="/p")]
    entry = SimpleNamespace(name="shop-key", environment="production", parts=parts, consumers=consumers)
    loaded = SimpleNamespace(catalog=Catalog(("production",), (), ours=ours))
    application = SimpleNamespace(files=SimpleNamespace(loaded=loaded), outside=None)
    checks = Ready(application, entry, usage=Once(lambda: usage), ages=None).checks()
    (check,) = (check for check in checks if check.name == "readers known")
    return look(check).detail


def summary(state, *providers):
    return SimpleNamespace(
        state=state, incident="inc_abc234", secrets=[SimpleNamespace(provider=name) for name in providers]
    )


def test_a_look_that_was_cut_off_is_no_word_on_others():
    read = Read(datetime.now(UTC), SHOP, "192.0.2.1", "agent", "GetParameter", "/p")
    tried = replace(read, principal="arn:aws:iam::111122223333:user/eve", action="GetParameter (refused: AccessDenied)")
    usage = Usage("history", read.at, read.at, (read, tried), (), truncated=True)
    said = "not all CloudTrail reads were checked: others may read it too"
    assert of_consumers(usage, Consumer("0f3c")) == said


def test_readers_that_the_catalog_calls_ours_are_no_strangers():
    read = Read(datetime.now(UTC), SHOP, "192.0.2.1", "agent", "GetParameter", "/p")
    usage = Usage("history", read.at, read.at, (read,), ())
    assert of_consumers(usage, ours=(KnownReader(SHOP, "the shop"),)) == "all 0 seen in CloudTrail, and no other reader"
    elsewhere = KnownReader(SHOP, "the shop", networks=("198.51.100.0/24",))
    assert of_consumers(usage, ours=(elsewhere,)) == f"also read by {SHOP}"


def test_an_unknown_environment_is_misuse(installation):
    assert installation.bot("catalog", "readiness", "-e", "moon").status == 2


class TestRunbook:
    """Made from files alone."""

    @pytest.fixture
    def text(self, installation):
        # No AWS and no log: nothing that the bot needs at night is there.
        said = installation.bot(
            "runbook", OPENAI, BOT_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none", AWS_ENDPOINT_URL=""
        )
        assert said.status == 0, said.error
        return said.out

    def test_it_has_the_whole_work_in_order(self, text):
        order = ["Revoke the old key", "Confirm it dead", "Make the new key", "Store it", "Have the functions read it"]
        places = [text.index(f". {title}\n") for title in order]
        assert places == sorted(places)
        assert "/production/openai-api-key" in text
        assert "https://platform.openai.com/api-keys" in text
        assert "--function-name worker" in text
        assert "`bot submit" not in text

    def test_it_says_whom_to_call_and_in_which_account_and_has_the_steps_of_a_leak(self, installation, tmp_path):
        people = tmp_path / "people.yaml"
        ada = '{principal: arn:aws:iam::111122223333:user/ada, telephone: "+49 30 1234567", rights: [respond]}'
        people.write_text(f"ada: {ada}\nbridge: https://meet.example.test/incident\n")
        text = installation.bot("runbook", OPENAI, BOT_PEOPLE=str(people), AWS_REGION="eu-central-1").out
        assert "- bridge: https://meet.example.test/incident" in text.replace("\\", "")
        assert "+49301234567" in text.replace("\\", "")
        assert re.search(r"account 111122223333, region eu\\?-central\\?-1", text)
        assert "other steps still apply: rotate, assess impact" in text

    def test_its_commands_are_a_shell_s_and_hold_no_value(self, text, tmp_path):
        commands = [line for block in text.split("```bash\n")[1:] for line in block.split("```")[0].splitlines()]
        assert commands
        script = tmp_path / "commands.sh"
        script.write_text("\n".join(commands) + "\n")
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
        for line in commands:
            if "$VALUE" in line:
                assert shlex.split(line, comments=True)[0] in {"printf", "read"}

    def test_down_means_new_one_first(self, installation):
        said = installation.bot("runbook", "redis-url", "--json")
        text = json.loads(said.out)["runbook"]
        assert text.index("Make the new key") < text.index("Revoke the old key")
        assert "revoke it first" in text

    def test_all_of_them_are_published_outside_slack_and_outside_the_account(self, installation):
        s3 = installation.world.aws.aws.client("s3")
        s3.create_bucket(Bucket="runbook", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        said = installation.bot("runbook", "--publish", "s3://runbook/leaked.md")
        assert said.out == "Written to s3://runbook/leaked.md.\n", said.err
        text = s3.get_object(Bucket="runbook", Key="leaked.md")["Body"].read().decode()
        headings = re.findall(r"^# (.+) leaked: steps by hand, production$", text, re.MULTILINE)
        assert set(headings) == {"OpenAI API key", "Redis password", "SendGrid API key", "Stripe secret key"}
        assert len(headings) == 4
        assert installation.bot("runbook", OPENAI).out.strip() in text

    def test_a_wrong_name_is_misuse(self, installation):
        assert installation.bot("runbook", "openai").status == 2
