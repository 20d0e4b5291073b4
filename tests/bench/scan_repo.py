"""`bot scan-repo` on a history of 20,000 commits: whether it finds what was planted and nothing else, and its time
beside gitleaks, which looks for shapes in the same history, or, where that is missing, `git grep` for a single word.
"""

from __future__ import annotations

import base64
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from bot.news.sources.catalogued import Place
from bot.news.sources.needles import Needles
from bot.news.sources.repository import Repository
from bot.news.sources.scan import scan
from bot.secrets.secret import Secret

COMMITS, QUICK = 20_000, 1_000
FILES = 400
LINES = 60
VALUES = 200
"""As many values as a catalog of a hundred secrets keeps with one earlier version each."""
PLANTED = 40
DRESSES = (str, lambda text: base64.b64encode(text.encode()).decode(), lambda text: quote(text, safe=""))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def measure(*, quick: bool) -> dict[str, object]:
    commits = QUICK if quick else COMMITS
    chance = random.Random(20)
    values = ["key-" + "".join(chance.choices(ALPHABET, k=40)) for _ in range(VALUES)]
    holders = [Place(f"/production/secret-{n}", f"secret-{n}", "production") for n in range(VALUES)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        planted = _history(root, commits, values, chance)
        begun = time.perf_counter()
        found = scan(Repository(root), Needles(zip(map(Secret, values), holders, strict=True))).findings
        ours = time.perf_counter() - begun
        beside, theirs = _beside(root)
    seen = {(one.holder.secret, one.path) for one in found}
    return {
        "commits": commits,
        "values": VALUES,
        "planted": len(planted),
        "found": len(planted & seen),
        "found_besides": len(seen - planted),
        "seconds": ours,
        "beside": beside,
        "its_seconds": theirs,
        "ratio": ours / theirs if theirs else None,
    }


def _history(root: Path, commits: int, values: list[str], chance: random.Random) -> set[tuple[str, str]]:
    """Writes it, and gives (secret, path) of each planted value; the next commit to the file takes it out again."""
    subprocess.run(["git", "init", "-q", "--bare", str(root)], check=True)
    places = dict(zip(chance.sample(range(1, commits), PLANTED), range(PLANTED), strict=True))
    planted: set[tuple[str, str]] = set()
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for block in _commits(commits, values, places, planted, chance):
            process.stdin.write(block)
    if process.returncode:
        raise RuntimeError("git fast-import failed")
    return planted


def _commits(
    commits: int, values: list[str], places: dict[int, int], planted: set[tuple[str, str]], chance: random.Random
) -> Iterator[bytes]:
    files = {f"src/part{n % 20}/file{n}.py": _lines(chance) for n in range(FILES)}
    names = list(files)
    for number in range(commits):
        name = names[number % FILES]
        lines = files[name] = [*files[name]]
        lines[chance.randrange(LINES)] = _line(chance)
        text = lines
        if number in places:
            which = places[number]
            dressed = DRESSES[which % len(DRESSES)](values[which])
            text = [*lines[:10], f"key = '{dressed}'", *lines[10:]]
            planted.add((f"secret-{which}", name))
        data, message = "\n".join(text).encode(), f"change {number}".encode()
        yield b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % (1_700_000_000 + number * 60)
        yield b"data %d\n%b\nM 100644 inline %b\ndata %d\n%b\n" % (
            len(message),
            message,
            name.encode(),
            len(data),
            data,
        )


def _lines(chance: random.Random) -> list[str]:
    return [_line(chance) for _ in range(LINES)]


def _line(chance: random.Random) -> str:
    return f"value_{chance.randrange(1000)} = compute({chance.randrange(10**9)}, '{chance.randrange(10**12):x}')"


def _beside(root: Path) -> tuple[str, float]:
    if shutil.which("gitleaks"):
        command = ["gitleaks", "detect", "--no-banner", "--exit-code", "0", "--source", str(root), "--log-opts=--all"]
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return "gitleaks detect", time.perf_counter() - begun
    begun = time.perf_counter()
    subprocess.run(
        "git rev-list --all | xargs -n 2000 git grep -F -l one-word-that-is-nowhere; true",
        shell=True, cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    return "git grep for one word", time.perf_counter() - begun
