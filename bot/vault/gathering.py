"""Groups parameter reads that wait for SSM's quota: a request for ten counts like one for one.

Facts: GetParameters accepts ten names, also with versions, and answers with the existing values; if one is forbidden or
cannot be decrypted, it refuses all ten (SSM API reference). GetParameter, GetParameters and GetParametersByPath share
their quota (AWS general reference, Systems Manager endpoints and quotas).
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.errors import Missing, OutsideError, Refused, Throttled, Unauthorized
from bot.model.priority import Priority
from bot.net.limits import Bucket, working_priority
from bot.vault.contract import Stored

MOST = 10
APART = 60.0
"""Seconds for which reads go one by one once a gathered one was not allowed: each would cost a second request."""


@dataclass(eq=False)
class _Wanted:
    """One reader's name, and its result. If it is done and neither found nor failed, it must be read alone."""

    name: str
    order: tuple[Priority, int]
    taken: bool = False
    found: Stored | None = None
    failure: OutsideError | None = None
    done: threading.Event = field(default_factory=threading.Event)


@dataclass
class GatheredReads:
    """Reads one name at a time for many threads at once. A thread that gets a token also reads up to nine other waiting
    names.

    A name may end in ``:`` and a version. `one` reads a single name; `several` reads some in one request, and returns
    what exists by parameter, without the version. Both raise OutsideErrors and take no token from `bucket`.
    """

    system: str
    bucket: Bucket
    one: Callable[[str], Stored]
    several: Callable[[Sequence[str]], Mapping[str, Stored]]
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Wanted] = []
        self._numbers = itertools.count()
        self._apart_until = self.clock()

    def read(self, name: str) -> Stored:
        """The value under `name`. Errors: those of `one`."""
        wanted = _Wanted(name, (working_priority(Priority.READ), next(self._numbers)))
        with self._lock:
            self._waiting.append(wanted)
        try:
            if self.bucket.take(Priority.READ, unless=lambda: wanted.taken):
                self._answer(self._batch(wanted))
        finally:
            self._withdraw(wanted)
        wanted.done.wait()
        if wanted.failure is not None:
            raise wanted.failure
        if wanted.found is not None:
            return wanted.found
        self.bucket.take(Priority.READ)
        return self._asked(lambda: self.one(name))

    def read_some(self, names: Sequence[str]) -> dict[str, Stored]:
        """The values under the names that exist and are readable, ten in a request. Raises only errors that may be gone
        at the next try.
        """
        found: dict[str, Stored] = {}
        for ten in itertools.batched(dict.fromkeys(names), MOST):
            found |= self._read_ten(ten)
        return found

    def _read_ten(self, names: Sequence[str]) -> Mapping[str, Stored]:
        self.bucket.take(Priority.READ)
        try:
            return self._asked(lambda: self.several(names))
        except OutsideError as error:
            if error.retryable:
                raise
        found = {}
        for name in names:
            with suppress(Missing, Refused, Unauthorized):
                found[name] = self.read(name)
        return found

    def _batch(self, first: _Wanted) -> list[_Wanted]:
        """`first`, unless another request took it along at the last moment, and the most urgent of the others."""
        with self._lock:
            if first.taken:
                return []
            batch = [first]
            if self.clock() >= self._apart_until:
                for wanted in sorted(self._waiting, key=lambda each: each.order):
                    if wanted is not first and _fits(wanted.name, [each.name for each in batch]):
                        batch.append(wanted)
            for wanted in batch:
                wanted.taken = True
                self._waiting.remove(wanted)
        self.bucket.look_again()
        return batch

    def _answer(self, batch: Sequence[_Wanted]) -> None:
        names = list(dict.fromkeys(wanted.name for wanted in batch))
        try:
            found = self._ask(names)
        except OutsideError as error:
            self._fail(batch, error, gathered=len(names) > 1)
        else:
            for wanted in batch:
                parameter, _, version = wanted.name.partition(":")
                stored = found.get(parameter)
                if stored is None:
                    wanted.failure = Missing(self.system, f"read {wanted.name}", "ParameterNotFound")
                elif version in {"", str(stored.version)}:
                    wanted.found = stored
        finally:
            for wanted in batch:
                wanted.done.set()

    def _ask(self, names: Sequence[str]) -> Mapping[str, Stored]:
        if len(names) == 1:
            return {_parameter(names[0]): self._asked(lambda: self.one(names[0]))}
        return self._asked(lambda: self.several(names))

    def _asked[Answered](self, ask: Callable[[], Answered]) -> Answered:
        try:
            return ask()
        except Throttled as error:
            self.bucket.slow_down(error.retry_after)
            raise

    def _fail(self, batch: Sequence[_Wanted], error: OutsideError, *, gathered: bool) -> None:
        """One name may be the reason why all were refused. Then none has an answer, and each is read alone."""
        if gathered and isinstance(error, Unauthorized):
            self._apart_until = self.clock() + APART
        if gathered and not error.retryable:
            return
        for wanted in batch:
            wanted.failure = _told(error, wanted.name)

    def _withdraw(self, wanted: _Wanted) -> None:
        """An interrupted reader leaves nothing behind."""
        with self._lock:
            if wanted in self._waiting:
                self._waiting.remove(wanted)


def _fits(name: str, names: Sequence[str]) -> bool:
    """Whether a request for `names` can take this one too: ten at most, and no parameter at two versions."""
    if name in names:
        return True
    return len(set(names)) < MOST and _parameter(name) not in {_parameter(each) for each in names}


def _parameter(name: str) -> str:
    return name.partition(":")[0]


def _told(error: OutsideError, name: str) -> OutsideError:
    """A copy of the error for one of several readers: two threads must not raise the same exception."""
    verb = f"read {name}"
    if isinstance(error, Throttled):
        return Throttled(error.system, verb, error.cause, error.retry_after)
    return type(error)(error.system, verb, error.cause)
