"""Reports arrive, once: in the channel and in a bucket; what fails is said and stays."""

import hashlib
import io
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto import mock_aws

from bot.app import Application
from bot.data_files import shipped, template_folders
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import TOKEN as SLACK_TOKEN
from bot.drill.fakes.slack import FakeSlack
from bot.drill.fakes.slack.records import BOT_USER
from bot.errors import Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.eventlog.contract import Snapshot
from bot.incident import events as e
from bot.incident.commands import Retry
from bot.incident.lanes import REPORT_LANE, delivery_lane
from bot.incident.operations import Claim, Op
from bot.incident.schedule import pending
from bot.net.limits import Bucket
from bot.people import People
from bot.report.bucket import ReportBucket
from bot.report.contract import Document, document_name
from bot.report.filing import FileArchive
from bot.rotation import Job
from bot.secrets.secret import Secret
from bot.settings.model import Settings
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.incident_channel import CARD_EVENT, SlackIncidentChannel
from bot.worker.operations import IncidentOperations
from bot.worker.ports import NoBoard
from tests.support.incidents import Story, declaration
from tests.support.rotations import rotation
from tests.support.slack_files import shared_by, talked

SHIPPED = template_folders()


def document(text, form="html"):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(document_name("inc_ab3cde", digest, form), "inc_ab3cde: report", form, text, digest)


PAGE, TEXT = document("<p>page</p>"), document("# text", "md")


# --- in the core -----------------------------------------------------------------------------------------------------


def written(story, *to):
    story.record(e.ReportWritten(0, "r.md", "d" * 64, "1:h", story.incident.seq, deliver=to))
    return story


def test_each_place_has_a_lane_of_its_own_and_gets_it_once():
    story = written(Story(declaration()), "slack", "s3")
    assert {work.lane for work in deliveries(story)} == {delivery_lane("slack"), delivery_lane("s3")}
    claim = story.begin(Op.DELIVER)
    covers = story.incident.report.covers
    story.finish(claim, e.ReportDelivered(claim.number, claim.subject, "there", "d" * 64, covers))
    assert {work.subject for work in deliveries(story)} == {"slack", "s3"} - {claim.subject}
    assert story.incident.report.deliveries[claim.subject].place == "there"


def test_what_is_written_while_it_is_delivered_is_delivered_too():
    story = written(Story(declaration()), "s3")
    before = story.incident.report.covers
    claim = story.begin(Op.DELIVER)
    written(story, "s3")
    story.finish(claim, e.ReportDelivered(claim.number, "s3", "there", "d" * 64, before))
    assert [work.subject for work in deliveries(story)] == ["s3"]


def test_what_fails_keeps_no_other_place_waiting_and_leaves_the_report():
    story = written(Story(declaration()), "slack", "s3")
    claim = story.begin(Op.DELIVER)
    failed = e.OperationFailed(claim.number, Op.DELIVER, "Unauthorized", "slack: upload: missing_scope", None)
    story.finish(claim, failed)
    assert [work.subject for work in deliveries(story)] == [({"slack", "s3"} - {claim.subject}).pop()]
    assert story.incident.report.path == "r.md"
    story.do(Retry(claim.lane))
    assert len(deliveries(story)) == 2


def test_what_fails_for_a_while_is_tried_again_by_itself_and_leaves_the_report():
    story = written(Story(declaration()), "s3")
    claim = story.begin(Op.DELIVER)
    again = story.now + timedelta(seconds=30)
    story.finish(claim, e.OperationFailed(claim.number, Op.DELIVER, "Throttled", "s3: look: HTTP 429", again))
    assert deliveries(story) == []
    story.now = again
    assert len(deliveries(story)) == 1
    assert story.incident.report.path == "r.md"


def deliveries(story):
    return [work for work in pending(story.incident, story.now) if work.op is Op.DELIVER]


def test_a_log_of_before_owes_nobody_a_report():
    story = Story(declaration())
    story.record(e.ReportWritten(0, "r.md", "d" * 64, "1:h", 1))
    assert not deliveries(story)


