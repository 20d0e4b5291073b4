"""The card in the states that people meet it in, pinned and within Slack's limits."""

import json
from datetime import timedelta

import pytest

from bot.drill.fakes.slack import paragraphs, read
from bot.drill.fakes.slack.limits import check_message
from bot.incident import events as e
from bot.incident.approval.plan import plan_of
from bot.incident.lanes import PAGE_LANE, new_lane, old_lane
from bot.incident.model import Right, Strategy, TargetKind
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import KeyRef, Owner, Snapshot
from bot.model.probes import Probe
from bot.model.secrets import Data, Kill, Outage
from bot.phrases.marks import printable
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card, secret_buttons
from tests.slack.states import AT, HEAD, Story, entry


def drawn(story, now=None):
    blocks = to_json(incident_card(story.incident, now or story.at, HEAD))
    assert check_message(blocks) == []
    return blocks


def words(blocks):
    """What a person reads, one block a paragraph, buttons in brackets."""
    lines = []
    for block in blocks:
        if block["type"] == "actions":
            lines += [f"[{button['text']['text']}]" for button in block["elements"]]
        else:
            lines += paragraphs([block])
    return "\n".join(lines)


def labels(blocks):
    every = [e for b in blocks for e in [*b.get("elements", []), b.get("accessory")] if e and e["type"] == "button"]
    return [each["text"]["text"] for each in every]


def just_declared():
    return Story(entry("openai-api-key"), entry("sendgrid-api-key"))


def under_way():
    story = just_declared().channel().captured("openai-api-key").dead("openai-api-key")
    return story.captured("sendgrid-api-key").operation(Op.REVOKE, old_lane("sendgrid-api-key"), "sendgrid-api-key")


def overlap():
    story = Story(entry("openai-api-key"), strategy=Strategy.OVERLAP, target=TargetKind.CONFIRMED)
    return story.captured("openai-api-key").live("openai-api-key").asked("openai-api-key")


def failed_for_good():
    story = just_declared().captured("openai-api-key")
    story.fails(Op.REVOKE, old_lane("openai-api-key"), "openai-api-key", final=True)
    story.fails(Op.VERIFY, new_lane("sendgrid-api-key"), "sendgrid-api-key")
    return story.fails(Op.PAGE, PAGE_LANE, "inc_ab12cd", "pagerduty: trigger: HTTP 500", final=True)


def by_hand():
    return Story(entry("stripe-secret-key", by_hand=True, data=Data.PAYMENT)).captured("stripe-secret-key")


def two_candidates():
    keys = (KeyRef("key_1", "ci", "…ab12", AT), KeyRef("key_2", "prod", "…ab12"))
    return Story(entry("openai-api-key")).captured("openai-api-key", keys)


def glass_broken():
    worst = entry("database-url", kill=Kill.IRREVERSIBLE, outage=Outage.DOWN, data=Data.CHILDREN)
    story = Story(worst).captured("database-url").asked("database-url")
    return story.then(e.GlassBroken(("database-url",), "It is being abused"), by="bob")


def glass_reviewed():
    return glass_broken().then(e.GlassReviewed(("database-url",), "Nobody could be reached"), by="ada")


def waits_for_one_more():
    """Of two kills, one was declared by somebody who may approve, and the other key was chosen by somebody else."""
    worst = {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN}
    story = Story(entry("database-url", **worst), entry("redis-url", **worst))
    story.captured("database-url").captured("redis-url", (KeyRef("one"), KeyRef("two")))
    both = (Right.APPROVE, Right.RESPOND)
    return story.then(e.CandidateChosen("redis-url", "two", both), by="bob").asked("database-url", "redis-url")


def halted():
    story = under_way()
    bystander = Probe("bystander: new", "dead", "HTTP 401")
    old = Probe("old", "dead", "HTTP 401")
    return story.then(
        e.AccessRevoked(story.incident.claims, "sendgrid-api-key", "by its provider"),
    ).operation(
        Op.PROVE, old_lane("sendgrid-api-key"), "sendgrid-api-key",
        lambda n: e.OldProbed(n, "sendgrid-api-key", old, None, (bystander,)),
    )  # fmt: skip


