"""What fixtures have in common whose provider is one fake, served over HTTP under the fixture's own name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from bot.drill.fakes.faults import Faults
    from bot.drill.providers.contract import Environment


class Fake(Protocol):
    @property
    def application(self) -> WSGIApplication: ...

    @property
    def faults(self) -> Faults: ...


class OverHttp:
    """For a dataclass with a field `fake`. It needs no environment, and only its server has to be stopped."""

    name: ClassVar[str]
    fake: Fake

    @classmethod
    def opened(cls, _environment: Environment) -> Self:
        return cls()

    def applications(self) -> Mapping[str, WSGIApplication]:
        return {self.name: self.fake.application}

    def faults(self) -> Faults:
        return self.fake.faults

    def pid(self) -> None:
        return None

    def stop(self) -> None:
        pass
