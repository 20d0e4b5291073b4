"""What the drill's people write down: how it was found, what it meant, and what they saw when they looked."""

from __future__ import annotations

NOTICE = "A colleague found our keys on a public paste page, which shows 214 views."
NOBODY_TO_TELL = "No sign that data was read. Decide again when the providers' logs are complete."
SOMEONE_TO_TELL = "Others used keys that give access to personal data."
OFFICER = "data protection officer"
STATEMENTS: tuple[tuple[str, str], ...] = (
    (
        "impact",
        "A reader of the paste could act as the product at these providers from 14:05 UTC until each key was dead.",
    ),
    ("abuse-unknown", "The paste shows 214 views. The providers' logs of that hour are not complete yet."),
    ("root-cause", "The keys were copied onto a contractor's laptop for debugging and pasted from there."),
)
"""Findings and decisions that the report rests on, by kind."""
USED_BY_OTHERS = "The provider's records show uses from elsewhere, within two minutes. None of them is ours."
NOT_OURS = "No function or person of ours opened this session."
UNDONE = "Deleted the user and the keys in the console, and removed the permission of the function."
TEAM = "Our own: this reader needs the key."
STRANGER = "CloudTrail shows these reads. We can't identify the reader; the contractor does not answer."
TAKEN_AWAY = "We deleted the contractor's IAM user. It can no longer read anything."
MAY_STAY = "The leaked keys are dead and the contractor's access is removed. What is open has an owner."
DECLINED = "Belongs in the next sprint, with the owner of the role."
NOTHING_THERE = "Looked in the console: everything there is ours."
OURS = "Our own team made it."
NOTHING_PROVEN = "Slack is down and AWS does not confirm who anyone is, so we can't approve as ourselves."
CAN_WAIT_BECAUSE = "Slack is down. The people concerned meet in the morning; the tasks are kept here."
CALLED = "Slack is down. Called by telephone, with the approved statement."
