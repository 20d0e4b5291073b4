"""The personas of a drill: three people who practise, the bot's own identities, and the product's environments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

ENVIRONMENT = "production"
ENVIRONMENTS = ("production", "staging")


@dataclass(frozen=True)
class Persona:
    """A person of the practice workspace, also an IAM user of the practice account."""

    name: str
    real_name: str
    rights: tuple[str, ...]
    part: str

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"


DANA = Persona("dana", "Dana Marsh", ("respond", "command"), "finds the leak, declares it and commands the incident")
ELI = Persona("eli", "Eli Novak", ("respond", "approve"), "is the second person: approves, and shares the work")
MIKA = Persona("mika", "Mika Sato", ("respond", "approve", "command"), "may take the place of either")
PERSONAS = (DANA, ELI, MIKA)
KIM = Persona("kim", "Kim Berg", (), "leaves once the incident is over; does nothing in it")
_KIM_IN_SLACK = "U0KIMBERG"
"""Everything in the people file about them: no AWS principal, so that their access is unknown."""
NAMES = tuple(person.name for person in PERSONAS)

OURS = frozenset({"compromise-bot", *NAMES})
"""Users of the practice account who are the team's own."""


def is_ours(principal: str) -> bool:
    """Whether the team knows who this reader is, by the ARN: one of its users, or a function, which is no user."""
    kind, _, name = principal.rpartition(":")[2].partition("/")
    return kind != "user" or name in OURS


def people_file(
    slack_ids: Mapping[str, str], principals: Mapping[str, str], rights: Mapping[str, Sequence[str]]
) -> str:
    """The people file of the drill, as YAML: who they are in Slack and to AWS, and other rights than usual, by name."""
    entries: dict[str, dict[str, object]] = {
        person.name: {
            "slack": slack_ids[person.name],
            "principal": principals[person.name],
            "email": person.email,
            "rights": list(rights.get(person.name, person.rights)),
        }
        for person in PERSONAS
    }
    entries[KIM.name] = {"slack": _KIM_IN_SLACK, "email": KIM.email, "rights": list(KIM.rights)}
    return yaml.safe_dump(entries, sort_keys=False)
