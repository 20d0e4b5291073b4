"""The number of old keys that are not dead, for each line of a list of incidents.

It needs none of the core's rules.
"""

from __future__ import annotations

from bot.phrases.times import counted


def not_proven_words(left: int, total: int, attested: int = 0) -> str:
    """``2 of 3 old keys not dead, 1 of them vouched dead``: in a list of incidents, `left` of all. Attested values
    are neither working nor proven: they come last, if their number is known (`attested`).
    """
    if not total:
        return "no secret named yet"
    if not left:
        return "all dead"
    of_all = f"{left} of {counted(total, 'old key')}"
    if attested == left:
        return f"{of_all} vouched dead, not confirmed"
    return f"{of_all} not dead{f', {attested} of them vouched dead' if attested else ''}"
