"""The private channel of an incident: its name, and finding it again after a crash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from bot.errors import OutsideError, Unauthorized
from bot.incident.state import Incident
from bot.logs import Logger
from bot.model.providers import provider_name
from bot.slack.errors import SlackRefused
from bot.slack.gateway import SlackGateway

NAME_LENGTH = 80
"""Source: docs.slack.dev, conversations.create: lower-case letters, digits, hyphens and underscores, at most 80."""
ATTEMPTS = 9


def channel_name(incident: Incident) -> str:
    """``inc-ab12cd-openai-api-key``, or ``inc-ab12cd-16-secrets``: as it was declared, so that it stays the same."""
    names = [name for name, secret in incident.secrets.items() if secret.added.at == incident.declared.at]
    what = names[0] if len(names) == 1 else f"{len(names)} secrets"
    return re.sub(r"[^a-z0-9]+", "-", f"{incident.id}-{what}".lower()).strip("-")[:NAME_LENGTH].rstrip("-")


def purpose(incident: Incident) -> str:
    """By this the bot knows the channel again; it says nothing about the secret."""
    return f"Response to {incident.id} in {incident.environment}. Never paste a secret here."


def open_channel(gateway: SlackGateway, incident: Incident) -> str:
    """The id of the incident's channel: created, or found where an earlier attempt left it; or the one that it shares
    with others of its kind, which is there.
    """
    if not incident.traits.own_channel:
        return incident.playbook.channel
    names = _names(incident)
    if (left := _ours(gateway, incident, names)) and _described(gateway, left, incident):
        return left
    for name in names:
        try:
            channel = gateway.create_channel(name)
        except SlackRefused as refused:
            if refused.code != "name_taken":
                raise
            continue
        if _described(gateway, channel, incident):
            return channel
    raise SlackRefused("open the channel", "name_taken")


def _names(incident: Incident) -> tuple[str, ...]:
    """In the order in which they are tried: other channels may have the first ones."""
    name = channel_name(incident)
    return (name, *(f"{name[: NAME_LENGTH - 2]}-{attempt}" for attempt in range(2, ATTEMPTS + 1)))


def _described(gateway: SlackGateway, channel: str, incident: Incident) -> bool:
    """Whether it could be given its purpose: someone may have archived it since it was opened."""
    topic = f"{incident.id} · {incident.environment} · the pinned card shows what is true now"
    try:
        gateway.describe(channel, purpose=purpose(incident), topic=topic)
    except SlackRefused as refused:
        if refused.code != "is_archived":
            raise
        return False
    return True


def _ours(gateway: SlackGateway, incident: Incident, names: Collection[str]) -> str:
    """What an earlier attempt left: a channel of one of these names that we are in and that is this incident's by its
    purpose. One without a purpose is of an attempt that got no further, since its name holds the incident's id. Never
    one that the incident has lost, should it be there again. Empty where there is none.
    """
    for found in gateway.own_channels():
        ours = found.name in names and (incident.id in found.purpose or not found.purpose)
        if ours and found.id not in incident.lost_channels:
            return found.id
    return ""


def invite(gateway: SlackGateway, channel: str, users: Collection[str]) -> list[str]:
    """Invites people one by one, so that a person who has left does not prevent the others; returns the people who are
    not in the channel.
    """
    return [user for user in dict.fromkeys(users) if not gateway.invite(channel, user)]


# Links at the head of an incident's channel: to its card, and to the console of each provider concerned.


MOST = 20
"""Links to consoles: a channel takes a hundred, and people look at the first."""
TITLE = "Incident card"
LACKS = (
    "This channel has no links to card and consoles: the app lacks the scopes bookmarks:read and bookmarks:write. "
    "Update the app from `bot setup manifest` and reinstall it."
)
_log = Logger(__name__)


def wanted(incident: Incident) -> str:
    """Changes when other links are wanted: with another card, or with secrets of further providers."""
    return hashlib.sha256("\n".join(consoles(incident)).encode()).hexdigest()[:16]


def consoles(incident: Incident) -> dict[str, str]:
    """The pages by their addresses, with what they are called."""
    found = [(secret.by_hand.console, secret.entry.provider) for secret in incident.secrets.values()]
    links = [(console, f"Console: {provider_name(provider)}") for console, provider in found]
    return dict([link for link in links if link[0].startswith("https://")][:MOST])


def add_bookmarks(gateway: SlackGateway, incident: Incident, card: str) -> str | None:
    """Adds the missing bookmarks. Returns a sentence if only people can correct something, an empty one if all is done,
    and None if a later try may help.

    Bookmarks are a convenience: a failure here prevents nothing else.
    """
    try:
        known = gateway.bookmarks(incident.channel)
        for link, title in {gateway.permalink(incident.channel, card): TITLE, **consoles(incident)}.items():
            if link and link not in known:
                gateway.bookmark(incident.channel, title, link)
    except OutsideError as error:
        _log.warning("bookmarks are missing", incident=incident.id, error=str(error))
        if error.retryable:
            return None
        return LACKS if isinstance(error, Unauthorized) else ""
    return ""
