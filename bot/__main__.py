"""``python -m bot`` and the console script ``bot``."""

from __future__ import annotations

import sys

from bot.private import keep_private

HELP = (["--help"], ["-h"])


def main() -> None:
    """Help of the program comes from an index: nothing else is imported for it."""
    keep_private()
    if sys.argv[1:] in HELP:
        from bot.cli.commands import index  # noqa: PLC0415 - help waits for nothing else

        sys.stdout.write(index())
        sys.exit(0)
    from bot.cli.entry import run  # noqa: PLC0415 - the same

    sys.exit(run())


if __name__ == "__main__":
    main()
