"""What may outlive a dead key, as the report has it: each item of the checklist, with the events that say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import events as e
from bot.incident.state import Incident, SecretState
from bot.phrases.access import access_words, settled_words
from bot.phrases.times import counted
from bot.report.facts import Fact, entries, seqs


def access_facts(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Nothing where the provider has no checklist."""
    if not secret.checks:
        return
    read = entries(events, e.AccessInspected, secret.name)
    yield Fact(access_words(incident, secret))
    for check in secret.checks.values():
        said = [one for one in entries(events, e.CheckEnded, secret.name) if one.event.item == check.item]
        looked = [one for one in read if check.item in one.event.items]
        yield Fact(f"{check.item}: {settled_words(check).rstrip('.')}.", (*seqs(looked[-1:]), *seqs(said[-1:])))
    if read and read[-1].event.cut:
        yield Fact(f"{counted(read[-1].event.cut, 'finding')} more were read than are kept here.", seqs(read[-1:]))
