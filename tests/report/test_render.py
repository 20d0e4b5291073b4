"""The whole report: what heads it, what it claims, what it never claims, and that nobody can write into it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli.incident_view import show_incident
from bot.cli.terminal import Terminal
from bot.data_files import shipped, template_folders
from bot.errors import ConfigurationError, Misuse
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.clocks import clocks
from bot.incident.operations import Op
from bot.incident.paging.rules import announcement
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import MAKES_ROOM, KeyRef, Snapshot
from bot.model.probes import Probe
from bot.model.reads import Read
from bot.model.secrets import Consumer, Data, Kill, Outage
from bot.model.uses import Per, Use, UseReport, summary
from bot.people import People
from bot.phrases.marks import plain
from bot.phrases.times import moment
from bot.report.decision_view import decision_title
from bot.report.markdown import Markdown, code, md
from bot.report.render import render, render_decision
from bot.report.report_view import report_view
from bot.report.secret_scan import Search, gate
from bot.report.touched import access_facts, questions
from bot.report.warnings import warnings
from bot.slack.channel_messages import News
from tests.support.consents import SHOWN
from tests.support.events import BY_MACHINE, READ, SAMPLES
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    OBLIGATIONS,
    START,
    STRANGER,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    no_notice,
    probe,
    wanted,
)

HEAD = "99:0123abcd"
SHIPPED = template_folders()


def story_to_the_end():
    sendgrid = entry("sendgrid-api-key", data=Data.PERSONAL, if_killed="No mail goes out.")
    story = Story(declaration(wanted(), wanted(sendgrid, m.Strategy.OVERLAP), exposed_at=START - timedelta(hours=3)))
    story.run(120)
    story.approve(BEN)
    story.do(c.AddNote("It was in a public repository"), STRANGER)
    story.do(c.RecordFinding("finding", "the pull request of Monday"), ANNA)
    story.do(c.RecordFinding("root-cause", "a .env was committed"), ANNA)
    story.do(no_notice("nobody's data was reached: no notification"), CHLOE)
    story.do(c.KillNow("nope", SHOWN), ANNA)
    story.run(2000)
    story.complete()
    story.do(c.Close(), CHLOE)
    return story.run(10)


def rendered(story, folders=SHIPPED):
    return render(story.incident, story.log, HEAD, folders, story.now)


def test_a_whole_report(snapshot):
    story = story_to_the_end()
    text = rendered(story)
    assert text == snapshot
    assert not gate(text, Search.of(story.log)).withheld


def test_since_when_it_was_known_stands_beside_the_detection_and_who_leads_with_what_made_them():
    story = Story(declaration(obligations=OBLIGATIONS))
    known = story.incident.detected_at - timedelta(hours=1)
    story.do(c.RecordAwareness(known, "a customer wrote to support"), ANNA)
    seq = story.log[-1].seq
    story.do(c.TakeRole("anna sleeps"), BEN)
    text = rendered(story)
    told = f"Known since {moment(known)}, as anna recorded: a customer wrote to support. Declared as noticed at "
    noticed = f"{moment(story.incident.detected_at)}: {story.incident.how_noticed} [1, {seq}]"
    assert f"- **{known:%Y-%m-%d %H:%M:%S}** {told}{noticed}" in text
    assert f"declared by anna, led by anna, then ben [1, {story.log[-1].seq}]" in text


def test_the_way_is_told_in_the_order_in_which_it_was_gone():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP))).run(300)
    story.do(c.KillNow("openai-api-key", SHOWN), ANNA)
    story.run(900)
    secret = story.secret()
    assert secret.new.restored_at < secret.old.contained_at
    way = rendered(story).partition("## From exposure to containment")[2].partition("\n## ")[0]
    assert way.index("openai-api-key replaced ") < way.index("openai-api-key dead ") < way.index("access contained")


def test_access_is_contained_on_somebodys_word_too_and_no_earlier_than_the_look():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(), world=world).run(60)
    story.record(e.DeathAttested("openai-api-key", "the account is gone"), "chloe")
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), CHLOE)
    story.run(60)
    look = story.incident.usage["openai-api-key"]
    way = rendered(story).partition("## From exposure to containment")[2].partition("\n## ")[0]
    assert "- **NOT YET** openai-api-key dead (vouched dead by a person)." in way
    assert f"- **{look.at:%H:%M:%S}** Access contained: each check, reader and use is answered." in way


def test_a_refusal_before_the_proof_is_told_beside_it():
    story = Story(declaration())
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    no_control = probe("unknown", "comparison: the admin credential")
    story.record(e.OldProbed(0, "openai-api-key", probe("dead"), no_control))
    before = story.now
    story.now += timedelta(seconds=4)
    story.run(120)
    text = rendered(story)
    assert "Confirmed: rejected by its provider 2 times over 30 s, with a comparison key accepted." in text
    assert f"Rejected earlier, not counted: openai-api-key at {moment(before)}." in text


def test_a_decision(snapshot):
    story = story_to_the_end()
    assert render_decision(story.incident, "reports/inc_ab3cde.md", SHIPPED) == snapshot


def test_an_open_incident_has_no_decision():
    with pytest.raises(Misuse):
        render_decision(Story(declaration()).incident, "x", SHIPPED)


def test_every_reference_is_to_an_event_that_is_there():
    story = story_to_the_end()
    numbers = {int(n) for group in re.findall(r" \[([\d, …]+)\]", rendered(story)) for n in re.findall(r"\d+", group)}
    assert numbers
    assert max(numbers) <= len(story.log)
    told = {seq for line in report_view(story.incident, story.log, HEAD, story.now)["timeline"] for seq in line.seqs}
    assert numbers - {1} <= told


def test_an_incident_with_nothing_done_says_so():
    text = rendered(Story(declaration()))
    assert "STILL WORKS: the old key of openai-api-key has not been revoked." in text
    assert "NOT RESTORED: no new key of openai-api-key yet." in text
    assert "- **NOT YET** openai-api-key dead (STILL WORKS); openai-api-key replaced; access contained." in text
    assert "readers not looked up. Its use" in text
    assert "was never recorded" in text
    assert "What the key could do at its provider was not recorded." in text


def test_what_only_a_person_ends_is_not_called_never_approved():
    by_hand = wanted(entry("stripe-secret-key", can=capabilities(revokes=RevokedBy.PERSON)))
    story = Story(declaration(by_hand, wanted(entry()))).run(60)
    clocks = {
        secret.name: secret.clocks for secret in report_view(story.incident, story.log, HEAD, story.now)["secrets"]
    }
    assert clocks["stripe-secret-key"][3] == "by hand"
    assert "by hand" not in clocks["openai-api-key"]


def test_silence_is_never_called_no_access():
    story = Story(declaration())
    story.run(1)
    text = rendered(story)
    assert "openai-api-key: no unexpected reads in CloudTrail event history between" in text
    assert "Not visible there: KMS." in text
    assert "no access" not in text.lower()


def test_readers_are_listed_and_must_be_accounted_for():
    story = Story(declaration())
    story.run(1)
    mine = Read(START, "arn:bot", "192.0.2.9", "boto3", "GetParameter", "/production/x", by_bot=True)
    story.record(e.UsageRead(0, "openai-api-key", "CloudTrail", START, story.now, (READ, READ, mine), (), True))
    text = rendered(story)
    assert "2 reads by others than the bot in CloudTrail" in text
    assert "1 read by the bot itself" in text
    assert "stopped before everything was checked" in text
    assert "| `arn:aws:iam::1:role/checkout` | openai-api-key | 2 |" in text
    assert "Not visible there: KMS" not in text


def test_a_reader_whom_the_last_look_did_not_see_any_more_is_listed_too():
    story = Story(declaration()).run(1)
    story.record(e.UsageRead(0, "openai-api-key", "CloudTrail", START, story.now, (READ, READ), (), False))
    other = replace(READ, principal="arn:aws:iam::1:user/ada")
    story.record(e.UsageRead(0, "openai-api-key", "CloudTrail", START, story.now, (other,), (), False, dropped=49))
    text = rendered(story)
    assert "| `arn:aws:iam::1:role/checkout` | openai-api-key | 2 |" in text
    assert "| `arn:aws:iam::1:user/ada` | openai-api-key | 1 |" in text
    assert "49 more reads by the same readers in that time." in text


def test_break_glass_and_acceptance_head_the_report():
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN))), world=world)
    story.do(c.BreakGlass({"openai-api-key": SHOWN}, "abuse, and nobody answers"), ANNA)
    story.run(700)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "drill"), CHLOE)
    story.close_over("we watch it", CHLOE)
    story.agree(BEN)
    assert story.incident.closed is not None
    head, _, rest = rendered(story).partition("## Was it used?")
    assert "CLOSED WITH OPEN ITEMS: openai-api-key: old key NOT CONFIRMED DEAD; " in head
    assert "no impact recorded (what the keys allow, by whom, since when); no root cause recorded" in head
    assert "Accepted by chloe, ben agreed: we watch it" in head
    said = "anna broke the glass to revoke openai-api-key without a second approver: abuse, and nobody answers"
    assert head.index(f"BROKEN GLASS, NOT REVIEWED: {said}") < head.index("CLOSED WITH OPEN ITEMS: ")
    assert "Accepted at the close: openai-api-key: broken glass not reviewed." in rest
    story.do(c.ReviewGlass("nobody could be reached, it was right", SHOWN), BEN)
    head, _, rest = rendered(story).partition("## Was it used?")
    assert "NOT REVIEWED" not in head
    assert "openai-api-key: broken glass not reviewed, done since" in head
    assert "Accepted at the close: openai-api-key: broken glass not reviewed" not in rest
    assert "Accepted at the close: no impact recorded" in rest
    assert f"Broken glass, reviewed: {said}. Reviewed by ben: nobody could be reached, it was right" in head
    assert "The revocation rested on glass broken by anna." in rest
    assert "REJECTED, NOT CONFIRMED" in head
    assert "was never seen working" in rest
    assert "the last check of the old key: NO CLEAR ANSWER" in rest


def test_that_nobody_answered_the_page_is_told_at_the_head():
    story = Story(declaration()).run(100)
    head, _, _ = rendered(story).partition("## Was it used?")
    assert "PAGE NOT ACKNOWLEDGED: only anna has acted." in head
    story.do(c.AddNote("I am here"), BEN)
    assert "THE PAGE" not in rendered(story)


def test_that_nobody_was_paged_is_told_at_the_head_even_if_people_came_by_themselves():
    story = Story(declaration())
    story.world.fallback = False
    story.work(only={Op.OPEN_CHANNEL})
    claim = story.begin(Op.PAGE)
    story.finish(claim, e.OperationFailed(claim.number, Op.PAGE, "Unauthorized", "pagerduty: trigger: HTTP 403", None))
    story.run(10)
    head, _, _ = rendered(story).partition("## Was it used?")
    cause = "pagerduty: trigger: HTTP 403; no fallback is set up"
    assert f"NO ONE WAS PAGED: NO ONE REACHED: {cause}. [" in head.replace("\\", "").replace("**", "")
    story.do(c.AddNote("I saw it by chance"), BEN)
    assert "NO ONE WAS PAGED: answered by ben, but no pager accepted the page." in rendered(story)


def test_a_key_that_is_rejected_and_was_not_revoked_is_not_called_dead():
    story = Story(declaration())
    story.work(only={Op.CAPTURE})
    for liveness, control in (("live", None), ("dead", probe("live", "control: another key"))):
        story.record(e.OldProbed(0, "openai-api-key", probe(liveness), control))
    text = rendered(story)
    assert "REJECTED, NOT REVOKED: the old key of openai-api-key. Assume it still works." in text
    assert "openai-api-key: the old key was not revoked. Assume it still works." in text


def test_refused_but_never_seen_alive_is_unproven_and_attestation_has_a_name():
    world = World()
    world.killed.add("openai-api-key")
    story = Story(declaration(), world=world)
    story.run(120)
    assert "REJECTED, NEVER SEEN WORKING: the old key of openai-api-key. Assume it still works." in rendered(story)
    story.do(c.AttestDeath("openai-api-key", "saw it go in the console"), CHLOE)
    text = rendered(story)
    assert "VOUCHED DEAD, not confirmed: chloe says that the old key of " in text
    assert "Vouched dead by chloe at" in text


def test_refusals_without_a_control_do_not_count():
    world = World()
    world.controls = False
    story = Story(declaration(), world=world)
    story.run(60)
    text = rendered(story)
    assert "no comparison key was accepted through the same path" in text
    assert "two rejections, at least 30 s apart and with a comparison, were not seen" in text


def test_a_stop_is_told_at_the_head():
    world = World()
    world.dead_bystanders = ("billing-key",)
    story = Story(declaration(), world=world)
    story.run(60)
    assert "STOPPED: bystander: billing-key was rejected after revoking openai-api-key." in rendered(story)


def test_what_stays_readable_is_listed():
    target = m.Target(m.TargetKind.CONFIRMED, "f" * 12, current=False, staged=True)
    story = Story(declaration(wanted(entry(can=capabilities(makes=Makes.INSTALL)), target=target)))
    story.run(0)
    story.record(e.OldCaptured(0, "openai-api-key", "f" * 12, {"/production/x": 7}, True, ()))
    story.record(e.OrphansFound(0, "openai-api-key", ("id-9",)))
    story.record(e.SubmissionAnnounced("openai-api-key", "/inbox/x"), "anna")
    text = rendered(story)
    assert "A key that anna submitted for openai-api-key is still at /inbox/x." in text
    assert "stays readable as version 7 of /production/x" in text
    assert "/openai-api-key/old until its last check" in text
    assert "Key id-9 was made for openai-api-key, is unused" in text


def test_a_key_that_went_to_make_room_is_told_once_it_is_gone():
    story = Story(declaration())
    story.run(0)
    named = replace(story.secret().old.snapshot or Snapshot(), facts={MAKES_ROOM: "AKIA2"})
    story.record(e.SnapshotTaken(0, "openai-api-key", named, "", probe("live")))
    assert "may be deleted to make room: AKIA2" in rendered(story)
    assert "The inactive key AKIA2" not in rendered(story)
    story.record(e.ValueStaged(0, "openai-api-key", "n", "AKIA3", "f" * 12, "/s", "issue", made_room="AKIA2"))
    text = rendered(story)
    assert "The inactive key AKIA2 was deleted at its provider to make room." in text
    assert (
        "issued and staged key AKIA3 for openai-api-key, fingerprint ffffffffffff; the inactive key AKIA2 was" in text
    )


def test_the_first_page_names_what_went_to_make_room_and_who_revoked_by_hand():
    by_hand = capabilities(revokes=RevokedBy.PERSON, identifies=False)
    story = Story(declaration(wanted(), wanted(entry("stripe-secret-key", can=by_hand))))
    story.run(5)
    story.record(e.ValueStaged(0, "openai-api-key", "n", "AKIA3", "f" * 12, "/s", "issue", made_room="AKIA2"))

    def keys():
        return report_view(story.incident, story.log, HEAD, story.now)["one"]["rows"]

    assert keys()[1].consent == ""
    story.do(c.ConfirmRevoked("stripe-secret-key"), BEN)
    first, second = keys()
    assert first.replaced.endswith("; key AKIA2 deleted to make room")
    assert (second.hand, second.consent) == ("by hand: ben", "revoked by ben")
    assert "deleted to make room" not in second.replaced


def test_an_older_version_that_leaked_needs_no_replacement():
    target = m.Target(m.TargetKind.CONFIRMED, "f" * 12, 3, current=False)
    story = Story(declaration(wanted(replace=False, target=target)))
    story.run(60)
    text = rendered(story)
    assert "No replacement was needed" in text
    assert "The target is confirmed: exactly this key was named, by its fingerprint." in text
    assert "bot identify" not in text  # an alert, a message or a run may have named it
    assert "not needed" in text


def test_a_late_decision_on_notification_is_called_late():
    story = Story(declaration(wanted(entry(data=Data.CHILDREN))))
    assert "it is due by 2026-11-27 02:58:00 UTC" in rendered(story)
    story.now += timedelta(hours=56)
    assert "it WAS due by 2026-11-27 02:58:00 UTC" in rendered(story)
    story.do(no_notice(), CHLOE)
    text = rendered(story)
    assert "LATE by 8 h 2 min" in text
    assert "NO DECISION" not in text


def several(*events):
    """What the timeline says of these, a second apart."""
    story = Story(declaration(*(wanted(entry(name)) for name in ("redis", "stripe"))))
    before = len(story.log)
    for event in events:
        story.now += timedelta(seconds=1)
        story.record(event)
    lines = report_view(story.incident, story.log, HEAD, story.now)["timeline"]
    return [line.text for line in lines if line.seqs[0] > before]


def test_what_asks_something_of_people_or_failed_has_a_line_of_its_own():
    unasked = several(*(e.LastUseRead(0, name, None, f"HTTP 403 for {name}") for name in ("redis", "stripe")))
    assert len(unasked) == 2
    assert "could not ask when the old key of redis was last used: HTTP 403 for redis" in unasked[0]
    keys = (KeyRef("id-1", "a"), KeyRef("id-2", "b"))
    pinned = several(*(e.OldCaptured(0, name, "f" * 12, {}, True, keys) for name in ("redis", "stripe")))
    assert len(pinned) == 2
    assert all("2 keys at the provider match: a person must choose" in line for line in pinned)
    brought = several(
        *(e.ValueStaged(0, name, "", "", "f" * 12, "/s", "person", "ada") for name in ("redis", "stripe"))
    )
    assert len(brought) == 2
    assert all("took the key that ada brought" in line for line in brought)


def test_whoever_decided_is_named_whatever_it_was():
    story = Story(declaration())
    story.do(c.RecordFinding("no-abuse", "the provider's log was read"), ANNA)
    story.do(c.RecordFinding("finding", "it was in a build log"), ANNA)
    story.do(c.TakeRole("anna sleeps"), BEN)
    story.do(c.SkipStep(story.incident.steps[0].definition.id, "a drill"), ANNA)
    view = report_view(story.incident, story.log, HEAD, story.now)
    decided = " | ".join(each.text for each in view["decisions"])
    for said in ("the provider's log was read", "ben took over the commander role", "a drill"):
        assert said in decided
    assert "build log" not in decided


def test_a_way_back_to_the_leaked_value_and_a_weaker_strategy_are_decisions_that_have_a_name():
    story = Story(declaration(wanted(entry("redis"), m.Strategy.OVERLAP)))
    story.record(e.StrategyChosen("redis", m.Strategy.OVERLAP, "mail must go out"), "anna")
    story.record(e.RollBackRequested("redis", "mail fails"), "anna")
    story.record(e.StrategyChosen("redis", m.Strategy.KILL_FIRST, "enough"), "anna")
    story.record(e.KillRequested("redis"), "anna")
    decided = [d.text for d in report_view(story.incident, story.log, HEAD, story.now)["decisions"]]
    assert [line.split(" UTC: ")[1].partition(":")[0] for line in decided] == [
        "anna chose replace first for redis",
        "anna asked to roll redis back to the OLD key, which still works",
        "anna chose revoke first for redis",
        "anna decided to revoke the old key of redis now",
    ]


def test_the_most_dangerous_values_come_first_at_the_head():
    names = ("openai-api-key", "stripe", "redis")
    by_hand = capabilities(revokes=RevokedBy.PERSON)
    story = Story(
        declaration(wanted(), *(wanted(entry(name, can=by_hand, checklist={"a": "b"})) for name in names[1:]))
    )
    story.world.look = lambda name: probe("unknown" if name == names[0] else "live")
    story.run(60)
    head = [fact.text for fact in report_view(story.incident, story.log, HEAD, story.now)["one"]["warnings"]]
    states = [words.partition(":")[0] for words in head if "page" not in words.lower()]
    assert states[:4] == ["STILL WORKS", "STILL WORKS", "REJECTED, NOT CONFIRMED", "ACCESS NOT CONTAINED"]


def test_how_a_key_was_used_is_on_page_one_and_row_by_row_in_the_appendix():
    story = Story(declaration()).run(600)
    now = story.now
    ours = Use(now, now, "s3:ListBuckets", "AKIA1", address="192.0.2.1", ours="the functions")
    strange = Use(now, now, "iam:CreateUser", "AKIA1", what=("*eve*",), address="198.51.100.7", why="Makes a user.")
    found = summary(UseReport("CloudTrail", Per.KEY, START, now, 900.0, (ours, strange), ("Data events.",)), 50, 20)
    rows = "reports/inc_ab3cde.use-openai-api-key-dddddddddddd.jsonl"
    story.record(e.UseLookedUp(0, "openai-api-key", found, rows, "d" * 64))
    used = next(questions(story.incident, story.log, ()))
    assert (used.title, used.answer) == ("Was it used?", "Unknown. By others, it seems: openai-api-key")
    [at] = [number for number, fact in enumerate(used.facts) if "USED BY OTHERS" in fact.text]
    first, row = used.facts[at : at + 2]
    assert first.text == "openai-api-key: USED BY OTHERS, it seems: 1 of 2 uses not known to be ours."
    assert "iam:CreateUser (*eve*) from 198.51.100.7. Makes a user." in row.text
    assert first.seqs == row.seqs == (len(story.log),)
    said = [fact.text for fact in access_facts(story.incident, story.secret(), story.log)]
    assert "Not visible there: Data events." in said[0]
    assert "iam:CreateUser (*eve*)" in said[1]
    assert said[2].endswith("s3:ListBuckets from 192.0.2.1. Ours: the functions.")
    assert said[3].startswith(f"Each use is a line of {rows.rpartition('/')[2]}, SHA-256 {'d' * 64}.")


def warned(story):
    return [fact.text for fact in warnings(story.incident, story.log, story.now)]


def test_the_head_says_what_a_signature_would_vouch_for_that_nobody_knows():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)))).run(600)
    ben, chloe_ = "arn:aws:iam::1:user/ben", "arn:aws:iam::1:user/eve"
    seen = tuple(
        Read(START, who, "203.0.113.9", "curl", "GetParameter", "/production/openai-api-key") for who in (ben, chloe_)
    )
    story.record(e.UsageRead(0, "openai-api-key", "CloudTrail", START, story.now, seen, (), False))
    story.do(c.AccountReader(ben, m.ReaderOutcome.UNEXPLAINED, "he denies it"), ANNA)
    story.do(c.AccountReader(chloe_, m.ReaderOutcome.REMOVED, "deleted the user."), ANNA)
    story.do(c.RecordFinding("abuse-unknown", "the logs are gone"), ANNA)
    said = warned(story)
    used = report_view(story.incident, story.log, HEAD, story.now)["one"]["questions"][0]
    read = "read openai-api-key before it was replaced (seen in CloudTrail)"
    facts = [fact.text for fact in used.facts]
    assert (used.title, used.answer) == ("Was it used?", "Unknown")
    assert f"user/ben {read}: UNEXPLAINED (by anna): he denies it." in facts
    assert f"user/eve {read}: NOT IDENTIFIED, access removed (by anna): deleted the user." in facts
    assert facts[0].startswith("the logs are gone (anna, ")
    assert "user/ben" not in " ".join(each for each in said if each.startswith("STILL OPEN"))


def test_the_thread_tells_who_recorded_what_the_report_rests_on():
    story = Story(declaration(wanted(), obligations=OBLIGATIONS))
    story.do(c.RecordFinding("impact", "mails could be sent"), ANNA)
    story.do(c.RecordFinding("finding", "a detail"), ANNA)
    story.do(c.RecordAbuse("openai-api-key", "mails were sent"), ANNA)
    story.do(c.DecideNotice("insurer", m.NoticeOutcome.NOTIFY, "it was used"), ANNA)
    news = News.of(story.incident, People(), story.log)
    told = [plain(said.text) for each in story.log if each.actor == "anna" and (said := news.message(each)) is not None]
    assert "📝 anna recorded the impact: mails could be sent" in told
    assert any(each.startswith("🔥 anna recorded ABUSE of the leaked key") for each in told)
    assert any(each.startswith("⚖️ anna decided to send") for each in told)
    assert not any("a detail" in each for each in told)


def test_what_came_right_after_the_close_is_not_called_open():
    by_hand = entry(can=capabilities(revokes=RevokedBy.PERSON))
    story = Story(declaration(wanted(by_hand), wanted(entry("redis", can=by_hand.capabilities)))).run(60)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "drill"), CHLOE)
    story.close_over("we watch it", CHLOE)
    story.agree(BEN)
    assert "- **Open.** Accepted at the close: openai-api-key: old key STILL WORKS." in still_open(story)
    story.world.killed.add("openai-api-key")
    story.run(4000)
    assert story.secret().old_state is m.Old.DEAD
    assert "openai-api-key: old key" not in still_open(story)
    assert "- **Open.** Accepted at the close: redis: old key STILL WORKS." in still_open(story)
    head = rendered(story).partition("## Was it used?")[0]
    assert (
        "CLOSED WITH OPEN ITEMS: openai-api-key: old key STILL WORKS, dead since; redis: old key STILL WORKS; " in head
    )
    decided = rendered(story).partition("## Who decided what")[2].partition("## What could not")[0]
    assert "chloe closed the incident, ben agreed, accepting what is open" in decided


def test_a_decision_that_no_data_asks_for_names_none(capsys):
    story = Story(declaration(obligations=OBLIGATIONS)).run(190)
    assert "NO DECISION ON NOTIFICATION: it is due by 2026-11-25 19:00:00 UTC." in rendered(story)
    show_incident(Terminal(), story.incident, story.now)
    assert "Notification: UNDECIDED, due 11-25 19:00 UTC." in capsys.readouterr().out


def looked(answers):
    """A story whose old key was looked at once a minute, with these answers."""
    story = Story(declaration()).run(0)
    for liveness, detail in answers:
        story.now += timedelta(minutes=1)
        story.record(e.OldProbed(0, "openai-api-key", Probe("old", liveness, detail)))
    return story


def looks_of(story):
    (shown,) = [s.looks for s in report_view(story.incident, story.log, HEAD, story.now)["secrets"]]
    return next(fact.text for fact in shown if fact.text.startswith("old: "))


def test_many_looks_are_shortened_and_said_once_in_the_timeline():
    text = rendered(looked([("live", "HTTP 200")] * 100))
    assert "ACCEPTED (HTTP 200) 100 times, 03:01:00 to 04:40:00" in text
    assert "(100 times, the last at" in text


def test_looks_that_saw_it_accepted_are_never_lost_among_refusals():
    refused = [("dead", "HTTP 401")] * 30
    said = looks_of(looked([*refused, *[("live", "HTTP 200")] * 10, *refused]))
    assert "rejected (HTTP 401) 30 times, 03:01:00 to 03:30:00; then ACCEPTED (HTTP 200) 10 times" in said
    assert said.count("rejected (HTTP 401) 30 times") == 2


def test_of_many_changes_those_in_the_middle_are_counted_with_every_state_that_was_seen():
    unclear = [("unknown", f"HTTP {500 + number}") for number in range(40)]
    said = looks_of(looked([*unclear, ("live", "HTTP 200"), *unclear]))
    assert "; then … and 53 changes more, which the log has: NO CLEAR ANSWER and ACCEPTED; then " in said
    assert said.endswith("NO CLEAR ANSWER (HTTP 539) at 04:21:00.")


def test_every_kind_of_event_can_stand_in_a_report():
    story = Story(declaration(wanted(), wanted(entry("redis"))))
    story.run(40)
    for kind, samples in sorted(SAMPLES.items(), key=lambda each: each[0] == "handed-over"):  # it takes a secret away
        for sample in samples if kind not in {"incident-declared", "secret-added"} else ():
            story.record(sample, "bot" if type(sample) in BY_MACHINE else "anna")
    assert rendered(story)


HOSTILE = [
    "{{ 7 * 7 }} {% for x in y %}",
    "<script>alert(1)</script>",
    "a | b | c",
    "[here](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "line\n# Heading\n\n- item\n| a |",
    "`code` ``` fence",
    "**bold** _it_ ~~s~~",
    "&lt;b&gt;",
    "\u202egnp.exe\x1b[31m\x00",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_stays_text(text):
    story = Story(declaration(title=text, how_noticed=text))
    story.do(c.AddNote(text), STRANGER)
    story.do(c.SkipStep("notify", text), ANNA)
    story.do(c.AddTask(text, text), ANNA)
    out = rendered(story)
    assert "49" not in re.findall(r"\b49\b", out)
    assert not re.search(r"(?<!\\)<script|(?<!\\)\]\(|^# Heading|\u202e|\x1b|\x00|https://evil", out, re.MULTILINE)
    columns = {
        len(re.findall(r"(?<!\\)\|", line)) for line in out.partition("## Timeline")[2].splitlines() if line[:1] == "|"
    }
    assert columns <= {4}


def test_markdown_filters():
    assert md("1. a") == r"1\. a"
    assert md("- a") == r"\- a"
    assert md("snake_case and _x_") == r"snake_case and \_x\_"
    assert md("www.evil.example") == r"www\.evil.example"
    assert md(Markdown("**a**")) == "**a**"
    assert code("a`b|c") == "`a'b¦c`"
    assert code("") == "—"


def own_template(tmp_path, text):
    (tmp_path / "report.md.j2").write_text(text)
    return (tmp_path, *SHIPPED)


def test_a_users_template_comes_first(tmp_path):
    folders = own_template(tmp_path, "Ours: {{ report.title }}")
    assert rendered(Story(declaration(title="a*b")), folders) == "Ours: a\\*b\n"


@pytest.mark.parametrize(
    ("template", "line", "says"),
    [
        ("a\n{{ report.titel }}", 2, "titel"),
        ("{{ reprot.title }}", 1, "reprot"),
        ("a\nb\n{% if %}", 3, "Expected an expression"),
        ("{{ report.title | nope }}", 1, "nope"),
        ("\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("{{ report.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ ''.__class__.__base__.__subclasses__() }}", 1, "unsafe"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(tmp_path, template, line, says):
    folders = own_template(tmp_path, template)
    with pytest.raises(ConfigurationError, match=says) as wrong:
        rendered(Story(declaration()), folders)
    assert f"report.md.j2:{line}:" in str(wrong.value)


def test_a_missing_template_is_named():
    with pytest.raises(ConfigurationError, match=r"report\.md\.j2: not found"):
        rendered(Story(declaration()), ())


def test_templates_come_with_the_bot():
    assert {path.name for path in shipped("templates").glob("*.j2")} == {
        "page.html.j2",
        "text.html.j2",
        "rotation.html.j2",
        "rotation.md.j2",
        "report.html.j2",
        "report.md.j2",
        "decision.md.j2",
        "customer-notice.md.j2",
        "regulator-notice.md.j2",
        "runbook.md.j2",
        "update-owners.txt.j2",
        "update-security.txt.j2",
        "update-stakeholders.txt.j2",
    }


def test_a_decision_says_what_was_accepted_and_who_agreed():
    fatal = entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
    world = World()
    world.look = lambda _: probe("unknown")
    story = Story(declaration(wanted(fatal), wanted(entry("redis"), m.Strategy.OVERLAP)), world=world)
    story.do(c.BreakGlass({"openai-api-key": SHOWN}, "abuse"), ANNA)
    story.run(60)
    story.do(c.AttestDeath("openai-api-key", "saw it"), CHLOE)
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "drill"), CHLOE)
    story.close_over("we watch it", CHLOE)
    story.agree(BEN)
    text = render_decision(story.incident, "r.md", SHIPPED)
    assert "**Open at the close, and accepted:** openai-api-key: old key vouched dead, not confirmed; " in text
    assert "redis: old key STILL WORKS" in text
    assert "yes, no or unknown: we watch it" in text
    assert "Approved by anna (break-glass) and chloe (attested)." in text
    assert "Approved by no one." in text
    assert "SHA-256" not in text


def test_who_signs_reads_first_which_tasks_were_declined():
    story = Story(declaration())
    for title in ("Look", "Look again"):
        story.do(c.AddTask(title, ""), ANNA)
    tasks = [task for task in story.incident.tasks.values() if task.step == "remediate"]
    for task in tasks:
        story.do(c.DeclineTask(task.id, "not for tonight"), BEN)
    story.do(c.CompleteStep("remediate"), ANNA)
    head, _, rest = rendered(story).partition("## Was it used?")
    assert f"NOT DONE, DECLINED: {tasks[0].title}" in head.replace("\\", "")
    assert "Declined by ben: not for tonight" in head
    assert f"| done, {len(tasks)} tasks declined |" in rest


def still_open(story):
    return rendered(story).partition("## Cause, lessons, open items")[2].partition("- **Signed.**")[0]


def test_a_decision_on_notification_that_nobody_accepted_is_told_by_itself():
    story = Story(declaration(obligations=OBLIGATIONS)).run(190).complete()
    story.record(e.IncidentClosed("by day"), "chloe")
    assert "- **Open.** Decision on notification, due 2026-11-25 19:00:00 UTC. [1]" in still_open(story)


def test_declined_tasks_and_long_lists_of_references():
    story = Story(declaration())
    story.do(c.AddTask("Search", "ben", START + timedelta(days=1)), ANNA)
    story.do(c.DeclineTask("t1", "not ours"), ANNA)
    for _ in range(9):
        story.do(c.KillNow("nope", SHOWN), ANNA)
    text = rendered(story)
    assert "declined by anna: not ours" in text
    assert re.search(r"9 requests refused, each with its reason in the timeline. \[6, 7, 8, 9, 10, … 14\]", text)


def test_a_decision_is_titled_by_its_secrets_and_what_became_of_them():
    """Nothing that lives is called rotated or replaced, and no path of the bot's own disk is a link."""
    by_hand = entry("stripe-secret-key", can=capabilities(revokes=RevokedBy.PERSON))
    unsaid = entry("redis-url", consumers=(Consumer("mailer"),))
    world = World()
    world.incomplete = {"mailer": "an alias divides its traffic"}
    story = Story(declaration(wanted(entry()), wanted(by_hand), wanted(unsaid)), ANNA, world).run(120)
    story.do(c.AddTask("Take the key out of the build", "dora", START + timedelta(days=2)), ANNA)
    assert decision_title(story.incident) == (
        "openai-api-key replaced; stripe-secret-key STILL WORKS; redis-url replaced, not confirmed by consumers"
    )
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "drill"), CHLOE)
    story.close_over("stripe is down", CHLOE)
    story.agree(BEN)
    text = render_decision(story.incident, "/srv/bot/reports/inc_ab3cde.md", SHIPPED)
    assert "stripe-secret-key STILL WORKS" in text
    assert "- **Remediation:** Take the key out of the build: open, dora, due 2026-11-27 03:00" in text
    assert "/srv/bot" not in text


