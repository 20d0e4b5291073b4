"""Commands from the declaration to the close, in a practice world: AWS, providers and page over HTTP, SQLite."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from bot.drill.fakes.aws_world import ROLE
from bot.drill.fakes.serving import Served, free_port
from bot.drill.fakes.slack.server import FakeSlack
from bot.incident.lanes import old_lane
from bot.secrets.secret import Secret
from bot.slack.manifest import scopes
from tests.cli.conftest import LATER, say
from tests.support.practice import OPENAI, REDIS, SENDGRID, STRIPE

pytestmark = pytest.mark.process


def test_an_incident_from_the_declaration_to_the_close(installation):
    bot = installation.bot
    function = installation.world.aws.role_session(f"arn:aws:iam::123456789012:role/{ROLE}", "notifications")
    function.client("ssm").get_parameter(Name=f"/production/{SENDGRID}", WithDecryption=True)
    said = bot(
        "declare",
        SENDGRID,
        "-e",
        "production",
        "-n",
        "seen in a gist",
        "--public",
        "--exposed-at",
        "2026-11-24T22:00+01:00",
    )
    assert said.status == 0, said.err
    assert said.out.startswith("The old key is dead; the new key is in use.")
    assert "No worker runs, so this terminal does the work." in said.err
    assert "found the old key of sendgrid-api-key DEAD" in said.err

    (summary,) = bot("list", "--open", "--json").document
    incident = summary["incident"]
    assert (summary["alive"], summary["declared_by"]) == (0, "ada")
    assert "all dead" in bot("list").out
    assert bot("list", "--closed").out.startswith("There is no closed incident in the event log ")
    assert "Event log: " not in bot("list").err
    assert installation.show(incident)["exposed_at"] == "2026-11-24T21:00:00+00:00"

    _decide(installation, incident)
    assert bot("note", incident, "just a note").status == 0
    assert bot("note", incident, "it could send mail in our name", "--impact").status == 0
    assert bot("note", incident, "a commit of 2024", "--root-cause", "--json").document["incident"] == incident
    assert bot("incident", "task", incident, "take it out of git", "--owner", "ben", "--due", LATER).status == 0
    assert "not done or skipped" in bot("close", incident).err

    _report(bot, incident)

    _end_tasks_and_steps(installation, incident)

    assert "2 of 2 backdoor checks open: keys and people, mail" in bot("close", incident).err
    assert bot("answer", incident, "checks", "clear", "--note", "ours").status == 0
    _readers_known(bot, incident)
    assert "notifications read sendgrid-api-key: not identified" in bot("close", incident).err
    assert bot("answer", incident, "assumed-role/product-functions/notifications", "ours").status == 0
    closed = bot("close", incident)
    assert closed.status == 0, closed.err
    assert "closed by ada" in closed.out
    assert f"{incident}  closed  production" in bot("list").out
    [listed] = bot("list", "--json").document
    assert (listed["state"], listed["closed_over"]) == ("closed", 0)
    assert installation.show(incident)["decisions"].endswith("DECISIONS.md")
    assert bot("incident", "reopen", incident, "--note", "the key was seen again", "--no-wait").status == 0
    assert installation.show(incident)["state"] == "open"

    timeline = bot("incident", "timeline", incident).out
    assert "ada closed the incident" in timeline
    assert "(operation-started)" not in timeline
    assert "(operation-started)" in bot("incident", "timeline", incident, "--all").out
    rows = bot("incident", "timeline", incident, "--json").document
    assert rows[0]["kind"] == "incident-declared"

    head = bot("log", "verify", incident, "--json").document["head"]
    verified = bot("log", "verify", incident, "--head", head)
    assert verified.status == 0
    assert "ends in the head that was given" in verified.out
    assert bot("log", "verify", incident, "--head", "1:" + "0" * 64).status == 1
    assert "Rebuilt from" in bot("log", "rebuild").out


def _report(bot, incident):
    """Its words in an editor, the report, a signature of what was read, and a draft."""
    words = "s/^## Summary/## Summary\\nThe key was public for a day./; s/^## Lessons/## Lessons\\nScan it first./"
    editor = f"sed -i '{words}'"
    assert "the report's words are recorded" in bot("report", incident, "--edit", EDITOR=editor, VISUAL="").out
    assert (
        "Nothing changed: each part is empty or as before."
        in bot("report", incident, "--edit", EDITOR="true", VISUAL="").err
    )
    assert "The editor ended with status 1" in bot("report", incident, "--edit", EDITOR="false", VISUAL="").err
    assert "$EDITOR is not set" in bot("report", incident, "--edit", EDITOR="", VISUAL="").err

    report = bot("report", incident)
    assert report.status == 0, report.err
    text, page = report.out.split()
    assert (text.endswith(f"reports/{incident}.md"), page.endswith(f"reports/{incident}.html")) == (True, True)
    assert "The key was public for a day." in Path(page).read_text()
    assert "written again" in bot("report", incident, "--sign", "0" * 12).err
    digest = bot("report", incident, "--json").document["digest"]
    signed = bot("report", incident, "--sign", digest[:12], by="ben")
    assert (signed.status, f"SHA-256 begins {digest[:16]}." in signed.out) == (0, True)
    assert "was signed by ben" in bot("report", incident, "--sign", digest).err

    printed = bot("report", incident, "--draft", "regulator")
    assert "not for other keys of the catalog" in printed.err
    draft = printed.out
    assert draft.startswith("# DRAFT for counsel, not sent")
    assert SENDGRID not in draft
    page = bot("report", incident, "--draft", "customer", "--html").out
    assert page.startswith("<!DOCTYPE html>")
    assert bot("report", incident, "--draft", "report").out.startswith(f"# `{incident}`")
    assert "There is no draft" in bot("report", incident, "--draft", "runbook").err
    assert "one, such as" in bot("report", incident, "--html").err


def _readers_known(bot, incident):
    """CloudTrail is asked only while a command works here: what follows waits for its answer."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if bot("show", incident, "--json").document["readers"]:
            return
        bot("note", incident, "waiting for CloudTrail")
    raise AssertionError("nobody was seen to read it")


