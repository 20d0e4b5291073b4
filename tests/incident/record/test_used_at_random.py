"""A usual month beside a planted day, drawn at random: what the rule of `used` misses, and what it calls out wrongly.

An attacker whose address, agent, principal, action and region were all usual cannot be told from us by any record; one
of ours who does something for the first time looks like an attacker until the catalog knows them.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import pytest

from bot.incident.record.rules import Missing, Verdict, used
from bot.incident.state import UseState
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.uses import AS_BEFORE, COMPARED, OurUse, Per, Use, UseReport, judged, summary
from tests.support.incidents import START, Story, declaration, entry, wanted

CASES = 200
NAME = "aws-access-key"
ABLE = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, identifies=True, snapshots=True, controls=True, reports_use=True)
ACTIONS = ("s3:ListBuckets", "s3:GetBucketAcl", "sqs:SendMessage", "kms:Decrypt", "dynamodb:Query", "sns:Publish")
STRANGE = {
    "action": ("iam:CreateUser", "iam:CreateAccessKey", "sts:GetFederationToken", "ec2:RunInstances"),
    "principal": ("arn:aws:sts::1:federated-user/eve", "arn:aws:iam::1:user/eve"),
    "address": ("198.51.100.7", "203.0.113.77", "2001:db8::7", ""),
    "agent": ("aws-cli/2.31.4", "Boto3/1.40", "python-requests/2.32", ""),
    "region": ("ap-southeast-4", "sa-east-1"),
}
MONTH, DAY, DELAY = timedelta(days=30), timedelta(days=1), 900.0
CATALOG = (OurUse("the new deployment", ("100.64.0.0/10",)),)


@pytest.fixture(scope="module")
def dead():
    return with_dead_key()


@dataclass(frozen=True)
class Case:
    """`planted` are the attacker's uses; `new` names their fields that were not seen before. `first` are uses of ours
    with something new, from where the catalog knows us, or not.
    """

    usual: tuple[Use, ...]
    today: tuple[Use, ...]
    first: tuple[Use, ...]
    planted: tuple[Use, ...]
    new: frozenset[str]
    catalogued: bool


def with_dead_key():
    return Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE)))).run(200)


def some(dice, ours, since, span, number):
    return tuple(
        replace(dice.choice(ours), first=at, last=at, id=str(dice.random()))
        for at in (since + dice.random() * span for _ in range(number))
    )


def drawn(seed):
    dice = Random(seed)
    ours = [
        Use(
            START, START, dice.choice(ACTIONS), "AKIA1", "arn:aws:iam::1:user/product",
            f"10.0.{dice.randrange(3)}.{dice.randrange(9)}", f"aws-sdk-js/{dice.randrange(2)}", "eu-west-1",
        )
        for _ in range(dice.randrange(1, 9))
    ]  # fmt: skip
    usual = (*ours, *some(dice, ours, START - MONTH, MONTH - DAY, dice.randrange(60)))
    usual = tuple(replace(use, first=min(use.first, START - DAY), last=min(use.last, START - DAY)) for use in usual)
    catalogued = dice.random() < 0.5
    first = some(dice, ours, START, DAY, 1) if dice.random() < 0.3 else ()
    first = tuple(replace(use, address="100.64.0.9" if catalogued else "192.0.2.200") for use in first)
    new = frozenset(name for name in COMPARED if dice.random() < 0.5) if dice.random() < 0.6 else None
    planted = some(dice, ours, START, DAY, dice.randrange(1, 6)) if new is not None else ()
    for name in new or ():
        planted = tuple(replace(use, **{name: dice.choice(STRANGE[name])}) for use in planted)
    return Case(usual, some(dice, ours, START, DAY, dice.randrange(9)), first, planted, new or frozenset(), catalogued)


def proposed(case, dead):
    """What the machine proposes, after the whole way: judged, summed up, and looked at when all records are in."""
    uses = (*case.usual, *case.today, *case.first, *case.planted)
    secret = dead.secret(NAME)
    until = secret.old.gone_at + timedelta(seconds=DELAY) + DAY
    whole = UseReport("CloudTrail", Per.KEY, START - MONTH, until, DELAY, uses, ("data events",))
    report, usual = judged(whole, START, CATALOG)
    found = UseState(9, until, 2, summary(report, 50, 20, usual), more=False)
    return report, used(dead.incident, replace(secret, use=found))


def figures(dead):
    """Of all cases: how many attacks were missed, and how often there was a false alarm. Each case is checked."""
    told = Counter(attacks=0, missed=0, quiet=0, false_alarms=0)
    for seed in range(CASES):
        case = drawn(seed)
        report, found = proposed(case, dead)
        by_id = {use.id: use for use in report.uses}
        if case.new:
            assert found.verdict is Verdict.OTHERS, seed
            assert all(not by_id[use.id].ours and case.new <= {*by_id[use.id].new} for use in case.planted), seed
            assert {use.made for use in case.planted} <= {use.made for use in found.strange}, seed
        elif not case.planted and (case.catalogued or not case.first):
            assert (found.verdict, found.missing) == (Verdict.OURS, None), seed
        assert all(by_id[use.id].ours == AS_BEFORE for use in case.today), seed
        assert all(by_id[use.id].ours == CATALOG[0].why for use in case.first if case.catalogued), seed
        others, attacked = found.verdict is Verdict.OTHERS, bool(case.planted)
        told["attacks" if attacked else "quiet"] += 1
        told["missed"] += attacked and not others
        told["false_alarms"] += others and not attacked
    return dict(told)


def test_200_months_with_a_planted_day_are_judged(dead):
    # missed: nothing of them was new; false alarms: ours from an address that neither catalog nor month had
    assert figures(dead) == {"attacks": 119, "missed": 5, "quiet": 81, "false_alarms": 14}


def test_without_a_usual_month_or_a_catalog_nothing_is_proposed_of_either(dead):
    for seed in range(CASES):
        case = replace(drawn(seed), usual=(), first=())
        _, found = proposed(case, dead)
        seen = bool(case.today or case.planted)
        assert (found.verdict, found.missing) == (
            (Verdict.UNKNOWN, Missing.NOT_KNOWN) if seen else (Verdict.OURS, None)
        ), seed
