"""What responders do outside Slack: read the leaked page, use Stripe's dashboard, type commands in a terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.drill.joining import Place
from bot.drill.standins.slack.delivery import direct_session
from bot.errors import Unexpected

TIMEOUT = 10.0


def read_leak(where: Place) -> dict[str, str]:
    """What stands on the public page: variables with their values."""
    with direct_session() as session:
        found = session.get(f"{where.urls['leak']}.json", timeout=TIMEOUT).json()
    return {str(name): str(value) for name, value in found.items()}


class StripeDashboard:
    """Stripe's dashboard, where only people make and expire keys."""

    def __init__(self, url: str) -> None:
        self._base = url
        self._url = f"{url}/_standin/dashboard/keys"

    def live(self, name: str) -> list[str]:
        """The ids of the living keys of this name. The dashboard shows no values."""
        with direct_session() as session:
            keys = session.get(f"{self._base}/_standin/keys", timeout=TIMEOUT).json()["keys"]
        return [str(key["id"]) for key in keys if key["name"] == name and key["alive"]]

    def expire_id(self, key_id: str) -> None:
        with direct_session() as session:
            session.post(f"{self._url}/expire", json={"id": key_id}, timeout=TIMEOUT)

    def create(self, name: str) -> str:
        """A new secret key; its value, shown this once."""
        return str(self._post(self._url, {"name": name})["value"])

    def expire(self, value: str) -> bool:
        """Expires the key that looks like `value`: the dashboard shows its beginning and its end. False if gone."""
        with direct_session() as session:
            hint = f"{value[:8]}…{value[-4:]}"
            return session.post(f"{self._url}/expire", json={"hint": hint}, timeout=TIMEOUT).status_code == 200

    def _post(self, url: str, body: Mapping[str, str]) -> dict[str, str]:
        with direct_session() as session:
            answer = session.post(url, json=body, timeout=TIMEOUT)
        if not answer.ok:
            raise Unexpected("stripe", "make a key in the dashboard", f"HTTP {answer.status_code}")
        return {str(key): str(value) for key, value in answer.json().items()}


def command_line(folder: Path, name: str, *arguments: str) -> list[str]:
    """``bot ARGUMENTS --drill DIR --as NAME`` with this very Python."""
    return [sys.executable, "-m", "bot", *arguments, "--drill", str(folder), "--as", name]


def type_command(
    folder: Path, name: str, *arguments: str, typed: str = "", environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the bot as `name`; `typed` goes to its standard input, never onto its command line."""
    return subprocess.run(
        command_line(folder, name, *arguments),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(environ),
        check=False,
    )
