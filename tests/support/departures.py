"""Departures for tests: a playbook of that kind, and the declaration of a run."""

from dataclasses import replace

from bot.incident import model as m
from bot.model.departures import Leaver, Reach
from bot.model.playbooks import Action, Playbook, PlaybookStep, RunKind
from tests.support.incidents import declaration, entry, wanted
from tests.support.rotations import OVERLAP, TIMINGS

DEPARTURE = Playbook(
    "departure",
    "Someone leaves",
    (
        PlaybookStep("access", "Remove access", tasks=("Delete mallory from the people file",)),
        PlaybookStep("generate", "Generate", actions=(Action.GENERATE, Action.UPDATE), by_itself=True),
        PlaybookStep("revoke", "Revoke", actions=(Action.VERIFY, Action.REVOKE, Action.PROVE), by_itself=True),
        PlaybookStep("document", "Document", actions=(Action.REPORT, Action.DECISIONS)),
    ),
    kind=RunKind.DEPARTURE,
)
MALLORY = Leaver("mallory", "arn:aws:iam::111122223333:user/mallory")
CAN = Reach("openai-api-key", "can", ("ReadProduction",), 3)


def departure(*secrets, leaver=MALLORY, **changes):
    """The declaration of a run: of one secret, unless said."""
    secrets = secrets or (wanted(entry(), m.Strategy.OVERLAP, reason="mallory owned it"),)
    timings = replace(TIMINGS, overlap=OVERLAP, approval_expires=OVERLAP)
    return declaration(
        *secrets, playbook=DEPARTURE, timings=timings, public=False, how_noticed="last day", title="mallory leaves",
        leaver=leaver, **changes,
    )  # fmt: skip