# --- the channel -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slack():
    fake = FakeSlack(rate_limited=False)
    with Served(fake.application) as served:
        gateway = SlackGateway(web_client(Secret(SLACK_TOKEN), f"{served.url}/api"), lambda: Bucket(1e6, 1000))
        yield fake, SlackIncidentChannel(gateway, People(()))


@pytest.fixture
def incident(slack):
    fake, channel = slack
    story = Story(declaration())
    number = len(fake.workspace.channels)
    made = channel.gateway.create_channel(f"leak-{number}")
    story.incident = replace(story.incident, channel=made)
    return story.incident


def shared(fake, incident):
    messages = fake.workspace.channels[incident.channel].messages
    return [file["name"] for message in messages for file in message.get("files") or () if "name" in file]


def test_the_page_is_uploaded_into_the_channel_once(slack, incident):
    fake, channel = slack
    link = channel.deliver(incident, (PAGE, TEXT), renewed=False)
    assert shared(fake, incident) == [PAGE.name]
    assert channel.deliver(incident, (PAGE, TEXT), renewed=False) == link != ""
    assert shared(fake, incident) == [PAGE.name]
    (stored,) = [file for file in fake.workspace.files.values() if file.name == PAGE.name]
    assert stored.content == PAGE.content


def beside_the_page(slack, incident, digest):
    """What stands beside the page, where the version that was filed last has this digest."""
    fake, channel = slack
    incident = replace(incident, report=replace(incident.report, digest=digest, covers=17))
    channel.deliver(incident, (PAGE, TEXT), renewed=False)
    (comment,) = [each["text"] for each in fake.workspace.channels[incident.channel].messages if each.get("files")]
    assert comment.startswith("Draft of the report of")
    assert PAGE.digest[:12] not in comment
    return comment


def test_beside_the_page_stands_the_digest_that_is_signed_and_no_other(slack, incident):
    """As the message says that tells of the report: one that reads both has one digest."""
    comment = beside_the_page(slack, incident, TEXT.digest)
    assert comment.endswith(f"events 1 to 17, as a page to read. The SHA-256 of its text begins {TEXT.digest[:16]}")


def test_a_page_that_was_written_anew_is_not_vouched_for_by_the_version_that_is_signed(slack, incident):
    """The version that was filed is on another worker's disk."""
    filed = "c0ffee" * 10 + "abcd"
    comment = beside_the_page(slack, incident, filed)
    assert f"written again from the log; the SHA-256 of its text begins {TEXT.digest[:16]}." in comment
    assert comment.endswith(f"It is not the signed version ({filed[:16]})")
    assert "events 1 to" not in comment


def test_the_page_of_a_planned_run_goes_into_the_thread_of_its_message_once(slack, incident):
    """In a channel that runs share; where that message is gone, beside the others."""
    fake, channel = slack
    run = replace(Story(rotation()).incident, channel=incident.channel)
    channel.deliver(run, (PAGE, TEXT), renewed=False)
    card = channel.gateway.post(run.channel, "the run", (), (CARD_EVENT, {"incident": run.id}))
    links = {channel.deliver(run, (PAGE, TEXT), renewed=False) for _ in range(2)}
    assert len(links) == 1
    messages = fake.workspace.channels[run.channel].messages
    assert [each.get("thread_ts") for each in messages if each.get("files")] == [None, card]


def test_after_a_redaction_the_earlier_page_goes_however_far_above_it_stands(slack, incident):
    fake, channel = slack
    channel.deliver(incident, (PAGE, TEXT), renewed=False)
    talked(fake.workspace, incident.channel, "U0PERSON1")
    newer = document("<p>redacted</p>")
    channel.deliver(incident, (newer, TEXT), renewed=True)
    assert shared(fake, incident) == [newer.name]


