"""The practice world's accounts at the providers. A new provider is a file beside these and a line below."""

from __future__ import annotations

from bot.drill.providers.aws_iam.fixture import AwsIamSite
from bot.drill.providers.contract import Site
from bot.drill.providers.elevenlabs.fixture import ElevenLabsSite
from bot.drill.providers.github.fixture import GitHubSite
from bot.drill.providers.openai.fixture import OpenAISite
from bot.drill.providers.pagerduty.fixture import PagerDutySite
from bot.drill.providers.postgres.fixture import PostgresSite
from bot.drill.providers.redis.fixture import RedisSite
from bot.drill.providers.sendgrid.fixture import SendGridSite
from bot.drill.providers.slack.fixture import SlackProductSite
from bot.drill.providers.stripe.fixture import StripeSite
from bot.drill.providers.supabase.fixture import SupabaseSite
from bot.drill.providers.twilio.fixture import TwilioSite

SITES: tuple[type[Site], ...] = (
    SupabaseSite,
    OpenAISite,
    ElevenLabsSite,
    SendGridSite,
    StripeSite,
    SlackProductSite,
    PagerDutySite,
    TwilioSite,
    GitHubSite,
    AwsIamSite,
    RedisSite,
    PostgresSite,
)
"""In the order of the drill's catalog."""
