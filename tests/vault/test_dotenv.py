"""The development vault: a product's `.env` in a folder of the test."""

from __future__ import annotations

import json
import os
import stat
import subprocess

import pytest
from filelock import FileLock

from bot.errors import Missing, Refused, Unauthorized, Unexpected
from bot.private import _beside
from bot.secrets.secret import Secret
from bot.vault import dotenv
from bot.vault.contract import Vault
from bot.vault.dotenv import DotenvVault

KEY = "/development/openai-api-key"
REDIS = "/development/redis-url"
STAGED = "/_compromise/inc_abc234/openai/new/inc_abc234_openai_1"
TEXT = """\
# the product's own settings
OPENAI_API_KEY=sk-one
export REDIS_URL="redis://:p%40ss@localhost:6379/0"  # local
LOG_LEVEL = 'debug'
TOKEN='sk-$ingle "quoted"' # kept as it is
EMPTY=
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / ".env"
    file.write_text(TEXT)
    file.chmod(0o640)
    return file


@pytest.fixture
def vault(path):
    return DotenvVault(
        path, {KEY: "OPENAI_API_KEY", REDIS: "REDIS_URL", "/development/empty": "EMPTY", "/development/token": "TOKEN"}
    )


def test_all_values_are_read_and_a_changed_file_is_noticed(vault, path):
    before = vault.newest([KEY, REDIS, "/development/nothing"])
    assert set(before) == {KEY, REDIS}
    vault.put(KEY, Secret("sk-two"))
    assert [(one.version, one.value.reveal()) for one in vault.values(KEY)] == [(1, "sk-one"), (2, "sk-two")]
    assert vault.values("/development/nothing") == []
    os.utime(path, ns=(1, before[KEY] + 1))  # as by an editor
    assert vault.newest([KEY])[KEY] != before[KEY]


def as_product_reads(path):
    """The assignments, as a program that knows nothing of the bot sees them."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


def test_it_is_a_vault(vault):
    as_vault: Vault = vault
    assert as_vault is vault


def test_values_are_read_by_their_variable(vault):
    assert (vault.read(KEY).value.reveal(), vault.read(KEY).version) == ("sk-one", 1)
    assert vault.read(REDIS).value.reveal() == "redis://:p%40ss@localhost:6379/0"
    assert vault.read(KEY, 1).value.reveal() == "sk-one"
    assert vault.read("/development/token").value.reveal() == 'sk-$ingle "quoted"'


@pytest.mark.parametrize("parameter", ["/development/none", "/development/empty", STAGED])
def test_what_is_not_there_is_missing(vault, parameter):
    with pytest.raises(Missing, match=r"\.env holds no such value"):
        vault.read(parameter)
    with pytest.raises(Missing):
        vault.history(parameter)
    with pytest.raises(Missing):
        vault.label(parameter, 1, "current")
    with pytest.raises(Missing):
        vault.read(KEY, 7)


@pytest.mark.parametrize("parameter", ["/development/none", STAGED])
def test_what_has_no_variable_is_not_written(vault, parameter):
    with pytest.raises(Missing, match=r"no variable of \.env is its"):
        vault.put(parameter, Secret("v"))


def test_an_empty_variable_takes_its_first_value_where_it_stands(vault, path):
    assert vault.put("/development/empty", Secret("one")) == 1
    assert (vault.read("/development/empty").version, vault.history("/development/empty")[0].number) == (1, 1)
    assert vault.put("/development/empty", Secret("two"), expected=1) == 2
    assert vault.read("/development/empty", 1).value.reveal() == "one"
    assert "\nEMPTY=two\n" in path.read_text()


def test_a_variable_that_is_not_there_is_appended(path):
    path.write_text("A=1")  # without an end of its line
    vault = DotenvVault(path, {KEY: "OPENAI_API_KEY"})
    assert vault.put(KEY, Secret("sk-one")) == 1
    assert path.read_text().startswith("A=1\nOPENAI_API_KEY=sk-one\n#bot ")


def test_a_variable_that_somebody_has_deleted_gets_a_new_number_and_is_refused_to_who_knew_it(vault, path):
    vault.put(KEY, Secret("sk-two"))
    path.write_text(path.read_text().replace("OPENAI_API_KEY=sk-two\n", ""))
    with pytest.raises(Refused, match="its variable has been emptied since version 2 was read"):
        vault.put(KEY, Secret("sk-three"), expected=2)
    assert vault.put(KEY, Secret("sk-three")) == 3
    assert [(one.version, one.value.reveal()) for one in vault.values(KEY)] == [(1, "sk-one"), (3, "sk-three")]


def test_a_new_value_takes_the_variable_and_the_old_one_stays_readable(vault, path):
    assert vault.put(KEY, Secret("sk-two")) == 2
    assert vault.put(KEY, Secret("sk-three"), expected=2) == 3
    assert [vault.read(KEY, number).value.reveal() for number in (1, 2, 3)] == ["sk-one", "sk-two", "sk-three"]
    assert as_product_reads(path)["OPENAI_API_KEY"] == "sk-three"
    assert path.read_text().startswith("# the product's own settings\nOPENAI_API_KEY=sk-three\nexport REDIS_URL=")


