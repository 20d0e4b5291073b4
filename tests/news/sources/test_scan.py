"""Values in a git repository: all that were planted are found, and nothing else."""

import base64
import io
import os
import random
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.catalog.loader import load_catalog
from bot.data_files import shipped
from bot.errors import Misuse, Unreachable
from bot.news.sources.catalogued import Place, read_values
from bot.news.sources.catalogued import places as places_of
from bot.news.sources.gitguardian import digest_of, matching
from bot.news.sources.needles import ALLOWED, BASE64, ESCAPED, PLAIN, URL_ENCODED, UTF_16, Added, Needles, added_secrets
from bot.news.sources.repository import PIECE, Repository, _pieces
from bot.news.sources.scan import HIDDEN_PATH, Scanned, Where, scan
from bot.providers import provider_names
from bot.secrets.secret import Secret
from bot.vault.contract import Stored

KEY = "sk-proj-Wg7Yk2Qx9LmNp4RtVb8Zc1Df5Hj3"
OLD = "sk-proj-Aq8Ws5Ed2Rf7Tg1Yh4Uj9Ik6Ol3P"
PASSWORD = "p+q/r=Zk81Lm@x"
URL = "redis://app:p+q%2Fr=Zk81Lm%40x@cache:6379/0"
HOLDERS = [
    (Secret(KEY), Place("/production/openai-api-key", "openai-api-key", "production", current=True)),
    (Secret(OLD), Place("/production/openai-api-key", "openai-api-key", "production", current=False)),
    (Secret(URL), Place("/production/redis-url", "redis-url", "production", current=True)),
]
NEEDLES = Needles(HOLDERS)


class Tree:
    def __init__(self, root) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *words):
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *who, *words], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, message="a change", **files):
        for name, text in files.items():
            self.write(name.replace("_", "."), text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "repo").mkdir()
    made = Tree(tmp_path / "repo")
    made.commit("the first", readme_md="nothing to see here\n")
    return made


def found(tree, needles=NEEDLES):
    return scan(Repository(tree.root), needles).findings


def places(tree):
    return [(one.where, one.path, one.line) for one in found(tree)]


def test_a_clean_repository_holds_nothing(tree):
    assert found(tree) == []


def test_a_value_in_a_file_that_nobody_added(tree):
    tree.write("notes/today.txt", f"one\ntwo {KEY}\n")
    (one,) = found(tree)
    assert (one.where, one.path, one.line, one.how, one.commit) == (Where.TREE, "notes/today.txt", 2, PLAIN, "")
    assert one.holder.name == "openai-api-key (production)"


def test_what_git_ignores_is_where_values_belong(tree):
    tree.commit(_gitignore=".env\n")
    tree.write(".env", f"OPENAI_API_KEY={KEY}\n")
    assert found(tree) == []


def test_a_value_that_is_only_staged(tree):
    tree.write("config.json", f'{{"key": "{KEY}"}}')
    tree.git("add", "config.json")
    tree.write("config.json", "{}")
    assert places(tree) == [(Where.INDEX, "config.json", 1)]


def test_a_value_that_was_deleted_long_ago_with_the_commit_that_brought_it(tree):
    brought = tree.commit("it works", settings_py=f"# settings\nKEY = '{KEY}'\n")
    for number in range(3):
        tree.commit(settings_py=f"# settings\nKEY = '{KEY}'\n# {number}\n")
    tree.commit("clean", settings_py="# settings\n")
    history = [one for one in found(tree) if one.where is Where.HISTORY]
    assert len(history) == 4
    (first,) = [one for one in history if one.commit == brought]
    assert (first.path, first.line) == ("settings.py", 2)
    assert datetime.fromisoformat(first.at).utcoffset() is not None


def test_the_same_file_again_is_one_place_with_two_commits(tree):
    tree.commit(a_txt=f"{KEY}\n")
    tree.commit("gone", a_txt="\n")
    tree.commit("and back", a_txt=f"{KEY}\n")
    tree.commit("gone again", a_txt="\n")
    (one,) = found(tree)
    assert one.commits == 2


