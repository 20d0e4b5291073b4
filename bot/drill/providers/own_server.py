"""What fixtures have in common whose provider is a real server of the practice world's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Server(Protocol):
    @property
    def port(self) -> int: ...

    @property
    def pid(self) -> int: ...

    def stop(self) -> None: ...


class OwnServer:
    """For a dataclass with a field `server`: it speaks its own protocol, and nobody has it fail."""

    server: Server

    def applications(self) -> Mapping[str, WSGIApplication]:
        return {}

    def variables(self, _urls: Mapping[str, str]) -> Mapping[str, str]:
        return {}

    def faults(self) -> None:
        return None

    def values(self) -> Iterator[tuple[str, str]]:
        """None besides those in the vault: passwords are made there."""
        yield from ()

    @property
    def port(self) -> int:
        """Where the server listens: its address stands in the values."""
        return self.server.port

    def pid(self) -> int:
        return self.server.pid

    def stop(self) -> None:
        self.server.stop()
