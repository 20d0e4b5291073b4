"""The first stage, a catalog that names no admin credential: the bot guides and proves, people make and revoke."""

from __future__ import annotations

import re
import shutil

import pytest

from bot.app.files import Files
from bot.model.capabilities import Makes, RevokedBy
from bot.providers import PROVIDERS
from bot.settings.model import Settings
from tests.deploy.evaluated import DEPLOY

SHIPPED = DEPLOY.parent / "playbooks"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The shipped catalog without its admin credentials."""
    folder = tmp_path_factory.mktemp("stage") / "playbooks"
    shutil.copytree(SHIPPED, folder)
    catalog = folder / "secrets.yaml"
    text, count = re.subn(r"^\s+admin: .*\n", "", catalog.read_text(), flags=re.MULTILINE)
    assert count > 5
    catalog.write_text(text)
    return Files(Settings.load({"BOT_PLAYBOOKS": str(folder), "BOT_DATA": str(folder)}))


def test_people_make_and_revoke_and_have_the_steps_for_it(files):
    entries = [files.freeze(entry) for entry in files.loaded.catalog.all("production")]
    asked = [entry for entry in entries if not PROVIDERS[entry.provider].card.own_identity]
    assert len(asked) > 8
    for entry in asked:
        assert entry.capabilities.makes is Makes.PERSON, entry.name
        assert entry.capabilities.revokes is not RevokedBy.MACHINE, entry.name
        assert entry.issue_by_hand, entry.name
        assert entry.revoke_by_hand, entry.name


def test_the_page_says_which_entries_have_no_such_stage():
    own = {provider.card.key for provider in PROVIDERS.values() if provider.card.own_identity}
    text = (DEPLOY / "README.md").read_text()
    assert own == {"aws-iam"}
    assert "`aws-iam` has no first stage" in text
