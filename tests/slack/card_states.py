"""An incident of any number of secrets, as people meet its card: at the start, waiting for them, failing, done."""

import dataclasses
from datetime import timedelta

import msgspec

from bot.incident import events as e
from bot.incident.closing.open_items import open_items
from bot.incident.lanes import old_lane
from bot.incident.model import Accepted, Right
from bot.incident.operations import Op
from bot.model.reads import Read
from bot.model.secrets import Copy, CopyKind, Data, Kill, Outage
from tests.slack.states import Story, entry
from tests.support.incidents import OBLIGATIONS

NAMES = ("stripe-secret-key", "redis-url", "openai-api-key", "sendgrid-api-key", "twilio-api-key", "github-token")
LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"
CHECKLIST = {"keys": "Look for keys that none of you made.", "webhooks": "Look where events are sent."}
CONSEQUENCES = {
    "stripe-secret-key": "Payments stop until the new key is in place",
    "redis-url": "Sessions drop for about a minute",
    "openai-api-key": "Model answers fail for about 10 s",
}
STATES = ("start", "waiting", "failing", "done")


def named(number):
    """So many names: those of a product, then the same again with a number."""
    turns = range(number // len(NAMES) + 1)
    return [f"{name}-{turn}" if turn else name for turn in turns for name in NAMES][:number]


def secret(name):
    kind = next(each for each in NAMES if name.startswith(each))
    grave = kind == "redis-url"
    made = entry(
        name,
        by_hand=kind == "stripe-secret-key",
        checklist=CHECKLIST,
        if_killed=CONSEQUENCES.get(kind, "Mails wait"),
        outage=Outage.DOWN if grave else Outage.DEGRADED,
        kill=Kill.IRREVERSIBLE,
        data=Data.PAYMENT if kind == "stripe-secret-key" else Data.NONE,
    )
    copies = (Copy("ci", CopyKind.CI, "GitHub Actions", "Put the new key there.", "Team"),)
    return msgspec.structs.replace(made, copies=copies) if kind == "openai-api-key" else made


def story(number, state):
    """The incident in this state. Of four secrets one is by hand, one waits for approval, two are the machine's."""
    every = [secret(name) for name in named(number)]
    told = Story(
        *every, title="A .env with production keys in a public gist", by="dana", obligations=OBLIGATIONS
    ).channel()
    for one in every:
        told.captured(one.name)
        if not told.incident.secrets[one.name].made_by_person:
            rights = (Right.RESPOND,)
            told.then(e.KillRequested(one.name, slot=one.outage is not Outage.DOWN, rights=rights), by="dana", later=0)
        else:
            _hinted(told, one.name)
    if state == "start":
        return told
    reads = (Read(told.at, LAPTOP, "192.0.2.1", "cli", "GetParameter", "/x"),)
    for one in every:
        told.then(e.UsageRead(0, one.name, "CloudTrail", told.at, told.at, reads, (), False))
    return {"waiting": _waiting, "failing": _failing, "done": _done}[state](told, every)


def _hinted(told, name):
    held = told.incident.secrets[name]
    seen = dataclasses.replace(held, old=dataclasses.replace(held.old, hint="sk_live_…c668"))
    told.incident = dataclasses.replace(told.incident, secrets={**told.incident.secrets, name: seen})


def _waiting(told, every):
    """People are waited for: by hand, for approval, after a failed revocation; what the machine could do is done."""
    grave = [one.name for one in every if one.outage is Outage.DOWN]
    for one in every:
        if one.name.startswith(("openai-api-key", "sendgrid-api-key")):
            told.dead(one.name).live(one.name)
        elif one.name.startswith("twilio"):
            told.fails(Op.REVOKE, old_lane(one.name), one.name, "twilio: revoke key: HTTP 500", final=True)
    return told.asked(*grave) if grave else told


def _failing(told, every):
    """The same, and consumers refuse the new key of one."""
    last = every[-1].name
    for one in every:
        if one.name.startswith(("openai-api-key", "sendgrid-api-key")):
            told.dead(one.name)
            if one.name != last:
                told.live(one.name)
    told.refused_by_consumers(last)
    grave = [one.name for one in every if one.outage is Outage.DOWN and one.name != last]
    return told.asked(*grave) if grave else told


def _done(told, every):
    """Every key is dead and replaced; what people decide is open, and of the steps five are over."""
    for one in every:
        told.dead(one.name).live(one.name)
    for step in told.incident.steps[:5]:
        told.then(e.StepDone(step.definition.id), by="dana")
    told.then(e.TaskAdded("t1", "Take the keys out of the build", "dana", told.at + timedelta(hours=2)), by="dana")
    return told


def closed(number):
    """The same closed: a person has accepted what was left."""
    told = story(number, "done")
    for step in told.incident.steps[5:]:
        told.then(e.StepDone(step.definition.id), by="dana")
    left = tuple(Accepted(item.key, item.words) for item in open_items(told.incident))
    return told.then(e.IncidentClosed("Stripe answers on Monday (proposed by dana)", left), by="eli")
