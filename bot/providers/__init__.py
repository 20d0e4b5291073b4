"""All providers, and what each can do. A new one is a file beside these and a line below."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from bot.aws import Aws
from bot.errors import ConfigurationError
from bot.http import Http
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.providers.aws_iam.provider import AwsIam
from bot.providers.aws_iam.root_key import AwsRootKey
from bot.providers.contract import (
    KIND,
    Compares,
    Controls,
    Deletes,
    Identifies,
    Inspects,
    Installs,
    Issues,
    Provider,
    Renews,
    Revokes,
    RevokesItself,
    RevokesWithOwner,
    Setup,
    Snapshots,
)
from bot.providers.elevenlabs.provider import ElevenLabs
from bot.providers.elevenlabs.user_key import ElevenLabsUserKey
from bot.providers.github.provider import GitHub
from bot.providers.openai.provider import OpenAI
from bot.providers.openai.user_key import OpenAIUserKey
from bot.providers.pagerduty.provider import PagerDuty
from bot.providers.pagerduty.rest_key import PagerDutyRest
from bot.providers.postgres.provider import Postgres
from bot.providers.postgres.two_roles import PostgresTwoRoles
from bot.providers.redis.elasticache import ElastiCache
from bot.providers.redis.provider import Redis
from bot.providers.redis.upstash import Upstash
from bot.providers.sendgrid.provider import SendGrid
from bot.providers.slack.provider import SlackToken
from bot.providers.slack.rotating_token import SlackRotatingToken
from bot.providers.slack.webhook import SlackWebhook
from bot.providers.stripe.provider import Stripe
from bot.providers.stripe.webhook_secret import StripeWebhook
from bot.providers.supabase.database_password import SupabaseDatabase
from bot.providers.supabase.provider import Supabase
from bot.providers.twilio.api_key import TwilioApiKey
from bot.providers.twilio.main_key import TwilioMainKey
from bot.providers.twilio.provider import Twilio

PROVIDERS: Mapping[str, type[Provider]] = MappingProxyType(
    {
        provider.card.key: provider
        for provider in (
            AwsIam,
            AwsRootKey,
            ElevenLabs,
            ElevenLabsUserKey,
            GitHub,
            OpenAI,
            OpenAIUserKey,
            PagerDuty,
            PagerDutyRest,
            Postgres,
            PostgresTwoRoles,
            Redis,
            ElastiCache,
            Upstash,
            SendGrid,
            SlackToken,
            SlackRotatingToken,
            SlackWebhook,
            Stripe,
            StripeWebhook,
            Supabase,
            SupabaseDatabase,
            Twilio,
            TwilioApiKey,
            TwilioMainKey,
        )
    }
)
"""By ``name``, or ``name/kind`` where a provider has several classes."""


def provider_class(name: str, options: Mapping[str, str]) -> type[Provider]:
    """The class for a catalog entry of provider `name`. ConfigurationError for a kind that it does not have."""
    kind = options.get(KIND, "")
    try:
        return PROVIDERS[f"{name}/{kind}" if kind else name]
    except KeyError:
        known = ", ".join(sorted(kinds_of(name))) or "none"
        raise ConfigurationError(f"{name}: unknown kind {kind!r}; expected: {known}") from None


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds that an entry of this provider may name, in the order of the registry; the plain class has none."""
    return tuple(card.kind for card in (provider.card for provider in PROVIDERS.values()) if card.name == name)


def provider_names() -> tuple[str, ...]:
    """Every provider once, in the order of the registry."""
    return tuple(dict.fromkeys(provider.card.name for provider in PROVIDERS.values()))


def abilities(provider: type[Provider], *, admin: bool = True) -> Capabilities:
    """Reads abilities off the protocols that the class satisfies.

    `admin` False is for a catalog entry that names no admin credential: what needs one is then left to a person.
    """
    admin = admin or provider.card.own_identity
    has_itself = issubclass(provider, RevokesItself)
    makes, revokes = Makes.PERSON, RevokedBy.ITSELF if has_itself else RevokedBy.PERSON
    if admin:
        issues = issubclass(provider, Issues) or issubclass(provider, Renews)
        makes = Makes.ISSUE if issues else Makes.INSTALL if issubclass(provider, Installs) else makes
        revokes = RevokedBy.MACHINE if issubclass(provider, Revokes) else revokes
    return Capabilities(
        makes=makes,
        revokes=revokes,
        identifies=issubclass(provider, Identifies),
        snapshots=admin and issubclass(provider, Snapshots),
        compares=issubclass(provider, Compares),
        controls=admin and issubclass(provider, Controls),
        copies_scopes=provider.card.copies_scopes,
        holds_sessions=provider.card.holds_sessions,
        revoke_needs_replacement=provider.card.revoke_needs_replacement,
        swaps=provider.card.swaps,
        deletes=admin and issubclass(provider, Deletes),
        inspects=admin and issubclass(provider, Inspects),
        revokes_itself=has_itself,
        revokes_with_owner=admin and issubclass(provider, RevokesWithOwner),
        renews=admin and issubclass(provider, Renews),
    )


def misfit(name: str, options: Mapping[str, str], parts: Collection[str]) -> str:
    """What of a catalog entry does not fit its provider's class, in words; empty if it fits or nothing is built."""
    if name not in provider_names():
        return ""
    try:
        provider = provider_class(name, options)
        provider.configured(Setup(options, lambda role: Http(name, provider.card.hosts[role], timeout=1.0), aws=Aws))
    except ConfigurationError as error:
        return str(error)
    wanted = provider.card.parts
    if wanted and set(parts) != set(wanted):
        return f"{name}: the parts are called {', '.join(parts)}; expected {', '.join(wanted)}"
    return ""