def proposed():
    story = just_declared()
    until = story.at + timedelta(minutes=30)
    return story.then(e.ProposalMade(1, "strategy", "openai-api-key", "customers first", until), by="ada")


def unproven():
    story = Story(entry("openai-api-key")).operation(
        Op.CAPTURE, old_lane("openai-api-key"), "openai-api-key",
        lambda n: e.OldCaptured(n, "openai-api-key", "f00dfeedbeef", {}, None, True, ()),
    )  # fmt: skip
    return story.revoked("openai-api-key").refused("openai-api-key").refused("openai-api-key", later=31)


def everything_over():
    story = Story(entry("openai-api-key")).captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    for step in story.incident.steps:
        story.then(e.StepDone(step.definition.id), by="bob")
    return story


def closed_over():
    story = under_way()
    for step in story.incident.steps:
        story.then(e.StepSkipped(step.definition.id, "the provider is down"), by="bob")
    return story.then(e.IncidentClosed(("sendgrid-api-key",), "the account is gone (proposed by ada)"), by="bob")


STATES = [just_declared, under_way, overlap, failed_for_good, by_hand, two_candidates, glass_broken, glass_reviewed,
          waits_for_one_more, halted, proposed,
          unproven, everything_over, closed_over]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_card_reads(state, snapshot):
    assert words(drawn(state())) == snapshot


def test_the_blocks_themselves(snapshot):
    assert json.dumps(drawn(under_way()), indent=1, ensure_ascii=False) == snapshot


@pytest.mark.parametrize("number", [1, 6, 7, 20, 45])
@pytest.mark.parametrize("ending", ["nothing", "hard", "dead"])
def test_any_number_of_secrets_fits(number, ending):
    long = "x" * 300
    every = [entry(f"secret-{n}-{'y' * 40}", title=long, if_killed=long, by_hand=n % 3 == 0) for n in range(number)]
    story = Story(*every, title=long, notice=long)
    for one in every:
        if ending == "hard":
            story.captured(one.name).fails(Op.REVOKE, old_lane(one.name), one.name, long * 5, final=True)
        if ending == "dead":
            story.captured(one.name).dead(one.name).live(one.name)
    if ending == "hard":
        story.asked(*story.incident.secrets)
    blocks = drawn(story)
    assert len(blocks) <= 50
    assert blocks[-1]["type"] == "context"  # nothing of the footer was cut off


def test_what_is_true_now_comes_first():
    text = words(drawn(under_way()))
    assert "1 of 2 old values proven dead" in text.splitlines()[1]
    assert "🔴 `sendgrid-api-key`: *ALIVE*" in text


def test_the_card_is_the_same_a_second_later():
    story = overlap()
    assert drawn(story) == drawn(story, story.at + timedelta(seconds=1))


def test_what_is_revoked_by_hand_waits_for_no_second_person():
    story = by_hand().then(e.KillRequested("stripe-secret-key", rights=(Right.RESPOND,)), by="ada")
    shown = words(drawn(story))
    assert "Kill asked for by ada" in shown
    assert "second person" not in shown


def test_no_button_that_could_only_be_declined():
    assert "Kill now" not in labels(drawn(by_hand()))
    assert "I revoked it" in labels(drawn(by_hand()))
    over = labels(drawn(everything_over()))
    assert "Kill now" not in over
    assert "Close…" in over
    assert not {"Close", "Close…"} & set(labels(drawn(just_declared())))
    assert labels(drawn(closed_over()))[-2:] == ["Report", "Reopen…"]


def test_break_glass_only_while_somebody_is_waited_for():
    assert "🔨 Break glass…" in labels(drawn(overlap()))
    assert "🔨 Break glass…" not in labels(drawn(just_declared()))


def test_an_expired_request_has_no_buttons():
    story = overlap()
    assert "Approve" in labels(drawn(story))
    assert "Approve" not in labels(drawn(story, story.at + timedelta(hours=1)))


