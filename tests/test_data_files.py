from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import data_files as files
from bot.app.files import Files
from bot.catalog.schema import SCHEMAS, schema, write
from bot.errors import ConfigurationError

ROOT = Path(__file__).parents[1]


def test_the_checkouts_files_are_found():
    assert files.find_playbook(files.DEADLINES) == ROOT / "playbooks" / "deadlines.yaml"
    assert files.template_folders() == (ROOT / "templates",)
    assert ROOT / "playbooks" / files.PLAYBOOK in files.playbook_files()
    assert ROOT / "playbooks" / files.CATALOG not in files.playbook_files()


def test_the_users_folder_comes_first(tmp_path):
    mine = tmp_path / files.CATALOG
    mine.touch()
    assert files.find_catalog(tmp_path) == mine
    assert files.find_playbook(files.PLAYBOOK, tmp_path) == ROOT / "playbooks" / files.PLAYBOOK
    assert files.template_folders(tmp_path) == (tmp_path, ROOT / "templates")


def test_a_users_playbooks_join_ours_and_replace_those_of_the_same_name(tmp_path):
    for name in ("a-laptop.yaml", files.PLAYBOOK, files.CATALOG, "notes.txt"):
        (tmp_path / name).touch()
    found = {path.name: path.parent for path in files.playbook_files(tmp_path)}
    assert found["a-laptop.yaml"] == found[files.PLAYBOOK] == tmp_path
    assert files.CATALOG not in found
    assert "notes.txt" not in found


def test_the_wheels_folder_is_used_where_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PACKAGE", tmp_path / "bot")
    assert files.shipped("playbooks") == tmp_path / "playbooks"
    carried = tmp_path / "bot" / "_data" / "playbooks"
    carried.mkdir(parents=True)
    assert files.shipped("playbooks") == carried


def test_what_is_not_there_is_named_with_where_it_was_looked_for(tmp_path):
    with pytest.raises(ConfigurationError, match=f"none.yaml: not found; expected it in {tmp_path} or {ROOT}"):
        files.find_playbook("none.yaml", tmp_path)
    with pytest.raises(ConfigurationError, match=r"BOT_PLAYBOOKS: .* is not there; expected a folder"):
        files.find_catalog(tmp_path / "none")
    with pytest.raises(ConfigurationError, match="BOT_TEMPLATES"):
        files.template_folders(tmp_path / "none")


def test_what_was_read_last_holds_where_the_folder_goes_away(tmp_path):
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / files.CATALOG).write_text("secrets: []\n")
    read = Files(SimpleNamespace(playbooks=folder))
    digest = read.digest()
    folder.rename(tmp_path / "elsewhere")
    assert read.digest() == digest
    with pytest.raises(ConfigurationError):
        Files(SimpleNamespace(playbooks=folder)).digest()


@pytest.mark.parametrize("name", ["../pyproject.toml", "/etc/passwd", ""])
def test_only_names_are_looked_for(name):
    with pytest.raises(ConfigurationError):
        files.find_playbook(name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_beside_the_files_are_those_of_the_models(name):
    stored = (ROOT / "playbooks" / name).read_text(encoding="utf-8")
    assert stored == schema(name), "stale: run `python -m bot.catalog.schema`"


def test_schemas_are_written_where_they_are_wanted(tmp_path):
    assert [path.name for path in write(tmp_path)] == list(SCHEMAS)
    assert (tmp_path / "secrets.schema.json").read_text(encoding="utf-8") == schema("secrets.schema.json")
