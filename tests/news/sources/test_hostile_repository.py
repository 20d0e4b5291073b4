"""A repository that wants its own programs run: none is, and the secret is found."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.news.sources.catalogued import Place
from bot.news.sources.needles import Needles
from bot.news.sources.repository import Repository
from bot.news.sources.scan import Where, scan
from bot.secrets.secret import Secret

KEY = "sk-proj-Wg7Yk2Qx9LmNp4RtVb8Zc1Df5Hj3"
NEEDLES = Needles([(Secret(KEY), Place("/production/openai-api-key", "openai-api-key", "production"))])
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")


@dataclass(frozen=True)
class Hostile:
    """A repository at `root`; `program` is of its owner's making, and leaves `canary` when it is run."""

    root: Path
    program: Path
    canary: Path

    def git(self, *words: str, stdin: str = "") -> str:
        """What it says, whether it went well or not: much of it fails, as the program does."""
        command = ["git", *WHO, *words]
        done = subprocess.run(command, cwd=self.root, input=stdin, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def set(self, *settings: str) -> None:
        for setting in settings:
            name, _, value = setting.partition("=")
            self.git("config", "--local", name, value or str(self.program))

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    """One commit, and a second to come, which brings the secret."""
    made = Hostile(tmp_path / "repo", tmp_path / "program", tmp_path / "ran")
    made.root.mkdir()
    made.program.write_text(f"#!/bin/sh\nenv > {made.canary}\nexit 1\n")
    made.program.chmod(0o755)
    made.git("init", "-q", "-b", "main")
    made.write("readme.md", "nothing to see here\n")
    made.git("add", "-A")
    made.git("commit", "-qm", "the first")
    made.write("app.py", f"KEY = '{KEY}'\n")
    made.git("add", "-A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "what a program of theirs would like to have")
    return made


def external_diff(hostile: Hostile) -> None:
    hostile.set("diff.external")


def external_diff_of_an_attribute(hostile: Hostile) -> None:
    hostile.set("diff.x.command")
    hostile.write(".git/info/attributes", "* diff=x\n")


def external_diff_of_a_submodule(hostile: Hostile) -> None:
    hostile.write("sub/a.txt", "a")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "a"]):
        hostile.git("-C", "sub", *words)
    hostile.git("add", "sub")
    hostile.git("commit", "-qm", "with a submodule", "sub")
    hostile.write("sub/a.txt", "b")
    hostile.git("-C", "sub", "commit", "-qam", "b")
    hostile.git("add", "sub")
    hostile.set("diff.submodule=diff")
    hostile.git("-C", "sub", "config", "diff.external", str(hostile.program))


def text_conversion(hostile: Hostile) -> None:
    hostile.set("diff.x.textconv")
    hostile.write(".git/info/attributes", "* diff=x\n")


def filters(hostile: Hostile) -> None:
    hostile.set("filter.x.clean", "filter.x.smudge", "filter.y.process", "filter.y.required=true")
    hostile.write(".git/info/attributes", "*.md filter=x\n*.py filter=y\n")


def filters_of_other_attributes(hostile: Hostile) -> None:
    hostile.set("core.attributesFile=.git/theirs", "filter.x.clean", "diff.x.textconv")
    hostile.write(".git/theirs", "* filter=x diff=x\n")


def file_system_monitor(hostile: Hostile) -> None:
    hostile.set("core.fsmonitor", "core.untrackedCache=true")


def hooks(hostile: Hostile) -> None:
    hostile.set("core.hooksPath=theirs")
    for name in ("post-index-change", "pre-commit", "reference-transaction"):
        hostile.write(f"theirs/{name}", hostile.program.read_text())
        (hostile.root / "theirs" / name).chmod(0o755)


def ssh(hostile: Hostile) -> None:
    hostile.set("core.sshCommand", "remote.origin.url=ssh://git@example.org/a")
    _promised(hostile)


def pager_and_editor(hostile: Hostile) -> None:
    hostile.set("core.pager", "pager.diff", "pager.log", "core.editor", "diff.guitool=x", "difftool.x.cmd")


def alias(hostile: Hostile) -> None:
    hostile.set(*(f"alias.{name}=!{hostile.program}" for name in ("theirs", "diff", "log", "ls-files", "rev-parse")))


def included(hostile: Hostile) -> None:
    hostile.set("include.path=theirs")
    hostile.write(".git/theirs", f"[diff]\n external = {hostile.program}\n[core]\n fsmonitor = {hostile.program}\n")


def promised_by_a_program(hostile: Hostile) -> None:
    hostile.set(f"remote.origin.url=ext::{hostile.program}", "protocol.allow=always", "protocol.ext.allow=always")
    _promised(hostile)


def promised_by_a_folder_with_a_program(hostile: Hostile) -> None:
    hostile.set(f"remote.origin.url={hostile.root}", "remote.origin.uploadpack", "protocol.file.allow=always")
    _promised(hostile)


def _promised(hostile: Hostile) -> None:
    """What the remote has promised to bring when it is asked for: the tree of the first commit."""
    hostile.set("core.repositoryFormatVersion=1", "extensions.partialClone=origin", "remote.origin.promisor=true")
    tree = hostile.git("rev-parse", "HEAD^{tree}")
    hostile.git("commit", "-qm", "the second")
    hostile.write("app.py", f"KEY = '{KEY}'\nOTHER = '{KEY}'\n")
    hostile.git("add", "-A")
    (hostile.root / ".git/objects" / tree[:2] / tree[2:]).unlink()


