"""Incidents to be reported on: of many secrets, closed in good order; or with a living key and broken glass."""

from datetime import timedelta

from bot.incident import commands as c
from bot.incident import model as m
from bot.model.capabilities import RevokedBy
from bot.model.secrets import Data, Kill, Outage
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    START,
    STRANGER,
    Story,
    capabilities,
    declaration,
    entry,
    wanted,
)

NAMES = (
    "openai-api-key", "stripe-secret-key", "sendgrid-api-key", "redis-url", "postgres-url", "twilio-auth-token",
    "github-token", "slack-bot-token", "supabase-key", "elevenlabs-key", "pagerduty-key", "upstash-token",
    "aws-access-key", "stripe-restricted-key", "openai-admin-key",
)  # fmt: skip
IMPACT = "Strangers could send mail as us and read model usage from 02:12 to 03:00; there is no sign that anyone did."
CAUSE = "A .env was committed to a public repository by the build of the landing page; push protection was off."


def _secrets(count):
    for number, name in enumerate(NAMES[:count]):
        data = Data.PERSONAL if number % 4 == 1 else Data.NONE
        strategy = m.Strategy.OVERLAP if number % 5 == 2 else m.Strategy.KILL_FIRST
        yield wanted(entry(name, data=data, outage=Outage.DOWN if number == 1 else Outage.DEGRADED), strategy)


def closed(count):
    """So many secrets, all dead, replaced and closed by the book."""
    begun = START - timedelta(minutes=48)
    story = Story(
        declaration(
            *_secrets(count), exposed_at=begun, title=f"{count} production secrets compromised", obligations=()
        ),
    )
    story.run(120)
    story.approve(BEN)
    story.do(c.AddNote("It was in a public repository"), STRANGER)
    story.do(c.RecordFinding("impact", IMPACT), ANNA)
    story.do(c.RecordFinding("root-cause", CAUSE), ANNA)
    story.run(2000)
    story.complete()
    story.do(c.Close(), CHLOE)
    return story.run(10)


def still_alive():
    """A key that only people can end, and that nobody has; another that was killed by broken glass."""
    by_hand = entry("stripe-secret-key", can=capabilities(revokes=RevokedBy.PERSON), data=Data.PAYMENT)
    fatal = entry("redis-url", kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
    story = Story(
        declaration(wanted(entry()), wanted(by_hand), wanted(fatal), wanted(entry("sendgrid-api-key")),
                    exposed_at=START - timedelta(hours=20), title="4 production secrets compromised", obligations=())
    )  # fmt: skip
    story.run(60)
    story.do(
        c.BreakGlass({"redis-url": SHOWN}, "connections from an address that is not ours, and nobody answers"), ANNA
    )
    story.do(c.AddTask("Rotate the mobile app's copy", "dora", START + timedelta(days=2)), ANNA)
    return story.run(900)
