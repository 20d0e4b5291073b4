"""A writer of a `.env` is killed before each line that it runs: the file is whole, and the next writer goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
WRITER = '''
import os, signal, sys
from pathlib import Path
from bot import private
from bot.secrets.secret import Secret
from bot.vault import dotenv

folder, KEY = Path(sys.argv[1]), "/development/key"
OLD = "# mine\\nKEY='one' # kept\\nB=2\\n"
WATCHED = {dotenv.__file__, private.__file__}


def vault(path):
    return dotenv.DotenvVault(path, {KEY: "KEY"})


def write(path, steps):
    """Writes, and dies before its step number `steps`."""
    left = steps

    def step(frame, event, _argument):
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return step

    sys.settrace(step)
    vault(path).put(KEY, Secret("two"))
    os._exit(0)


for steps in range(10_000):
    path = folder / str(steps) / ".env"
    path.parent.mkdir()
    path.write_text(OLD)
    child = os.fork() or write(path, steps)
    _, status = os.waitpid(child, 0)
    text = path.read_text()
    new = text.startswith("# mine\\nKEY='two' # kept\\nB=2\\n#bot ") and text.count("#bot ") == 2
    assert new or text == OLD, (steps, text)
    number = vault(path).put(KEY, Secret("three"))
    assert number == (3 if new else 2), (steps, number)
    kept = [one.value.reveal() for one in vault(path).values(KEY)]
    assert kept == (["one", "two", "three"] if new else ["one", "three"]), steps
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in path.parent.iterdir()} <= {".env", ".env.lock"}, steps
    if os.WIFEXITED(status):
        assert status == 0
        print(steps)
        break
'''


def test_at_whatever_line_it_dies_the_file_is_the_old_one_or_the_new_one(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40  # so many lines it was killed before


def test_two_writers_at_once_lose_nothing(tmp_path):
    path = tmp_path / ".env"
    path.write_text("A=0\nB=0\n")
    script = """
import sys
from pathlib import Path
from bot.secrets.secret import Secret
from bot.vault import dotenv
dotenv.LOCK_SECONDS = 60
vault = dotenv.DotenvVault(Path(sys.argv[1]), {"/development/a": "A", "/development/b": "B"})
for number in range(1, 21):
    vault.put(f"/development/{sys.argv[2]}", Secret(f"{sys.argv[2]}{number}"))
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(path), name], cwd=Path(__file__).parents[2])
        for name in ("a", "b")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    text = path.read_text()
    assert text.startswith("A=a20\nB=b20\n")
    assert text.count("#bot ") == 42