def _decide(installation, incident):
    """What only people can: whom to tell, whether it was abused, how grave it is."""
    bot = installation.bot
    shown = bot("todo", incident, "notices")
    assert "Known since " in shown.out
    assert "Data protection officer decides by " in shown.out
    assert f"bot answer {incident} notice:authority not-required" in shown.out
    decision = ("answer", incident, "notice:people", "notice:customers", "notice:insurer", "not-required")
    decision = (*decision, "--by", "the officer", "--note", "no data was read")
    against = bot(*decision)
    said = bot(*decision, "--anyway") if against.status else against
    assert said.status == 0, said.err
    notify = ("answer", incident, "notice:authority", "notify")
    repeated = bot(*notify, "--by", "the officer", "--note", "no data was read")
    assert "This reason was given for not-required. Give a different one." in repeated.err
    assert "Name who decided: data protection officer decides this." in bot(*notify, "--note", "to be safe").err
    assert bot(*notify, "--by", "the officer", "--note", "to be safe").status == 0
    assert "NOT SENT YET" in bot("todo", incident, "notice:authority").out
    assert "reference is empty" in bot("answer", incident, "notice:authority", "sent").err
    assert bot("answer", incident, "notice:authority", "sent", "--note", "case 4711").status == 0
    (decided,) = {each["decision"]["decider"] for each in bot("show", incident, "--json").document["notices"][1:]}
    assert decided == "the officer"
    draft = bot("report", incident, "--draft", "people")
    assert draft.status == 0, draft.err
    assert "DRAFT" in draft.out
    assert "not for other keys of the catalog" in draft.err
    assert "<h1>DRAFT" in bot("report", incident, "--draft", "people", "--html").out
    assert "No draft belongs to 'insurer'" in bot("report", incident, "--draft", "insurer").err
    _readers_known(bot, incident)
    assert "not identified yet" in bot("note", incident, "no call since Tuesday", "--no-abuse").err
    assert bot("note", incident, "no call since Tuesday", "--no-abuse", "--anyway").status == 0
    earlier = bot("incident", "known", incident, "2026-11-24T20:00", "--note", "support had the mail")
    assert earlier.status == 0, earlier.err


def _end_tasks_and_steps(installation, incident):
    bot = installation.bot
    for task in installation.show(incident)["tasks"]:
        done = task["title"] == "take it out of git"
        outcome = ["done"] if done else ["declined", "--note", "a test"]
        assert bot("answer", incident, task["id"], *outcome).status == 0
    for step in installation.show(incident)["steps"][:-1]:
        if step["state"] not in {"done", "skipped"}:
            assert bot("answer", incident, step["id"], "done").status == 0
    assert bot("answer", incident, "document", "skipped", "--note", "filed elsewhere").status == 0
    for task in installation.show(incident)["tasks"]:
        if task["open"]:
            assert bot("answer", incident, task["id"], "done").status == 0