def test_unknown_rights_can_be_chosen_once_reading_them_failed():
    story = Story(
        entry("sendgrid-api-key", capabilities=Capabilities(Makes.ISSUE, RevokedBy.MACHINE, copies_scopes=True))
    )
    story.operation(
        Op.CAPTURE, old_lane("sendgrid-api-key"), "sendgrid-api-key",
        lambda n: e.OldCaptured(n, "sendgrid-api-key", "f00d", {}, None, True, ()),
    ).operation(
        Op.SNAPSHOT, old_lane("sendgrid-api-key"), "sendgrid-api-key",
        lambda n: e.SnapshotTaken(n, "sendgrid-api-key", Snapshot(), "HTTP 403", Probe("old", "live", "200")),
    )  # fmt: skip
    assert "Choose rights…" not in labels(drawn(story))
    story.fails(Op.READ_SCOPES, new_lane("sendgrid-api-key"), "sendgrid-api-key", "rights unknown", final=True)
    assert "Choose rights…" in labels(drawn(story))


HOSTILE = "*b* _i_ ~s~ `c` <!channel> <@U1> <https://evil.example|ok> @here :skull: &amp; > q\n> quote\u202eevil"


def test_hostile_text_is_only_text():
    story = Story(entry("openai-api-key", title=HOSTILE, if_killed=HOSTILE), title=HOSTILE, by=HOSTILE)
    story.captured("openai-api-key").fails(Op.REVOKE, old_lane("openai-api-key"), "openai-api-key", HOSTILE, final=True)
    story.then(e.TaskAdded("t1", HOSTILE, HOSTILE), e.StepSkipped("notify", HOSTILE), by=HOSTILE)
    story.asked("openai-api-key")
    blocks = drawn(story)
    document = json.dumps(blocks)
    assert '"mrkdwn"' not in document
    assert not [kind for kind in ("user", "channel", "broadcast", "link", "emoji") if f'"type": "{kind}"' in document]
    assert "\u202e" not in words(blocks)
    typed = printable(" ".join(HOSTILE.split()))
    assert any(typed in each["text"] for each in elements(blocks) if not each.get("style"))


def elements(blocks):
    """Every piece of text in rich text."""
    sections = [each for block in blocks if block["type"] == "rich_text" for each in block["elements"]]
    return [each for section in sections for each in section["elements"] if each["type"] == "text"]


def a_leaked_env():
    """Nine secrets: two that people must make, one that failed for good, the others under way or over."""
    every = [entry(f"key-{n}", by_hand=n in {1, 2}, console="https://console.example.com") for n in range(9)]
    story = Story(*every, title="Everything in production")
    for one in every:
        story.captured(one.name)
    for name in ("key-3", "key-4", "key-7", "key-8"):
        story.then(e.KillRequested(name, slot=True, rights=(Right.RESPOND,)), by="ada", later=0)
    for name in ("key-5", "key-6"):
        story.dead(name).live(name)
    return story.fails(Op.REVOKE, old_lane("key-0"), "key-0", final=True)


def test_many_secrets_are_grouped_by_who_has_to_act(snapshot):
    blocks = drawn(a_leaked_env())
    text = words(blocks)
    assert text == snapshot
    groups = ["🖐 *3 need action*", "⚙️ *The bot is at work on 4*", "✅ *Dead and replaced: 2*"]
    assert [text.index(group) for group in groups] == sorted(text.index(group) for group in groups)
    assert "bot submit inc_ab12cd key-1" in text
    assert {"Retry", "I revoked it", "Every secret…"} <= set(labels(blocks))


def test_what_nothing_ends_is_not_called_work_of_the_bot():
    """A key that its provider does not list, one whose kill nobody has decided, and one whose revocation failed."""
    finds = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, identifies=True)
    every = [entry(f"key-{n}", capabilities=finds) for n in range(8)]
    story = Story(*every)
    for one in every:
        story.captured(one.name)
        story.then(e.KillRequested(one.name, slot=True, rights=(Right.RESPOND,)), by="ada", later=0)
    blocks = drawn(story)
    assert "🖐 *8 need action*" in words(blocks)
    assert "at work" not in words(blocks)
    assert labels(blocks).count("I revoked it") == 8
    undecided = Story(*(entry(f"key-{n}") for n in range(8)))
    for name in undecided.incident.secrets:
        undecided.captured(name)
    assert "🖐 *8 need action*" in words(drawn(undecided))
    assert labels(drawn(undecided)).count("Kill now") == 8


