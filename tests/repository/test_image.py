"""What the image runs beside the bot itself."""

import json
import os
import subprocess
from pathlib import Path

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


def test_the_health_check_runs_no_file_of_the_data_folder(tmp_path):
    """It runs where the bot writes: a module that stands there is not the one that it means."""
    (tmp_path / "urllib").mkdir()
    (tmp_path / "urllib" / "__init__.py").write_text("open('ran', 'w')")
    words = DOCKERFILE.read_text().split("HEALTHCHECK", 1)[1].split("CMD ", 1)[1].splitlines()[0]
    environment = {"BOT_HEALTH_ADDRESS": "127.0.0.1:9", "PATH": os.environ["PATH"]}
    ended = subprocess.run(
        json.loads(words), cwd=tmp_path, env=environment, capture_output=True, timeout=30, check=False
    )
    assert b"Connection refused" in ended.stderr
    assert not (tmp_path / "ran").exists()