def test_the_earlier_page_of_a_planned_run_goes_from_its_thread_and_from_beside_it(slack, incident):
    fake, channel = slack
    run = replace(Story(rotation()).incident, channel=incident.channel)
    beside, earlier, newer = (document(f"<p>{text}</p>") for text in ("beside", "earlier", "redacted"))
    beside, earlier, newer = (replace(each, name=each.name.replace("inc_ab3cde", run.id))
                              for each in (beside, earlier, newer))  # fmt: skip
    channel.deliver(run, (beside, TEXT), renewed=False)
    card = channel.gateway.post(run.channel, "the run", (), (CARD_EVENT, {"incident": run.id}))
    channel.deliver(run, (earlier, TEXT), renewed=False)
    channel.deliver(run, (newer, TEXT), renewed=True)
    assert shared(fake, run) == [newer.name]
    messages = fake.workspace.channels[run.channel].messages
    assert messages[-1]["thread_ts"] == card


def test_a_file_of_somebody_elses_under_such_a_name_stays_and_keeps_no_other(slack, incident):
    fake, channel = slack
    theirs, earlier, newer = document("<p>theirs</p>"), document("<p>earlier</p>"), document("<p>redacted</p>")
    channel.deliver(incident, (earlier, TEXT), renewed=False)
    shared_by(fake.workspace, incident.channel, "U0PERSON1", theirs.name)
    assert channel.deliver(incident, (newer, TEXT), renewed=True)
    assert sorted(shared(fake, incident)) == sorted([theirs.name, newer.name])


@pytest.mark.parametrize(("user", "content"), [("U0PERSON1", PAGE.content), (BOT_USER, b"<p>changed</p>")])
def test_another_file_under_the_name_of_the_page_is_not_the_page(slack, incident, user, content):
    """Whoever else has uploaded it, or another length of ours."""
    fake, channel = slack
    shared_by(fake.workspace, incident.channel, user, PAGE.name, content)
    channel.deliver(incident, (PAGE, TEXT), renewed=False)
    assert shared(fake, incident) == [PAGE.name] * 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("files.getUploadURLExternal-429", Throttled),
        ("files.getUploadURLExternal-500", Unexpected),
        ("upload-500", Unexpected),
        ("files.completeUploadExternal-500", Unexpected),
    ],
)
def test_an_upload_that_fails_leaves_nothing_and_is_tried_again(slack, incident, fault, kind):
    fake, channel = slack
    fake.faults.inject(fault, 1)
    with pytest.raises(kind):
        channel.deliver(incident, (PAGE, TEXT), renewed=False)
    assert shared(fake, incident) == []
    channel.deliver(incident, (PAGE, TEXT), renewed=False)
    assert shared(fake, incident) == [PAGE.name]


@pytest.mark.parametrize("fault", ["upload-reset", "files.completeUploadExternal-reset"])
def test_an_upload_whose_answer_was_lost_is_there_once(slack, incident, fault):
    fake, channel = slack
    fake.faults.inject(fault, 1)
    with pytest.raises(Unreachable):
        channel.deliver(incident, (PAGE, TEXT), renewed=False)
    channel.deliver(incident, (PAGE, TEXT), renewed=False)
    assert shared(fake, incident) == [PAGE.name]


def test_without_the_scope_it_says_so(slack, incident):
    fake, channel = slack
    fake.scopes, before = fake.scopes - {"files:write"}, fake.scopes
    with pytest.raises(Unauthorized, match="missing_scope"):
        channel.deliver(incident, (PAGE, TEXT), renewed=False)
    fake.scopes = before


# --- the bucket ------------------------------------------------------------------------------------------------------


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("s3", region_name="us-east-1", config=Config(retries={"max_attempts": 0}))


def bucket(s3, **more):
    s3.create_bucket(Bucket="reports", **more)
    return ReportBucket("reports", lambda: s3)