def test_a_branch_a_stash_a_tag_and_messages(tree):
    tree.git("switch", "-q", "-c", "other")
    tree.commit(branch_txt=KEY)
    tree.git("switch", "-q", "main")
    tree.write("readme.md", f"stashed {KEY}\n")
    tree.git("stash")
    message = tree.commit(f"the key is {KEY}")
    tree.git("tag", "-a", "v1", "-m", f"with {KEY}")
    wheres = {one.where: one for one in found(tree)}
    assert set(wheres) == {Where.HISTORY, Where.MESSAGE, Where.TAG}
    assert wheres[Where.MESSAGE].commit == message
    assert {one.path for one in found(tree) if one.where is Where.HISTORY} == {"branch.txt", "readme.md"}


def test_an_amended_commit_is_still_known_to_the_reflog_and_then_left_over(tree):
    tree.commit(a_txt=KEY)
    tree.write("a.txt", "nothing")
    tree.git("commit", "-qam", "amended", "--amend")
    assert places(tree) == [(Where.HISTORY, "a.txt", 1)]
    tree.git("reflog", "expire", "--expire=now", "--all")
    (one,) = found(tree)
    assert one.where is Where.LEFTOVER


def test_a_merge_that_brings_it_by_itself(tree):
    tree.git("switch", "-q", "-c", "other")
    tree.commit(b_txt="b")
    tree.git("switch", "-q", "main")
    tree.commit(c_txt="c")
    tree.git("merge", "-q", "--no-commit", "--no-ff", "other")
    tree.write("c.txt", KEY)
    merge = tree.commit("merged")
    tree.commit("clean", c_txt="c")
    (one,) = found(tree)
    assert (one.commit, one.path) == (merge, "c.txt")


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (base64.b64encode(KEY.encode()).decode(), BASE64),
        (base64.b64encode(f"{KEY}\n".encode()).decode(), BASE64),
        (base64.b64encode(f":{KEY}".encode()).decode(), BASE64),
        (base64.b64encode(f"me:{KEY}\n".encode()).decode(), BASE64),
        (base64.b64encode(f"bot:{KEY}:x".encode()).decode(), BASE64),
        (base64.urlsafe_b64encode(f"user:{PASSWORD}".encode()).decode(), BASE64),
        (base64.b64encode(f"MODE=x\nREDIS_URL={URL}\n".encode()).decode(), BASE64),
        (f"https://example.org/?key={quote(PASSWORD, safe='')}", URL_ENCODED),
        (URL, URL_ENCODED),
        (PASSWORD, PLAIN),
    ],
)
def test_dressed_values(tree, text, how):
    tree.write("x.txt", f"left {text} right")
    (one,) = found(tree)
    assert one.how == how


@pytest.mark.parametrize("around", [b"", b"a", b"ab", b"abc", b"\xff\xfe", b"\xff\xfe\xff"])
@pytest.mark.parametrize("value", ["six+/-", "p\u00e4ssw\u00f6rt-26", KEY])
def test_base64_is_known_wherever_the_value_begins_in_it(value, around):
    needles = Needles([(Secret(value), HOLDERS[0][1])])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for after in (b"", b"\xff", b"\n\n"):
            encoded = encode(around + value.encode() + after)
            [hit] = needles.find(encoded) or [None]
            short = len(value) == 6 and len(around) % 3
            assert (hit is None) if short else hit.how == BASE64


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_value_in_a_file_of_utf_16(tree, coding):
    tree.write("x.txt", f"left {KEY} right\n{URL}\n".encode(coding))
    tree.git("add", "-A")
    tree.write("y.txt", f"{KEY}\n")
    rows = {(one.where, one.path, one.holder.secret, one.how) for one in found(tree)}
    both = {("openai-api-key", UTF_16), ("redis-url", f"{URL_ENCODED}, {UTF_16}")}
    expected = {(where, "x.txt", *each) for where in (Where.TREE, Where.INDEX) for each in both}
    assert rows == {*expected, (Where.TREE, "y.txt", "openai-api-key", PLAIN)}


@pytest.mark.parametrize("stored", [f"{KEY}\n", f"\t{KEY} \r\n", f"{URL}\n"])
@pytest.mark.parametrize("how", [PLAIN, BASE64])
def test_a_value_that_is_stored_with_white_space_at_its_ends(tree, stored, how):
    bare = PASSWORD if "://" in stored else KEY
    tree.write("x.txt", f"left {bare if how == PLAIN else base64.b64encode(bare.encode()).decode()} right")
    (one,) = found(tree, Needles([(Secret(stored), HOLDERS[0][1])]))
    assert one.how == how