def test_a_write_over_another_version_is_refused_and_changes_nothing(vault, path):
    vault.put(KEY, Secret("sk-two"))
    before = path.read_text()
    with pytest.raises(Refused, match="version 2 has been written since version 1 was read"):
        vault.put(KEY, Secret("sk-three"), expected=1)
    assert path.read_text() == before


def test_the_newest_value_is_the_variables_whoever_wrote_it(vault, path):
    vault.put(KEY, Secret("sk-two"))
    path.write_text(path.read_text().replace("=sk-two", "=sk-by-hand"))
    assert vault.read(KEY).value.reveal() == "sk-by-hand"
    vault.put(KEY, Secret("sk-three"))
    assert vault.read(KEY, 2).value.reveal() == "sk-by-hand"


@pytest.mark.parametrize("value", ['with "quotes" and \\', "spaces  and # hash", "dollar $HOME", "it's", "ünïcode"])
def test_any_printable_value_survives(vault, value):
    vault.put(KEY, Secret(value))
    vault.put(REDIS, Secret(value))
    assert vault.read(KEY).value.reveal() == value
    vault.put(KEY, Secret("next"))
    assert vault.read(KEY, 2).value.reveal() == value


@pytest.mark.parametrize(("value", "words"), [("", "empty"), ("two\nlines", "line breaks")])
def test_what_a_file_cannot_hold_is_refused(vault, value, words):
    for act in (lambda: vault.put(KEY, Secret(value)), lambda: vault.stage(STAGED, Secret(value))):
        with pytest.raises(Refused, match=words):
            act()


def test_labels_and_history(vault):
    assert [version.number for version in vault.history(KEY)] == [1]
    vault.label(KEY, 1, "current")
    vault.put(KEY, Secret("sk-two"))
    vault.label(KEY, 2, "current")
    vault.label(KEY, 1, "previous")
    vault.label(KEY, 1, "previous")
    assert [(version.number, version.labels) for version in vault.history(KEY)] == [
        (1, ("previous",)),
        (2, ("current",)),
    ]
    assert vault.history(KEY)[0].written_at <= vault.history(KEY)[1].written_at


def test_when_a_value_was_written_is_known_of_those_that_the_bot_put_there(vault):
    assert vault.written([KEY, REDIS]) == {}
    vault.put(KEY, Secret("sk-two"))
    assert vault.written([KEY, REDIS, "/development/nothing"]) == {KEY: vault.history(KEY)[-1].written_at}


def test_values_are_found_by_their_secret_part(vault):
    vault.put(KEY, Secret("sk-two"))
    assert vault.find(Secret("sk-one"), [KEY, REDIS, "/development/none", KEY]) == [(KEY, 1)]
    assert vault.find(Secret("rediss://other:p%40ss@host"), [KEY, REDIS]) == [(REDIS, 1)]
    assert vault.find(Secret("sk-two\n"), [KEY]) == [(KEY, 2)]
    assert vault.find(Secret("nowhere"), [KEY, REDIS]) == []


def test_those_that_are_there_are_read_at_once(vault):
    found = vault.read_some([KEY, "/development/none", REDIS])
    assert {name: (stored.value.reveal(), stored.version) for name, stored in found.items()} == {
        KEY: ("sk-one", 1),
        REDIS: ("redis://:p%40ss@localhost:6379/0", 1),
    }


def test_the_versions_that_hold_a_value_are_told(vault):
    vault.put(KEY, Secret("sk-two"))
    assert [version.number for version in vault.holding(Secret("sk-one"), KEY)] == [1]


def test_staging_lives_in_comments(vault, path):
    vault.stage(STAGED, Secret("sk-new"))
    vault.stage(STAGED, Secret("sk-new"))
    with pytest.raises(Refused, match="another value already stands there"):
        vault.stage(STAGED, Secret("sk-other"))
    assert vault.read(STAGED).value.reveal() == "sk-new"
    assert vault.staged("/_compromise/inc_abc234") == [STAGED]
    assert vault.staged("/_compromise/inc_other") == []
    assert "sk-new" not in str(as_product_reads(path))
    vault.unstage(STAGED)
    vault.unstage(STAGED)
    assert path.read_text() == TEXT


def test_staging_never_leaves_its_area(vault):
    for act in (lambda: vault.stage(KEY, Secret("v")), lambda: vault.unstage(KEY), lambda: vault.staged("/x")):
        with pytest.raises(Refused, match="not below /_compromise/"):
            act()


