"""The page that says how to add a provider, followed to the letter in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "bot" / "providers" / "README.md"
COPIED = ("bot", "tests", "playbooks", "templates", "docs", "pyproject.toml", "README.md", ".env.example")
NEW = re.compile(r"^New file `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDERS = ("bot/providers/acme/", "bot/drill/providers/acme/", "tests/providers/acme/")
GENERATED, TABLE = "bot/providers/built_in.py", "docs/providers.md"
NAMES = "bot/model/built_in.py"

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            # With what is compiled of it already, but not with what another process is just writing.
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.pyc.*", "node_modules"))
        else:
            shutil.copy(source, folder / name)
    before = contents(folder)
    for path, code in NEW.findall(PAGE.read_text()):
        assert not (folder / path).exists(), f"{path} is there already"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(code)
    assert run(folder, "-m", "bot.generate") == (0, "")
    assert run(folder, "-m", "tests.support.documents") == (0, "")
    after = contents(folder)
    assert [path for path, data in before.items() if after[path] != data] == [NAMES, GENERATED, TABLE]
    return folder


def contents(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def run(folder, *arguments):
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=150, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_page_adds_files_in_the_provider_s_own_folders_and_edits_none():
    text = PAGE.read_text()
    added = [path for path, _ in NEW.findall(text)]
    assert len(added) == text.count("\nNew file `") == 8
    assert [path for path in added if not path.startswith(FOLDERS)] == []
    assert "\nIn `" not in text


def test_the_list_names_the_new_one_and_is_fresh(copy):
    assert '"acme": "bot.providers.acme.provider:Acme",' in (copy / GENERATED).read_text()
    assert '"acme": "Acme",' in (copy / NAMES).read_text()
    assert "| [Acme](https://acme.example/keys) | made by API | revoked by API |" in (copy / TABLE).read_text()
    assert run(copy, "-m", "bot.generate", "--check") == (0, "")
    assert run(ROOT, "-m", "bot.generate", "--check") == (0, "")


def test_the_standard_questions_are_answered(copy):
    status, said = run(copy, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "--no-cov",
                       "tests/providers/test_standard_questions.py", "-k", "acme")  # fmt: skip
    assert status == 0, said
    assert int(re.search(r"(\d+) passed", said)[1]) >= 15
    assert "failed" not in said


def test_the_practice_world_has_it(copy):
    asked = """
from bot.drill.faults import parse_faults
from bot.drill.inventory import Inventory
from bot.drill.providers import FIXTURES
parse_faults(["acme:probe-suspended"])
print([each.secrets for each in FIXTURES if each.name == "acme"])
print([each["provider"] for each in Inventory.read(["acme-api-key"]).document["secrets"]])
"""
    assert run(copy, "-c", asked) == (0, "[('acme-api-key',)]\n['acme']\n")


def test_the_program_knows_it(copy):
    asked = """
from bot.providers import PROVIDERS, capabilities
from bot.providers.building import address_variable
acme = PROVIDERS["acme"]
print(capabilities(acme).makes, dict(acme.card.hosts), address_variable("acme", "api"))
"""
    assert run(copy, "-c", asked) == (0, "issue {'api': 'https://api.acme.example'} BOT_ACME_API_URL\n")


def test_its_code_passes_the_gate(copy):
    files = [path for path, _ in NEW.findall(PAGE.read_text()) if path.endswith(".py")]
    status, said = run(copy, "-m", "ruff", "check", "--no-cache", *files)
    assert status == 0, said
    status, said = run(copy, "-m", "ruff", "format", "--no-cache", "--check", *files)
    assert status == 0, said