def test_what_is_only_recorded_is_done_by_work_and_sigterm_ends_it(installation):
    incident = installation.declare(OPENAI)
    assert installation.bot("show", incident).status == 3
    environ = {**os.environ, **installation.environ()}
    worker = subprocess.Popen([sys.executable, "-m", "bot", "work"], env=environ, stderr=subprocess.PIPE, text=True)
    try:
        said = installation.bot(
            "incident", "retry", incident
        )  # nothing has failed: refused, and the worker is not disturbed
        assert said.status == 1
        end = time.monotonic() + 60
        while installation.bot("show", incident).status and time.monotonic() < end:
            time.sleep(0.2)
        assert installation.bot("show", incident).status == 0
        doctor = installation.bot("doctor", "-e", "staging", "--json").document
        assert next(c for c in doctor["checks"] if c["name"] == "worker")["state"] == "ok"
        report = installation.bot("report", incident)  # waits for the other worker
        assert report.status == 0, report.err
        assert "this terminal does the work" not in report.err
    finally:
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=30)
    assert worker.returncode == 0, log
    assert "worker stopped" in log


def test_the_second_person_approves_exactly_what_the_plan_shows(installation):
    bot = installation.bot
    said = bot(
        "declare", SENDGRID, "-e", "production", "-n", "a mail", "--private", "--strategy", f"{SENDGRID}=replace-first"
    )
    assert said.status == 3
    incident = bot("list", "--json").document[0]["incident"]
    assert f"bot approve {incident}" in said.out
    assert "No worker is running: deadlines" in said.err

    plan = bot("incident", "plan", incident, "--json").document
    assert plan["approval"]["secrets"] == [SENDGRID]
    digest = plan["approval"]["digest"]
    (one,) = plan["plans"]
    shown = bot("incident", "plan", incident).out
    assert one["steps_done"] == [f"{step} (done)" in shown for step in one["steps"]]
    assert {*one["steps_done"]} == {True, False}
    assert (one["superseded"], one["used"], bool(one["waits_for"])) == ([], None, True)
    wrong = bot("approve", incident, "--digest", one["digest"][:16], by="ben")
    assert (wrong.status, "No request has that digest" in wrong.err) == (2, True)
    assert digest[:16] in bot("incident", "plan", incident).out

    assert bot("approve", incident, by="ben").status == 2  # nobody can be asked here
    assert "at least 12 digits" in bot("approve", incident, "--digest", digest[:5], by="ben").err
    assert "The plan changed since" in bot("approve", incident, "--digest", "0" * 16, by="ben").err
    own = bot("approve", incident, "--digest", digest[:16])
    assert own.status == 1
    assert "cannot be its second approver" in own.err
    guest = bot("approve", incident, "--digest", digest, by="guest")
    assert "may not approve" in guest.err

    declined = bot("approve", incident, by="ben", stdin="n\n", terminal=True)
    assert declined.status == 130
    assert "issue a new key" in declined.out
    assert ("Approve this?" in declined.err, "Approve this?" in declined.out) == (True, False)
    unseen = bot("approve", incident, by="ben", stdin="y\n", terminal=True, into_file=True)
    assert (unseen.status, "Name the plan you approve" in unseen.err) == (2, True)
    asked = bot("revoke", incident, SENDGRID, stdin="n\n", terminal=True)
    assert (asked.status, "Revoke now?" in asked.err, "What happens: " in asked.err) == (130, True, True)
    assert bot("show", incident, "--json").document["secrets"][0]["strategy"] == "replace-first"
    said = bot("approve", incident, by="ben", stdin="y\n", terminal=True)
    assert said.status == 0, said.err
    assert re.search(rf"Waiting for .*{SENDGRID}: ", said.err)
    assert installation.secret(incident, SENDGRID)["old"] == "dead"
    assert bot("revoke", incident, SENDGRID).status == 0  # found done
    assert bot("revoke", incident, "nothing").status == 2


