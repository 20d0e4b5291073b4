"""What the drill's people write down: how it was found, what it meant, and what they saw when they looked."""

from __future__ import annotations

NOTICE = "A colleague found our .env on a public paste page; it has been read 214 times."
NOBODY_TO_TELL = "No sign that data was read with it: nobody is told, and we look again after the provider's logs."
OFFICER = "data protection officer"
STATEMENTS: tuple[tuple[str, str], ...] = (
    (
        "impact",
        "Whoever read the paste could act as the product at these providers, from 14:05 UTC until each key was dead.",
    ),
    ("abuse-unknown", "The paste was read 214 times; the providers' logs of that hour are not complete yet."),
    ("root-cause", "The .env was copied onto a contractor's laptop for debugging and pasted from there."),
)
"""Findings and decisions that the report rests on, by kind."""
TEAM = "Our own: meant to read it."
STRANGER = "CloudTrail shows these reads; nobody of us can explain them, and the contractor does not answer."
TAKEN_AWAY = "Nobody can explain them: the contractor's IAM user is deleted, and can read nothing any more."
MAY_STAY = "The old values are dead and the contractor's access is taken away: we wait for the contractor's answer."
DECLINED = "Belongs into the next sprint, with the owner of the role."
NOTHING_THERE = "Looked in the console: nothing that is not ours."
OURS = "Known to us: our own team made it."
NOTHING_PROVEN = "Slack is down, and AWS does not say who anybody is: nobody can decide as themselves."
CAN_WAIT_BECAUSE = "Slack is down; the people concerned meet in the morning, and the tasks are kept here."
CALLED = "Slack is down: called by telephone, with the approved statement."
