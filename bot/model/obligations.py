"""The notices that law and contracts require of an installation: to whom, and within which time, as
counsel wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.secrets import Data


class StartsFrom(StrEnum):
    """The start of an obligation's time: people knew of the leak, it was declared, or every leaked key was dead."""

    AWARENESS = "awareness"
    DECLARATION = "declaration"
    CONTAINMENT = "containment"


@dataclass(frozen=True)
class Facts:
    """The facts that make an obligation apply: all named ones must hold. Of `data` and `environments` one entry must
    match; empty, or None, matches always.
    """

    data: tuple[Data, ...] = ()
    public: bool | None = None
    environments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obligation:
    """The frozen copy that an incident carries. `hours` is the time until the notice itself; None: without a fixed
    hour.

    `title` names the notice, `to` its recipient, `basis` the source of the duty, `decides` the person who says whether
    it applies. `template` is the draft that `bot report --draft` fills in; `confirmed` says whether counsel confirmed
    the entry.
    """

    id: str
    title: str
    to: str
    basis: str
    decides: str
    starts_from: StartsFrom = StartsFrom.AWARENESS
    hours: float | None = None
    when: Facts = Facts()
    template: str = ""
    guide: str = ""
    confirmed: bool = False


DEFAULT = Obligation(
    id="authority",
    title="Notice to the supervisory authority",
    to="the data protection authority that is competent for you",
    basis="GDPR, article 33 (1)",
    decides="data protection officer",
    hours=72,
    when=Facts((Data.PERSONAL, Data.PAYMENT, Data.CHILDREN)),
    template="regulator",
)
"""The obligations of an incident if no file names any: the law has then not been ruled out."""
