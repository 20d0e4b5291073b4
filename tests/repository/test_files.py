"""What may stand in no file of the repository, and what every dependency owes."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from bot.secrets.keyshapes import recognise

ROOT = Path(__file__).parents[2]
WRITTEN_BY_TOOLS = {"uv.lock"}
LARGEST_PICTURE = 300 * 1024

# Ada is the made-up person of the tests. Put together here, so that this file does not hold what it looks for.
MARKS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
MACHINES = re.compile(
    r"(?<![\w.~])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me/(?!ada/)[a-z]+", "Use" + "rs")) + r")/"
)
REGISTRIES = re.compile("|".join(("files.python" + "hosted.org", "pypi.org/" + "simple", "--(extra-)?index" + "-url")))


def files():
    """The files under version control, and those about to be. Without git (an unpacked sdist) the tests are skipped."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name and name not in WRITTEN_BY_TOOLS]
    return [path for path in paths if path.is_file()]


def holding(pattern):
    """``file:line`` of every place where `pattern` stands."""
    found = []
    for path in files():
        if path.suffix in {".png", ".jpg"}:
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(lines, 1)
            if pattern.search(line)
        ]
    return found


def test_nothing_is_left_to_do_in_a_comment():
    assert holding(MARKS) == []


def test_no_file_names_a_folder_of_somebodys_machine():
    assert holding(MACHINES) == []


def test_package_registries_stand_in_the_lock_file_only():
    assert holding(REGISTRIES) == []


@pytest.mark.parametrize(
    "text", ["a TO" + "DO here", "/ro" + "ot/.ssh", "see /ho" + "me/jo/notes", "pypi.org/" + "simple"]
)
def test_the_patterns_find_what_they_are_for(text):
    assert any(pattern.search(text) for pattern in (MARKS, MACHINES, REGISTRIES))


def test_pictures_are_small():
    pictures = [path for path in files() if path.parent == ROOT / "docs" / "images"]
    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > LARGEST_PICTURE] == []


def test_every_dependency_says_why_it_is_here():
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    wanted = [
        *project["project"]["dependencies"],
        *(each for group in project["project"]["optional-dependencies"].values() for each in group),
        *(each for group in project["dependency-groups"].values() for each in group),
    ]
    lines = text.splitlines()
    unexplained = [each for each in wanted if not any(f'"{each}"' in line and "  # " in line for line in lines)]
    assert unexplained == []


def test_the_lock_file_is_in_step():
    done = subprocess.run(["uv", "lock", "--check", "--offline"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0 and "needs to be updated" not in done.stderr:
        pytest.skip("uv cannot say so without the network")
    assert done.returncode == 0, done.stderr


def test_no_sentence_of_ours_looks_like_a_secret_to_the_reports_gate():
    """An error is quoted in the report: one that shows a URL with a password as an example would keep it back."""
    found = {}
    ours = {"Refused", "Unexpected", "Unauthorized"}
    for path in sorted((ROOT / "bot").rglob("*.py")):
        if path.name in {"keyshapes.py", "cast.py"} or "drill" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ours:
                texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                shapes = [shape.shape.name for text in texts if isinstance(text, str) for shape in recognise(text)]
                if shapes:
                    found[f"{path.name}:{node.lineno}"] = shapes
    assert found == {}


def test_what_a_docstring_points_at_is_there():
    modules = sorted((ROOT / "bot").rglob("*.py"))
    called = {path.name for path in modules}
    missing = [(str(path.relative_to(ROOT)), name) for path in modules for name in _pointing_nowhere(path, called)]
    assert missing == []


def _pointing_nowhere(path, called):
    """What stands in backticks there as a file, a module, or what is to be seen. A file by its name alone may be any
    of those that are `called` so: the `settings.py` of a part.
    """
    code = path.read_text()
    for said in re.findall(r'"""(.*?)"""', code, re.DOTALL):
        for name in re.findall(r"`([\w/]+\.py)`", said):
            if name not in called and not any((folder / name).exists() for folder in path.parents):
                yield name
        for name in re.findall(r"`(bot(?:\.\w+)+)`", said):
            module = ROOT.joinpath(*name.split("."))
            if not any(each.exists() or each.with_suffix(".py").exists() for each in (module, module.parent)):
                yield name
        for name in re.findall(r"`((?:bot|tests|docs)/[\w/]+)`", said):
            if not (ROOT / name).exists():
                yield name
        for name in re.findall(r"\b[Ss]ee `(\w+)`|\bwhat `(\w+)` names", said):
            found = "".join(name)
            beside = any(path.parent.glob(f"{found}*"))
            if not beside and len(re.findall(rf"\b{found}\b", code)) < len(re.findall(rf"`{found}`", code)) + 1:
                yield found