def signatures(hostile: Hostile) -> None:
    hostile.set("gpg.program", "log.showSignature=true")
    headers, _, message = hostile.git("cat-file", "commit", "HEAD").partition("\n\n")
    signed = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n eA==\n -----END PGP SIGNATURE-----"
    commit = hostile.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=f"{headers}\n{signed}\n\n{message}\n")
    hostile.git("update-ref", "HEAD", commit)


def another_working_tree(hostile: Hostile) -> None:
    elsewhere = hostile.root.with_name("elsewhere")
    hostile.root.rename(elsewhere)
    hostile.root.mkdir()
    (elsewhere / ".git").rename(hostile.root / ".git")
    hostile.set(f"core.worktree={elsewhere}", "core.fsmonitor")


def another_git_folder(hostile: Hostile) -> None:
    elsewhere = hostile.root.with_name("elsewhere")
    (hostile.root / ".git").rename(elsewhere)
    hostile.write(".git", f"gitdir: {elsewhere}\n")
    hostile.set("core.fsmonitor", "diff.external")


DIFF, LOG, STATUS, COMMIT = ("diff", "--cached"), ("-p", "log"), ("status",), ("commit", "-m", "x")
TRAPS: dict[Callable[[Hostile], None], tuple[str, ...]] = {
    external_diff: DIFF,
    external_diff_of_an_attribute: DIFF,
    external_diff_of_a_submodule: DIFF,
    text_conversion: DIFF,
    filters: ("add", "--renormalize", "."),
    filters_of_other_attributes: DIFF,
    file_system_monitor: STATUS,
    hooks: COMMIT,
    ssh: ("log", "--stat"),
    pager_and_editor: ("config", "-e"),
    alias: ("theirs",),
    included: DIFF,
    promised_by_a_program: ("log", "--stat"),
    promised_by_a_folder_with_a_program: ("log", "--stat"),
    signatures: LOG,
    another_working_tree: STATUS,
    another_git_folder: DIFF,
}
"""Each with what people do there, by which it would be sprung."""


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_no_program_of_theirs_is_run_and_the_secret_is_found(hostile, trap, monkeypatch):
    trap(hostile)
    hostile.canary.unlink(missing_ok=True)
    repository = Repository(hostile.root)
    assert [path for path, _, text in repository.added() if KEY in text] == ["app.py"]
    found = scan(repository, NEEDLES).findings
    assert {(one.where, one.path) for one in found} >= {(Where.TREE, "app.py"), (Where.INDEX, "app.py")}
    assert not hostile.canary.exists()

    hostile.git(*TRAPS[trap])
    assert "AWS_SECRET_ACCESS_KEY=" in hostile.canary.read_text()


def test_git_is_nobodys_but_that_of_the_path_and_gets_nothing_of_ours(hostile, monkeypatch, tmp_path):
    (hostile.root / "git").write_text(hostile.program.read_text())
    (hostile.root / "git").chmod(0o755)
    ours = tmp_path / "ours"
    ours.mkdir()
    seen = tmp_path / "seen"
    (ours / "git").write_text(f'#!/bin/sh\nenv > {seen}\nexec {shutil.which("git")} "$@"\n')
    (ours / "git").chmod(0o755)
    for name in ("BOT_PEOPLE", "SLACK_BOT_TOKEN", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_CONFIG_PARAMETERS"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("HOME", str(hostile.root))
    hostile.write(".gitconfig", f"[diff]\n external = {hostile.program}\n")
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", str(ours), os.environ["PATH"]]))
    assert len(list(Repository(hostile.root).added())) == 1
    assert not hostile.canary.exists()
    passed = {line.partition("=")[0] for line in seen.read_text().splitlines()} - {"PWD", "OLDPWD", "SHLVL", "_"}
    assert {name for name in passed if not name.startswith("GIT_")} == {"PATH", "HOME", "LC_ALL"}
    assert "theirs" not in seen.read_text()


@pytest.mark.parametrize(
    "setting",
    [
        "diff.orderFile=nowhere", "diff.noprefix=true", "diff.mnemonicPrefix=true", "diff.relative=true",
        "diff.dstPrefix=x", "diff.x.binary=true", "core.bigFileThreshold=1", "color.ui=always", "log.diffMerges=off",
        "diff.ignoreSubmodules=none", "diff.suppressBlankEmpty=true", "core.abbrev=4", "log.showRoot=false",
    ],
)  # fmt: skip
def test_what_is_said_of_how_to_show_it_hides_nothing(hostile, setting):
    hostile.set(setting)
    hostile.write(".git/info/attributes", "* diff=x\n")
    assert list(Repository(hostile.root).added()) == [("app.py", 1, f"KEY = '{KEY}'")]
    hostile.git("-c", "diff.orderFile=/dev/null", "commit", "-qm", "the second")
    assert Where.HISTORY in {one.where for one in scan(Repository(hostile.root), NEEDLES).findings}


def test_a_hook_of_a_commit_of_some_files_is_given_their_index(hostile, monkeypatch):
    """``git commit FILE`` fills an index of its own, which the hook's environment names."""
    hostile.git("rm", "-q", "--cached", "app.py")
    assert list(Repository(hostile.root).added()) == []
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    hostile.git("add", "app.py")
    (added,) = Repository(hostile.root).added()
    assert added == ("app.py", 1, f"KEY = '{KEY}'")
