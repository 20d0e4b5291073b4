"""The page that says how to add a provider, followed to the letter in a copy of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "bot" / "providers" / "README.md"
COPIED = ("bot", "tests", "playbooks", "templates", "pyproject.toml", "README.md", ".env.example")
NEW = re.compile(r"^New file `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINES = re.compile(r"^In `([^`]+)`, (above|below) `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    text = PAGE.read_text()
    for path, code in NEW.findall(text):
        assert not (folder / path).exists(), f"{path} is there already"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(code)
    for path, where, anchor, code in LINES.findall(text):
        insert(folder / path, where, anchor, code)
    status, said = run(folder, "-m", "bot.providers.generate")
    assert status == 0, said
    return folder


def insert(path, where, anchor, code):
    lines = path.read_text().splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if line.startswith(anchor)]
    lines.insert(at + (where == "below"), code)
    path.write_text("".join(lines))


def run(folder, *arguments):
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=150, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_page_adds_files_and_lines():
    text = PAGE.read_text()
    assert len(NEW.findall(text)) == 7
    assert len(LINES.findall(text)) == 6


def test_the_standard_questions_are_answered(copy):
    status, said = run(copy, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "--no-cov",
                       "tests/providers/test_standard_questions.py", "-k", "acme")  # fmt: skip
    assert status == 0, said
    assert int(re.search(r"(\d+) passed", said)[1]) >= 15
    assert "failed" not in said


def test_the_program_knows_it(copy):
    status, said = run(copy, "-m", "bot", "providers", "--json")
    assert status == 0, said
    (acme,) = [facts for facts in json.loads(said) if facts["name"] == "acme"]
    assert acme["capabilities"]["makes"] == "issue"
    assert acme["hosts"] == [{"role": "api", "url": "https://api.acme.example", "variable": "BOT_ACME_API_URL"}]


def test_its_code_passes_the_gate(copy):
    files = [path for path, _ in NEW.findall(PAGE.read_text()) if path.endswith(".py")]
    status, said = run(copy, "-m", "ruff", "check", "--no-cache", *files)
    assert status == 0, said
    status, said = run(copy, "-m", "ruff", "format", "--no-cache", "--check", *files)
    assert status == 0, said
