"""What is particular about some incidents, so that the operations come that an ordinary one has no need of."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from werkzeug.wrappers import Response

from bot.drill.fakes.slack import BOT_USER, FakeSlack
from bot.drill.providers.elevenlabs.fake import FakeElevenLabs
from bot.drill.providers.sendgrid.fake import FakeSendGrid
from bot.incident.model import Target, TargetKind
from bot.incident.state import Incident
from bot.rotation.identify import stage_unknown
from bot.secrets.secret import Secret
from bot.vault.contract import Vault
from tests.support.practice import ACCOUNT, OPENAI, PROJECT, SENDGRID, Practice

SIBLING, ELEVENLABS = "sendgrid-bulk-key", "elevenlabs-api-key"
ENTRY = """
  - name: {name}
    title: A key of {provider}
    provider: {provider}
    parts: {{ key: {{ parameter: "/{{environment}}/{name}", variable: KEY }} }}
    admin: /bot/admin/{provider}
    consumers: [ {{ lambda: notifications, health: "{health}/health/notifications" }} ]
    policy: {{ rotate_after_days: 90 }}
    owner: Growth team
    if_killed: What hangs on it stops.
    outage: degraded
    kill: irreversible
    data: personal
"""


SECURITY = "security"


class Setting(StrEnum):
    """STRAY: the leaked key stands in no parameter, and a person brought it; it stays staged until the last look at
    it, for which nobody waits a week here. UNREADABLE: SendGrid shows no key until the snapshot had to do without its
    scopes. SLACK: there is one. SIBLING: the catalog has a second secret of SendGrid. ELEVENLABS: there is an account,
    where a revoked key is only switched off, and deleted later. RETURN: nobody else can read the leaked key, and the
    new one is rolled back to it and promoted again before people agree to the kill. ROTATION: nothing leaked; a planned
    rotation, which two people agree to and the machine closes.
    """

    PLAIN = "plain"
    STRAY = "stray"
    UNREADABLE = "unreadable"
    SLACK = "slack"
    SIBLING = "sibling"
    ELEVENLABS = "elevenlabs"
    RETURN = "return"
    ROTATION = "rotation"


def bring_stray(world: Practice, vault: Vault, incident: str) -> Target:
    """A key of our account, in no history, staged as `bot identify` stages it. It is the leaked one from now on."""
    stray = world.openai.add_key(PROJECT, "app", service_account=ACCOUNT).value
    world.old[OPENAI] = stray
    stage_unknown(vault, incident, OPENAI, Secret(stray))
    return Target(TargetKind.CONFIRMED, Secret(stray).fingerprint, None, current=False, staged=True)


def with_entry(world: Practice, folder: Path, name: str, provider: str, more: str = "") -> dict[str, str]:
    """For a bot that has one secret more in its catalog; `more` are further lines of the entry."""
    shutil.copytree(world.environ["BOT_PLAYBOOKS"], folder)
    catalog = folder / "secrets.yaml"
    health = re.search(r'"(http://[^/"]+)/health', catalog.read_text())[1]
    with catalog.open("a") as out:
        out.write(ENTRY.format(name=name, provider=provider, health=health) + more)
    return {"BOT_PLAYBOOKS": str(folder)}


def add_sibling(world: Practice) -> str:
    """Its value, which must go on being accepted."""
    value = world.sendgrid.add_key("bulk").value
    world.aws.store(f"/production/{SIBLING}", value)
    return value


@contextmanager
def unreadable(fake: FakeSendGrid, incident: Callable[[], Incident]) -> Iterator[None]:
    """While the log has no snapshot of a captured key, a look at it fails: whoever dies in between changes nothing."""
    outer, inner = fake.application, fake.application.application

    def answer(environ, start_response):
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].startswith("/v3/api_keys/"):
            old = incident().secrets[SENDGRID].old
            if old.captured_at is not None and old.snapshot_at is None:
                return Response("", 503)(environ, start_response)
        return inner(environ, start_response)

    outer.application = answer
    try:
        yield
    finally:
        outer.application = inner


def add_elevenlabs(world: Practice, fake: FakeElevenLabs) -> str:
    """Two keys of a service account, of which the newer one leaked; the value of the older one."""
    fake._keys[:] = [key for key in fake.all_keys() if key.value == fake.admin_key]
    older, leaked = (fake.add_key("app", ACCOUNT).value for _ in range(2))
    world.aws.store(f"/production/{ELEVENLABS}", older, leaked)
    world.old[ELEVENLABS] = leaked
    return older


def elevenlabs_environ(world: Practice, fake: FakeElevenLabs, url: str, folder: Path) -> dict[str, str]:
    world.aws.store("/bot/admin/elevenlabs", fake.admin_key)
    more = f"    options: {{ service_account: {ACCOUNT} }}\n"
    return {"BOT_ELEVENLABS_API_URL": url, **with_entry(world, folder, ELEVENLABS, "elevenlabs", more)}


def slack_environ(fake: FakeSlack, url: str) -> dict[str, str]:
    """With a channel for the security team."""
    security = fake.workspace.add_channel(SECURITY)
    security.members.append(BOT_USER)
    return {
        "SLACK_BOT_TOKEN": fake.token,
        "SLACK_API_URL": f"{url}/api",
        "BOT_SECURITY_CHANNEL": security.id,
    }