def test_each_version_is_kept_under_its_own_name_and_never_written_twice(s3):
    incident, place = Story(declaration()).incident, bucket(s3)
    assert place.deliver(incident, (PAGE, TEXT), renewed=False) == f"s3://reports/incidents/inc_ab3cde/{PAGE.name}"
    first = s3.head_object(Bucket="reports", Key=f"incidents/inc_ab3cde/{PAGE.name}")
    place.deliver(incident, (PAGE, TEXT), renewed=False)
    again = s3.head_object(Bucket="reports", Key=f"incidents/inc_ab3cde/{PAGE.name}")
    assert first["LastModified"] == again["LastModified"]
    assert again["Metadata"] == {"sha256": PAGE.digest}
    assert len(s3.list_objects_v2(Bucket="reports")["Contents"]) == 2


def test_a_bucket_with_a_lock_and_no_retention_gets_a_legal_hold(s3):
    place = bucket(s3, ObjectLockEnabledForBucket=True)
    place.deliver(Story(declaration()).incident, (PAGE,), renewed=False)
    held = s3.get_object_legal_hold(Bucket="reports", Key=f"incidents/inc_ab3cde/{PAGE.name}")
    assert held["LegalHold"]["Status"] == "ON"


def test_a_bucket_that_is_not_there_is_said(s3):
    place = ReportBucket("nowhere", lambda: s3)
    with pytest.raises(Refused, match="NoSuchBucket"):
        place.deliver(Story(declaration()).incident, (PAGE,), renewed=False)


class Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_more):
        yield self.read()


