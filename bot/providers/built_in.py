"""The built-in providers by key, as module and class. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "aws-iam": "bot.providers.aws_iam.provider:AwsIam",
        "elevenlabs": "bot.providers.elevenlabs.provider:ElevenLabs",
        "elevenlabs/user-key": "bot.providers.elevenlabs.provider:ElevenLabsUserKey",
        "github": "bot.providers.github.provider:GitHub",
        "openai": "bot.providers.openai.provider:OpenAI",
        "openai/user-key": "bot.providers.openai.provider:OpenAIUserKey",
        "pagerduty": "bot.providers.pagerduty.provider:PagerDuty",
        "pagerduty/rest-key": "bot.providers.pagerduty.rest_key:PagerDutyRest",
        "postgres": "bot.providers.postgres.provider:Postgres",
        "redis": "bot.providers.redis.provider:Redis",
        "redis/upstash": "bot.providers.redis.upstash:Upstash",
        "sendgrid": "bot.providers.sendgrid.provider:SendGrid",
        "slack": "bot.providers.slack.provider:SlackToken",
        "slack/webhook": "bot.providers.slack.webhook:SlackWebhook",
        "stripe": "bot.providers.stripe.provider:Stripe",
        "supabase": "bot.providers.supabase.provider:Supabase",
        "twilio": "bot.providers.twilio.provider:Twilio",
    }
)
