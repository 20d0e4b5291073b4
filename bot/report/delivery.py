"""Where a report arrives besides the bot's own disk: what is brought there, and the port that brings it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.incident.state import Incident


@dataclass(frozen=True)
class Document:
    """A file. Its `name` holds the beginning of the SHA-256 of its bytes (`digest`), so that the same one is known
    again.

    `title` is for people, `form` is ``md`` or ``html``.
    """

    name: str
    title: str
    form: str
    text: str
    digest: str

    @property
    def content(self) -> bytes:
        return self.text.encode()


class Destination(Protocol):
    """A place for reports. It looks first: a document that is there is not brought again. Errors: those of
    OutsideError.

    `renewed` says that words were redacted since: what an earlier one says must not stay, where the place allows that.
    """

    def deliver(self, incident: Incident, documents: tuple[Document, ...], *, renewed: bool) -> str:
        """Brings them there and gives the place, a link or an address."""
        ...


def document_name(incident: str, digest: str, form: str) -> str:
    """``inc_ab12cd-report-1a2b3c4d5e6f.html``."""
    return f"{incident}-report-{digest[:12]}.{form}"
