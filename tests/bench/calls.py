"""Which calls were made, by whom in the bot, seen from inside: the two sides of a comparison are held against it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import redis
import structlog
from requests.adapters import HTTPAdapter

from bot.app import Application
from bot.app.outside import Outside
from bot.inbox import Incidents

CHANGES = frozenset({"LabelParameterVersion", "UnlabelParameterVersion", "DeleteParameter"})


@dataclass(frozen=True)
class Call:
    """`at` in UTC; `lane` and `operation` of whoever called."""

    at: datetime
    system: str
    action: str
    lane: str
    operation: str

    @property
    def bucket(self) -> str:
        """The token bucket that the call takes from, empty if from none."""
        match self.system, self.action:
            case "ssm", "PutParameter":
                return "ssm puts"
            case "ssm", action:
                return "ssm changes" if action in CHANGES else "ssm reads"
            case (("redis" | "sts" | "kms"), _):
                return ""
            case system, _:
                return system


@dataclass
class Calls:
    """Thread-safe record of calls."""

    made: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, system: str, action: str) -> None:
        bound = structlog.contextvars.get_contextvars()
        call = Call(datetime.now(UTC), system, action, str(bound.get("lane", "")), str(bound.get("operation", "")))
        with self._lock:
            self.made.append(call)

    def until(self, end: datetime) -> list[Call]:
        """The calls that keys and functions were worked on with, up to then; not those of channel, page and usage."""
        return [call for call in self.made if call.lane.startswith(("old:", "new:", "function:")) and call.at <= end]


def counts(calls: Iterable[Call]) -> dict[str, int]:
    """How many there were of each kind, by `system action`."""
    return dict(sorted(Counter(f"{call.system} {call.action}" for call in calls).items()))


@contextmanager
def doing(lane: str, operation: str) -> Iterator[None]:
    """Notes who calls, as the worker does, for what is not the worker."""
    with structlog.contextvars.bound_contextvars(lane=lane, operation=operation):
        yield


class Measured(Application):
    """The application as it is in production, with its calls recorded, and without a wait at the end of an overlap."""

    @cached_property
    def calls(self) -> Calls:
        return Calls()

    @cached_property
    def incidents(self) -> Incidents:
        made: Incidents = Application.incidents.func(self)  # type: ignore[attr-defined]
        made.resolver.timings = replace(made.resolver.timings, overlap=0.0)
        return made

    @cached_property
    def outside(self) -> Outside:
        made: Outside = Application.outside.func(self)  # type: ignore[attr-defined]
        return replace(made, observer=self.calls.add)

    @contextmanager
    def recording(self, providers: Mapping[str, str]) -> Iterator[None]:
        """Records requests to the providers at these base URLs, and each new connection to Redis as a call, which is
        what the delays take it for.
        """
        named = {urlsplit(url).netloc: provider for provider, url in providers.items()}
        send, connect = HTTPAdapter.send, redis.Connection._connect

        def sent(adapter: HTTPAdapter, prepared: Any, **more: Any) -> Any:
            provider = named.get(urlsplit(prepared.url).netloc)
            if provider is not None:
                self.calls.add(provider, prepared.method)
            return send(adapter, prepared, **more)

        def connected(connection: Any) -> Any:
            self.calls.add("redis", "connection")
            return connect(connection)

        HTTPAdapter.send, redis.Connection._connect = sent, connected  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            HTTPAdapter.send, redis.Connection._connect = send, connect  # type: ignore[method-assign]