def test_a_value_with_quotes_as_json_writes_it(tree):
    held = Secret('pa"ss\\word-2026')
    tree.write("x.json", '{"p": "pa\\"ss\\\\word-2026"}')
    (one,) = found(tree, Needles([(held, HOLDERS[0][1])]))
    assert one.how == ESCAPED


def test_binary_and_odd_files(tree):
    tree.commit(a_bin=b"\x00\x01" + KEY.encode() + b"\xff")
    tree.write("déjà vu\n.txt", KEY)
    rows = places(tree)
    assert (Where.TREE, "a.bin", 0) in rows
    assert (Where.TREE, "déjà vu\n.txt", 1) in rows


def test_a_value_at_the_border_of_two_pieces_of_a_large_object(tree):
    tree.commit(big_bin=b"x" * (PIECE - 10) + KEY.encode() + b"y" * 100)
    tree.commit("clean", big_bin="")
    (one,) = found(tree)
    assert (one.where, one.path) == (Where.HISTORY, "big.bin")


def test_a_path_that_is_the_value_is_not_printed(tree):
    tree.write(f"{KEY}.txt", f"{KEY}\n")
    tree.git("add", "-A")
    tree.git("commit", "-qm", "x")
    rows = found(tree)
    assert {one.path for one in rows if one.where in {Where.TREE, Where.INDEX, Where.HISTORY}} == {HIDDEN_PATH}
    assert any(one.where is Where.NAME for one in rows)
    assert KEY not in repr(rows)


def test_an_earlier_value_comes_after_the_current_one(tree):
    tree.write("a.txt", OLD)
    tree.write("b.txt", KEY)
    assert [one.holder.current for one in found(tree)] == [True, False]


def test_a_bare_repository_a_shallow_one_and_none(tree, tmp_path):
    tree.commit(a_txt=KEY)
    tree.commit("clean", a_txt="x")
    tree.git("clone", "-q", "--bare", str(tree.root), str(tmp_path / "bare"))
    assert [one.where for one in scan(Repository(tmp_path / "bare"), NEEDLES).findings] == [Where.HISTORY]
    tree.git("clone", "-q", "--depth", "1", f"file://{tree.root}", str(tmp_path / "shallow"))
    shallow = Repository(tmp_path / "shallow")
    assert shallow.shallow
    assert scan(shallow, NEEDLES) == Scanned([])
    (tmp_path / "none").mkdir()
    with pytest.raises(Misuse, match=r"git rev-parse in .*not a git repository"):
        Repository(tmp_path / "none")
    with pytest.raises(Misuse, match="is no folder"):
        Repository(tmp_path / "nowhere")


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_a_partial_clone_says_how_much_is_not_here_until_it_is(tree, tmp_path, kind):
    tree.commit(a_txt=KEY)
    tree.commit("clean", a_txt="x")
    tree.git("config", "uploadpack.allowFilter", "true")
    tree.git("clone", "-q", f"--filter={kind}", f"file://{tree.root}", str(tmp_path / "part"))
    part = Repository(tmp_path / "part")
    assert (part.shallow, part.missing > 0) == (False, True)
    assert scan(part, NEEDLES).findings == []
    whole = Tree(tmp_path / "part")
    whole.git("config", "maintenance.auto", "false")  # else git packs anew in the background what is just being read
    whole.git("fetch", "-q", "--refetch", "--no-filter")
    part = Repository(tmp_path / "part")
    assert part.missing == 0
    assert [one.where for one in scan(part, NEEDLES).findings] == [Where.HISTORY]
    assert Repository(tree.root).missing == 0


def test_a_history_that_was_grafted_or_replaced_is_read_as_it_was_committed(tree):
    leaks = tree.commit(a_txt=KEY)
    gone = [leaks, tree.git("rev-parse", f"{leaks}:a.txt")]
    last = tree.commit("clean", a_txt="x")
    tree.git("replace", "--graft", last)
    (tree.root / ".git/info/grafts").write_text(f"{last}\n")
    repository = Repository(tree.root)
    assert [one.where for one in scan(repository, NEEDLES).findings] == [Where.HISTORY]
    assert repository.missing == 0
    for name in gone:
        (tree.root / ".git/objects" / name[:2] / name[2:]).unlink()
    cut = Repository(tree.root)
    assert scan(cut, NEEDLES).findings == []
    assert cut.missing > 0


