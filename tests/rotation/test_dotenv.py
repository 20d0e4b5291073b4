"""A leak in development, where values live in the product's `.env`: the whole rotation takes place in that file."""

import stat

import pytest

from bot.errors import Missing
from bot.vault.dotenv_file import EnvFile
from bot.vault.ssm import SsmVault
from tests.support.practice import SENDGRID, practice

pytestmark = pytest.mark.process
PARAMETER = "/development/sendgrid-api-key"


def test_a_rotation_of_development_writes_the_new_value_into_the_products_dotenv_alone(tmp_path, monkeypatch):
    with practice(tmp_path, monkeypatch) as world:
        catalog = tmp_path / "playbooks" / "secrets.yaml"
        catalog.write_text(catalog.read_text().replace("[production, staging]", "[production, staging, development]"))
        old = world.sendgrid.add_key("dev").value
        path = tmp_path / ".env"
        before = f"# mail\r\nLOG_LEVEL=debug\r\nexport SENDGRID_API_KEY='{old}' # of the sandbox\r\nOTHER=1\r\n"
        path.write_bytes(before.encode())
        world.environ["BOT_VAULT_DOTENV"] = str(path)
        world.start()
        incident = world.declare(SENDGRID, environment="development")
        world.wait(incident, lambda i: all(s.gone and s.in_place for s in i.secrets.values()))
        text = path.read_bytes().decode()
        new = EnvFile.parse(text).variable("SENDGRID_API_KEY")
        accepted = {key.value for key in world.sendgrid.all_keys()}
        with pytest.raises(Missing):
            SsmVault(world.aws.aws).read(PARAMETER)
        stored = b"".join(each.read_bytes() for each in (tmp_path / "data").rglob("*.sqlite*") if each.is_file())
    assert new != old
    assert new in accepted
    assert text.startswith(before.replace(old, new))
    assert all(line.startswith("#bot ") for line in text[len(before.replace(old, new)) :].splitlines())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stored
    assert new.encode() not in stored
    assert old.encode() not in stored
