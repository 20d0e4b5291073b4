"""What people are shown before they revoke an old value without waiting: phrases (`bot.phrases.marks`)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident.approval.basis import second_person
from bot.incident.approval.plan import ENDING, plan_of
from bot.incident.approval.state import Consent
from bot.incident.changes import replace
from bot.incident.state import Incident, SecretState
from bot.phrases.marks import literal
from bot.phrases.plans import step_words
from bot.phrases.states import capitalised, effect_now


def kill_lines(incident: Incident, secret: SecretState) -> Iterator[str]:
    """What happens, what stops, whether there is a way back, what it waits for, and who else has to agree."""
    plan = plan_of(incident, secret, at_once=True)
    done = [words for step, words in zip(plan.steps, step_words(plan), strict=True) if step.does in ENDING]
    yield f"*What happens*: {literal(capitalised('; '.join(done)))}."
    yield f"*Effect*: {literal(effect_now(secret))}"
    if secret.entry.capabilities.revoke_needs_replacement and not incident.serving(secret).new.staged:
        yield "It begins once the new value is staged."
    if secret.entry.capabilities.renews and secret.new.wanted and not secret.new.staged:
        yield "It begins once the new value has been made out of this one, or that has failed."
    at = incident.last_at
    wanted = secret if secret.kill is not None else replace(secret, kill=Consent("", at), slot=at)
    if why := second_person(incident, wanted, at):
        yield f"Needs a second approver, because {literal(why)}."