def test_nobody_but_its_owner_may_read_the_file_and_nothing_lies_beside_it(vault, path):
    vault.put(KEY, Secret("sk-two"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {entry.name for entry in path.parent.iterdir()} <= {".env", ".env.lock"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_of_somebody_else_stays_theirs(vault, path):
    os.chown(path, 65534, 65534)
    vault.put(KEY, Secret("sk-two"))
    assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (65534, 0o600)


def test_a_linked_file_stays_a_link_and_both_names_share_a_lock(vault, path, tmp_path, monkeypatch):
    real = tmp_path / "deep" / "real.env"
    real.parent.mkdir()
    path.rename(real)
    path.symlink_to(real)
    vault.put(KEY, Secret("sk-two"))
    assert path.is_symlink()
    assert "sk-two" in real.read_text()
    monkeypatch.setattr(dotenv, "LOCK_SECONDS", 0.01)
    with FileLock(f"{real}.lock"), pytest.raises(Refused, match="locked by another process"):
        vault.put(KEY, Secret("sk-three"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_link_to_somebody_else_s_file_is_refused(vault, path, tmp_path):
    real = tmp_path / "real.env"
    path.rename(real)
    path.symlink_to(real)
    os.chown(real, 65534, 65534)
    with pytest.raises(Refused, match="a link to somebody else's file"):
        vault.put(KEY, Secret("sk-two"))
    assert real.read_text() == TEXT


def test_a_link_to_nowhere_or_to_a_folder_is_refused(vault, path, tmp_path):
    path.unlink()
    path.symlink_to(tmp_path / "none")
    with pytest.raises(Missing, match="there is no file"):
        vault.put(KEY, Secret("sk-two"))
    path.unlink()
    path.symlink_to(tmp_path)
    with pytest.raises(Refused, match=r"\.env is no file"):
        vault.put(KEY, Secret("sk-two"))


def test_a_file_that_an_editor_saves_meanwhile_is_not_written_over(vault, path, monkeypatch):
    render = dotenv.EnvFile.render

    def saved(file):
        path.write_text(TEXT + "MINE=1\n")
        return render(file)

    monkeypatch.setattr(dotenv.EnvFile, "render", saved)
    with pytest.raises(Refused, match="changed by another program meanwhile"):
        vault.put(KEY, Secret("sk-two"))
    assert path.read_text() == TEXT + "MINE=1\n"


def test_what_stands_beside_the_file_for_a_moment_is_ignored_as_the_file_is(tmp_path):
    """A commit of everything in that moment must not have the values in it."""
    (tmp_path / ".gitignore").write_text(".env*\n!.env.example\n")
    beside = [".env.lock", f"{_beside(tmp_path / '.env')}abcd_123"]
    git = ["git", "-c", "init.defaultBranch=main", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    ignored = subprocess.run([*git, "check-ignore", *beside], check=True, capture_output=True, text=True)
    assert ignored.stdout.split() == beside


def test_what_a_killed_writer_left_beside_the_file_is_cleared_and_nothing_else(vault, path):
    left, others = (
        path.with_name(".env.unfinished-abcd_123"),
        [path.with_name(name) for name in (".env.local", ".env.abcd_123")],
    )
    for each in (left, *others):
        each.write_text("OPENAI_API_KEY=sk-two\n")
    vault.put(KEY, Secret("sk-two"))
    assert not left.exists()
    assert all(each.exists() for each in others)


def test_a_failed_write_leaves_the_old_file(vault, path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unexpected, match="could not be written"):
        vault.put(KEY, Secret("sk-two"))
    assert path.read_text() == TEXT
    assert {entry.name for entry in path.parent.iterdir()} <= {".env", ".env.lock"}


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Missing, match="BOT_VAULT_DOTENV"):
        DotenvVault(tmp_path / "none.env", {KEY: "A"}).read(KEY)


def test_a_file_that_is_not_text(vault, path):
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Unexpected, match="cannot be read as text"):
        vault.read(KEY)


def test_a_damaged_record_is_told_without_its_content(vault, path):
    path.write_text(TEXT + '#bot {"parameter": "sk-canary"\n')
    with pytest.raises(Unexpected, match="damaged") as caught:
        vault.read(KEY)
    assert "sk-canary" not in str(caught.value)


@pytest.mark.parametrize(("step", "words"), [("read_bytes", "may not be read"), ("replace", "may not be written")])
def test_a_file_without_permission(vault, path, monkeypatch, step, words):
    def denied(*_arguments, **_named):
        raise PermissionError

    monkeypatch.setattr(type(path), step, denied)
    with pytest.raises(Unauthorized, match=words):
        vault.put(KEY, Secret("sk-two"))


def test_another_process_may_hold_the_file(vault, path, monkeypatch):
    monkeypatch.setattr(dotenv, "LOCK_SECONDS", 0.01)
    with FileLock(f"{path}.lock"), pytest.raises(Refused, match="locked by another process"):
        vault.put(KEY, Secret("sk-two"))


def test_a_user_without_a_name(vault, monkeypatch):
    def nameless():
        raise OSError

    monkeypatch.setattr("getpass.getuser", nameless)
    vault.put(KEY, Secret("sk-two"))
    assert vault.history(KEY)[-1].number == 2


def test_records_print_without_values(vault, path):
    vault.put(KEY, Secret("sk-two"))
    record = dotenv.EnvFile.parse(path.read_text())
    assert "sk-" not in repr(record) + repr(record.records)
    assert json.loads(path.read_text().splitlines()[-1].removeprefix("#bot "))["version"] == 2
