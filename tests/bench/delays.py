"""The fixed delays, and how they are put before the fakes: as WSGI wrappers, and as a slow door before Redis."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bot.drill.fakes.aws_signature import Incomplete, Unsigned, read_signature

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FILE = Path(__file__).with_name("delays.yaml")


@dataclass(frozen=True)
class Delays:
    """All in seconds, but for the two limits of SSM's PutParameter."""

    provider_call: float
    ssm_call: float
    kms_call: float
    sts_call: float
    lambda_call: float
    lambda_update: float
    propagation: float
    ssm_puts_a_second: float
    ssm_put_burst: int

    @classmethod
    def load(cls) -> Delays:
        return cls(**yaml.safe_load(FILE.read_text()))

    def of(self, system: str) -> float:
        """How long one call to this system takes: an AWS service's name, or that of a provider."""
        by_service = {"ssm": self.ssm_call, "kms": self.kms_call, "lambda": self.lambda_call}
        aws = {**by_service, "sts": self.sts_call, "cloudtrail": 0.0, "iam": 0.0}
        return aws.get(system, self.provider_call)


@dataclass(frozen=True)
class Pace:
    """Where a practice world differs from the file of delays, in seconds.

    `lambda_update` is how long a changed configuration is in progress, `spread` how long a revoked value of a provider
    goes on being accepted; calls to what is `instant` take no time.
    """

    lambda_update: float
    spread: Mapping[str, float]
    instant: Sequence[str] = ()


class Delayed:
    """Answers as `application` does, `seconds(environ)` later. The fakes' own pages are not held up."""

    def __init__(self, application: WSGIApplication, seconds: Callable[[WSGIEnvironment], float]) -> None:
        self._application = application
        self._seconds = seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith("/_fake/"):
            time.sleep(self._seconds(environ))
        return self._application(environ, start_response)


def aws_service(environ: WSGIEnvironment) -> str:
    """The service that a signed request is for."""
    try:
        return read_signature(environ).service
    except (Unsigned, Incomplete):
        return "sts"


class ProofsCounted:
    """Counts the requests that prove a command, and tells their number to whoever asks for `/_fake/proofs`."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == "/_fake/proofs":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(self._count).encode()]
        if "HTTP_X_COMPROMISE_COMMAND" in environ:
            with self._lock:
                self._count += 1
        return self._application(environ, start_response)


class SlowDoor:
    """Passes TCP connections on to `port` of this machine; what a new one brings is held for `seconds` first."""

    def __init__(self, port: int, seconds: float) -> None:
        self._target = port
        self._seconds = seconds
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def _pass_on(self, near: socket.socket) -> None:
        time.sleep(self._seconds)
        far = socket.create_connection(("127.0.0.1", self._target))
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()
        for one in (near, far):
            one.close()

    def stop(self) -> None:
        self._listener.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
