"""From a press to its decision: how long until a worker has answered what someone asked for, beside five incidents.

The clock starts as the signed request is sent, or as a terminal begins to put its command, and stops when the row in
the inbox is seen answered. Front and worker are one process, or two that share nothing but the database.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import requests
from sqlalchemy import select

from bot.app import utc_now
from bot.aws import Aws
from bot.drill.fakes.slack import SentRequest
from bot.drill.fakes.slack.delivery import Delivery
from bot.drill.fakes.slack.workspace_reader import WorkspaceReader
from bot.eventlog.sql import EventLog
from bot.eventlog.tables import COMMANDS
from bot.inbox import Asker
from bot.incident.commands import AddNote
from bot.incident.model import Actor
from bot.proofs.aws import AwsSigner
from bot.proofs.aws_request import Sts
from bot.proofs.statement import ProofKind, Statement
from bot.secrets.secret import Secret
from bot.slack.listeners.request import SlackRequest
from bot.vault.ssm import SsmVault
from tests.bench.acknowledge import INCIDENTS, quantile, slash
from tests.bench.installation import Bot, World, bot_on, databases, free_port, practice_world, serving, settled
from tests.bench.people import ADA
from tests.bench.product import FRONT_KEY, SIGNING_SECRET
from tests.bench.sight import demand_sight

MOST_MEDIAN_MS = 100.0
PRESSES_A_SECOND, PRESSES, QUICK_PRESSES = 10, 100, 20
COMMANDS_AT_A_TERMINAL, QUICK_COMMANDS, GAP = 20, 5, 0.4
LOOK = 0.004
LONGEST = 30.0
OF_AWS = "AWS_"
ONE, TWO = "one process", "front and worker apart"

type Times = Mapping[str, tuple[float, float]]
"""By command id: when it was begun and when it had been put, in seconds of `perf_counter`."""


def measure(*, quick: bool) -> dict[str, object]:
    sides: dict[str, dict[str, object]] = {}
    with practice_world() as world, databases() as made:
        for name, create in made.items():
            for processes in (ONE, TWO):
                for door, ask in (("slack", _press), ("aws", _at_a_terminal)):
                    sides[f"{name}, {processes}, {door}"] = _side(world, create(), processes, ask, quick=quick)
    demand_sight("press", {"sts": sum(int(str(side["calls_to_sts"])) for side in sides.values())})
    pressed = [side for name, side in sides.items() if name.endswith("slack")]
    signed = [side for name, side in sides.items() if name.endswith("aws")]
    return {
        "goal": {"median_below_ms": MOST_MEDIAN_MS, "calls_to_sts_for_a_proof": 1},
        "met": all(float(str(side["p50_ms"])) < MOST_MEDIAN_MS for side in pressed)
        and all(side["calls_to_sts"] == side["commands"] for side in signed),
        "notes": [
            "slack: a note as a slash command, from the sending of the signed request to the answer in the inbox",
            (
                "aws: a note at a terminal, from the begin of its signing; three calls of 30 ms to AWS are in it, of "
                "which the terminal's own is over before the row is put"
            ),
            f"the inbox is looked at every {1000 * LOOK:g} ms: half of that is in each figure",
        ],
        "sides": sides,
    }


def _side(
    world: World, database: str | None, processes: str, ask: Callable[[_Scene], Times], *, quick: bool
) -> dict[str, object]:
    environ = world.environ_of(database)
    with _running(environ, processes) as url, bot_on(world, environ) as beside:
        incidents = [beside.declare(*names) for names in INCIDENTS]
        scene = _Scene(world, beside, url, incidents, quick)
        before = _asked_of_sts(world)
        with _watched(beside.app.event_log) as answered:
            times = ask(scene)
            _await_all(times, answered)
        at_work = sum(not settled(beside.app.incidents.load(incident)) for incident in incidents)
        asked = _asked_of_sts(world) - before
        for incident in incidents:
            beside.wait(incident, settled)
    whole = sorted(answered[command] - begun for command, (begun, _) in times.items())
    after = sorted(answered[command] - put for command, (_, put) in times.items())
    return {
        "commands": len(times),
        "p50_ms": 1000 * quantile(whole, 0.5),
        "p99_ms": 1000 * quantile(whole, 0.99),
        "largest_ms": 1000 * whole[-1],
        "p50_ms_after_put": 1000 * quantile(after, 0.5),
        "calls_to_sts": asked,
        "incidents_still_at_work_at_the_end": at_work,
    }


@contextmanager
def _running(environ: Mapping[str, str], processes: str) -> Iterator[str]:
    """Where Slack's requests go."""
    with ExitStack() as stack:
        if processes == ONE:
            yield stack.enter_context(serving(environ)).url
            return
        worker = {name: value for name, value in environ.items() if name != "SLACK_SIGNING_SECRET"}
        stack.enter_context(serving({**worker, "BOT_HEALTH_ADDRESS": f"127.0.0.1:{free_port()}"}, "work"))
        front = {name: value for name, value in environ.items() if not name.startswith(OF_AWS)}
        yield stack.enter_context(serving({**front, "BOT_COMMAND_KEY": FRONT_KEY}, "serve", "--no-worker")).url


