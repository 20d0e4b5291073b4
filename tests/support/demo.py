"""Draws docs/images/drill.svg, the picture at the head of the README, from a drill that it runs:

    uv run python -m tests.support.demo

Nothing in it is written by hand: the times, the answers and the counts are those of that drill.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "drill.svg"
WIDTH = 52
"""Columns: on a phone of 390 pixels each is then as wide as in a text of 13 pixels."""
DRILL = ("drill", "--auto")
SHOWN = "openai-api-key"
"""The secret whose proof is drawn."""
WORDS = {"dead": "DEAD", "live": "IN USE"}
"""What screens call a key's state."""
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>A drill: four leaked keys, each dead, each replaced</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
<rect fill="#101828" width="{width}" height="{height}" rx="10" />
<g transform="translate({terminal_x}, 24)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""
"""Rich's own frame loads fonts from elsewhere; this one loads nothing."""

type Summary = dict[str, Any]
"""What `bot drill --json` prints."""


def run_drill() -> Summary:
    command = (sys.executable, "-m", "bot", *DRILL, "--json")
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def draw(drill: Summary) -> str:
    """The picture as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), legacy_windows=False, color_system="truecolor")
    for line in _lines(drill):
        console.print(Text.from_markup(line), soft_wrap=False, highlight=False)
    return console.export_svg(title="", code_format=FORMAT, unique_id="drill")


def _lines(drill: Summary) -> list[str]:
    secrets = drill["secrets"]
    lines = [
        f"[bold]$ bot {' '.join(DRILL)}[/]",
        f"[dim]{len(secrets)} keys have leaked. No person handles one.[/]",
        "",
        f"[dim]{'':<20}{'old key':>14}{'new key':>14}[/]",
    ]
    for secret in secrets:
        old = f"{WORDS[secret['old']]} {secret['contain_seconds']:.1f} s"
        new = f"{WORDS[secret['new']]} {secret['restore_seconds']:.1f} s"
        lines.append(f"{secret['name']:<20}[bold red]{old:>14}[/][bold green]{new:>14}[/]")
    lines += ["", f"[bold]How it knows that {SHOWN} is dead[/]", *_proof(drill)]
    done = sum(step["state"] == "done" for step in drill["steps"])
    lines += ["", f"{done} of {len(drill['steps'])} steps done, incident {drill['state']}.", *_leaks(drill)]
    return lines


def _proof(drill: Summary) -> list[str]:
    looks = next(secret["proof"] for secret in drill["secrets"] if secret["name"] == SHOWN)
    revoked = next(datetime.fromisoformat(look["at"]) for look in looks if look["liveness"] == "dead")
    lines = []
    for look in looks:
        after = (datetime.fromisoformat(look["at"]) - revoked).total_seconds()
        when = "before" if after < 0 else f"+{after:.1f} s"
        colour, word = ("green", "accepted") if look["liveness"] == "live" else ("red", "rejected")
        if look["subject"] == "old":
            lines.append(f"{when:<8}old key  [{colour}]{word:<9}[/][dim]{look['detail'][:25]}[/]")
        elif look["subject"] == "control":
            lines.append(f"{when:<8}control  [{colour}]{word:<9}[/][dim]so the provider is up[/]")
    return lines


def _leaks(drill: Summary) -> list[str]:
    places, hits = len(drill["leaks"]["places"]), drill["leaks"]["hits"]
    return [f"{places} places searched for every key: [bold green]{hits} leaks[/]"]


if __name__ == "__main__":
    PICTURE.write_text(draw(run_drill()))
    print(f"written: {PICTURE}")
