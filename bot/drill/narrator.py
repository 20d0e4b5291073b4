"""What a drill says while it runs: coloured in a terminal, plain lines elsewhere; and it remembers every line."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Narrator:
    """`console` may be standard error: under ``--json`` standard output belongs to the one document."""

    console: Console
    lines: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """One thing that happens, with the seconds since the start."""
        self.lines.append(text)
        seconds = time.monotonic() - self.began
        self.console.print(f"{seconds:6.1f} s  {text}", markup=False, highlight=False, soft_wrap=True)

    def explain(self, text: str) -> None:
        """A paragraph for a person who takes part."""
        self.lines.append(text)
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    @property
    def transcript(self) -> bytes:
        return "\n".join(self.lines).encode()
