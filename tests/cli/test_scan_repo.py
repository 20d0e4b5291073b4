"""`bot scan-repo`: the catalog's values in a repository, and what a commit would add."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import say
from tests.support.practice import OPENAI


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "product"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    return root


def commit(root, name, text):
    (root / name).write_text(text)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    subprocess.run(["git", *who, "commit", "-qm", "a change"], cwd=root, check=True)


def damage(root, path, size):
    """Cuts the object of a committed file to `size` bytes, and gives its id."""
    name = subprocess.run(
        ["git", "rev-parse", f"HEAD:{path}"], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()
    file = root / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o644)
    with file.open("r+b") as stored:
        stored.truncate(size)
    return name


def test_where_a_value_stood_is_told_and_never_the_value(installation, repository):
    value = installation.world.old[OPENAI]
    commit(repository, "app.py", f"KEY = '{value}'\n")
    commit(repository, "app.py", "KEY = os.environ['KEY']\n")
    said = installation.bot("scan-repo", repository)
    assert said.status == 3
    assert f"{OPENAI} (production): in one place" in said.out
    assert "history, app.py:1, commit " in said.out
    assert f"bot declare {OPENAI} -e production --notice 'in the repository, history, commit " in said.out
    assert value not in said.out + said.err
    document = installation.bot("scan-repo", repository, "--json").document
    assert [(one["where"], one["path"], one["line"]) for one in document["found"]] == [("history", "app.py", 1)]
    assert document["values"] > 1
    assert value not in str(document)


def test_earlier_values_of_one_parameter_have_one_heading(installation, repository):
    values = ("the-first-value", "the-second-value", "the-third-value")
    installation.world.aws.store("/production/openai-api-key", *values)
    commit(repository, "app.py", "\n".join(values))
    said = installation.bot("scan-repo", repository)
    assert f"{OPENAI} (production): in 3 places" in said.out
    assert f"{OPENAI} (production), an earlier value: in 6 places" in said.out


def test_a_clean_repository_and_no_repository(installation, repository, tmp_path):
    commit(repository, "app.py", "x = 1\n")
    said = installation.bot("scan-repo", repository)
    assert (said.status, "in any commit of it" in said.out) == (0, True)
    assert installation.bot("scan-repo", tmp_path / "nowhere").status == 2


def test_a_partial_clone_is_no_all_clear(installation, repository, tmp_path):
    commit(repository, "app.py", f"KEY = '{installation.world.old[OPENAI]}'\n")
    commit(repository, "app.py", "x = 1\n")
    subprocess.run(["git", "config", "uploadpack.allowFilter", "true"], cwd=repository, check=True)
    part = tmp_path / "part"
    subprocess.run(["git", "clone", "-q", "--filter=blob:none", f"file://{repository}", part], check=True)
    said = installation.bot("scan-repo", part)
    assert (said.status, "as far as it is here and can be read." in said.out) == (1, True)
    assert "The clone is partial, at least 1 objects are not here: `git fetch --refetch --no-filter` first." in said.out
    assert installation.bot("scan-repo", part, "--json").document["missing_objects"] == 1


def test_a_shallow_clone_is_no_all_clear(installation, repository, tmp_path):
    commit(repository, "app.py", f"KEY = '{installation.world.old[OPENAI]}'\n")
    commit(repository, "app.py", "x = 1\n")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository}", shallow], check=True)
    said = installation.bot("scan-repo", shallow)
    assert (said.status, "as far as it is here and can be read." in said.out) == (1, True)
    assert "The clone is shallow, older commits are not here: `git fetch --unshallow` first." in said.out


def test_a_file_that_cannot_be_read_is_no_all_clear(installation, repository, monkeypatch):
    for number in range(21):
        commit(repository, f"a{number:02}.py", "x = 1\n")
    monkeypatch.setattr(Path, "read_bytes", _denied)
    said = installation.bot("scan-repo", repository)
    assert (said.status, "as far as it is here and can be read." in said.out) == (1, True)
    assert "21 files, folders or objects could not be read, so not looked through: a00.py, a01.py" in said.out
    assert "a20.py" not in said.out
    assert len(installation.bot("scan-repo", repository, "--json").document["files_not_read"]) == 21


def test_a_damaged_object_is_no_all_clear(installation, repository):
    commit(repository, "app.py", "x = 1\n")
    name = damage(repository, "app.py", 0)
    said = installation.bot("scan-repo", repository)
    assert (said.status, "as far as it is here and can be read." in said.out) == (1, True)
    assert f"1 file, folder or object could not be read, so not looked through: object {name}" in said.out
    commit(repository, "other.py", "x = 2\n")
    name = damage(repository, "other.py", 10)
    said = installation.bot("scan-repo", repository)
    assert (said.status, f"git could not read object {name[:12]} to its end" in said.err) == (2, True)


def _denied(file):
    raise PermissionError(file)


def test_before_a_commit_nothing_is_asked_of_anybody(repository):
    (repository / ".env").write_text("OPENAI_API_KEY=local-value-of-mine\n")
    (repository / ".gitignore").write_text(".env\n")
    (repository / "app.py").write_text("KEY = 'local-value-of-mine'\n")
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    said = say("scan-repo", repository, "--staged")
    assert said.status == 1
    assert "app.py:1 holds the value of OPENAI_API_KEY" in said.out
    assert "local-value-of-mine" not in said.out + said.err
    (repository / "app.py").write_text("KEY = os.environ['OPENAI_API_KEY']\n")
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    assert say("scan-repo", repository, "--staged").status == 0


def test_before_a_commit_a_dotenv_that_is_not_there_is_misuse(repository):
    said = say("scan-repo", repository, "--staged", "--dotenv", repository / "env")
    assert (said.status, "There is no file" in said.err) == (2, True)
    assert say("scan-repo", repository, "--staged").status == 0


def test_before_a_commit_an_older_value_that_a_rotation_left_in_the_dotenv_is_found_too(repository):
    record = {"parameter": "/development/key", "version": 1, "at": "2026-11-20T10:00:00Z", "by": "ada"}
    kept = json.dumps({**record, "value": "older-value-of-mine"})
    (repository / ".env").write_text(f"KEY=newer-value-of-mine\n#bot {kept}\n")
    (repository / ".gitignore").write_text(".env\n")
    (repository / "app.py").write_text("KEY = 'older-value-of-mine'\n")
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    said = say("scan-repo", repository, "--staged")
    assert (said.status, "app.py:1 holds the value of /development/key, version 1" in said.out) == (1, True)
    assert "older-value" not in said.out


def test_before_a_commit_a_damaged_line_of_the_dotenv_is_told_without_its_text(repository):
    (repository / ".env").write_text("KEY=value-of-mine\n#bot canary\n")
    said = say("scan-repo", repository, "--staged")
    assert said.status == 2
    assert "begins with #bot is damaged" in said.err
    assert "canary" not in said.err
