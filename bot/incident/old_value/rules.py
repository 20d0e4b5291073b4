"""A leaked key that the bot itself uses: what that means, and what a person must do.

The bot keeps using it until a person has given it another one: it cannot do that itself, and without Slack, pager, AWS
or log it could do nothing for the other secrets. So these are revoked last.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bot.incident import events as e
from bot.incident.state import Incident, OldValue, SecretState

PAGES_WITH = frozenset({"BOT_PAGERDUTY_API_KEY", "BOT_PAGERDUTY_ROUTING_KEY"})
"""The variables of keys that page people, and that can silence the page."""
AWS_IDENTITY = "AWS_ACCESS_KEY_ID"

_SLACK = "Decide at the terminal and by phone until {} holds the new one and the bot is restarted."
_RESTART = "Put the new one into {} and restart the bot."
_PAGE = "An attacker can silence the page, so the fallback pages too. " + _RESTART
_ADVICE = {
    "SLACK_BOT_TOKEN": "An attacker can read in Slack what the bot reads, and post as the bot. " + _SLACK,
    "SLACK_SIGNING_SECRET": "An attacker can press any button as anyone. " + _SLACK,
    "SLACK_APP_TOKEN": "An attacker receives presses and text meant for the bot. " + _SLACK,
    "BOT_DATABASE_URL": (
        "An attacker can write the log: compare it with the heads in the channel (`bot log verify`), then change "
        "the password. " + _RESTART
    ),
    AWS_IDENTITY: (
        "An attacker can read every parameter that the bot can: treat all of them as leaked. Give the bot another "
        "identity and restart it before this key is revoked."
    ),
} | dict.fromkeys(PAGES_WITH, _PAGE)


def advice(variable: str) -> str:
    """What to do about the bot's own `variable`, in sentences."""
    return _ADVICE.get(variable, _RESTART).format(variable)


def own_words(variables: Iterable[str], *, planned: bool) -> str:
    """That the bot works with it, and what to do; of a `planned` rotation only how the bot gets the new one."""
    names = list(variables)
    sentences = dict.fromkeys(_RESTART.format(name) if planned else advice(name) for name in names)
    return f"the bot itself uses it ({', '.join(names)}). {' '.join(sentences)}"


# What a look at the leaked key counts as, and when its death is proven.


def effective(event: e.OldProbed) -> str:
    """How a probe counts: a refusal without an accepted comparison key through the same path proves nothing."""
    if event.probe.liveness == "dead" and (event.control is None or event.control.liveness != "live"):
        return "unknown"
    return event.probe.liveness


def run_is_long(incident: Incident, old: OldValue) -> bool:
    """Whether the log has as many refusals as a proof needs, far enough apart: more of them add nothing."""
    run = old.refusals
    return (
        run is not None and run.count > 1 and run.last_at - run.first_at >= timedelta(seconds=incident.timings.confirm)
    )


def proof_complete(incident: Incident, secret: SecretState) -> bool:
    """Seen alive before, then an unbroken run of refusals, at least two, far enough apart, each with a control, and no
    look among them that could not tell.
    """
    return secret.old.contained_at is None and secret.old.baseline_at is not None and run_is_long(incident, secret.old)
