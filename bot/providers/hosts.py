"""The places to which a credential with an address of its own, a URL, may be sent.

The author of a leaked or made-up URL chooses its host. So a place (``host:port``) is called only if the catalog names
it, or the admin credential's own URL does. Nothing is sent to any other place, not even the leaked key: a stranger's
answer would prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import OutsideError, Refused
from bot.model.probes import Answer, Liveness

_SHOWN = re.compile(r"[a-z0-9.-]{1,253}:[0-9]{1,5}|\[[0-9a-f:]{2,45}\]:[0-9]{1,5}")
"""What may be told of a place that someone else has written."""


@dataclass(frozen=True)
class Hosts:
    """The places of one secret's service. `named` are the catalog's; `own` gives those of the admin credential, and
    raises what reading that raises.
    """

    system: str
    named: tuple[str, ...] = ()
    own: Callable[[], tuple[str, ...]] = tuple

    def elsewhere(self, places: Sequence[str]) -> tuple[str, ...]:
        """Those of `places` that are none of the service's."""
        unnamed = [place for place in places if place not in self.named]
        return tuple(place for place in unnamed if place not in self.own()) if unnamed else ()

    def demand(self, places: Sequence[str], verb: str) -> None:
        """Refused for a place that is none of the service's."""
        for place in self.elsewhere(places):
            cause = (
                "is none of the hosts of this secret, so nothing is sent there. If it is ours, name it in the catalog"
            )
            raise Refused(self.system, verb, f"{shown(place)} {cause} (`hosts:`)")

    def servers(self, places: Sequence[str], verb: str) -> tuple[str, ...]:
        """Every place of the service, these first. Refused where one of these is none."""
        self.demand(places, verb)
        return tuple(dict.fromkeys((*places, *self.own(), *self.named)))


def shown(place: str) -> str:
    """A place in a form for people; the author of the value chose its text."""
    return place if _SHOWN.fullmatch(place) else "the place that the URL names"


def asked_at(places: Sequence[str], ask: Callable[[str], Answer]) -> Answer:
    """What the servers of one service say together: LIVE if one accepts the value, DEAD if every one refuses it."""
    if len(places) == 1:
        return ask(places[0])
    said: list[str] = []
    unclear: list[str] = []
    for place in places:
        answer = ask(place)
        text = f"{place}: {answer.detail}"
        if answer.liveness is Liveness.LIVE:
            return Answer(Liveness.LIVE, text)
        said.append(text)
        unclear += [text] if answer.liveness is Liveness.UNKNOWN else []
    return Answer(Liveness.UNKNOWN, "; ".join(unclear)) if unclear else Answer(Liveness.DEAD, "; ".join(said))


def at_each[T](places: Sequence[str], act: Callable[[str], T]) -> tuple[list[T], OutsideError | None]:
    """Calls every place, also after a failure at another: the results, and an error that names each failed place."""
    given: list[T] = []
    failed: dict[str, OutsideError] = {}
    for place in places:
        try:
            given.append(act(place))
        except OutsideError as error:
            failed[place] = error
    if not failed:
        return given, None
    first = next(iter(failed.values()))
    if len(places) == 1:
        return given, first
    causes = "; ".join(f"{place}: {error.cause}" for place, error in failed.items())
    return given, Refused(first.system, first.verb, causes)