def faulty(s3, operation, status, code):
    """The next request of this kind is answered so."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()

    def answer(**_more):
        s3.meta.events.unregister(f"before-send.s3.{operation}", answer)
        return AWSResponse("https://s3.example", status, {}, Raw(body))

    s3.meta.events.register_first(f"before-send.s3.{operation}", answer)


@pytest.mark.parametrize("operation", ["GetObjectLockConfiguration", "HeadObject", "PutObject"])
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "TooManyRequests", Throttled),
        (503, "SlowDown", Throttled),
        (500, "InternalError", Unexpected),
        (403, "AccessDenied", Unauthorized),
    ],
)
def test_a_bucket_that_fails_gets_it_the_next_time_and_once(s3, operation, status, code, kind):
    incident, place = Story(declaration()).incident, bucket(s3)
    faulty(s3, operation, status, code)
    with pytest.raises(kind):
        place.deliver(incident, (PAGE, TEXT), renewed=False)
    place.deliver(incident, (PAGE, TEXT), renewed=False)
    place.deliver(incident, (PAGE, TEXT), renewed=False)
    assert sorted(
        each["Key"].rpartition("/")[2] for each in s3.list_objects_v2(Bucket="reports")["Contents"]
    ) == sorted((PAGE.name, TEXT.name))


def test_a_version_that_somebody_put_there_in_between_is_not_written_again(s3):
    incident, place = Story(declaration()).incident, bucket(s3)
    place.deliver(incident, (PAGE,), renewed=False)
    faulty(s3, "HeadObject", 404, "404")
    assert place.deliver(incident, (PAGE,), renewed=False).endswith(PAGE.name)
    key = f"incidents/inc_ab3cde/{PAGE.name}"
    assert s3.get_object(Bucket="reports", Key=key)["Body"].read() == PAGE.content


# --- the operation ---------------------------------------------------------------------------------------------------


class Place:
    def __init__(self) -> None:
        self.got = []

    def deliver(self, incident, documents, *, renewed):
        self.got += documents
        return "there"


def operations(story, folder, place, values=tuple):
    class Log:
        def events(self, _incident):
            return story.log

        def snapshot(self, _incident):
            return Snapshot(story.incident, tuple(story.log), f"{len(story.log)}:abc")

    archive = FileArchive(folder / "reports", folder / "decisions.md")
    return IncidentOperations(
        Log(), NoBoard(), None, archive, SHIPPED, lambda: story.now, destinations={"s3": place}, values=values
    )


def test_what_was_filed_is_delivered_and_written_anew_where_another_worker_has_it(tmp_path):
    story, place = Story(declaration()), Place()
    made = operations(story, tmp_path, place)
    written = made.report(Job(story.incident, claim(Op.REPORT), None, lambda: None))
    assert written.deliver == ("s3",)
    story.record(written)
    made.deliver(Job(story.incident, claim(Op.DELIVER, "s3"), None, lambda: None))
    assert [each.digest for each in place.got] == [written.html_digest, written.digest]
    (tmp_path / "reports" / "inc_ab3cde.html").unlink()
    story.now = story.now.replace(minute=59)
    delivered = made.deliver(Job(story.incident, claim(Op.DELIVER, "s3"), None, lambda: None))
    assert (delivered.covers, len(place.got)) == (written.covers, 4)


def test_a_report_is_of_one_moment_although_something_happened_since_it_was_claimed(tmp_path):
    story = Story(declaration())
    early = story.incident
    story.run(120)
    made = operations(story, tmp_path, Place())
    first, second = (made.report(Job(state, claim(Op.REPORT), None, lambda: None)) for state in (early, story.incident))
    assert early != story.incident
    assert first == second


def claim(op, subject=""):
    lane = delivery_lane(subject) if subject else REPORT_LANE
    return Claim(1, op, lane, subject or "inc_ab3cde", 1, "w")


def test_a_template_that_holds_a_secret_files_nothing(tmp_path):
    canary = "nR4wTq82Lx05vBz7"
    (tmp_path / "report.html.j2").write_text(f"<p>{canary[:7]}<b>{canary[7:]}</b></p>")
    story = Story(declaration())
    made = operations(story, tmp_path, Place(), lambda: {Secret(canary).fingerprint})
    made = replace(made, templates=(tmp_path, *SHIPPED))
    with pytest.raises(Refused, match="in the text of <p>") as refused:
        made.report(Job(story.incident, claim(Op.REPORT), None, lambda: None))
    assert canary not in str(refused.value)
    assert not list((tmp_path / "reports").glob("*.html"))


def names_of(story):
    """Under which names a report arrives: each in words, as the gate calls its place."""
    incident = story.incident
    return {
        "the file's name": document_name(incident.id, incident.report.html_digest, "html"),
        "its title": f"{incident.id}: draft of the report",
    }


@pytest.mark.parametrize("where", ["the file's name", "its title"])
def test_a_name_that_holds_a_secret_brings_nothing_anywhere(tmp_path, where):
    """The name itself is taken as a value of the catalog: nothing is delivered, and it is said where it stands."""
    story, values, place = Story(declaration()), set(), Place()
    made = operations(story, tmp_path, place, lambda: values)
    story.record(made.report(Job(story.incident, claim(Op.REPORT), None, lambda: None)))
    values.add(Secret(names_of(story)[where]).fingerprint)
    with pytest.raises(Refused, match=f"in {where}"):
        made.deliver(Job(story.incident, claim(Op.DELIVER, "s3"), None, lambda: None))
    assert place.got == []
    values.clear()
    made.deliver(Job(story.incident, claim(Op.DELIVER, "s3"), None, lambda: None))
    assert len(place.got) == 2


# --- settings -------------------------------------------------------------------------------------------------------


@contextmanager
def working(folder, **given):
    """The worker's side of a bot with these settings."""
    with closing(
        Application(Settings.load({"BOT_DATA": str(folder), "BOT_PLAYBOOKS": str(shipped("playbooks")), **given}))
    ) as application:
        yield application.working


def test_the_settings_say_where_reports_are_kept_and_arrive(tmp_path):
    with working(tmp_path) as made:
        assert made.destinations == {}
        assert made.archive == FileArchive(tmp_path / "reports", tmp_path / "decisions.md")
    with working(tmp_path, BOT_REPORTS_BUCKET="acme-reports", SLACK_BOT_TOKEN="xoxb-made-up") as made:
        kinds = {name: type(each).__name__ for name, each in made.destinations.items()}
        bucket = made.destinations["s3"]
    assert kinds == {"slack": "SlackIncidentChannel", "s3": "ReportBucket"}
    assert bucket.bucket == "acme-reports"
