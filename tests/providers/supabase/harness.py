import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.serving import Served
from bot.drill.providers.supabase.fake import FakeSupabase
from bot.net.http import Http
from bot.providers import PROVIDERS
from tests.providers.harness import PROPAGATION, TIMEOUT, Harness, http_harness, key, patience, setup
from tests.support.clock import Clock

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


HARNESSES = {"supabase": supabase}
