"""What a provider's fake answers below `/_fake/`: the practice world's own small API, never hit by faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from flask import Blueprint, Response, jsonify, request

from bot.drill.fakes.faults import Faults


@dataclass
class KeyRecord:
    """A key at a fake. Times are Unix seconds; `value` is what opens the door."""

    id: str
    name: str
    value: str = field(repr=False)
    created_at: float
    last_used_at: float | None = None
    revoked_at: float | None = None


class KeyBook[K: KeyRecord]:
    """The keys of a fake, which gives it `clock` (Unix seconds), `propagation`, `_keys` and `_lock`."""

    clock: Callable[[], float]
    propagation: float
    """Seconds for which a revoked key goes on being accepted."""
    _keys: list[K]
    _lock: AbstractContextManager[object]

    def accepts(self, key: KeyRecord) -> bool:
        return key.revoked_at is None or self.clock() < key.revoked_at + self.propagation

    def all_keys(self) -> list[K]:
        """Every key that there ever was."""
        with self._lock:
            return list(self._keys)

    def judged(self) -> list[tuple[KeyRecord, bool]]:
        """Every key, each with whether it is accepted now."""
        return [(key, self.accepts(key)) for key in self.all_keys()]

    def live_keys(self) -> list[K]:
        """Keys that are accepted now, those under propagation included."""
        return [key for key in self.all_keys() if self.accepts(key)]

    def by_value(self, value: str) -> K | None:
        """The working key with this value."""
        return next((key for key in self.live_keys() if key.value == value), None)


def control(faults: Faults, keys: Callable[[], Iterable[tuple[KeyRecord, bool]]]) -> Blueprint:
    """Routes: POST /faults {name, times}, DELETE /faults, GET /keys. `keys` gives each key and whether it works."""
    routes = Blueprint("control", __name__, url_prefix="/_fake")

    @routes.post("/faults")
    def inject() -> tuple[Response, int]:
        body = request.get_json()
        try:
            faults.inject(str(body["name"]), body.get("times"))
        except ValueError as error:
            return jsonify(error=str(error)), 400
        return jsonify(name=body["name"]), 200

    @routes.delete("/faults")
    def clear() -> Response:
        faults.clear()
        return jsonify(cleared=True)

    @routes.get("/keys")
    def listed() -> Response:
        return jsonify(keys=[{"id": key.id, "name": key.name, "alive": alive} for key, alive in keys()])

    return routes