@dataclass(frozen=True)
class _Scene:
    world: World
    beside: Bot
    url: str
    incidents: Sequence[str]
    quick: bool


# --- asking ---------------------------------------------------------------------------------------------------------


def _press(scene: _Scene) -> Times:
    """Sent when they are due, whether or not those before have been answered."""
    delivery = Delivery(scene.url, SIGNING_SECRET)
    times: dict[str, tuple[float, float]] = {}

    def send(command: str, request: SentRequest) -> None:
        begun = time.perf_counter()
        answer = delivery.send(request)
        if answer.status != 200:
            raise RuntimeError(f"Slack's request was answered with {answer.status}")
        times[command] = begun, time.perf_counter()

    prepared = list(_presses(scene))
    start = time.perf_counter() + 0.1
    with ThreadPoolExecutor(20) as pool:
        sent = []
        for number, (command, request) in enumerate(prepared):
            time.sleep(max(0.0, start + number / PRESSES_A_SECOND - time.perf_counter()))
            sent.append(pool.submit(send, command, request))
        for one in sent:
            one.result()
    return times


def _presses(scene: _Scene) -> Iterator[tuple[str, SentRequest]]:
    reader, user = WorkspaceReader(scene.world.urls["slack"]), scene.world.people[ADA]
    general = reader.channel("general")
    for number in range(QUICK_PRESSES if scene.quick else PRESSES):
        url = reader.do("response-url", {"user": user, "channel": general["id"], "ts": None})
        trigger = reader.do("trigger", {"user": user})["trigger_id"]
        text = f"note {scene.incidents[number % len(scene.incidents)]} seen again: {number}"
        fields = {"text": text, "response_url": url["response_url"], "trigger_id": trigger}
        yield SlackRequest.slash({"trigger_id": trigger}).command_id, slash(scene.world, general, fields)


def _at_a_terminal(scene: _Scene) -> Times:
    """One after the other, since Parameter Store takes three writes a second, which the incidents need as well."""
    asker = _by_aws(scene.world)
    times: dict[str, tuple[float, float]] = {}
    for number in range(QUICK_COMMANDS if scene.quick else COMMANDS_AT_A_TERMINAL):
        command = f"terminal-{uuid.uuid4().hex}"
        incident = scene.incidents[number % len(scene.incidents)]
        begun = time.perf_counter()
        scene.beside.app.client.put(incident, AddNote(f"seen again: {number}"), asker, command)
        times[command] = begun, time.perf_counter()
        time.sleep(GAP)
    return times


def _by_aws(world: World) -> Asker:
    own, key = world.environ, world.terminal
    aws = Aws(
        own["AWS_DEFAULT_REGION"],
        endpoint_url=own["AWS_ENDPOINT_URL"],
        loopback_allowed=True,
        access_key=(key["AWS_ACCESS_KEY_ID"], Secret(key["AWS_SECRET_ACCESS_KEY"])),
    )
    vault = SsmVault(aws, staging_key=own["BOT_STAGING_KMS_KEY"])
    signer = AwsSigner(aws, vault, Sts.of(own["AWS_ENDPOINT_URL"], production=False))
    arn = aws.caller_identity()

    def sign(statement: Statement) -> tuple[ProofKind, str]:
        return ProofKind.AWS, signer.prove(statement, utc_now())

    return Asker(arn, Actor(ADA), sign)


def _asked_of_sts(world: World) -> int:
    return int(requests.get(f"{world.urls['aws']}/_fake/proofs", timeout=5).text)


# --- looking --------------------------------------------------------------------------------------------------------


@contextmanager
def _watched(event_log: EventLog) -> Iterator[dict[str, float]]:
    """When each command was first seen answered."""
    answered: dict[str, float] = {}
    stopping = threading.Event()
    query = select(COMMANDS.c.command_id).where(COMMANDS.c.state != "waiting")

    def look() -> None:
        while not stopping.wait(LOOK):
            with event_log.database.reading() as connection:
                found = connection.execute(query).scalars().all()
            now = time.perf_counter()
            for command in found:
                answered.setdefault(command, now)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield answered
    finally:
        stopping.set()
        thread.join()


def _await_all(times: Times, answered: Mapping[str, float]) -> None:
    end = time.monotonic() + LONGEST
    while missing := set(times) - set(answered):
        if time.monotonic() > end:
            raise RuntimeError(f"{len(missing)} commands were not answered within {LONGEST:g} s")
        time.sleep(0.01)
