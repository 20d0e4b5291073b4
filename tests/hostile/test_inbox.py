"""Who writes into the inbox, or sits at a terminal with files of their own: neither gives a command as someone else.

The worker is a process of its own. What is put into the inbox is made by the program as people have it, then changed.
"""

import json
import re
import threading
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Application
from bot.data_files import CATALOG, find_playbook
from bot.errors import ConfigurationError, Throttled
from bot.eventlog import Facts, Seal
from bot.eventlog.forms import format_time
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.model.secrets import Kill, Outage
from bot.proofs.aws_request import inbox_parameter
from bot.proofs.keyed import KeyedProofs
from bot.proofs.statement import Statement
from bot.secrets.secret import Secret
from bot.settings.model import Settings
from bot.slack.approval_messages import ASK_EVENT
from bot.vault.own import COMMAND_KEY, read_key
from tests.hostile.attacker import RIGHTS, wait_for
from tests.support.consents import SHOWN
from tests.support.machine import overloaded
from tests.support.practice import OPENAI, SENDGRID

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
KINDS = ("slack", "aws", "ssh")
FINDING = c.RecordFinding("finding", "the key stood in a gist")


def findings(scene, incident):
    return [kind for kind in scene.kinds(incident) if kind == "finding-recorded"]


# --- files of one's own ---------------------------------------------------------------------------------------------


def test_a_people_file_of_ones_own_makes_nobody_somebody_else(attacked):
    """Mallory declares, and approves her own plan as Ben: by a file in which Ben has her AWS identity and her key."""
    scene = attacked
    scene.work()
    said = scene.bot("declare", SENDGRID, "-e", "production", "-n", "a mail", "--private", "--strategy",
                     "replace-first", "--no-wait", "--json", by="mallory")  # fmt: skip
    incident = said.document["incident"]
    state = scene.wait(incident, lambda i: i.request and i.secrets[SENDGRID].in_place and i)
    text = scene.people_file.read_text()
    own = scene.folder / "own.yaml"
    both = text.replace("mallory:", "MALLORY:").replace("ben:", "mallory:").replace("MALLORY:", "ben:")
    own.write_text(both.replace("[respond]", "[respond, approve, command]"))
    digest = scene.bot("incident", "plan", incident, "--json").document["approval"]["digest"]
    for more in ({}, {"BOT_SSH_KEY": str(scene.keys["mallory"]), "BOT_PERSON": "ben"}):
        said = scene.bot("approve", incident, "--digest", digest, by="mallory", BOT_PEOPLE=str(own), **more)
        assert said.status == 1
        assert "Traceback" not in said.err
    refused = [kind for kind in scene.kinds(incident) if kind == "command-refused"]
    assert len(refused) == 1, "the first is mallory herself, who may not; the second nobody at all"
    assert "plan-approved" not in scene.kinds(incident)
    assert scene.state(incident).secrets[SENDGRID].old_state is m.Old.ALIVE
    assert state.declared.name == "mallory"
    assert scene.bot("approve", incident, "--digest", digest, by="ben").status in {0, 3}
    scene.wait(incident, lambda i: i.secrets[SENDGRID].gone)


def test_playbooks_of_ones_own_say_nothing_about_the_incident(attacked):
    scene = attacked
    scene.work()
    folder = scene.data / "own-playbooks"
    folder.mkdir()
    catalog = find_playbook(CATALOG, scene.world.folder / "playbooks").read_text()
    weak = catalog.replace("/{environment}/stripe-secret-key", "/{environment}/another")
    weak = weak.replace("/{environment}/openai-api-key", "/{environment}/stripe-secret-key")
    weak = weak.replace("outage: degraded", "outage: none").replace("kill: irreversible", "kill: reversible")
    weak = weak.replace("data: personal", "data: none").replace("/bot/admin/openai", "/bot/admin/sendgrid")
    weak = weak.replace("name: stripe-secret-key", "name: another").replace("svc_practice", "svc_other")
    (folder / CATALOG).write_text(weak)
    steps = (scene.world.folder / "playbooks" / "secret-compromise.yaml").read_text()
    (folder / "secret-compromise.yaml").write_text(re.sub("title: .*", "title: Nothing to do", steps))
    incident = scene.declare(OPENAI, by="guest", BOT_PLAYBOOKS=str(folder), BOT_CONFIRM_SECONDS="0.001")
    state = scene.state(incident)
    entry = state.secrets[OPENAI].entry
    assert [part.parameter for part in entry.parts] == ["/production/openai-api-key"]
    assert (entry.outage, entry.kill, str(entry.data)) == (Outage.DEGRADED, Kill.IRREVERSIBLE, "personal")
    assert (entry.admin_parameter, entry.options["service_account"]) == ("/bot/admin/openai", "svc_practice")
    assert state.timings.confirm == 0.3
    assert len(state.steps) == 7
    assert "Nothing to do" not in {step.definition.title for step in state.steps}