def test_rejecting_and_breaking_the_glass(installation):
    bot = installation.bot
    bot("declare", SENDGRID, "-e", "production", "-n", "a mail", "--public", "--strategy", "replace-first")
    incident = bot("list", "--json").document[0]["incident"]
    assert bot("approve", incident, "--refuse", "--note", "first tell marketing", by="ben").status == 0
    assert "Nothing waits for approval." in bot("incident", "plan", incident).out
    said = bot("revoke", incident, "--break-glass", SENDGRID, "--note", "it is being abused")
    assert said.status == 0, said.err
    assert "Glass was broken by ada" in said.out


def test_a_secret_is_added_to_an_open_incident_and_replaced_all_the_same(installation):
    bot = installation.bot
    bot("declare", SENDGRID, "-e", "production", "-n", "a mail", "--private", "--no-wait")
    incident = bot("list", "--json").document[0]["incident"]
    assert bot("incident", "add", incident, REDIS, "--strategy", f"{REDIS}=replace-first", "--no-wait").status == 0
    assert installation.secret(incident, REDIS)["strategy"] == "replace-first"
    assert "is already part of" in bot("incident", "add", incident, REDIS).err
    several = bot("incident", "add", incident, REDIS, OPENAI, "--no-wait")
    assert several.status == 1
    assert f"Not added: {REDIS}." in several.err
    assert f"Added: {OPENAI}." in several.err
    assert {each["name"] for each in installation.show(incident)["secrets"]} == {SENDGRID, REDIS, OPENAI}
    assert bot("incident", "add", incident, STRIPE, "--strategy", f"{REDIS}=replace-first").status == 2
    assert bot("incident", "replace", incident, SENDGRID, "--no-wait").status == 0  # wanted already: nothing changes


def test_a_strategy_is_weakened_only_together(installation):
    bot = installation.bot
    incident = installation.declare(REDIS, by="guest")  # may declare, so nothing is killed yet
    assert bot("incident", "strategy", incident, REDIS, "slowly", "--note", "x").status == 2
    assert (
        bot("incident", "strategy", incident, REDIS, "replace-first", "--note", "it is night", "--no-wait").status == 0
    )
    proposal = installation.show(incident)["proposal"]
    assert proposal["number"] == 1
    said = bot("answer", incident, "proposal", "approved", by="ben")
    assert (said.status, "Name it in full" in said.err) == (2, True)
    named = f"proposal:{proposal['digest'][:16]}"
    assert bot("answer", incident, named, "approved").status == 1
    assert bot("answer", incident, "proposal:0000000000000000", "approved", by="ben").status == 2
    assert bot("answer", incident, named, "refused", "--note", "no", "--no-wait", by="ben").status == 0
    assert (
        bot("incident", "strategy", incident, REDIS, "replace-first", "--note", "it is night", "--no-wait").status == 0
    )
    named = f"proposal:{installation.show(incident)['proposal']['digest'][:16]}"
    assert bot("answer", incident, named, "approved", "--no-wait", by="ben").status == 0
    assert installation.secret(incident, REDIS)["strategy"] == "replace-first"


def test_a_value_is_submitted_from_standard_input_and_expired_by_a_person(installation):
    bot, world = installation.bot, installation.world
    said = bot("declare", STRIPE, "-e", "production", "-n", "a gist", "--public")
    assert said.status == 3
    incident = bot("list", "--json").document[0]["incident"]
    assert f"bot submit {incident} {STRIPE}" in said.out

    new = world.stripe.add_key("new")
    said = bot("submit", incident, STRIPE, "--stdin", stdin=new.value + "\n")
    assert said.status == 3, said.err
    assert installation.secret(incident, STRIPE)["new"] == "live"
    assert new.value not in said.out + said.err
    lines = said.out.splitlines()
    assert len(lines) < 16  # what became of this value, not the whole incident
    assert any(line.strip().startswith("new     in use") for line in lines)
    assert f"bot incident revoked {incident} {STRIPE}" in said.out
    assert f"`bot show {incident}`" in lines[-1]
    assert bot("submit", incident, STRIPE, "--stdin", stdin=new.value).status == 1  # in place already

    world.stripe.expire(next(key for key in world.stripe.all_keys() if key.value == world.old[STRIPE]))
    said = bot("incident", "revoked", incident, STRIPE)
    assert said.status == 0, said.err
    assert world.app.outside.vault.staged("/_compromise/inbox") == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [("old", "the old key itself"), ("sendgrid", "looks like a SendGrid"), ("other-account", "another account")],
)
def test_a_value_that_cannot_be_the_new_one_is_refused_with_the_reason(installation, value, reason):
    world = installation.world
    incident = installation.declare(STRIPE)
    values = {
        "old": world.old[STRIPE],
        "sendgrid": world.old[SENDGRID],
        "other-account": world.stripe.add_key("theirs", account="acct_other").value,
    }
    said = installation.bot("submit", incident, STRIPE, "--stdin", stdin=values[value])
    assert said.status == 1
    told, all_said = said.err.splitlines()[-2], said.out + said.err
    assert told.startswith(f"The key you submitted for {STRIPE} was rejected: ")
    assert told.endswith(f". Submit the right one with `bot submit {incident} {STRIPE}`.")
    assert (reason in told, all_said.count(reason), all_said.count("rejected")) == (True, 1, 1)
    assert values[value] not in all_said
    said = installation.bot("submit", incident, STRIPE, "--stdin", "--json", stdin=values[value])
    assert (said.status, said.out, said.err.count(reason)) == (1, "", 1)
    assert json.loads(said.err)["error"] == told
    assert world.app.outside.vault.read(f"/production/{STRIPE}").value.reveal() == world.old[STRIPE]


