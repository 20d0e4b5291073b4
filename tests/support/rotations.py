"""Planned rotations for tests: a playbook of that kind, a standing approval, and the declaration of a run."""

from dataclasses import replace
from datetime import timedelta

from bot.incident import model as m
from bot.model.playbooks import Action, Playbook, PlaybookStep, RunKind
from bot.model.standing import StandingApproval, StandingGiver
from tests.support.incidents import START, TIMINGS, declaration, entry, wanted

ROTATION = Playbook(
    "rotation",
    "A planned rotation",
    (
        PlaybookStep("generate", "Generate", actions=(Action.GENERATE,)),
        PlaybookStep("update", "Update", actions=(Action.UPDATE,)),
        PlaybookStep("verify", "Verify", actions=(Action.VERIFY,)),
        PlaybookStep("revoke", "Revoke", actions=(Action.REVOKE, Action.PROVE)),
        PlaybookStep("document", "Document", actions=(Action.REPORT, Action.DECISIONS)),
    ),
    kind=RunKind.ROTATION,
)
OVERLAP = 24 * 3600.0
DANA = m.Actor("dana", frozenset({m.Right.RESPOND}))
"""Owns the secret; may not approve."""
MACHINE = m.Actor("bot")


def standing(*names, **changes):
    """Chloe and ben have signed for these."""
    usual = {
        "number": 7,
        "environment": "production",
        "secrets": names or ("openai-api-key",),
        "overlap": OVERLAP,
        "when": "",
        "until": START + timedelta(days=90),
        "givers": (StandingGiver("chloe", START), StandingGiver("ben", START)),
    }
    return StandingApproval(**{**usual, **changes})


def rotation(*secrets, approval=None, overlap=OVERLAP, channel="", playbook=ROTATION):
    """The declaration of a run: of one secret that dana owns, unless said."""
    secrets = secrets or (wanted(entry(owner="dana"), m.Strategy.OVERLAP, reason="rotated as planned"),)
    timings = replace(TIMINGS, overlap=overlap, approval_expires=OVERLAP)
    made = declaration(
        *secrets, playbook=replace(playbook, channel=channel), timings=timings, public=False, notice="as planned",
        title="openai-api-key rotated",
    )  # fmt: skip
    return replace(made, standing=approval)