PEOPLE, CATALOGS = "people file", "catalog"


@pytest.mark.parametrize("differs", [PEOPLE, CATALOGS, "", "served"])
def test_in_production_a_terminal_is_a_worker_only_by_the_files_of_the_last_one(attacked, differs):
    """By the composition root alone: nothing of production can be reached from here."""
    scene = attacked
    key = (Secret("11" * 32),)

    def at(folder, people, *, serving=False):
        environ = {"BOT_ENVIRONMENT": "production", "BOT_DATA": str(scene.data), "BOT_PLAYBOOKS": str(folder),
                   "BOT_PEOPLE": str(people), "BOT_STAGING_KMS_KEY": "alias/x"}  # fmt: skip
        made = Application(Settings.load(environ))
        made.creates = True
        scene.opened.append(made)
        made.keys.worker_keys = key
        made.become_worker(serving=serving)
        return made

    playbooks = scene.world.folder / "playbooks"
    if differs == "served":
        with pytest.raises(ConfigurationError, match="No worker has served"):
            at(playbooks, scene.people_file)
        return
    at(playbooks, scene.people_file, serving=True)
    other = scene.data / "others"
    other.mkdir()
    for path in playbooks.iterdir():
        (other / path.name).write_text(path.read_text() + ("\n# changed\n" if differs == CATALOGS else ""))
    people = scene.write_people("other", **RIGHTS | {"guest": "command"}) if differs == PEOPLE else scene.people_file
    if differs:
        with pytest.raises(ConfigurationError, match=f"The {differs} of this terminal is not the one"):
            at(other, people)
        # Whoever writes the database cannot say otherwise: what is not sealed by a worker was not said by one.
        forged = at(playbooks, scene.people_file)
        facts = Facts(forged.keys.facts.id, "", "")
        forged.event_log.installation.publish(facts, Seal((Secret("22" * 32),)))
        with pytest.raises(ConfigurationError, match="No worker has served"):
            at(other, people)
    else:
        at(other, people)


# --- proofs ---------------------------------------------------------------------------------------------------------


