"""The drill's whole practice world behind the benchmarks' delays: `python -m tests.bench.catalog FOLDER`.

All secrets of the drill's catalog, in production. A call takes as long as `delays.yaml` says; the real Redis and
PostgreSQL servers answer at once, and a revocation takes effect at once. Prints one line of JSON, as `world.py` does,
and ends with its standard input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bot.data_files import PLAYBOOK, find_playbook
from bot.drill.client.place import BOT
from bot.drill.fakes.serving import Served
from bot.drill.practice_world import PracticeWorld
from tests.bench.delays import Delayed, Delays, aws_service
from tests.bench.people import people_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

UPDATE_SECONDS = 0.2
"""A changed configuration of a function is in progress for so long in the drill's AWS account."""


class SlowWorld(PracticeWorld):
    """Each provider's application answers late; Slack's, the functions' and the console's do not."""

    delays = Delays.load()

    def _applications(self) -> dict[str, WSGIApplication]:
        late = {name for fixture in self.fixtures.values() for name in fixture.applications()}
        wait = self.delays.provider_call
        return {
            name: Delayed(one, lambda _: wait) if name in late else one for name, one in super()._applications().items()
        }


def describe(practice_world: SlowWorld, folder: Path) -> dict[str, object]:
    aws = Served(
        Delayed(
            practice_world.account.front.application, lambda environ: practice_world.delays.of(aws_service(environ))
        )
    )
    (folder / "playbooks" / "secret-compromise.yaml").write_text(find_playbook(PLAYBOOK).read_text())
    slack, people = people_of(practice_world.slack.workspace)
    (folder / "people.yaml").write_text(yaml.safe_dump(people))
    urls = {name: served.url for name, served in practice_world.served.items()} | {"aws": aws.url}
    return {
        "environ": {**practice_world.environment(BOT), "AWS_ENDPOINT_URL": aws.url, "BOT_LOG_LEVEL": "ERROR"},
        "urls": urls,
        "providers": sorted({name for fixture in practice_world.fixtures.values() for name in fixture.applications()}),
        "environment": "production",
        "secrets": [entry["name"] for entry in practice_world.inventory.document["secrets"]],
        "pace": {"lambda_update": UPDATE_SECONDS, "spread": {}, "instant": ["redis"]},
        "people": slack,
    }


def main(folder: Path) -> None:
    """Until whoever started it closes its input. Its servers end with it."""
    practice_world = SlowWorld(folder)
    try:
        print(json.dumps(describe(practice_world, folder)), flush=True)
        sys.stdin.read()
    finally:
        practice_world.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
