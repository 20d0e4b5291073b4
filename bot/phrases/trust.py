"""What people read of who is not trusted any more."""

from __future__ import annotations

from collections.abc import Sequence

from bot.phrases.times import listed


def trust_words(people: Sequence[str], *, slack: bool, words: Sequence[str] = ()) -> str:
    """Who is not trusted, and who said so: for the timeline, the card and the terminal alike."""
    lost = listed([*([] if slack else ["Slack"]), *people])
    said = f". {'. '.join(words)}" if words else ""
    return f"Not trusted from here on: {lost}{said}" if lost else "Everybody is trusted again"