def changes(kind, other):
    """Every column of a row that its proof covers, and what someone would put there."""
    kinds = {"slack": "ssh", "aws": "slack", "ssh": "aws"}
    return {
        "incident": f"'{other}'",
        "command_id": f"'test-{uuid.uuid4().hex}'",
        "at": "'" + format_time(datetime.now(UTC) + timedelta(seconds=1)) + "'",
        "claims": "replace(replace(replace(claims, 'mallory', 'ada'), 'guest', 'ada'), 'slack:U', 'slack:V')",
        "command": "'attest-death'",
        "arguments": "replace(arguments, 'gist', 'mail')",
        "proof_kind": f"'{kinds[kind]}'",
        "proof": "substr(proof, 1, length(proof) - 40)"
        " || CASE substr(proof, length(proof) - 39, 1) WHEN 'A' THEN 'B' ELSE 'A' END"
        " || substr(proof, length(proof) - 38)",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_proof_is_of_one_command_with_all_that_it_says(attacked, kind):
    scene = attacked
    scene.work()
    incident, other = scene.declare(SENDGRID, by="guest"), scene.declare(OPENAI, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    scene.stop()
    before = {name: len(scene.rows(name)) for name in (incident, other)}
    put = {}
    for column, value in changes(kind, other).items():
        command_id = scene.put(kind, "mallory", incident, FINDING)
        scene.sql(f"UPDATE commands SET {column} = {value} WHERE command_id = ?", command_id)
        put[column] = command_id if column != "command_id" else value.strip("'")
    honest = scene.put(kind, "mallory", incident, FINDING)
    # A proof names the installation too, by what stands in the database when it is made.
    facts = scene.sql("SELECT facts FROM installation")[0][0]
    scene.sql("UPDATE installation SET facts = ?", json.dumps({**json.loads(facts), "id": "0" * 16}))
    put["installation"] = scene.put(kind, "mallory", incident, FINDING)

    scene.work()
    assert scene.answer(honest).accepted
    answers = {column: scene.answer(command_id) for column, command_id in put.items()}
    assert not {column: answer for column, answer in answers.items() if answer.accepted}
    assert len(findings(scene, incident)) == 1
    assert not findings(scene, other)
    assert len(scene.rows(other)) == before[other] or "command-refused" not in scene.kinds(other)
    recorded = [r for r in scene.reader.event_log.events(incident) if isinstance(r.event, e.FindingRecorded)]
    assert [r.actor for r in recorded] == ["mallory"]
    # The worker says again what it is.
    wait_for(lambda: scene.sql("SELECT facts FROM installation")[0][0] == facts, 90)


@pytest.mark.parametrize("kind", KINDS)
def test_a_proof_serves_once(attacked, kind):
    scene = attacked
    scene.work()
    incident, other = scene.declare(SENDGRID, by="guest"), scene.declare(OPENAI, by="guest")
    scene.stop()
    command_id = scene.put(kind, "mallory", incident, FINDING)
    ((_, *row),) = scene.sql("SELECT * FROM commands WHERE state='waiting'")
    kept = scene.world.app.outside.vault.read(inbox_parameter(command_id)).value if kind == "aws" else None
    scene.work()
    first = scene.answer(command_id)
    assert first.accepted
    if kind == "aws":  # the answer is there before the proof is cleared away, which would take the stolen one too
        laid = inbox_parameter(command_id)
        with suppress(AssertionError):  # where that failed it stays, and is tidied by the hour
            wait_for(lambda: laid not in scene.world.app.outside.vault.staged(laid.rpartition("/")[0]), 10)

    def lay_down(parameter):
        with suppress(Throttled):  # the worker writes too, and both share the account's quota
            scene.world.app.outside.vault.stage(parameter, kept)
            return True
        return False

    def again(**columns):
        names = ("command_id", "attempt", "incident", "at", "claims", "command", "arguments", "proof_kind", "proof")
        values = dict(zip(names, row, strict=False)) | columns
        if kept is not None:  # whoever stole it lays it down again
            values["proof"] = inbox_parameter(values["command_id"])
            scene.world.app.outside.vault.unstage(values["proof"])
            wait_for(lambda: lay_down(values["proof"]), 20, scene.log.read_text)
        marks = ", ".join("?" * len(names))
        scene.sql(f"INSERT INTO commands ({', '.join(names)}) VALUES ({marks})", *values.values())
        return values["command_id"]

    again(attempt=1)  # the same row: nothing waits any more, and the first answer stands
    wait_for(lambda: not scene.waiting(), 20, scene.log.read_text)
    assert scene.answer(command_id) == first
    for columns in (
        {"command_id": f"test-{uuid.uuid4().hex}"},
        {"command_id": f"test-{uuid.uuid4().hex}", "incident": other},
        {"command_id": f"test-{uuid.uuid4().hex}", "command": "add-note", "arguments": '{"text":"x"}'},
    ):
        assert not scene.answer(again(**columns)).accepted
    assert len(findings(scene, incident)) == 1
    assert not findings(scene, other)
    # With the row gone from the inbox, the log itself knows the command.
    scene.sql("DELETE FROM commands")
    again(attempt=2)
    assert scene.answer(command_id).accepted
    assert len(findings(scene, incident)) == 1


def by_front(scene, incident, user, command, at):
    """A row as the front writes it, for any time."""
    from bot.inbox.wire import encode

    keyed = KeyedProofs.slack(read_key(scene.world.app.outside.aws, COMMAND_KEY))
    kind, arguments = encode(command)
    facts = scene.reader.event_log.installation.read()
    claims = f"slack:{scene.users[user]}"
    statement = Statement(facts.id, incident, f"test-{uuid.uuid4().hex}", format_time(at), claims, kind, arguments)
    row = (statement.command_id, 0, incident, statement.at, claims, kind, arguments, "slack", keyed.make(statement))
    scene.sql("INSERT INTO commands (command_id, attempt, incident, at, claims, command, arguments, proof_kind, proof)"
              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)  # fmt: skip
    return statement.command_id


def test_what_waited_is_decided_or_told_and_what_waited_too_long_is_asked_anew(attacked):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.channel and i.secrets[SENDGRID].in_place)
    scene.stop()
    now = datetime.now(UTC)
    fine = by_front(scene, incident, "mallory", FINDING, now - timedelta(minutes=10))
    refused = by_front(scene, incident, "guest", c.KillNow(SENDGRID, SHOWN), now - timedelta(minutes=10))
    late = by_front(scene, incident, "ada", c.KillNow(SENDGRID, SHOWN), now - timedelta(minutes=16))
    ahead = by_front(scene, incident, "ada", c.KillNow(SENDGRID, SHOWN), now + timedelta(hours=1))
    forged = scene.garbage(3, at=format_time(now - timedelta(minutes=30)), claims=f"slack:{scene.users['ben']}")
    assert "7 commands wait in the inbox. Start" in scene.bot("list").err
    scene.work()
    assert scene.answer(fine).accepted
    for command_id in (refused, late, ahead):
        assert not scene.answer(command_id).accepted
    assert "expired after 15 min" in scene.answer(late).reason
    told = {
        name: [
            message["text"]
            for message in scene.slack.workspace.direct(user).messages
            if (message.get("metadata") or {}).get("event_type") != ASK_EVENT  # who can approve is asked by the worker
        ]
        for name, user in scene.users.items()
    }
    assert "kill now: " in told["guest"][-1]
    assert "Send it again." in told["ada"][-1]
    assert not told["ben"], "whoever only writes the database does not speak by the bot's mouth"
    alert = wait_for(lambda: scene.alert("commands-waiting"), 20)
    assert f"A command of {incident} (kill now) was not carried out" in alert.summary
    assert "kill-requested" not in scene.kinds(incident)
    assert forged is None


def test_while_sts_is_away_a_command_waits_and_then_counts(attacked):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    terminal, command_id = scene.application("mallory"), f"test-{uuid.uuid4().hex}"
    try:
        with scene.as_person("mallory"):
            asker = terminal.askers.here()  # who it is AWS has said before
            scene.world.front.key_faults.inject("probe-500")
            terminal.client.put(incident, FINDING, asker, command_id)
        wait_for(lambda: "could not be checked" in scene.log.read_text(), 20)
        assert scene.reader.event_log.inbox.answer(command_id) is None
        by_ssh = scene.put("ssh", "mallory", incident, FINDING)
        assert scene.answer(by_ssh).accepted, "others do not wait for it"
    finally:
        scene.world.front.key_faults.clear()
    assert scene.answer(command_id, 30).accepted
    assert len(findings(scene, incident)) == 2


def test_a_terminal_that_waits_signs_again(attacked, monkeypatch):
    """A proof counts for five minutes: whoever stays at the terminal signs anew, and any attempt that holds counts."""
    monkeypatch.setattr("bot.cli.answers.SIGN_AGAIN", 1.0)
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    scene.freeze()

    def thaw():
        wait_for(lambda: scene.sql("SELECT 1 FROM commands WHERE state = 'waiting' AND attempt > 0"))
        scene.thaw()

    thawing = threading.Thread(target=thaw)
    thawing.start()
    try:
        said = scene.bot("note", incident, "it is dark in here", "--root-cause", by="mallory")
    finally:
        thawing.join()
    assert said.status == 0, said.err
    assert len(findings(scene, incident)) == 1
    states = scene.sql("SELECT attempt, state, proof FROM commands WHERE command_id IN"
                       " (SELECT command_id FROM commands WHERE attempt > 0)")  # fmt: skip
    assert {state for _, state, _ in states} <= {"accepted", "passed-over"}
    assert "accepted" in {state for _, state, _ in states}
    assert not [proof for _, _, proof in states if proof]


# --- garbage --------------------------------------------------------------------------------------------------------


def test_a_thousand_worthless_rows_hold_up_no_command(attacked, request):
    """A quarter of them in the short tier."""
    scene = attacked
    share = 1 if request.config.getoption("--each-point") else 4
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    scene.stop()
    events = len(scene.rows(incident))
    arn = scene.people["ada"].arn
    scene.garbage(600 // share, incident=incident)
    scene.garbage(300 // share, incident=incident, proof_kind="aws", claims=arn, proof="/_compromise/inbox/proofs/x")
    for _ in range(100 // share):  # these look as if their proofs were about to come
        name = f"garbage-{uuid.uuid4().hex}"
        scene.garbage(1, incident=incident, proof_kind="aws", claims=arn, command_id=name, proof=inbox_parameter(name))
    signature = "-----BEGIN SSH SIGNATURE-----\n"
    scene.garbage(50 // share, incident=incident, proof_kind="ssh", claims="ada", proof=signature)
    scene.garbage(50 // share, incident=incident, proof_kind="none", claims="ada", command="kill-now")
    scene.garbage(1, incident=incident, arguments="x" * 5_000_000)
    scene.work()
    begun = time.monotonic()
    for kind in KINDS:
        assert scene.answer(scene.put(kind, "mallory", incident, FINDING)).accepted
    assert time.monotonic() - begun < 30 or overloaded()
    wait_for(lambda: scene.waiting() <= 100 // share, 60, scene.log.read_text)
    assert len(findings(scene, incident)) == 3
    assert not [row for row in scene.rows(incident)[events:] if row.actor == "ada"]
    assert not scene.alert("commands-waiting")


def test_rows_that_no_program_of_ours_writes_hold_up_no_command(attacked):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    scene.stop()
    for column, value in {
        "arguments": "CAST(x'ff' AS TEXT)", "claims": "x'ff'", "at": "'yesterday'", "attempt": "'first'",
        "proof": "x''", "proof_kind": "x'00'", "command": "'no-such'", "incident": "''", "number": "-5",
        "command_id": "x'ff'", "arguments ": "'[1'",
    }.items():  # fmt: skip
        scene.garbage(1, incident=incident)
        scene.sql(f"UPDATE commands SET {column} = {value} WHERE number = (SELECT max(number) FROM commands)")
    scene.garbage(1, at="9999-12-31T23:59:59.999999Z", proof_kind="aws", claims="x")
    scene.garbage(20, incident=incident, at="", arguments='{"x":' + "[" * 20_000)
    scene.work()
    assert scene.answer(scene.put("ssh", "mallory", incident, FINDING), 20).accepted
    wait_for(lambda: not scene.waiting(), 30, scene.log.read_text)
    assert "commands cannot be answered" not in scene.log.read_text()


def test_a_worthless_attempt_at_somebodys_command_keeps_it_from_nothing(attacked):
    """Whoever may insert and read ids puts another attempt beside an honest one, or names its proof as their own's."""
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    scene.stop()
    for kind in KINDS:
        command_id = scene.put(kind, "mallory", incident, FINDING)
        for attempt, other in enumerate(KINDS, start=1):
            scene.garbage(1, command_id=command_id, attempt=attempt, incident=incident, proof_kind=other)
        scene.garbage(1, command_id=command_id, attempt=9, incident=incident, proof_kind="none", claims="local:x")
        scene.garbage(1, incident=incident, proof_kind="aws", proof=inbox_parameter(command_id))
        scene.work()
        assert scene.answer(command_id).accepted, kind
        scene.stop()
    assert len(findings(scene, incident)) == 3


def test_a_forged_answer_is_a_lie_and_nothing_more(attacked):
    """Whoever can write answers can tell someone that it is done; nothing is, and the card and the log show it."""
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    scene.stop()
    command_id = scene.put("ssh", "mallory", incident, c.KillNow(SENDGRID, SHOWN))
    answer = json.dumps({"accepted": True, "incident": incident, "reason": "", "first": 1, "last": 1, "joined": []})
    now = format_time(datetime.now(UTC))
    scene.sql("UPDATE commands SET state='accepted', answer=?, answered_at=? WHERE command_id=?",
              answer, now, command_id)  # fmt: skip
    scene.sql("UPDATE commands SET answer='{' WHERE command_id != ? AND state = 'accepted'", command_id)
    scene.work()
    assert scene.answer(command_id).accepted
    assert "kill-requested" not in scene.kinds(incident)
    assert scene.bot("note", incident, "and the inbox goes on").status == 0


def test_notes_that_nobody_proves_are_few(attacked):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    for at in range(40):
        scene.garbage(
            1, incident=incident, proof_kind="none", claims="local:x", arguments=json.dumps({"text": str(at)})
        )
    scene.garbage(1, incident=incident, proof_kind="none", claims="a\nb")
    wait_for(lambda: not scene.waiting(), 30, scene.log.read_text)
    assert scene.kinds(incident).count("note-added") == 10
    assert scene.bot("note", incident, "by someone").status == 0


# --- secrets --------------------------------------------------------------------------------------------------------

TYPED = "sk-proj-" + "T3BlbkFJa9" * 5


def test_a_secret_in_a_commands_text_never_reaches_the_inbox(attacked):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    said = scene.bot("note", incident, f"it was {TYPED}")
    assert said.status == 1
    assert "not recorded" in said.err or "looks like" in said.err
    assert TYPED not in said.err
    told = "what someone said, long and clear"
    assert scene.bot("note", incident, told).status == 0
    assert scene.sql("SELECT count(*) FROM commands WHERE arguments || claims || proof != ''") == [(0,)]
    scene.stop()
    for application in scene.opened:
        application.close()
    scene.opened.clear()
    for path in scene.data.glob("incidents.sqlite*"):
        assert TYPED.encode() not in path.read_bytes()
    scene.sql("DELETE FROM events")  # where it belongs
    connection_bytes = scene.database.read_bytes()
    assert told.encode() not in connection_bytes, "nothing of it is left in the inbox's pages"
