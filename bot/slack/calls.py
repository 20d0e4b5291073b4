"""Whom a message in the channel calls by name, and how secrets are named there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.incident.model import Right
from bot.incident.state import Incident
from bot.people import People
from bot.phrases.marks import code, literal, person
from bot.phrases.typed import submit_line


@dataclass(frozen=True)
class Calls:
    incident: Incident
    people: People

    def mention(self, right: Right) -> str:
        """Everybody of the file with this right, so that phones ring; of a planned rotation the owners alone."""
        if self.incident.routine:
            secrets = self.incident.secrets.values()
            owners = [each for secret in secrets for each in self.people.owning(secret.entry.owner)]
            return " ".join(dict.fromkeys(person(each.slack) for each in owners if each.slack))
        ids = [person.slack for person in self.people.having(right) if person.slack]
        return " ".join(map(person, ids[:20]))

    def whose(self, owner: str) -> str:
        """Their mention, so that it reaches them as one; their name where the file has no Slack id of theirs."""
        known = [each.slack for each in self.people.owning(owner) if each.slack]
        return " ".join(map(person, known)) or literal(owner)

    def submit(self, secret: str) -> str:
        return code(submit_line(self.incident.id, secret))


def codes(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)
