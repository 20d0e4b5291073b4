"""Whose consent still counts at a worker, and whose AWS credentials count for nothing."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.app.askers import Authorization
from bot.incident.model import Right
from bot.people import People, Person
from bot.proofs.aws import AwsCaller
from bot.trust import Lost, TrustState
from tests.support.incidents import Story, declaration, entry, wanted

ROLE = "arn:aws:iam::123456789012:role/OnCall"
BY_ROLE = "arn:aws:sts::123456789012:assumed-role/OnCall/eve"
RIGHTS = frozenset({Right.RESPOND})
PEOPLE = People((
    Person("on-call", principal=ROLE, rights=RIGHTS, shared=True),
    Person("ben", slack="U0BEN", rights=RIGHTS),
))  # fmt: skip


def authorization(*lost, people=PEOPLE, incident=None):
    said = TrustState({each.name: Lost(each.name, "ada", datetime(2026, 11, 25, tzinfo=UTC), "gone", each.accounts)
                       for each in lost})  # fmt: skip
    log = SimpleNamespace(
        trust=SimpleNamespace(current=lambda: said),
        open_incidents=lambda: ["inc_ab3cde"],
        look=lambda _: SimpleNamespace(incident=incident),
    )
    settings = SimpleNamespace(people="people.yaml" if people.everyone else None)
    return Authorization(SimpleNamespace(settings=settings, files=SimpleNamespace(people=people), event_log=log))


@pytest.mark.parametrize(("name", "entry"), [(BY_ROLE, "on-call"), ("slack:U0BEN", "ben"), ("ben", "ben")])
def test_consent_counts_until_somebody_says_not_to_trust_who_gave_it(name, entry):
    assert authorization().entitled(name, Right.RESPOND)
    assert not authorization(PEOPLE.named(entry)).entitled(name, Right.RESPOND)


def test_a_process_without_a_people_file_knows_them_by_their_accounts_too():
    nobody = People()
    assert authorization(people=nobody).entitled(BY_ROLE, Right.RESPOND)
    for name in (BY_ROLE, "slack:U0BEN", "ben"):
        assert not authorization(*PEOPLE, people=nobody).entitled(name, Right.RESPOND)


@pytest.mark.parametrize(
    ("arn", "refused"),
    [
        ("arn:aws:iam::123456789012:user/product-api", True),
        ("arn:aws:iam::123456789012:user/services/product-api", True),
        ("arn:aws:iam::123456789012:user/other-product-api", False),
        ("arn:aws:sts::123456789012:assumed-role/OnCall/product-api", False),
    ],
)
def test_the_user_whose_key_leaked_is_not_believed_whatever_their_path(arn, refused):
    leaked = entry("aws-key", provider="aws-iam", options={"user": "product-api"})
    incident = Story(declaration(wanted(leaked))).incident
    checked = authorization(incident=incident)
    assert bool(checked._compromised(AwsCaller(arn, "123456789012", "ASIA0000"))) is refused
