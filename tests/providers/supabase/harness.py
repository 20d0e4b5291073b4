import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.supabase.fake import FakeSupabase
from bot.net.http import Http
from bot.providers import PROVIDERS
from tests.providers.harness import PROPAGATION, TIMEOUT, Harness, http_harness, key, patience, setup
from tests.providers.postgres.harness import EFFECTS, STRAY, made_up, postgres_server, url
from tests.support.clock import Clock
from tests.support.scripted import Scripted

PROJECT = "abcdefghijklmnopqrst"
OPTIONS = {"project": PROJECT}


@contextmanager
def supabase(old=None, old_id=None, **more) -> Iterator[Harness]:
    """`old` picks the leaked key from the world; usually a secret one of the new kind."""
    world = FakeSupabase(Clock(), PROPAGATION)
    world.add_project(PROJECT)
    app, sibling = world.add_key(PROJECT), world.add_key(PROJECT, "web", "publishable")
    leaked = old(world) if old else app
    with Served(world.application) as served:

        def configured(timeout=TIMEOUT, *, admin=world.admin_key, options=OPTIONS):
            given = setup("supabase", served.url, admin=admin, options=options, timeout=timeout)
            bases = {"api": served.url, "project": f"{served.url}/{PROJECT}"}
            hosts = dataclasses.replace(given, http=lambda role: Http("supabase", bases[role], timeout=timeout))
            return PROVIDERS["supabase"].configured(hosts)

        harness = http_harness(
            "supabase",
            world,
            served,
            admin=world.admin_key,
            options=OPTIONS,
            exchanges=None,
            old=key(leaked.value),
            old_id=old_id or leaked.id,
            sibling=key(sibling.value),
            stray=key("sb_secret_" + "Zz9" * 10),
            end_holder=lambda: world.delete_project(PROJECT),
            **more,
        )

        @contextmanager
        def fault(effect):
            world.faults.inject(effect)
            try:
                yield configured(patience(effect)), harness.old
            finally:
                world.faults.clear()

        yield dataclasses.replace(harness, provider=configured(), reconfigured=configured, fault=fault)


@contextmanager
def supabase_database() -> Iterator[Harness]:
    """A real database, whose password the fake changes as Supabase would."""
    server, world = postgres_server(), FakeSupabase()
    server.run("ALTER ROLE postgres LOGIN")
    worker = server.add_role("worker")
    old = url(server.add_role("postgres"))
    direct = f"127.0.0.1:{server.port}"
    world.add_project(PROJECT).set_password = lambda new: server.run(f"ALTER ROLE postgres PASSWORD '{new}'")
    with Served(world.application) as served:

        def configured(timeout=TIMEOUT, *, admin=world.admin_key, options=None, at=direct):
            options = {"direct": at, **OPTIONS} if options is None else options
            given = setup("supabase", served.url, admin=admin, options=options, timeout=timeout, hosts=(direct,))
            return PROVIDERS["supabase/database-password"].configured(given)

        @contextmanager
        def fault(effect):
            world.faults.inject("down")
            try:
                with Scripted(EFFECTS[effect]) as scripted:
                    yield configured(patience(effect), at=f"127.0.0.1:{scripted.port}"), old
            finally:
                world.faults.clear()

        yield Harness(
            name="supabase/database-password",
            provider=configured(),
            old=old,
            old_id="postgres",
            sibling=url(worker),
            effects=tuple(EFFECTS),
            fault=fault,
            stray=url(server.url("postgres", STRAY)),
            unclear=made_up(server, "postgres"),
            wrong_admin="sbp_" + "0" * 40,
            world=world,
            reconfigured=configured,
            offline=("install", "identify"),  # a login that tells nothing leaves the role of the URL the only candidate
        )


HARNESSES = {"supabase": supabase, "supabase/database-password": supabase_database}
