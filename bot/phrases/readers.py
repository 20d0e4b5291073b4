"""What people read of who read the leaked values, and of whom nobody answers for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident.access.readers import principal_name, readers_of, unaccounted, unexpected
from bot.incident.model import ReaderOutcome
from bot.incident.state import Incident
from bot.phrases.marks import literal
from bot.phrases.times import counted


def reader_words(incident: Incident) -> Iterator[str]:
    """Of whom nobody has said anything, then whom nobody can explain; each as one sentence."""
    readers = readers_of(incident)
    if left := unaccounted(incident):
        read = {name for principal in left for name in readers[principal]}
        whole = f"all {len(read)} keys" if len(read) == len(incident.secrets) else f"{len(read)} keys"
        what = next(iter(read)) if len(read) == 1 else whole
        yield f"{_named(left)} read {literal(what)}; nobody has said whose reads these are"
    unexplained = ReaderOutcome.UNEXPLAINED
    strangers = [each for each in readers if each in incident.readers and incident.readers[each].outcome is unexplained]
    if strangers:
        yield f"{_named(strangers)}: unexplained"


def _named(principals: Sequence[str]) -> str:
    return literal(principal_name(principals[0])) if len(principals) == 1 else counted(len(principals), "reader")


def expected_words(incident: Incident, principal: str) -> str:
    """Whether the catalog has a reader of that name: plain text."""
    odd, every = unexpected(incident, principal), readers_of(incident)[principal]
    if not odd:
        return "It is called like a function that the catalog has as their reader. Names can be chosen: check it."
    if len(odd) == len(every):
        return "The catalog has no reader of this name."
    return f"The catalog has it as a reader, but not of {counted(len(odd), 'secret')}: {', '.join(odd)}."
