"""What happened with leaked keys before a drill: someone else used them, or only the product did."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.allowance import Allowance
from bot.drill.fakes.aws_world import ROLE
from bot.drill.stories import LEFT, MADE, at_aws, undo_at_aws
from bot.model.uses import OurUse, judged
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.secrets.secret import Secret
from tests.providers.aws_iam.harness import aws_iam

OURS = (OurUse("our network", ("10.0.0.0/16",)),)


class Account:
    """What a story needs of a practice account."""

    def __init__(self, harness) -> None:
        self.world, self.front = harness.world, harness.world.front


@pytest.fixture
def harness():
    with aws_iam() as made:
        made.world.front.lookups = Allowance(10_000.0, 10_000.0, time.monotonic)
        made.world.front.trail.forget()
        made.provider.aws.lookup_rate = 10_000.0
        yield made


def strange(harness):
    now = datetime.now(UTC) + timedelta(seconds=2)
    look = Look(harness.provider.card.records, now - timedelta(days=40), now, lambda: False)
    report = harness.provider.use(Held(harness.old, harness.old_id), look)
    report, _ = judged(report, now - timedelta(days=40), OURS)
    return [use for use in report.uses if not (use.ours or use.by_bot)], len(report.uses)


def users(harness):
    since = datetime.now(UTC) - timedelta(days=1)
    return {left.id for left in harness.provider.leftovers(since, harness.old, harness.old_id) if left.item == "users"}


def test_an_attacker_used_it_for_two_minutes_and_made_what_a_person_undoes(harness):
    [_, (_, secret), (_, token)] = at_aws(Account(harness), harness.old_id, "product", attacked=True)
    found, _ = strange(harness)
    assert {use.made for use in found if use.undo is not None} == {
        f"CreateUser {MADE}", f"CreateAccessKey {MADE}", f"AddPermission20150331v2 {LEFT}",
        f"AssumeRole role/{ROLE}",
    }  # fmt: skip
    assert max(use.last for use in found) - min(use.first for use in found) == timedelta(seconds=120)
    [opened] = [use for use in found if use.role]
    theirs = harness.world.aws.with_access_key(opened.what[-1], Secret(secret), Secret(token)).client("iam")
    assert theirs.list_users()["Users"]
    harness.provider.deny(
        opened.role,
        "compromise-inc_abcdef-deny-before",
        datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1),
    )
    with pytest.raises(theirs.exceptions.ClientError, match="explicit deny"):
        theirs.list_users()
    assert MADE in users(harness)
    undo_at_aws(Account(harness))
    undo_at_aws(Account(harness))
    assert MADE not in users(harness)


def test_only_the_product_used_it(harness):
    assert at_aws(Account(harness), harness.old_id, "product", attacked=False) == []
    found, every = strange(harness)
    assert (found, every) == ([], 10)
