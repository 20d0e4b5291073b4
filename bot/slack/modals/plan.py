"""The form behind “Plan…”: exactly what waits for approval, step by step, secret by secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.basis import second_person, superseded
from bot.incident.approval.plan import plan_of, request_digest
from bot.incident.offers import unblocked, urged
from bot.incident.state import Incident, SecretState
from bot.phrases.marks import code, deadline, literal
from bot.phrases.plans import approver_words, if_failing_words, steps_so_far, superseded_words
from bot.phrases.states import STRATEGIES, effect_now
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import VIEW_BLOCKS, Json, form, row, section
from bot.slack.buttons import offer_button

SHOWN = VIEW_BLOCKS - 5


def plan_form(incident: Incident, _pressed: ButtonValue, now: datetime, answer: str = "") -> Json:
    """What an approval is for now; `answer` is what a press here came to."""
    said = [section(answer)] if answer else []
    request, note = incident.request, ButtonValue(incident.id).encode()
    if request is None or now >= request.until:
        return form(ActionId.PLAN, "Plan", [*said, section("Nothing waits for approval.")], close="Back", note=note)
    asked = [incident.secrets[name] for name in request.plans if name in incident.secrets]
    offers = unblocked(urged(incident, now), c.ApprovePlan, c.RejectPlan)
    digest, left = request_digest(request.plans), len(asked) - SHOWN
    blocks = [
        *said,
        section(
            f"Plan {code(f'{digest[:4]} {digest[4:8]}')} · expires {deadline(request.until)}",
            "An approval is for exactly this: a change asks anew.",
        ),
        *(section(*plan_lines(incident, secret, now)) for secret in asked[:SHOWN]),
        *(
            [section(f"*And {left} more secrets*, which an approval is for too: {code(f'bot plan {incident.id}')}.")]
            if left > 0
            else []
        ),
        *row(*(offer_button(incident, each) for each in offers)),
    ]
    return form(ActionId.PLAN, "Plan", blocks, close="Back", note=note)


def plan_lines(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    """What will be done to one secret, in order, why it takes two, and who may agree."""
    plan = plan_of(incident, secret)
    fails = f"; {if_failing_words(plan.if_failing)}" if plan.if_failing is not None else ""
    why = second_person(incident, secret, now)
    chosen = f"{STRATEGIES[plan.strategy]}{fails} ({why or 'one responder would do'})"
    yield f"*{literal(plan.title)}* {code(secret.name)}, {chosen}"
    yield from (
        f"  {number}. {literal(step)}" for number, step in enumerate(steps_so_far(incident, secret, now), start=1)
    )
    yield f"Effect: {literal(effect_now(secret))}"
    if whom := approver_words(incident, secret, now):
        yield f"Who can approve: {literal(whom)}"
    if changed := literal(superseded_words(superseded(incident, secret))):
        yield f"⚠️ {changed}"
