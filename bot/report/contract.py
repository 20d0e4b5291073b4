"""The places where a report arrives besides the bot's own disk: the document, and the port that delivers it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from bot.incident.state import Incident


def kept_name(incident: str, digest: str, form: str = "md") -> str:
    """How a kept version is called once a later one has taken its place: ``inc_ab12cd.kept-ea461b3187b5.md``."""
    return f"{incident}.kept-{digest[:12]}.{form}"


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
    """A place for reports. It looks first: an existing document is not sent again. Errors: the OutsideError family.

    `renewed` says that words were redacted since: the earlier text must go, if the place allows that.
    """

    def deliver(self, incident: Incident, documents: tuple[Document, ...], *, renewed: bool) -> str:
        """Brings them there and gives the place, a link or an address."""
        ...


def document_name(incident: str, digest: str, form: str) -> str:
    """``inc_ab12cd-report-1a2b3c4d5e6f.html``."""
    return f"{incident}-report-{digest[:12]}.{form}"


def notice_name(incident: str, obligation: str, seq: int) -> str:
    """``inc_ab12cd-draft-authority-17.html``: counsel's draft of a notice, made of events 1 to `seq`."""
    return f"{incident}-draft-{obligation}-{seq}.html"


def notice_covers(incident: str, name: str) -> int | None:
    """The last event that counsel's draft called `name` includes; None if it is no draft of this incident."""
    found = re.fullmatch(rf"{re.escape(incident)}-draft-.+-([0-9]+)\.html", name)
    return int(found[1]) if found else None