def test_what_is_found_in_a_clone_without_trees_is_told(tree, tmp_path):
    tree.commit(a_txt=KEY)
    tree.commit(a_txt="x", b_txt=KEY)
    tree.git("config", "uploadpack.allowFilter", "true")
    tree.git("clone", "-q", "--filter=tree:0", f"file://{tree.root}", str(tmp_path / "part"))
    found = scan(Repository(tmp_path / "part"), NEEDLES).findings
    assert {(one.where, one.path) for one in found} >= {(Where.TREE, "b.txt"), (Where.INDEX, "b.txt")}


def test_files_and_folders_that_cannot_be_read_are_named(tree, tmp_path, monkeypatch):
    for name in ("a.txt", "b.txt", f"{KEY}.txt"):
        tree.write(name, "x")
    tree.commit(gone_txt="x")
    (tree.root / "gone.txt").unlink()
    git = tmp_path / "git"
    warning = "warning: could not open directory 'deep/er/': Permission denied"
    git.write_text(f'#!/bin/sh\necho "{warning}" >&2\nexec {shutil.which("git")} "$@"\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    read = Path.read_bytes

    def denied(file):
        if file.name == "b.txt":
            return read(file)
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", denied)
    scanned = scan(Repository(tree.root), NEEDLES)
    assert sorted(scanned.unread) == [HIDDEN_PATH, "a.txt", "deep/er/", "readme.md"]


@pytest.mark.parametrize(("size", "piece"), [(10, 16), (10, 2), (4, 3)])
def test_an_object_that_ends_before_its_size_ends_the_look(size, piece, monkeypatch):
    monkeypatch.setattr("bot.news.sources.repository.PIECE", piece)
    with pytest.raises(Misuse, match="git could not read object 0123456789ab to its end: the repository is damaged"):
        list(_pieces(io.BytesIO(b"abc"), "0123456789abcdef", "blob", size, 2))


def test_a_damaged_repository_is_read_as_far_as_it_goes_or_not_at_all(tree):
    tree.commit(a_txt=KEY, b_txt="b", c_bin=random.Random(1).randbytes(5_000))
    tree.commit("clean", a_txt="x")
    empty = cut(tree, "HEAD:b.txt", 0)
    scanned = scan(Repository(tree.root), NEEDLES)
    assert (scanned.unread, [one.path for one in scanned.findings]) == ((f"object {empty}",), ["a.txt"])
    folder = cut(tree, "HEAD^{tree}", 0)
    scanned = scan(Repository(tree.root), NEEDLES)
    assert (sorted(scanned.unread), len(scanned.findings)) == (sorted([f"object {empty}", f"object {folder}"]), 1)
    short = cut(tree, "HEAD~:c.bin", 1_000)
    with pytest.raises(Misuse, match=f"git could not read object {short[:12]} to its end"):
        scan(Repository(tree.root), NEEDLES)


def cut(tree, what, size):
    """Cuts an object's file to `size` bytes, and gives its id."""
    name = tree.git("rev-parse", what)
    file = tree.root / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o644)
    with file.open("r+b") as stored:
        stored.truncate(size)
    return name


def test_a_folder_below_the_root_stands_for_the_whole(tree):
    tree.write("deep/er/a.txt", "x")
    tree.write("b.txt", KEY)
    assert [one.path for one in scan(Repository(tree.root / "deep" / "er"), NEEDLES).findings] == ["b.txt"]


# --- the values -----------------------------------------------------------------------------------------------------


class Vault:
    def __init__(self, held) -> None:
        self.held = held

    def values(self, parameter):
        held = self.held.get(parameter, [])
        if isinstance(held, Exception):
            raise held
        return [Stored(Secret(value), number) for number, value in enumerate(held, start=1)]


def test_every_version_of_each_parameter_is_known_once():
    entries = load_catalog(shipped("playbooks") / "secrets.yaml", provider_names()).catalog.all("production")
    names = {entry.name: entry.parts[-1].parameter for entry in entries}
    openai, redis = names["openai-api-key"], names["redis-url"]
    short = names["stripe-secret-key"]
    held = Vault({openai: [OLD, KEY, f"{KEY}\n"], redis: Unreachable("ssm", "read", "no answer"), short: ["abc"]})
    made = read_values(places_of(entries), held)
    assert [(holder.secret, holder.current) for _, holder in made.values] == [
        ("openai-api-key", True), ("openai-api-key", False),
    ]  # fmt: skip
    assert made.unread == (f"{redis}: no answer",)
    assert made.unsearchable == (short,)


