"""Times and durations as people read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta


def moment(at: datetime) -> str:
    """``2026-11-25 03:14:07 UTC``."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """As `span`; below ten seconds with decimals: ``4 min 12 s``, ``1.5 s``."""
    if seconds < 0:
        return f"{duration(-seconds)} earlier"
    if seconds < 10 and round(seconds, 2) != int(seconds):
        return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"
    return span(seconds)


def counted(count: int, noun: str, several: str = "") -> str:
    """``1 read``, ``3 reads``."""
    return f"{count} {noun if count == 1 else several or noun + 's'}"


def all_of(count: int, noun: str) -> str:
    """``both keys``, ``all 3 keys``."""
    return f"both {noun}s" if count == 2 else f"all {count} {noun}s"


def listed(words: Sequence[str], before_last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = words or ("none",)
    return f"{', '.join(most)} {before_last} {last}" if most else last


def sentences(said: Iterable[str]) -> str:
    """``A. B.``: each with one full stop, whether it brings one or not."""
    return " ".join(f"{words.removesuffix('.')}." for words in said)


def few(names: Sequence[str], most: int = 5) -> str:
    """``a, b and c``; of many the first ones and how many more there are: no single one is only counted."""
    return listed(list(names)) if len(names) <= most + 1 else at_most(names, most)


def alike(lines: Iterable[str], names: Collection[str]) -> list[str]:
    """``a and b: the rest``: lines that say the same of several of these names are one line."""
    found: dict[str, list[str]] = {}
    for line in lines:
        name, colon, rest = line.partition(": ")
        found.setdefault(rest if colon and name in names else line, []).extend([name] if name in names else [])
    return [f"{few(those, 3)}: {rest}" if those else rest for rest, those in found.items()]


def at_most(names: Sequence[str], most: int) -> str:
    """``a, b and c``; of more than `most` the first ones and how many more there are."""
    if len(names) <= most:
        return listed(list(names))
    return first_of(names, most)


def first_of(words: Sequence[str], most: int, between: str = ", ") -> str:
    """``a, b, c``, or the first of more than `most` and how many more there are."""
    return between.join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def up_to(names: Sequence[str], most: int) -> str:
    """``a, b and 2 more``: all of them up to `most`, else one less, so that no single one is only counted."""
    return first_of(names, most if len(names) <= most else max(most - 1, 1))


def after(length: timedelta | float) -> str:
    """``after 4 min 12 s``; ``within a second``."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    return f"after {span(seconds)}" if seconds >= 1 else "within a second"


def span(length: timedelta | float) -> str:
    """A duration where there is little room: ``42 s``, ``4 min 12 s``, ``3 h 5 min``, ``2 d 4 h``."""
    total = round(length.total_seconds() if isinstance(length, timedelta) else length)
    days, rest = divmod(max(total, 0), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    pairs = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((index for index, (number, _) in enumerate(pairs) if number), 3)
    return " ".join(f"{number} {unit}" for number, unit in pairs[first : first + 2] if number) or "0 s"


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
