"""What a source says in words of its own, made fit to be shown: short, on one line, and nothing that opens doors."""

from __future__ import annotations

import re

from bot.keyshapes import redact

LONGEST = 120
_FIT = re.compile(r"[\w ./@+:()#,=-]+", re.ASCII)
HIDDEN = "(a name that is not shown)"


def shown(text: str, *, line: int = 0) -> str:
    """A path or a label. One with unusual characters, or in which something looks like a key, is not shown."""
    text = text.strip()
    if not text:
        return ""
    if len(text) > LONGEST:
        text = f"…{text[-LONGEST:]}"
    plain = text.removeprefix("…")
    if not _FIT.fullmatch(plain) or redact(plain) != plain:
        return HIDDEN
    return f"{text}:{line}" if line > 0 else text