@pytest.mark.parametrize("number", [1, 8])
def test_after_a_revocation_that_failed_for_good_somebody_can_say_that_they_revoked_it(number):
    story = Story(*(entry(f"key-{n}") for n in range(number)))
    for name in story.incident.secrets:
        story.captured(name).fails(Op.REVOKE, old_lane(name), name, final=True)
    assert "press *I revoked it*" in words(drawn(story))
    offers = available(story.incident, story.at)
    buttons = secret_buttons(story.incident, story.incident.secrets["key-0"], offers)
    assert [each.action_id for each in buttons] == ["retry", "revoked", "details"]


def test_what_a_second_person_is_asked_about_stands_by_itself():
    worst = {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN}
    story = Story(*(entry(f"key-{n}", **worst) for n in range(8)))
    for name in story.incident.secrets:
        story.captured(name).then(e.KillRequested(name, rights=(Right.RESPOND,)), by="ada", later=0)
    story.asked(*story.incident.secrets)
    assert "✋ *Waiting for a second person: 8*" in words(drawn(story))
    assert "need action" not in words(drawn(story))
    story.then(e.PlanRejected({n: plan_of(story.incident, s).digest for n, s in story.incident.secrets.items()}, "no"))
    assert "🖐 *8 need action*" in words(drawn(story))


def test_a_group_for_people_that_is_too_long_says_what_it_leaves_out():
    every = [entry(f"key-{n}", by_hand=True) for n in range(60)]
    text = words(drawn(Story(*every)))
    assert "more, behind *Every secret…*" in text
    assert "`key-59`" in text


@pytest.mark.parametrize(
    ("alone", "words"), [(True, "two people must agree to that"), (False, "other living keys would die")]
)
def test_a_key_that_ends_only_with_its_owner_says_why_it_lives(alone, words):
    story = Story(entry("openai-api-key")).captured("openai-api-key").then(e.KillRequested("openai-api-key"), by="ada")
    owner = Owner("svc-1", "the service account *app*", alone)
    story.operation(
        Op.REVOKE,
        old_lane("openai-api-key"),
        "openai-api-key",
        lambda n: e.RevocationNeedsOwner(n, "openai-api-key", owner),
    )
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "⚠️ Not revoked: its provider ends it only together with the service account *app*" in text
    assert words in text
    assert ("I revoked it" in text) is not alone


def test_a_rejected_plan_to_delete_an_owner_can_be_asked_for_again():
    name = "openai-api-key"
    story = Story(entry(name, console="https://platform.example.com")).captured(name)
    story.then(e.KillRequested(name), by="ada")
    owner = Owner("svc-1", "the service account app", True)
    story.operation(Op.REVOKE, old_lane(name), name, lambda n: e.RevocationNeedsOwner(n, name, owner))
    assert not {"Ask again", "I revoked it"} & set(labels(drawn(story)))
    digest = plan_of(story.incident, story.incident.secrets[name]).digest
    story.then(e.PlanRejected({name: digest}, "Too much goes with it."), by="bob")
    assert {"I revoked it", "Open console", "Ask again"} <= set(labels(drawn(story)))
    assert "A person must revoke it" in words(drawn(story))


def test_whoever_agreed_to_an_earlier_plan_is_named_where_it_is_asked_for_anew():
    story = Story(entry("database-url", outage=Outage.DOWN, kill=Kill.IRREVERSIBLE)).captured("database-url")
    story.then(e.KillRequested("database-url", rights=(Right.RESPOND,), plan="d" * 64), by="ada")
    story.asked("database-url")
    assert "⚠️ ada agreed to an earlier plan: agree again" in words(drawn(story))


def test_among_many_it_stands_with_those_that_wait_for_somebody():
    names = [f"key-{number}" for number in range(12)]
    story = Story(*map(entry, names)).then(e.KillRequested(names[0]), by="ada")
    owner = Owner("svc-1", "the service account app", True)
    story.operation(Op.REVOKE, old_lane(names[0]), names[0], lambda n: e.RevocationNeedsOwner(n, names[0], owner))
    assert "need action" not in words(drawn(story))
    digest = plan_of(story.incident, story.incident.secrets[names[0]]).digest
    story.then(e.PlanRejected({names[0]: digest}, "Too much goes with it."), by="bob")
    assert "🖐 *1 need action*" in words(drawn(story))
    assert "then press *I revoked it*" in words(drawn(story))
