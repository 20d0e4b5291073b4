"""Who can beside who did: what is told of each principal, and that nothing unknown is told as "nobody"."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.model.reads import Read
from bot.proofs.principals import holder
from bot.usage.audit import Seen, audit, idle_readers
from bot.usage.contract import Grant, Granted, Usage, Verdict, session_name

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
KEY, OTHER = "/production/openai-api-key", "/production/redis-url"
ADA = f"arn:aws:iam::{ACCOUNT}:user/ada"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/product/functions"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/functions"
BOT = f"arn:aws:iam::{ACCOUNT}:role/bot"


def can(*grants):
    return Granted("IAM", ACCOUNT, tuple(
        Grant(principal, parameter, Verdict(verdict), ("policy",), ("ssm:GetParameter",))
        for principal, parameter, verdict in grants
    ), ())  # fmt: skip


def read(principal, parameter=KEY, hours=1, action="GetParameter", **more):
    return Read(NOW - timedelta(hours=hours), principal, "192.0.2.1", "agent", action, parameter, **more)


def did(*reads, truncated=False):
    return Usage("CloudTrail", NOW - timedelta(days=90), NOW, reads, (), truncated=truncated)


def told(granted, usage=None, parameter=KEY, bot=""):
    return {reader.principal: reader for reader in audit(parameter, granted, usage, bot)}


def test_a_session_counts_as_its_role_whatever_the_role_s_path():
    readers = told(can((ROLE, KEY, "can")), did(read(f"{SESSION}/api"), read(f"{SESSION}/worker", hours=5)))
    reader = readers[ROLE]
    assert (reader.can, reader.seen, reader.reads) == (Verdict.CAN, Seen.READ, 2)
    assert reader.sessions == ("api", "worker")
    assert reader.last == NOW - timedelta(hours=1)
    assert set(readers) == {ROLE}


def test_who_could_and_was_not_seen_to_is_idle():
    (reader,) = told(can((ADA, KEY, "can")), did()).values()
    assert (reader.seen, reader.idle, reader.by) == (Seen.NEVER, True, ("policy",))


def test_who_only_may_read_is_idle_too():
    (reader,) = told(can((ADA, KEY, "may")), did()).values()
    assert reader.idle


def test_a_refused_try_is_no_read():
    (reader,) = told(can(), did(read(ADA, action="GetParameter (refused: AccessDeniedException)"))).values()
    assert (reader.seen, reader.reads, reader.refused, reader.last) == (Seen.REFUSED, 0, 1, None)
    assert reader.can is Verdict.CANNOT


def test_reads_of_another_parameter_are_none_of_this_one():
    assert told(can((ADA, KEY, "can")), did(read(ADA, OTHER)))[ADA].seen is Seen.NEVER


@pytest.mark.parametrize("usage", [None, did(truncated=True)])
def test_without_the_whole_history_nobody_is_said_never_to_have_read(usage):
    reader = told(can((ADA, KEY, "can")), usage)[ADA]
    assert (reader.seen, reader.idle) == (Seen.UNKNOWN, False)


def test_a_history_that_is_not_whole_still_shows_who_read():
    assert told(can((ADA, KEY, "can")), did(read(ADA), truncated=True))[ADA].seen is Seen.READ


def test_without_iam_nobody_is_said_to_be_unable():
    assert told(None, did(read(ADA)))[ADA].can is None


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (ADA, Verdict.CANNOT),  # it could then, and cannot now
        (f"arn:aws:iam::{ACCOUNT}:root", Verdict.CAN),
        ("arn:aws:sts::999999999999:assumed-role/partner/x", None),  # another account's IAM is not seen
        (f"arn:aws:sts::{ACCOUNT}:federated-user/ada", None),  # with the rights of whoever asked for the session
        ("lambda.amazonaws.com", None),
    ],
)
def test_of_a_reader_whom_no_policy_lets_only_what_is_known_is_said(principal, expected):
    (reader,) = told(can(), did(read(principal))).values()
    assert reader.can is expected


def test_who_read_last_stands_first_and_who_never_did_last():
    granted = can((ADA, KEY, "can"), (f"{ADA}-2", KEY, "can"), (ROLE, KEY, "can"))
    readers = audit(KEY, granted, did(read(f"{SESSION}/api", hours=3), read(f"{ADA}-2", hours=1)))
    assert [reader.principal for reader in readers] == [f"{ADA}-2", ROLE, ADA]


def test_the_bot_is_told_apart():
    bot = f"arn:aws:sts::{ACCOUNT}:assumed-role/bot/worker-1"
    granted = can((BOT, KEY, "can"), (ADA, KEY, "can"))
    readers = told(granted, did(), bot=bot)
    assert {each: readers[each].by_bot for each in readers} == {BOT: True, ADA: False}
    assert told(granted, did(read(bot, by_bot=True)))[BOT].by_bot


class TestIdle:
    def audited(self, granted, usage=None, bot=""):
        return [(name, audit(name, granted, usage, bot)) for name in (KEY, OTHER)]

    def test_who_read_none_of_what_they_could_is_listed_with_all_of_it(self):
        granted = can((ADA, KEY, "can"), (ADA, OTHER, "may"), (ROLE, KEY, "can"), (ROLE, OTHER, "can"))
        (idle,) = idle_readers(self.audited(granted, did(read(f"{SESSION}/api"))))
        assert (idle.principal, idle.parameters, idle.by) == (ADA, (KEY, OTHER), ("policy",))

    def test_who_could_read_most_stands_first(self):
        granted = can((ADA, KEY, "can"), (ROLE, KEY, "can"), (ROLE, OTHER, "can"))
        assert [each.principal for each in idle_readers(self.audited(granted, did()))] == [ROLE, ADA]

    def test_the_bot_is_left_out(self):
        granted = can((BOT, KEY, "can"), (ADA, KEY, "can"))
        assert [each.principal for each in idle_readers(self.audited(granted, did(), bot=BOT))] == [ADA]

    def test_where_reads_are_unknown_nobody_is_listed(self):
        assert idle_readers(self.audited(can((ADA, KEY, "can")))) == ()


def test_a_permission_set_that_was_assigned_anew_is_one_reader():
    """IAM names the role that there is now, CloudTrail the one that read."""
    now, before = (f"AWSReservedSSO_Support_{digits * 4}" for digits in ("0123", "4567"))
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{now}"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{before}/ada"
    (reader,) = told(can((role, KEY, "can")), did(read(session))).values()
    assert (reader.principal, reader.seen, reader.sessions) == (role, Seen.READ, ("ada",))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ROLE, f"{SESSION}/api", True),
        (ROLE, SESSION, True),
        (f"arn:aws:iam::{ACCOUNT}:role/functions", ROLE, True),
        (ROLE, "arn:aws:sts::999999999999:assumed-role/functions/api", False),
        (ROLE, f"arn:aws:iam::{ACCOUNT}:user/functions", False),
        (ADA, f"arn:aws:iam::{ACCOUNT}:user/ben", False),
        ("lambda.amazonaws.com", "lambda.amazonaws.com", True),
    ],
)
def test_which_names_mean_the_same(one, other, same):
    assert (holder(one) == holder(other)) is same


def test_a_session_has_a_name_of_its_own():
    assert session_name(f"{SESSION}/ada@example.com") == "ada@example.com"
    assert session_name(ROLE) == session_name(ADA) == ""
