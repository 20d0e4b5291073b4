"""Planned rotations for tests: a playbook of that kind, what the catalog says, and the declaration of a run."""

from dataclasses import replace

from msgspec import structs

from bot.incident import model as m
from bot.model.playbooks import Action, Playbook, PlaybookStep, RunKind
from bot.model.secrets import Planned
from tests.support.incidents import TIMINGS, declaration, entry, wanted

ROTATION = Playbook(
    "rotation",
    "A planned rotation",
    (
        PlaybookStep("generate", "Generate", actions=(Action.GENERATE,), by_itself=True),
        PlaybookStep("update", "Update", actions=(Action.UPDATE,), by_itself=True),
        PlaybookStep("verify", "Verify", actions=(Action.VERIFY,), by_itself=True),
        PlaybookStep("revoke", "Revoke", actions=(Action.REVOKE, Action.PROVE), by_itself=True),
        PlaybookStep("document", "Document", actions=(Action.REPORT, Action.DECISIONS)),
    ),
    kind=RunKind.ROTATION,
)
OVERLAP = 24 * 3600.0
DANA = m.Actor("dana", frozenset({m.Right.RESPOND}))
"""Owns the secret; may not approve."""
MACHINE = m.Actor("bot")


ASK, AUTO = Planned.ASK, Planned.AUTO


def rotation(*secrets, planned=ASK, overlap=OVERLAP, channel="", playbook=ROTATION):
    """The declaration of a run: of one secret that dana owns, unless said; `planned` is the catalog's word."""
    secrets = secrets or (wanted(entry(owner="dana"), m.Strategy.OVERLAP, reason="rotated as planned"),)
    secrets = [replace(each, secret=structs.replace(each.secret, planned=planned)) for each in secrets]
    timings = replace(TIMINGS, overlap=overlap, approval_expires=OVERLAP)
    return declaration(
        *secrets, playbook=replace(playbook, channel=channel), timings=timings, public=False, how_noticed="as planned",
        title="openai-api-key rotated",
    )  # fmt: skip
