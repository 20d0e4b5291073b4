"""What is particular about some incidents, so that the operations come that an ordinary one has no need of."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from werkzeug.wrappers import Response

from bot.drill.standins.sendgrid import SendGridStandIn
from bot.drill.standins.slack import SlackStandIn
from bot.incident.model import Target, TargetKind
from bot.incident.state import Incident
from bot.secret import Secret
from bot.vault.contract import Vault
from tests.support.practice import ACCOUNT, OPENAI, PROJECT, SENDGRID, Practice

STRAY_PATH = "/_compromise/before/openai-api-key/old"
SIBLING = "sendgrid-bulk-key"
SIBLING_ENTRY = """
  - name: sendgrid-bulk-key
    title: SendGrid key for bulk mail
    provider: sendgrid
    parts: { key: { parameter: "/{environment}/sendgrid-bulk-key", variable: SENDGRID_BULK_KEY } }
    admin: /bot/admin/sendgrid
    policy: { rotate_after_days: 90 }
    owner: Growth team
    if_killed: Newsletters stop.
    outage: degraded
    kill: irreversible
    data: personal
"""


class Setting(StrEnum):
    """STRAY: the leaked value stands in no parameter, and a person brought it; it stays staged until the last look at
    it, for which nobody waits a week here. UNREADABLE: SendGrid shows no key until the snapshot had to do without its
    scopes. SLACK: there is one. SIBLING: the catalog has a second secret of SendGrid.
    """

    PLAIN = "plain"
    STRAY = "stray"
    UNREADABLE = "unreadable"
    SLACK = "slack"
    SIBLING = "sibling"


def bring_stray(world: Practice, vault: Vault) -> Target:
    """A key of our account, in no history, staged as `bot identify` stages it. It is the leaked one from now on."""
    stray = world.openai.add_key(PROJECT, "app", service_account=ACCOUNT).value
    world.old[OPENAI] = stray
    vault.stage(STRAY_PATH, Secret(stray))
    return Target(TargetKind.CONFIRMED, Secret(stray).fingerprint, None, current=False, staged=STRAY_PATH)


def sibling_environ(world: Practice, folder: Path) -> dict[str, str]:
    """For a bot that has one secret more in its catalog."""
    shutil.copytree(world.environ["BOT_PLAYBOOKS"], folder)
    with (folder / "secrets.yaml").open("a") as catalog:
        catalog.write(SIBLING_ENTRY)
    return {"BOT_PLAYBOOKS": str(folder)}


def add_sibling(world: Practice) -> str:
    """Its value, which must go on being accepted."""
    value = world.sendgrid.add_key("bulk").value
    world.aws.store(f"/production/{SIBLING}", value)
    return value


@contextmanager
def unreadable(standin: SendGridStandIn, incident: Callable[[], Incident]) -> Iterator[None]:
    """While the log has no snapshot of a captured key, a look at it fails: whoever dies in between changes nothing."""
    outer, inner = standin.application, standin.application.application

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


def slack_environ(standin: SlackStandIn, url: str) -> dict[str, str]:
    return {"SLACK_BOT_TOKEN": standin.token, "SLACK_API_URL": f"{url}/api"}