def test_a_hash_is_compared_with_every_value_that_can_be_read_and_the_others_are_named():
    entries = load_catalog(shipped("playbooks") / "secrets.yaml", provider_names()).catalog.all("production")
    names = {entry.name: entry.parts[-1].parameter for entry in entries}
    openai, redis = names["openai-api-key"], names["redis-url"]
    held = Vault({openai: [f"{KEY}\n"], redis: Unreachable("ssm", "read", "no answer")})
    digests = [Secret(digest_of(KEY)), Secret(digest_of("nothing of ours"))]
    made = matching(digests, entries, held)
    [(digest, (value, place))] = made.found.items()
    assert (digest, value, place.parameter) == (digests[0].reveal(), Secret(f"{KEY}\n"), openai)
    assert made.unread == (redis,)
    assert KEY not in repr(made)


# --- before a commit ------------------------------------------------------------------------------------------------


def test_what_a_commit_would_add(tree):
    tree.write(".env.example", "OPENAI_API_KEY=put-yours-here\nMODE=development\n")
    tree.write("a b.py", f"x = 1\nkey = 'local-value-of-mine'\nother = '{KEY}'\nfine = '{OLD}'  # {ALLOWED}\n")
    tree.write("c.py", "key = 'put-yours-here'\n")
    tree.git("add", "-A")
    tree.write("not-staged.py", "local-value-of-mine")
    local = {"OPENAI_API_KEY": "local-value-of-mine", "MODE": "development", "HINT": "put-yours-here"}
    example = {"OPENAI_API_KEY": "put-yours-here", "MODE": "development"}
    assert list(added_secrets(Repository(tree.root).added(), local, example)) == [
        Added("a b.py", 2, variable="OPENAI_API_KEY"), Added("a b.py", 3, shape="OpenAI API key"),
    ]  # fmt: skip


def test_before_a_commit_white_space_at_the_ends_of_a_value_hides_nothing():
    local = {"KEY": "local-value-of-mine\n", "HINT": " put-yours-here"}
    lines = [("a.py", 1, "key = 'local-value-of-mine'"), ("a.py", 2, "put-yours-here")]
    assert list(added_secrets(lines, local, {"HINT": "put-yours-here\n"})) == [Added("a.py", 1, variable="KEY")]


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_before_a_commit_utf_16_hides_nothing(tree, coding):
    lines = ["x = 1", "key = 'local-value-of-mine'", f"other = '{KEY}'", f"fine = '{OLD}'  # {ALLOWED}", ""]
    tree.write("a.py", "\n".join(lines).encode(coding))
    tree.git("add", "-A")
    found = list(added_secrets(Repository(tree.root).added(), {"KEY": "local-value-of-mine"}, {}))
    assert found == [Added("a.py", 2, variable="KEY"), Added("a.py", 3, shape="OpenAI API key")]


def test_lines_that_stood_there_before_are_not_the_commits(tree):
    tree.commit(a_py=f"one\nkey = '{KEY}'\nthree\n")
    tree.write("a.py", f"one\nkey = '{KEY}'\nthree, changed\n")
    tree.git("add", "-A")
    assert list(added_secrets(Repository(tree.root).added(), {}, {})) == []


def test_what_git_calls_binary_and_lines_that_look_like_a_head_are_looked_at_too(tree):
    tree.write(".gitattributes", "*.json -diff\n*.lock binary\n")
    tree.write("a.json", f'{{"key": "{KEY}"}}\n')
    tree.write("b.lock", f"{KEY}\n")
    tree.write("c.bin", b"\0\x01\nab\0" + KEY.encode())
    tree.write("d.py", f"++ b/{KEY}\n+ {OLD}\n@@ -1 +1 @@\ndiff --git a/x b/x\n{KEY}\n")
    tree.git("add", "-A")
    tree.git("config", "diff.interHunkContext", "10")
    shape = "OpenAI API key"
    assert list(added_secrets(Repository(tree.root).added(), {}, {})) == [
        Added("a.json", 1, shape=shape), Added("b.lock", 1, shape=shape), Added("c.bin", 2, shape=shape),
        Added("d.py", 1, shape=shape), Added("d.py", 2, shape=shape), Added("d.py", 5, shape=shape),
    ]  # fmt: skip
