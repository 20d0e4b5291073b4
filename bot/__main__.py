"""``python -m bot`` and the console script ``bot``."""

from __future__ import annotations

import sys

from bot.cli import run


def main() -> None:
    sys.exit(run())


if __name__ == "__main__":
    main()