def test_a_value_is_not_taken_in_vain(installation):
    incident = installation.declare(STRIPE)
    bot = installation.bot
    assert "--stdin" in bot("submit", incident, STRIPE).err
    assert "may not respond" in bot("submit", incident, STRIPE, "--stdin", by="guest", stdin="sk_live_1").err
    assert "has no secret" in bot("submit", incident, OPENAI, "--stdin", stdin="sk_live_1").err
    assert "it is empty" in bot("submit", incident, STRIPE, "--stdin", stdin="\n").err
    assert "line break" in bot("submit", incident, STRIPE, "--stdin", stdin="a\nb\n").err
    without_key = bot("submit", incident, STRIPE, "--stdin", stdin="sk_live_1", BOT_STAGING_KMS_KEY="")
    assert without_key.status == 1
    assert "BOT_STAGING_KMS_KEY" in without_key.err
    assert installation.world.app.outside.vault.staged("/_compromise/inbox") == []


def test_identify_tells_and_declares_for_exactly_the_leaked_value(installation):
    bot, world = installation.bot, installation.world
    older = next(key for key in world.sendgrid.live_keys() if key.name == "app" and key.value != world.old[SENDGRID])
    said = bot("identify", "--stdin", stdin=older.value)
    assert said.status == 3
    assert said.out.startswith("It STILL WORKS.")
    assert "an older key of /production/sendgrid-api-key (version 1): ACCEPTED" in said.out
    assert bot("identify", "--stdin", "--json", stdin=older.value).document["alive"]

    said = bot("identify", "--stdin", "--declare", "-n", "a gist", "--public", stdin=older.value)
    assert said.status == 0, said.err
    incident = bot("list", "--json").document[0]["incident"]
    secret = installation.secret(incident, SENDGRID)
    assert (secret["target"], secret["old"], secret["new"]) == ("confirmed", "dead", "not-needed")
    assert not world.sendgrid.accepts(older)

    again = bot("identify", incident, "--stdin", stdin=older.value)
    assert again.status == 0
    assert f"It is the key that {incident} revokes for {SENDGRID}." in again.out
    assert f"{incident} already handles it: {SENDGRID} in production." in again.out
    other = bot("identify", incident, "--stdin", stdin=world.old[SENDGRID])
    assert f"It is NOT a key that {incident} revokes" in other.out
    assert older.value not in again.out + again.err


def test_identify_records_what_an_assumed_target_was_compared_with(installation):
    bot, world = installation.bot, installation.world
    assert bot("declare", SENDGRID, "-e", "production", "-n", "a gist", "--public").status == 0
    incident = bot("list", "--json").document[0]["incident"]
    assert installation.secret(incident, SENDGRID)["target"] == "assumed"
    other = bot("identify", incident, "--stdin", stdin=world.old[STRIPE])
    assert f"It is NOT a key that {incident} revokes" in other.out
    assert f"The comparison is recorded in {incident}." in other.out
    shown = bot("show", incident)
    assert shown.status == 3
    assert shown.out.startswith(f"Another key leaked than {SENDGRID}; the old key is dead")
    (listed,) = bot("list", "--json").document
    assert (listed["alive"], listed["damaged"]) == (1, False)
    assert "1 of 1 old key not dead" in bot("list").out, "the value that leaked is not the one that is"
    assert installation.secret(incident, SENDGRID)["target"] == "assumed"
    same = bot("identify", incident, SENDGRID, "--stdin", stdin=world.old[SENDGRID])
    assert f"The comparison is recorded in {incident}." in same.out
    assert installation.secret(incident, SENDGRID)["target"] == "confirmed"
    assert "is recorded" not in bot("identify", incident, "--stdin", stdin=world.old[SENDGRID]).out


