"""Copies of a secret beside its parameter, as the report has them: each with the event in which somebody settled it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import events as e
from bot.incident.state import SecretState
from bot.phrases.copies import copy_words, place_words
from bot.report.facts import Fact, entries, seqs


def copy_facts(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What people said of each; nobody has looked whether it is so."""
    for state in secret.copies.values():
        said = [one for one in entries(events, e.CopySettled, secret.name) if one.event.copy == state.copy.name]
        yield Fact(f"{place_words(state)}. {copy_words(state).rstrip('.')}.", seqs(said[-1:]))
