"""What the law and contracts oblige an installation to tell, whom, and within which time, as counsel wrote it down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.secrets import Data


class StartsFrom(StrEnum):
    """What an obligation's time runs from: people knew of it, it was declared, or every leaked value was dead."""

    AWARENESS = "awareness"
    DECLARATION = "declaration"
    CONTAINMENT = "containment"


@dataclass(frozen=True)
class Facts:
    """Which facts switch an obligation on: all of those that are named must hold. `data` and `environments`: one of
    them does; empty, or None, asks for nothing.
    """

    data: tuple[Data, ...] = ()
    public: bool | None = None
    environments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obligation:
    """The frozen copy that an incident carries. `hours` are those to the notice itself; None: without a fixed hour.

    `title` names the notice, `to` who gets it, `basis` where the duty stands, `decides` who says whether it is owed.
    `template` is the draft that `bot incident notice` fills in; `confirmed` whether counsel has confirmed the entry.
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
"""What an incident carries where no file names an obligation: nobody has then ruled the law out."""
