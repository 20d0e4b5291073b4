"""How many old values of an incident are not proven dead: the line of each list. It needs none of the core's rules."""

from __future__ import annotations

from bot.phrases.times import counted


def not_proven_words(left: int, total: int, attested: int = 0) -> str:
    """``2 of 3 old values not proven dead, 1 of them attested``: in a list of incidents, so many as are `left` of all.
    What a person attests is neither alive nor proven: it comes last, where it is known of how many (`attested`).
    """
    if not total:
        return "no secret named yet"
    if not left:
        return "all proven dead"
    of_all = f"{left} of {counted(total, 'old value')}"
    if attested == left:
        return f"{of_all} attested, not proven dead"
    return f"{of_all} not proven dead{f', {attested} of them attested' if attested else ''}"
