"""Runs beside the bot, from the same image. Each minute it writes how the bot is as one line of JSON, of which
CloudWatch makes metrics and alarms, and puts a backup of the event log into S3; each day it publishes the runbook.

It asks the bot on loopback (BOT_HEALTH_ADDRESS), and has the bot's own environment. MINUTE_BACKUPS is where backups go,
s3://BUCKET, MINUTE_RUNBOOK the runbook's place, s3://BUCKET/KEY; each is left out where it is empty.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import urlopen

EVERY = 60
ADDRESS = os.environ.get("BOT_HEALTH_ADDRESS", "127.0.0.1:3001")


def asked(page: str) -> tuple[int, str]:
    """Status and text of one of the bot's pages; 0 where it does not answer."""
    try:
        with urlopen(f"http://{ADDRESS}/{page}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except (OSError, ValueError):
        return 0, ""


def looked() -> dict[str, object]:
    """1 for what is well, 0 for what is not; `missing` has the sentences of `/readyz`."""
    _, metrics = asked("metrics")
    status, said = asked("readyz")
    works = re.search(r"^bot_worker_alive (\S+)$", metrics, re.MULTILINE)
    return {
        "beat": 1,
        "works": int(works is not None and float(works[1]) == 1),
        "database": int("\nbot_open_incidents " in metrics),
        "ready": int(status == 200),
        "missing": said.splitlines() if status == 503 else [],
    }


def done(*command: str) -> int:
    """Whether a command of the bot's ended well. What it says goes to the log."""
    try:
        return int(subprocess.run(["bot", *command], timeout=300, stdout=sys.stderr, check=False).returncode == 0)  # noqa: S603, S607
    except (OSError, subprocess.SubprocessError):
        return 0


def minute(now: datetime, published: str) -> Iterator[dict[str, object]]:
    """What is written at `now`, in order: how the bot is does not wait for its backup. `published` is the day of the
    newest runbook.
    """
    yield looked()
    day = f"{now:%Y-%m-%d}"
    if backups := os.environ.get("MINUTE_BACKUPS"):
        yield {"backup": done("log", "backup", f"{backups}/{day}.backup")}
    if (runbook := os.environ.get("MINUTE_RUNBOOK")) and published != day:
        yield {"runbook": done("runbook", "--publish", runbook), "day": day}


def main() -> None:
    published = ""
    while True:
        begun = time.monotonic()
        for said in minute(datetime.now(UTC), published):
            print(json.dumps(said), flush=True)
            if said.get("runbook"):
                published = str(said["day"])
        time.sleep(max(1.0, EVERY - (time.monotonic() - begun)))


if __name__ == "__main__":
    main()
