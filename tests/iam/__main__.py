"""Records what the bot asks of AWS: ``python -m tests.iam``, two or three minutes, writes `recorded.json`.

A drill of all secrets as real processes, with worker, Slack's side and people's terminals; what a drill does not do
(`scenes`); and the tests of those parts that meet rare moments: a full history, an alias of a function, who can read.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot.drill.processes import WORLD_LOCK, WORLD_LOG, _start
from tests.iam.calls import Call
from tests.iam.recorded import write
from tests.iam.scenes import file, play
from tests.iam.world import recording
from tests.support.aws import running_front

RARE = ("tests/vault", "tests/consumers/aws_lambda", "tests/providers/aws_iam", "tests/usage")


def drilled(folder: Path) -> set[Call]:
    """Of a whole drill, which finds a world there that keeps what it is asked."""
    folder.mkdir(mode=0o700)
    command = [sys.executable, "-m", "tests.iam.world", str(folder), "--all"]
    world = _start(command, folder, WORLD_LOG, WORLD_LOCK)
    assert world is not None
    drill = [sys.executable, "-m", "bot", "drill", "--auto", "--json", "--all", "--data", str(folder)]
    subprocess.run(drill, check=True, stdout=subprocess.DEVNULL)
    world.wait(60)
    return {Call.read(each) for each in json.loads(folder.with_suffix(".calls").read_text())}


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        found = drilled(Path(made) / "drill")
    with recording() as played, running_front() as front:
        play(front)
        front.reset()
        file(front)
    with recording(strict=False) as rare:
        assert pytest.main(["-q", "-n0", "-p", "no:cacheprovider", *RARE]) == 0
    write(found | played | rare)


if __name__ == "__main__":
    main()
