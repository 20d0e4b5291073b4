"""What must hold when an incident is over, whoever died on the way: by the other sides' own state and by the log."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import redis
from sqlalchemy import select

from bot.consumers.contract import MARKER
from bot.eventlog.sql import EventLog
from bot.eventlog.tables import COMMANDS, EVENTS, STREAMS
from bot.eventlog.verify import verify_incident
from bot.incident import events as e
from bot.incident.events import UpdateSent
from bot.incident.model import New, Old
from bot.incident.state import Incident, SecretState
from bot.model.keys import key_prefix
from bot.people import People
from bot.secrets.secret import Secret
from bot.slack.channel_messages import News
from bot.slack.incident_channel import CARD_EVENT, NEWS_EVENT
from tests.crash.running import Run, Stage
from tests.crash.setting import ELEVENLABS, SECURITY, Setting
from tests.support import crash
from tests.support.practice import OPENAI, REDIS, SENDGRID, STRIPE

WRITES = ("PutParameter", "LabelParameterVersion", "DeleteParameter", "PUT", "POST", "DELETE", "SETUSER", "KILL")


def check(stage: Stage, run: Run) -> None:
    """AssertionError with a sentence if anything is lost, doubled, left alive or not in the log. Counts the keys."""
    incident = run.event_log.load(run.incident)
    for secret in incident.secrets.values():
        if secret.target.staged:
            _check_brought(stage, secret)
        else:
            assert (secret.old_state, secret.new_state) == (Old.DEAD, New.LIVE), f"{secret.name} is not at its end"
            _check_parameter(stage, run, secret)
            _check_functions(stage, secret)
    check_staging(stage)
    for name, fake in (
        (OPENAI, stage.world.openai),
        (SENDGRID, stage.world.sendgrid),
        (STRIPE, stage.world.stripe),
    ):
        _check_keys(stage, run, incident, name, fake)
    if ELEVENLABS in incident.secrets:
        _check_keys(stage, run, incident, ELEVENLABS, stage.elevenlabs)
        leaked = next(key for key in stage.elevenlabs.all_keys() if key.value == stage.world.old[ELEVENLABS])
        assert leaked.deleted, "the leaked key is switched off and not deleted"
    if REDIS in incident.secrets:
        _check_redis(stage, run, incident.secrets[REDIS])
    if run.scenario.setting is Setting.SLACK:
        _check_channel(stage, run, incident)
        _check_told(stage, run, incident)
    _check_log(run, incident)
    _check_surroundings(stage, run)


def check_staging(stage: Stage) -> None:
    """Neither values nor proofs are left."""
    left = stage.world.aws.aws.client("ssm").get_parameters_by_path(Path="/_compromise", Recursive=True)["Parameters"]
    assert not left, f"left in staging: {[each['Name'] for each in left]}"


# --- parameters and functions ---------------------------------------------------------------------------------------


def _check_parameter(stage: Stage, run: Run, secret: SecretState) -> None:
    ssm, name = stage.world.aws.aws.client("ssm"), f"/production/{secret.name}"
    history = ssm.get_parameter_history(Name=name, WithDecryption=True)["Parameters"]
    versions = 5 if run.scenario.returns else 3
    assert len(history) == versions, f"{name} has {len(history)} versions: written {len(history) - 2} times"
    newest = history[-1]
    assert Secret(newest["Value"]).fingerprint == secret.new.fingerprint, f"{name} does not hold the recorded value"
    labels = {label: entry["Version"] for entry in history for label in entry.get("Labels", ())}
    assert labels == {"current": versions, "previous": versions - 1}, f"{name}: labels {labels}"


def _check_brought(stage: Stage, secret: SecretState) -> None:
    """A value that stood in no parameter: it dies, and the one in use stays."""
    assert (secret.old_state, secret.new_state) == (Old.DEAD, New.NOT_NEEDED), f"{secret.name} is not at its end"
    name = f"/production/{secret.name}"
    history = stage.world.aws.aws.client("ssm").get_parameter_history(Name=name, WithDecryption=True)["Parameters"]
    values = [each["Value"] for each in history]
    assert len(values) == 2, f"{name} was written"
    assert values[-1] == stage.older[secret.name], f"{name} holds another key"


def _check_functions(stage: Stage, secret: SecretState) -> None:
    functions = stage.world.aws.aws.client("lambda")
    for consumer in secret.entry.consumers:
        environment = functions.get_function_configuration(FunctionName=consumer.function)["Environment"]["Variables"]
        version = secret.new.versions[f"/production/{secret.name}"]
        assert f'"/production/{secret.name}":{version}' in environment[MARKER].replace(" ", ""), (
            f"{consumer.function} is stale"
        )


# --- keys -----------------------------------------------------------------------------------------------------------


def _check_keys(stage: Stage, run: Run, incident: Incident, name: str, fake) -> None:
    secret, provider = incident.secrets.get(name), name.partition("-")[0]
    live = {key.value: key for key in fake.live_keys()}
    assert stage.older[name] in live, f"{provider}: the bystander died"
    if secret is None:
        assert stage.world.old[name] in live, f"{provider}: a key died that is none of this incident's"
        return
    assert stage.world.old[name] not in live, f"{provider}: the leaked key lives"
    prefix = key_prefix(run.incident, secret.name)
    made = [key for key in fake.all_keys() if key.name.startswith(prefix) or key.name == "by hand"]
    alive = [key for key in made if key.value in live]
    run.made += len(made)
    run.ended += len(made) - len(alive)
    unrecorded = [key.name for key in made if not _recorded(secret, provider, key.id)]
    assert not unrecorded, f"{provider}: made and forgotten: {unrecorded}"
    if secret.new_state is New.NOT_NEEDED:
        assert not made, f"{provider}: {len(made)} keys were made, and none was needed"
        return
    assert len(alive) == 1, f"{provider}: {len(alive)} keys of this incident live: {[key.name for key in alive]}"
    [key] = alive
    assert key.name in {secret.new.name, "by hand"}, f"{provider}: {key.name} lives, {secret.new.name} is recorded"
    assert Secret(key.value).fingerprint == secret.new.fingerprint, f"{provider}: another key lives than is recorded"


def _recorded(secret: SecretState, provider: str, key_id: str) -> bool:
    if provider == "stripe":
        return True
    known = {secret.new.key_id, *(key for key, ended in secret.new.orphans.items() if ended)}
    return any(each == key_id or each.endswith(f"/{key_id}") for each in known)


def _check_redis(stage: Stage, run: Run, secret: SecretState) -> None:
    world = stage.world
    run.made += 1 + len(secret.new.orphans)
    run.ended += len(secret.new.orphans)
    ssm = world.aws.aws.client("ssm")
    url = ssm.get_parameter(Name=f"/production/{REDIS}", WithDecryption=True)["Parameter"]["Value"]
    assert _accepted(url), "redis: the new password is refused"
    assert _accepted(stage.older[REDIS]), "redis: the bystander died"
    assert not _accepted(world.old[REDIS]), "redis: the leaked password is accepted"
    passwords = set(world.redis.execute_command("ACL", "GETUSER", "app")["passwords"])
    known = {hashlib.sha256(_password(each).encode()).hexdigest() for each in (url, stage.older[REDIS])}
    assert passwords == known, f"redis: {len(passwords - known)} passwords missing from the log"


def _password(url: str) -> str:
    return Secret(url).secret_part.reveal()


def _accepted(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.exceptions.AuthenticationError:
        return False


# --- the log --------------------------------------------------------------------------------------------------------


def _check_log(run: Run, incident: Incident) -> None:
    verdict = verify_incident(run.event_log, run.incident)
    assert verdict.ok, verdict.findings
    assert verdict.sealed, verdict.seal_sentence
    recorded = [each.event for each in run.event_log.events(run.incident)]
    started = {each.claim.number for each in recorded if isinstance(each, e.OperationStarted)}
    refused = [each for each in recorded if isinstance(each, e.OutcomeRefused)]
    assert not refused or len(run.lives) == 1, "an outcome came after its worker had died"
    aside = e.OperationStarted | e.OutcomeRefused
    ended = Counter(getattr(each, "claim", None) for each in recorded if not isinstance(each, aside))
    for number in started:
        assert ended[number] == 1, f"claim {number} ended {ended[number]} times"
    kills = Counter(each.secret for each in recorded if isinstance(each, e.AccessRevoked | e.RevokedByPerson))
    assert all(count == 1 for count in kills.values()), f"killed more than once: {kills}"
    check_commands(run.event_log, run.asked)
    _check_claims(run)


def check_commands(event_log: EventLog, asked: Sequence[str], *, again: bool = False) -> None:
    """What was put into the inbox had one answer and one effect each, and nothing of it lies there any more.

    `again`: someone asked twice for the same, as two commands, of which the second may be refused or change nothing.
    """
    assert event_log.inbox.waits() == 0, f"{event_log.inbox.waits()} commands wait"
    with event_log.database.reading() as connection:
        rows = connection.execute(select(COMMANDS).order_by(COMMANDS.c.number)).all()
        everything = connection.execute(select(EVENTS).order_by(EVENTS.c.stream, EVENTS.c.seq)).all()
    events = [event for event in everything if event.stream not in STREAMS]
    about_trust = Counter(event.command_id for event in everything if event.stream == "trust")
    assert sorted(row.command_id for row in rows) == sorted(asked), "a row is lost, or there are more than were put"
    for row in rows:
        left = row.arguments + row.claims + row.proof
        assert not left, f"{row.command} has been answered and is not blanked"
        answer = event_log.inbox.answer(row.command_id)
        effects = [(each.stream, each.seq) for each in events if each.command_id == row.command_id]
        if again and row is rows[-1] and not (answer.accepted and answer.last):
            continue
        assert answer.accepted, f"{row.command}: {answer}"
        told = (answer.incident, answer.first, answer.last)
        if about_trust:
            assert (effects, about_trust[row.command_id]) == ([], 1), f"{row.command}: {effects}, {about_trust}"
            continue
        assert effects == [(answer.incident, answer.first)], f"{row.command} came about at {effects}, answered {told}"
        its = range(answer.first, answer.last + 1)
        sealed = [each.seq for each in events if each.stream == answer.incident and each.seq in its and each.seal]
        assert sealed == [answer.last], f"{row.command}: seals at {sealed}, answered {told}"


def _check_claims(run: Run) -> None:
    """Nothing was sent that changes anything before its operation stood in the log."""
    started = {
        each.event.claim.number: each.at
        for each in run.event_log.events(run.incident)
        if isinstance(each.event, e.OperationStarted)
    }
    for life in run.lives:
        for note in crash.read_notes(Path(life.job.notes)):
            aside = (f"call | {crash.SHOW} |", f"call | {crash.ANSWERING} ", f"call | {crash.NEWS} |")
            if not note.call or note.name.startswith(aside):
                continue  # what is shown or asked for is no operation: see _check_channel and check_commands
            changes = any(word in note.name for word in WRITES)
            assert note.claim or not changes, f"sent outside of any operation: {note.name}"
            if note.claim:
                assert note.claim in started, f"sent without a record: {note.name}"
                assert started[note.claim] <= note.at, f"sent before it was recorded: {note.name}"


def _check_surroundings(stage: Stage, run: Run) -> None:
    alerts = [alert for alert in stage.world.pagerduty.alerts if alert.dedup_key == run.incident]
    paged = [] if run.scenario.routine else ["resolved"]
    assert [alert.state for alert in alerts] == paged, f"pages: {[alert.state for alert in alerts]}"
    beside = [alert for alert in stage.world.pagerduty.alerts if alert.dedup_key.startswith(f"{run.incident}-")]
    left = [alert.dedup_key for alert in beside if alert.state != "resolved"]
    assert not left, f"alerts beside the page that nobody resolved: {left}"
    folder = Path(run.lives[0].job.notes).parent
    decisions = (folder / "DECISIONS.md").read_text()
    count = decisions.count(f"<!-- {run.incident} closed at")
    assert count == 1, f"{count} entries in the decisions log"
    assert len(list((folder / "reports").glob("*.md"))) >= 1, "no report"


def _check_channel(stage: Stage, run: Run, incident: Incident) -> None:
    """One channel, one card, pinned; and every piece of news told once."""
    name = run.incident.replace("_", "-")
    channels = [each for each in stage.slack.workspace.channels.values() if each.name.startswith(name)]
    assert [each.id for each in channels] == [incident.channel], f"{len(channels)} channels"
    [channel] = channels
    files = [each["name"] for message in channel.messages for each in message.get("files") or ()]
    assert files, "the report did not arrive in the channel"
    assert len(files) == len(set(files)), f"a report was brought twice: {files}"
    messages = [message for message in channel.messages if not message.get("files")]
    assert run.incident in channel.purpose, "the channel does not say what it is for"
    cards = [each["ts"] for each in messages if each["metadata"]["event_type"] == CARD_EVENT]
    assert len(cards) == 1, f"{len(cards)} cards"
    assert channel.pinned(cards[0]), "the card is not pinned"
    posted = [each["metadata"] for each in messages if each["metadata"]["event_type"] == NEWS_EVENT]
    told = Counter(int(seq) for each in posted for seq in each["event_payload"]["seq"].split(","))
    recorded = run.event_log.events(run.incident)
    news = News.of(incident, People(), recorded)
    wanted = Counter(each.seq for each in recorded if any(True for _ in news.messages(each)))
    assert told == wanted, f"told again: {told - wanted}, not told: {wanted - told}"


def _check_told(stage: Stage, run: Run, incident: Incident) -> None:
    """Each update is in the security channel once."""
    channel = stage.slack.workspace.find_channel(SECURITY)
    assert channel is not None
    posted = [each["metadata"]["event_payload"] for each in channel.messages]
    told = [each["update"] for each in posted if each["incident"] == run.incident]
    recorded = [each.event for each in run.event_log.events(run.incident)]
    sent = [f"{each.audience}#{each.number}" for each in recorded if isinstance(each, UpdateSent)]
    assert sorted(told) == sorted(set(sent)), f"updates: {told}"
