"""The practice world's accounts at the providers. A new provider is a file beside these and a line below."""

from __future__ import annotations

from bot.drill.providers.aws_iam.fixture import AwsIamFixture
from bot.drill.providers.contract import Fixture
from bot.drill.providers.elevenlabs.fixture import ElevenLabsFixture
from bot.drill.providers.github.fixture import GitHubFixture
from bot.drill.providers.openai.fixture import OpenAIFixture
from bot.drill.providers.pagerduty.fixture import PagerDutyFixture
from bot.drill.providers.postgres.fixture import PostgresFixture
from bot.drill.providers.redis.fixture import RedisFixture
from bot.drill.providers.sendgrid.fixture import SendGridFixture
from bot.drill.providers.slack.fixture import SlackProductFixture
from bot.drill.providers.stripe.fixture import StripeFixture
from bot.drill.providers.supabase.fixture import SupabaseFixture
from bot.drill.providers.twilio.fixture import TwilioFixture

FIXTURES: tuple[type[Fixture], ...] = (
    SupabaseFixture,
    OpenAIFixture,
    ElevenLabsFixture,
    SendGridFixture,
    StripeFixture,
    SlackProductFixture,
    PagerDutyFixture,
    TwilioFixture,
    GitHubFixture,
    AwsIamFixture,
    RedisFixture,
    PostgresFixture,
)
"""In the order of the drill's catalog."""
