"""Links at the head of an incident's channel: to its card, and to the console of each provider concerned."""

from __future__ import annotations

import hashlib

from bot.errors import OutsideError, Unauthorized
from bot.incident.state import Incident
from bot.logs import Logger
from bot.model.providers import provider_name
from bot.slack.gateway import SlackGateway

MOST = 20
"""Links to consoles: a channel takes a hundred, and people look at the first."""
TITLE = "Incident card"
LACKS = (
    "The links to card and consoles are not at the head of this channel: the app lacks the scopes bookmarks:read and "
    "bookmarks:write. Whoever keeps the app: `bot manifest` has them; install it anew."
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
    """Looks which of them are there, and adds the others. Gives a sentence for people where only they can mend it, an
    empty one where all was done that can be, and None where it is worth another try later.

    It is a convenience: whatever goes wrong here keeps nothing else from being shown.
    """
    try:
        known = gateway.bookmarks(incident.channel)
        for link, title in {gateway.permalink(incident.channel, card): TITLE, **consoles(incident)}.items():
            if link and link not in known:
                gateway.bookmark(incident.channel, title, link)
    except OutsideError as error:
        _log.warning("bookmarks are lacking", incident=incident.id, error=str(error))
        if error.retryable:
            return None
        return LACKS if isinstance(error, Unauthorized) else ""
    return ""
