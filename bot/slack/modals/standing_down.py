"""The form for standing down: what it does, and what is left for the day."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.incident import commands as c
from bot.incident.offers import Offer
from bot.incident.state import Incident
from bot.phrases.marks import literal
from bot.phrases.standing_down import MEANS, left_words
from bot.phrases.tasks import tasks_left
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import section
from bot.slack.modals.entered import Entered
from bot.slack.modals.form import Form
from bot.slack.modals.inputs import bullets, somebody

CHANGED = "Each can be given another time, or to somebody else, by *Change task…* behind *More…*."


def _blocks(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    left, there = left_words(incident, incident.last_at), tasks_left(incident)
    head = (
        f"*{counted(len(left), 'more task' if there else 'task')} for the day:*"
        if left
        else "*Nothing is left for the day* but the steps and the close."
    )
    small = [*([f"There already: {there}."] if there else []), *([CHANGED] if left else [])]
    whose = [somebody("owner", "Whose tasks they become", pressed.user)] if left else []
    every = bullets(incident.id, [literal(words) for words in left])
    return [section(MEANS), section(head), *every, *([section(*small)] if small else []), *whose]


def _command(_pressed: ButtonValue, said: Entered) -> c.StandDown:
    return c.StandDown(said.person("owner"))


STAND_DOWN = Form(ActionId.STAND_DOWN, "Stand down", "Stand down", _blocks, _command)