def test_identify_denies_nothing_of_a_value_that_was_not_read_yet(installation):
    bot, world = installation.bot, installation.world
    assert bot("declare", SENDGRID, "-e", "production", "-n", "a gist", "--public", "--no-wait").status == 0
    incident = bot("list", "--json").document[0]["incident"]
    assert installation.secret(incident, SENDGRID)["old_fingerprint"] is None
    said = bot("identify", incident, "--stdin", stdin=world.old[STRIPE])
    assert f"has not read the old key of {SENDGRID} yet. Ask again." in said.out
    assert "NOT a key" not in said.out


def test_identify_compares_with_no_secret_that_the_incident_does_not_have(installation):
    """Before the value is asked for, and nothing is said of another leak."""
    bot, world = installation.bot, installation.world
    assert bot("declare", SENDGRID, "-e", "production", "-n", "a gist", "--public", "--no-wait").status == 0
    incident = bot("list", "--json").document[0]["incident"]
    said = bot("identify", incident, "sendgird", "--stdin", stdin=world.old[SENDGRID])
    assert said.status == 2
    assert f"{incident} has no secret 'sendgird'. Its secrets: {SENDGRID}." in said.err
    assert "NOT a key" not in said.out


def test_identify_stages_a_value_that_stands_in_no_history(installation):
    bot, world = installation.bot, installation.world
    stray = world.sendgrid.add_key("made by hand")
    declare = ("identify", "--stdin", "--declare", "-n", "a gist", "--public", "-e", "production", "--no-wait")
    said = bot(*declare, stdin=stray.value)
    assert said.status == 0, said.err
    assert "a key of our own account" in said.out
    incident = bot("list", "--json").document[0]["incident"]
    again = bot(*declare, stdin=stray.value)
    assert "Already handled" in again.err
    assert "Nothing new was declared" in again.err
    assert world.app.outside.vault.staged("/_compromise") == [f"/_compromise/{incident}/{SENDGRID}/old"]

    assert bot("incident", "retry", incident).status == 1  # nothing has failed
    assert bot("report", incident).status == 0  # the terminal becomes the worker, of everything that waits
    killed = bot("revoke", incident, SENDGRID)  # asked for at the declaration: waited for here
    assert killed.status == 0, killed.err
    assert not world.sendgrid.accepts(stray)


def test_identify_says_when_there_is_nothing_to_declare_for(installation):
    unknown = installation.bot("identify", "--stdin", "--declare", stdin="a-password-nobody-knows")
    assert unknown.status == 2
    assert "no secret in the catalog" in unknown.err
    assert "It is in no parameter of the catalog" in unknown.out
    assert installation.bot("identify", "--stdin", stdin="  ").status == 2
    assert "--stdin" in installation.bot("identify").err
    elsewhere = installation.bot(
        "identify", "--stdin", "--declare", "-e", "staging", "-n", "x", stdin=installation.world.old[OPENAI]
    )
    assert elsewhere.status == 2
    assert "It is not in staging" in elsewhere.err


def test_declaring_says_what_is_missing_or_wrong(installation):
    bot = installation.bot
    assert "--environment production|staging" in bot("declare", OPENAI, "-n", "x").err
    assert "Add how it was noticed" in bot("declare", OPENAI, "-e", "production").err
    assert "or use --all" in bot("declare", "-e", "production", "-n", "x").err
    wrong = bot("declare", "openai-key", "-e", "production", "-n", "x", "--public")
    assert (wrong.status, wrong.err.splitlines()[-2]) == (
        2,
        "The catalog has no such secret in production; did you mean openai-api-key or sendgrid-api-key?",
    )
    assert "There is no such environment" in bot("declare", OPENAI, "-e", "prod", "-n", "x", "--public").err
    assert (
        "expected revoke-first or replace-first"
        in bot("declare", OPENAI, "-e", "production", "-n", "x", "--strategy", "no").err
    )
    not_among = bot("declare", OPENAI, "-e", "production", "-n", "x", "--strategy", f"{REDIS}=replace-first")
    assert "not one of the declared secrets" in not_among.err
    assert "is not a time" in bot("declare", OPENAI, "-e", "production", "-n", "x", "--exposed-at", "yesterday").err
    secret = bot(
        "declare", OPENAI, "-e", "production", "--public", "-n", f"found {installation.world.old[OPENAI]}", "--json"
    )
    assert secret.status == 2
    assert "looks like a" in secret.error
    assert installation.world.old[OPENAI] not in secret.err
    assert bot("list", "--json").document == []


