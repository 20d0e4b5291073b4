"""A leaked admin credential, and what it administers."""

from dataclasses import replace

from msgspec import structs

from bot.incident import events as e
from bot.incident.model import New, Old
from bot.model.probes import Liveness
from bot.model.secrets import Part
from tests.support.rotation import entry_for

PLACE = "/bot/admin"


def test_an_admin_credential_and_the_key_that_it_administers_leaked_together(rig_of):
    harness = rig_of("sendgrid")
    sendgrid, key = harness.providers["sendgrid"], entry_for("sendgrid")
    admin = structs.replace(key, name="sendgrid-admin", parts=(Part("key", PLACE, "KEY"),), consumers=())
    harness.store(key)
    harness.store(admin, sendgrid.world.admin_key)
    harness.values.add(sendgrid.world.admin_key)

    def provider(entry, timeout=None):
        return sendgrid.reconfigured(timeout or 5.0, admin=harness.vault.read(entry.admin_parameter).value.reveal())

    harness.tools = replace(harness.tools, provider=provider)
    harness.declare(key, admin)
    harness.settled()
    sendgrid.provider = provider(key)
    assert [(s.old_state, s.new_state) for s in (harness.state(key), harness.state(admin))] == [
        (Old.DEAD, New.UNCONFIRMED)
    ] * 2
    assert harness.failures() == []
    assert harness.events(e.ValuePromoted | e.AccessRevoked)[0].secret == "sendgrid-admin"
    assert provider(key).control().liveness is Liveness.LIVE
