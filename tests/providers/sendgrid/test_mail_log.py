"""How a key of SendGrid was used, as its e-mail log tells."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.serving import Served
from bot.drill.providers.sendgrid import mail
from bot.drill.providers.sendgrid.fake import FakeSendGrid
from bot.errors import Unauthorized
from bot.model.uses import Per
from bot.providers import PROVIDERS
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.providers.sendgrid import mail_log
from bot.providers.sendgrid.provider import SendGrid
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import setup
from tests.support.clock import Clock
from tests.support.contracts import Exchanges

HOUR, DAY = 3600, 86400


@pytest.fixture
def world():
    return FakeSendGrid(Clock())


@pytest.fixture
def leaked(world):
    return world.add_key()


@pytest.fixture
def provider(world):
    exchanges = Exchanges(world.flask, "sendgrid")
    with Served(world.application) as served:
        yield PROVIDERS["sendgrid"].configured(setup("sendgrid", served.url, admin=world.admin_key))
        assert exchanges.breaches == []


@pytest.fixture
def look(provider, leaked, world):
    """Asks for the use of the last `days`."""

    def look(days=30, enough=lambda: False):
        now = datetime.fromtimestamp(world.clock(), UTC)
        held = Held(Credential.single(Secret(leaked.value)), leaked.id)
        return provider.use(held, Look(provider.card.records, now - timedelta(days=days), now, enough))

    return look


def test_an_emails_key_and_address_come_from_its_details(look, world, leaked):
    sent = world.mail.send(leaked.id, world.clock() - 90, "198.51.100.7", sender="bank@example.org")
    world.mail.send("another", world.clock() - 90)
    found = look()
    [use] = found.uses
    assert (use.action, use.key, use.address, use.what, use.id) == (
        "mail.send", leaked.id, "198.51.100.7", ("bank@example.org",), sent.id
    )  # fmt: skip
    assert use.first == use.last == datetime.fromtimestamp(world.clock() - 90, UTC)
    assert (found.per, found.truncated) == (Per.KEY, False)


def test_neither_recipients_nor_subjects_are_kept(look, world, leaked):
    world.mail.send(leaked.id, world.clock() - 90, subject="Your invoice", to="ada@example.net")
    assert "invoice" not in repr(look())
    assert "ada@" not in repr(look())


def test_it_can_never_show_that_only_we_used_the_key(look):
    assert look().gap == "SendGrid's log has e-mails and no other calls"


def test_the_log_reaches_back_30_days_and_the_report_says_so(look, world, leaked):
    world.mail.send(leaked.id, world.clock() - 29 * DAY)
    world.mail.send(leaked.id, world.clock() - 31 * DAY)
    found = look(days=60)
    assert len(found.uses) == 1
    assert found.until - found.since == timedelta(days=30)


def test_the_statistics_tell_how_many_emails_any_key_sent_also_before_the_log(look, world, leaked):
    for ago in (90, 40 * DAY, 90 * DAY):
        world.mail.send("another", world.clock() - ago)
    now = datetime.fromtimestamp(world.clock(), UTC)
    when = f"from {now - timedelta(days=60):%Y-%m-%d} to {now:%Y-%m-%d}"
    assert look(days=60).not_visible[0] == f"Which key sent each of the account's 2 e-mails {when}."
    admin = world.by_value(world.admin_key)
    admin.scopes = tuple(scope for scope in admin.scopes if scope != "stats.read")
    assert look(days=60).not_visible == SendGrid.card.records.not_visible


def test_where_a_list_is_full_its_time_is_divided(look, world, leaked, monkeypatch):
    monkeypatch.setattr(mail_log, "LISTED", 4)
    monkeypatch.setattr(mail, "MOST_LISTED", 4)
    for number in range(12):
        world.mail.send(leaked.id, world.clock() - 2 * HOUR - number * 600)
    found = look()
    assert len({use.id for use in found.uses}) == len(found.uses) == 12
    assert not found.truncated


def test_more_emails_at_once_than_a_list_has_are_a_gap(look, world, leaked, monkeypatch):
    monkeypatch.setattr(mail_log, "LISTED", 4)
    monkeypatch.setattr(mail, "MOST_LISTED", 4)
    for _ in range(5):
        world.mail.send(leaked.id, world.clock() - 2 * HOUR)
    found = look()
    assert (found.uses, found.truncated) == ((), True)
    assert found.not_visible[-1] == ("E-mail log: sendgrid: read the e-mail log: more than 4 e-mails in 10 s.")


def test_the_newest_are_read_first_and_a_look_ends_when_told(look, world, leaked):
    old, new = (world.mail.send(leaked.id, world.clock() - ago) for ago in (2 * DAY, 90))
    calls = iter(range(100))
    found = look(enough=lambda: next(calls) >= 2)
    assert [use.id for use in found.uses] == [new.id]
    assert found.not_visible[-1] == "Not read to the end: E-mail log."
    assert [use.id for use in look().uses] == [new.id, old.id]


def test_details_are_read_of_a_limited_number(look, world, leaked, monkeypatch):
    monkeypatch.setattr(mail_log, "MOST", 3)
    for number in range(5):
        world.mail.send(leaked.id, world.clock() - 90 - number)
    found = look()
    assert (len(found.uses), found.truncated) == (2, True)


def test_an_id_that_would_change_the_path_is_not_asked_for(look, world, leaked):
    sent = world.mail.send(leaked.id, world.clock() - 90)
    world.mail.sent[0] = mail.Mail("../api_keys", sent.at, sent.key, "", "", "", "")
    assert look().not_visible[-1] == (
        "E-mail log: sendgrid: read an e-mail's details: its id has characters that change a path."
    )


def test_an_admin_key_without_the_right_is_an_error_and_not_an_empty_answer(look, world):
    admin = world.by_value(world.admin_key)
    admin.scopes = tuple(scope for scope in admin.scopes if scope != "email_activity.read")
    with pytest.raises(Unauthorized, match="sendgrid: read the e-mail log: HTTP 403"):
        look()


def test_an_email_sent_in_the_practice_world_is_found_also_after_the_keys_death(look, world, leaked):
    body = {
        "personalizations": [{"to": [{"email": "ada@example.net"}]}],
        "from": {"email": "shop@example.com"},
        "subject": "Your order",
        "content": [{"type": "text/plain", "value": "Thank you."}],
    }
    headers = {"Authorization": f"Bearer {leaked.value}"}
    with world.flask.test_client() as client, client.post("/v3/mail/send", json=body, headers=headers) as answer:
        assert answer.status_code == 202
    world.clock.advance(60)
    world.revoke(leaked)
    assert [use.address for use in look().uses] == ["127.0.0.1"]
