"""The wheel by itself, in an environment without the checkout; its dependencies are lent by the running one."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = os.environ.get("UV") or "uv"  # `uv run` says where it is itself
pytestmark = pytest.mark.process


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built offline: what builds it is in uv's cache, since the project itself was installed with it."""
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--wheel", "--offline", "--quiet", "--out-dir", folder, cwd=ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def bot(wheel, tmp_path_factory):
    """Runs the installed program in a folder of its own, with nothing of this process's environment."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(
        UV, "venv", "--quiet", "--offline", "--python", sysconfig.get_config_var("BINDIR") + "/python3", folder / "venv"
    )
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    run(UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", folder / "venv", wheel)
    # A folder that a .pth file adds is searched, but its own .pth files are not read: the checkout stays out of sight.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environ = {"HOME": str(folder), "PATH": os.environ["PATH"]}

    origin = run(folder / "venv" / "bin" / "python", "-c", "import bot; print(bot.__file__)", cwd=folder, env=environ)
    assert Path(origin.strip()).is_relative_to(site)

    def call(*arguments):
        return run(folder / "venv" / "bin" / "bot", *arguments, cwd=folder, env=environ)

    return call


def test_it_carries_playbooks_templates_and_the_licence(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    carried = [path for kind in ("playbooks", "templates") for path in (ROOT / kind).rglob("*") if path.is_file()]
    assert [str(path) for path in carried if f"bot/_data/{path.relative_to(ROOT)}" not in names] == []
    assert [name for name in names if name.endswith("/LICENSE")]
    assert [name for name in names if name.startswith("tests/")] == []


def test_it_carries_every_file_of_the_package(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = run("git", "ls-files", "bot", cwd=ROOT).split()
    assert [name for name in listed if name not in names and (ROOT / name).is_file()] == []


def test_help(bot):
    assert "declare" in bot("--help")


def test_the_shipped_catalog_has_no_mistakes(bot):
    checked = json.loads(bot("--json", "catalog", "check"))
    assert {secret["name"] for secret in checked["secrets"]} >= {"openai-api-key", "stripe-secret-key"}
    assert list(checked["playbooks"]) == ["secret-compromise"]


def test_providers(bot):
    assert {each["name"] for each in json.loads(bot("--json", "providers"))} >= {"openai", "sendgrid"}


def test_manifest(bot):
    assert json.loads(bot("manifest"))["settings"]["socket_mode_enabled"] is True
