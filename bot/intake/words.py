"""What a source says in words of its own, made fit to be shown: short, on one line, and nothing that opens doors."""

from __future__ import annotations

import re

from bot.keyshapes import redact

LONGEST = 120
_FIT = re.compile(r"[\w ./@+:()#,=-]+", re.ASCII)
HIDDEN = "(a name that is not shown)"


def shown(text: str) -> str:
    """A path or a label. One with unusual characters, or in which something looks like a key, is not shown."""
    text = text.strip()
    if redact(text) != text:  # before it is cut: a key is known by its beginning
        return HIDDEN
    cut = text[-LONGEST:]
    if text and not _FIT.fullmatch(cut):
        return HIDDEN
    return f"…{cut}" if cut != text else text
