"""Uses of a key: alike ones as a row, the worst first, and what the log keeps of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.model.uses import Concern, OurUse, Per, Use, UseReport, as_lines, grouped, judged, summary

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def use(action="s3:ListBuckets", minutes=0, **more):
    at = AT + timedelta(minutes=minutes)
    return Use(at, at, action, "AKIA1", "arn:aws:iam::1:user/app", "192.0.2.1", "cli", id=f"{action}{minutes}", **more)


def report(*uses, **more):
    return UseReport("CloudTrail", Per.KEY, AT, AT + timedelta(hours=1), 900.0, uses, ("data events",), **more)


def test_uses_alike_are_one_row_with_their_number_and_times():
    assert grouped([use(minutes=5), use(minutes=1), use(minutes=9)]) == (
        replace(use(minutes=1), last=AT + timedelta(minutes=9), times=3, id=""),
    )


def test_whatever_differs_is_a_row_of_its_own():
    others = [replace(use(), **{name: "x"}) for name in ("key", "principal", "address", "agent", "region")]
    assert len(grouped([use(), *others, use(refused=True), use(what=("x",))])) == 8


def test_the_worst_comes_first_then_the_accepted_then_the_newest_and_the_bots_own_last():
    rows = [
        use("sts:GetCallerIdentity", 9, concern=Concern.RECON, by_bot=True),
        use("iam:CreateUser", 3, concern=Concern.PERSISTENCE, refused=True),
        use("s3:ListBuckets", 1),
        use("s3:GetBucketAcl", 2),
        use("iam:ListUsers", 4, concern=Concern.RECON),
        use("iam:CreateRole", 2, concern=Concern.PERSISTENCE),
        use("cloudtrail:StopLogging", 5, concern=Concern.BLINDNESS),
    ]
    assert [row.action for row in grouped(rows)] == [
        "iam:CreateRole", "iam:CreateUser", "cloudtrail:StopLogging", "iam:ListUsers", "s3:GetBucketAcl",
        "s3:ListBuckets", "sts:GetCallerIdentity",
    ]  # fmt: skip


def test_a_summary_counts_everyone_but_the_bot_and_keeps_a_limited_number_of_rows_and_names():
    uses = [*(use("s3:ListBuckets", n) for n in range(4)), use("iam:CreateUser", 7, concern=Concern.PERSISTENCE)]
    mine = use("sts:GetCallerIdentity", 9, by_bot=True)
    other = replace(use(minutes=2), address="198.51.100.7")
    found = summary(report(*uses, mine, other, truncated=True), rows=2, names=1)
    assert (found.total, found.first, found.last) == (6, AT, AT + timedelta(minutes=7))
    assert (found.addresses, found.agents) == ({"192.0.2.1": 5}, {"cli": 6})
    assert [(row.action, row.times) for row in found.uses] == [("iam:CreateUser", 1), ("s3:ListBuckets", 4)]
    assert (found.dropped, found.truncated, found.not_visible) == (2, True, ("data events",))


def test_a_report_without_uses_still_says_what_it_covers():
    found = summary(report(), 50, 20)
    assert (found.total, found.first, found.uses, found.source) == (0, None, (), "CloudTrail")


def test_every_use_is_a_line_of_json_oldest_first_and_the_same_ones_are_the_same_bytes():
    lines = as_lines([use(minutes=5), use(minutes=1)])
    assert [json.loads(line)["id"] for line in lines.splitlines()] == ["s3:ListBuckets1", "s3:ListBuckets5"]
    assert as_lines([use(minutes=1), use(minutes=5)]) == lines


# --- ours or not ---

OFFICE = OurUse("the office", ("192.0.2.0/24",), ("cli*",))


def test_a_use_from_our_places_with_our_programs_is_ours_and_another_is_not():
    elsewhere, other = replace(use(), address="198.51.100.7"), replace(use(), agent="curl")
    found, usual = judged(report(use(), elsewhere, other), AT, [OFFICE])
    assert [each.ours for each in found.uses] == ["the office", "", ""]
    assert usual == 0


def test_what_was_usual_before_the_exposure_is_ours_and_what_is_new_is_named():
    before = [use("s3:ListBuckets", -50), use("s3:ListBuckets", -40)]
    after = [use("s3:ListBuckets", 5), replace(use("iam:CreateUser", 6), address="198.51.100.7")]
    found, usual = judged(report(*before, *after), AT, [])
    assert [(each.ours, each.new) for each in found.uses] == [
        ("as before the exposure", ()), ("", ("action", "address")),
    ]  # fmt: skip
    assert usual == 2


def test_without_anything_before_nothing_is_new_and_nothing_is_ours():
    found, usual = judged(report(use()), AT, [])
    assert [(each.ours, each.new) for each in found.uses] == [("", ())]
    assert usual == 0


def test_the_bots_own_probes_are_neither_ours_nor_strange():
    found, _ = judged(report(use(by_bot=True)), AT, [OFFICE])
    assert found.uses[0].ours == ""
    assert summary(found, 50, 20).strange == 0


def test_what_is_ours_comes_after_what_is_not():
    uses = [use("iam:CreateUser", 1, concern=Concern.PERSISTENCE, ours="us"), use("s3:ListBuckets", 2)]
    found = summary(report(*uses), 50, 20)
    assert [row.action for row in found.uses] == ["s3:ListBuckets", "iam:CreateUser"]
    assert (found.total, found.strange) == (2, 1)


def test_a_use_in_the_second_of_the_exposure_counts_as_after_it():
    found, usual = judged(report(use()), AT + timedelta(milliseconds=900), [])
    assert (len(found.uses), usual) == (1, 0)


def test_without_an_address_a_use_as_before_may_be_anyones():
    before, after = (replace(use("completions:gpt-5", minutes), address="", agent="") for minutes in (-50, 5))
    found, usual = judged(report(before, after), AT, [])
    assert [(each.ours, each.new) for each in found.uses] == [("", ())]
    assert usual == 1