def test_a_declaration_asks_for_what_was_not_said(installation):
    foretold = installation.bot("declare", OPENAI, "-e", "production", "--public", "--dry-run", "--json")
    assert foretold.document["ended"] == [OPENAI]
    words = ("declare", OPENAI, "-e", "production", "--no-wait")
    refused = installation.bot(*words, stdin="a gist\nn\nn\n", terminal=True)
    assert "If you declare" in refused.err
    assert "Nothing was declared." in refused.err
    assert installation.bot("list", "--json").document == []
    said = installation.bot(*words, stdin="a gist\nn\ny\n", terminal=True)
    assert said.status == 0, said.err
    assert "replace-first" in said.err or "revoke-first" in said.err
    (incident,) = installation.bot("list", "--json").document
    assert not installation.show(incident["incident"])["public"]


def test_all_secrets_of_an_environment_and_a_second_declaration_join(installation):
    incident = installation.declare(OPENAI)
    said = installation.bot("declare", "--all", "-e", "production", "-n", "everything", "--no-wait")
    assert said.status == 0
    assert f"Already handled in an open incident: {OPENAI}." in said.err
    assert "Assumed public" in said.err
    same = installation.bot("declare", OPENAI, "-e", "production", "-n", "again", "--public", "--no-wait")
    assert f"this is {incident}" in same.err


def test_a_step_that_is_done_says_which_of_its_tasks_go_on(installation):
    incident = installation.declare(OPENAI)
    bot = installation.bot
    assert bot("incident", "task", incident, "scan the logs").status == 0
    assert bot("answer", incident, "t1", "declined", "--note", "a test").status == 0
    assert bot("incident", "task", incident, "scan the images", "--owner", "ben", "--due", LATER).status == 0
    said = bot("answer", incident, "step:remediate", "done")
    assert said.status == 0
    beside = "1 task declined; 5 tasks go on"
    assert beside in said.out
    assert beside in bot("show", incident).out


def test_steps_tasks_and_notes_refuse_half_a_sentence(installation):
    incident = installation.declare(OPENAI)
    bot = installation.bot
    assert "reason is empty" in bot("answer", incident, "notify", "skipped").err
    assert bot("answer", incident, "t1", "declined").status == 2
    assert bot("note", incident, "x", "--finding", "--root-cause").status == 2
    assert "'sideways' is no outcome" in bot("answer", incident, "notify", "sideways").err
    held = bot("note", incident, f"the key is {installation.world.old[OPENAI]}")
    assert held.status == 1
    assert "Never type a secret here" in held.err
    assert installation.world.old[OPENAI] not in held.err
    assert "may not respond" in bot("answer", incident, "notify", "done", by="guest").err
    assert bot("note", incident, "I saw it too", by="guest").status == 0
    assert bot("show", "inc_nobody").status == 2


def test_without_aws_nobody_is_anybody_and_looking_still_works(installation):
    incident = installation.declare(OPENAI)
    environ = {
        k: v for k, v in installation.environ().items() if not k.startswith("AWS_ACC") and not k.startswith("AWS_SEC")
    }
    environ |= {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }
    said = say("revoke", incident, OPENAI, environ=environ)
    assert said.status == 2
    assert "no AWS credentials were found" in said.err
    waits = say("note", incident, "hello", environ=environ)
    assert waits.status == 1
    assert "this terminal cannot be one" in waits.err
    assert "It is decided as soon as one runs" in waits.err
    assert say("show", incident, environ=environ).status == 3
    assert say("incident", "timeline", incident, environ=environ).status == 0


def test_a_terminal_that_cannot_reach_the_admin_credential_says_how_to_start_a_worker(installation):
    installation.world.aws.aws.client("ssm").delete_parameter(Name="/bot/admin/openai")
    said = installation.bot("declare", OPENAI, "-e", "production", "-n", "a gist", "--public")
    assert said.status == 3
    assert "this terminal cannot be one (ssm: read /bot/admin/openai" in said.err
    assert "`bot work`" in said.err
    assert installation.secret(installation.bot("list", "--json").document[0]["incident"], OPENAI)["old"] == "alive"


