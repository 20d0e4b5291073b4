"""What a drill does not do: start as production does, on settings in parameters; and the calls of rare moments."""

from __future__ import annotations

from types import SimpleNamespace

from bot.app.parameters import read_settings
from bot.aws import Aws, Role, objects
from bot.cli.diagnostics.aws import CHECKS
from bot.cli.diagnostics.check import look
from bot.drill.fakes.aws import REGION, AwsFront
from bot.drill.fakes.aws_world import AwsWorld, Person, _Inside
from bot.news.sources.aws import QuarantinedUsers
from bot.report.bucket import ReportBucket
from bot.report.contract import Document
from bot.secrets.secret import Secret
from bot.settings.model import settings_table
from bot.settings.table import parameter_name
from bot.vault.own import COMMAND_KEY, OWN_KEYS, all_keys, read_key
from bot.vault.ssm import SsmVault

WORKER, FRONT, RESPONDER = "worker", "front", "responder"
BUCKETS = ("reports", "backups", "runbook")
EVERYBODY, FRONTS = {WORKER, FRONT, RESPONDER}, {WORKER, FRONT}
READERS = {
    "SLACK_BOT_TOKEN": FRONTS,
    "SLACK_SIGNING_SECRET": FRONTS,
    "SLACK_APP_TOKEN": FRONTS,
    "BOT_DATABASE_URL": EVERYBODY,
    "BOT_INTAKE_GITHUB_TOKEN": {WORKER},
    "BOT_INTAKE_GITGUARDIAN_TOKEN": {WORKER},
    "BOT_PAGERDUTY_ROUTING_KEY": {WORKER},
    "BOT_PAGERDUTY_API_KEY": {WORKER},
    "BOT_PAGER_FALLBACK_ROUTING_KEY": {WORKER},
}
"""Who works with each secret setting, and so reads its parameter."""


def settings_of(identity: str) -> list[str]:
    """The parameters of all settings that an identity reads: each that is not secret, and the secrets of its own."""
    rows = [row for row in settings_table() if row.parameter]
    return [parameter_name(row.variable) for row in rows if not row.secret or identity in READERS[row.variable]]


def play(front: AwsFront) -> None:
    """Everything below, each identity with a user of its own."""
    world = AwsWorld(front)
    for alias in ("product", "compromise-staging", "compromise-command"):
        world.create_key(alias)
    who = {WORKER: "compromise-worker", FRONT: "compromise-front", RESPONDER: "dana"}
    people = {identity: world.create_person(user) for identity, user in who.items()}
    for identity, person in people.items():
        _start(_inside(front, person), settings_of(identity))
    worker, front_itself, responder = (world.session_of(person) for person in people.values())
    for name in OWN_KEYS:
        all_keys(worker, name, "alias/compromise-command" if name == COMMAND_KEY else "alias/compromise-staging")
    read_key(front_itself, COMMAND_KEY)
    _gather(worker)
    _ask_doctor(worker)
    _hand_over(responder)
    _assume(world, worker)
    _find_quarantine(world, worker)


def _inside(front: AwsFront, person: Person) -> Aws:
    """AWS as `person` sees it, without a connection."""
    made = _Inside(REGION, endpoint_url=front.url, loopback_allowed=True, access_key=(person.key_id, person.secret))
    made.front = front
    return made


def _start(aws: Aws, names: list[str]) -> None:
    read_settings(SsmVault(aws).read_ten, names)


def _gather(aws: Aws) -> None:
    """Reads that wait for Parameter Store's quota go together, whatever they are of."""
    SsmVault(aws).read_some(["/bot/admin/openai", "/_compromise/inc_a/redis-url/new/value", "/production/redis-url"])


def _ask_doctor(aws: Aws) -> None:
    """A check that needs more than this says that it failed: its calls are others' too."""
    staging, command = "alias/compromise-staging", "alias/compromise-command"
    settings = SimpleNamespace(staging_kms_key=staging, command_kms_key=command, product_role=None)
    outside = SimpleNamespace(settings=settings, aws=aws, vault=SsmVault(aws, staging_key=staging))
    found = {check.name: look(check).state for check in CHECKS.of(outside)}
    asked = ("fingerprint key", "command key", "staging KMS key", "staging area")
    assert [found[name] for name in asked] == ["ok"] * len(asked), found


def _hand_over(aws: Aws) -> None:
    vault, place = SsmVault(aws, staging_key="alias/compromise-staging"), "/_compromise/inbox/inc_a/sendgrid/t/value"
    vault.stage(place, Secret("SG.made-up"))
    vault.unstage(place)  # where the command was not accepted


def _assume(world: AwsWorld, aws: Aws) -> None:
    aws.with_role(Role(world.create_role("compromise-bot"), "EXTERNAL_ID")).caller_identity()


def _find_quarantine(world: AwsWorld, aws: Aws) -> None:
    world.create_person("product-app")
    entry = SimpleNamespace(environment="production", options={"user": "product-app"})
    list(QuarantinedUsers(aws, (entry,), SsmVault(aws)).listed(None))


def file(front: AwsFront) -> None:
    """Reports into a locked bucket, a backup, and the runbook for hands: moto needs seconds to load S3."""
    world = AwsWorld(front)
    s3, aws = world.aws.client("s3"), world.session_of(world.create_person("compromise-worker"))
    where = {"LocationConstraint": world.aws.region}
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=bucket == "reports")
    report = Document("report-1.html", "report", "html", "<p>", "0" * 64)
    ReportBucket("reports", lambda: aws.client("s3")).deliver(SimpleNamespace(id="inc_a"), (report,), renewed=False)
    objects.put(aws, "s3://backups/2026-12-01.sqlite.gz", b"log")
    objects.put(aws, "s3://runbook/runbook.html", b"page")
