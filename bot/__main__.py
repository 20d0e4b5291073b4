"""``python -m bot`` and the console script ``bot``."""

from __future__ import annotations

import sys

from bot.cli import run
from bot.private import keep_private


def main() -> None:
    keep_private()
    sys.exit(run())


if __name__ == "__main__":
    main()