def test_a_refused_admin_credential_and_a_missing_parameter_are_named(installation):
    world = installation.world
    world.aws.aws.client("ssm").delete_parameter(Name="/production/sendgrid-api-key")
    world.aws.store("/bot/admin/openai", "sk-admin-notthekey00000000")
    said = installation.bot("declare", OPENAI, SENDGRID, "-e", "production", "-n", "a gist", "--public")
    assert said.status == 3
    text = " ".join(said.out.split())
    assert "ssm: read /production/sendgrid-api-key" in text
    assert "openai: " in text
    assert "failed; needs action" in text
    incident = installation.bot("list", "--json").document[0]["incident"]
    assert f"bot incident retry {incident} old:{OPENAI}" in text

    world.aws.store("/bot/admin/openai", world.openai.admin_key)
    mended = installation.bot("incident", "retry", incident, f"old:{OPENAI}")
    assert installation.secret(incident, OPENAI)["old"] == "dead", mended.err


def test_ctrl_c_hands_back_what_runs(installation):
    world = installation.world
    environ = {**os.environ, **installation.environ(), "BOT_CONFIRM_SECONDS": "60"}
    arguments = ["declare", SENDGRID, "-e", "production", "-n", "a gist", "--public"]
    terminal = subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen = ""
    while "rejected" not in seen:
        line = terminal.stderr.readline()
        assert line, seen
        seen += line
    terminal.send_signal(signal.SIGINT)
    _, rest = terminal.communicate(timeout=30)
    assert terminal.returncode == 130, seen + rest
    assert "Stopped waiting. The work was handed back" in rest
    assert (
        not world.app.event_log.load(installation.bot("list", "--json").document[0]["incident"])
        .lanes[old_lane(SENDGRID)]
        .claim
    )


def test_no_value_stands_in_the_log_file_or_the_database(installation):
    installation.bot("declare", OPENAI, SENDGRID, "-e", "production", "-n", "a gist", "--public")
    data = installation.world.folder / "data"
    written = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for name in (OPENAI, SENDGRID):
        assert Secret(installation.world.old[name]).reveal().encode() not in written
    assert b"operation ended" in written


def test_a_plan_that_nobody_is_asked_about_has_no_digest_to_approve(installation):
    incident = installation.declare(OPENAI, by="guest")
    plan = installation.bot("incident", "plan", incident, "--json").document
    assert ("digest" in plan, plan["approval"]) == (False, None)
    assert "plan digest " in installation.bot("incident", "plan", incident).out


def test_what_is_not_in_question_is_refused_in_the_rules_words(installation):
    incident = installation.declare(STRIPE, by="guest")
    bot = installation.bot
    assert "is not among the keys" in bot("incident", "key", incident, STRIPE, "key_1").err
    assert "scopes need no choice" in bot("incident", "scopes", incident, STRIPE, "mail.send").err
    attested = bot("answer", incident, f"attest:{STRIPE}", "vouched", "--note", "I saw it go")
    assert (attested.status, "Nothing on the list" in attested.err) == (2, True)
    assert "can only be revoked by a person" in bot("revoke", incident, "--break-glass", STRIPE, "--note", "x").err


def test_serve_answers_until_it_is_told_to_stop(installation):
    slack = FakeSlack(scopes=scopes())
    with Served(slack.application) as served:
        port, health = free_port(), free_port()
        environ = {
            **os.environ,
            **installation.environ(),
            "SLACK_BOT_TOKEN": slack.token,
            "SLACK_API_URL": f"{served.url}/api",
            "SLACK_SIGNING_SECRET": "s" * 32,
            "BOT_PORT": str(port),
            "BOT_HEALTH_ADDRESS": f"127.0.0.1:{health}",
        }
        for arguments in ([], ["--no-worker"]):
            command = [sys.executable, "-m", "bot", "serve", *arguments]
            serving = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
            try:
                _wait_for(health, serving)
                with socket.create_connection(("127.0.0.1", port), timeout=5):
                    pass
            finally:
                serving.send_signal(signal.SIGTERM)
                _, log = serving.communicate(timeout=30)
            assert serving.returncode == 0, log


def _wait_for(port, process):
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer,
        ):
            assert answer.read() == b"ok\n"
            return
        time.sleep(0.1)
    raise AssertionError("it does not serve")
