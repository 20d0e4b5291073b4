"""What sites have in common whose provider is one fake, served over HTTP under the site's own name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from bot.drill.fakes.faults import Faults
    from bot.drill.providers.contract import Ground


class Fake(Protocol):
    @property
    def application(self) -> WSGIApplication: ...

    @property
    def faults(self) -> Faults: ...


class OverHttp:
    """For a dataclass with a field `fake`. It needs no ground, and nothing has to be ended but its server."""

    name: ClassVar[str]
    fake: Fake

    @classmethod
    def opened(cls, _ground: Ground) -> Self:
        return cls()

    def applications(self) -> Mapping[str, WSGIApplication]:
        return {self.name: self.fake.application}

    def faults(self) -> Faults:
        return self.fake.faults

    def pid(self) -> None:
        return None

    def stop(self) -> None:
        pass