def test_since_when_it_was_exposed_can_be_set_and_mended_and_all_of_the_report_goes_by_it():
    story = Story(declaration()).run(120)
    inspected = story.secret().inspected_at
    for hours, why in ((3, "the first download"), (30, "the commit was pushed then")):
        story.do(c.RecordExposure(START - timedelta(hours=hours), why), ANNA)
    since = START - timedelta(hours=30)
    assert (story.incident.exposed_at, clocks(story.incident, story.secret()).exposed) == (since, since)
    assert inspected is None or story.secret().inspected_at is None
    text = render(story.incident, story.log, "1:abc", SHIPPED, story.now)
    assert "as anna recorded: the commit was pushed then" in text
    assert moment(START - timedelta(hours=3)) not in text.partition("## Timeline")[0]
    story.run(3600)
    assert "begin before it is noticed" in story.refused(c.RecordExposure(START + timedelta(minutes=30), "x"), ANNA)
    assert "Nothing changed" in story.refused(c.RecordExposure(since, "again"), ANNA)


@pytest.mark.parametrize(("said", "contained"), [(None, False), ("abuse-unknown", False), ("no-abuse", True)])
def test_access_is_contained_nowhere_while_abuse_is_unknown(said, contained):
    story = Story(declaration()).run(600)
    if said:
        story.do(c.RecordFinding(said, "we have looked in its usage page"), ANNA)
    story.run(60)
    assert ("access is contained" in announcement(story.incident)) is contained
    text = render(story.incident, story.log, "1:abc", SHIPPED, story.now).lower()
    assert ("access is contained" in text) is contained
    assert ("abuse unknown" in text) is not contained
