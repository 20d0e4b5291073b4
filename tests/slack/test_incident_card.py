"""The card in the states that people meet it in, pinned and within Slack's limits."""

import dataclasses
import json
import re
from datetime import timedelta

import pytest

from bot import generate
from bot.drill.fakes.slack import paragraphs, read
from bot.drill.fakes.slack.limits import check_message, check_view
from bot.incident import events as e
from bot.incident.approval.plan import plan_of
from bot.incident.changes import put
from bot.incident.codec import lane_of
from bot.incident.lanes import PAGE_LANE, function_lane, new_lane, old_lane
from bot.incident.model import Accepted, CheckOutcome, IfFailing, Right, StepState, Strategy, TargetKind
from bot.incident.needs import needs
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import KeyRef, Owner, Snapshot
from bot.model.probes import Probe
from bot.model.secrets import Consumer, Data, Kill, Outage
from bot.phrases.marks import printable
from bot.providers.cards import numbered, read_cards
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card, secret_buttons
from bot.slack.incident_card.needs import need_blocks, need_buttons
from bot.slack.modals.by_hand import by_hand as by_hand_form
from bot.slack.modals.by_hand import needed_form
from bot.slack.modals.consents import plan_form
from bot.slack.modals.details import details
from bot.slack.modals.more import more_form
from bot.slack.modals.steps import steps_form
from tests.incident.consumers.test_failing import failing
from tests.slack.states import AT, HEAD, Story, entry
from tests.support.incidents import ANNA, BEN, World, declaration, wanted
from tests.support.incidents import Story as Declared
from tests.support.incidents import entry as made

PROVIDERS = generate.HERE / "providers"


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


def held():
    """Between the decision to revoke one and its revocation."""
    return under_way().then(e.RevocationsHeld("law enforcement asked us to wait"), by="mika")


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
        lambda n: e.OldCaptured(n, "openai-api-key", "f00dfeedbeef", {}, True, ()),
    )  # fmt: skip
    return story.revoked("openai-api-key").refused("openai-api-key").refused("openai-api-key", later=31)


def everything_over():
    story = Story(entry("openai-api-key")).captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    story.looked_up("openai-api-key")
    for step in story.incident.steps:
        story.then(e.StepDone(step.definition.id), by="bob")
    return story


def closed_over():
    story = under_way()
    for step in story.incident.steps:
        story.then(e.StepSkipped(step.definition.id, "the provider is down"), by="bob")
    items = (Accepted("old:sendgrid-api-key", "sendgrid-api-key: its old value is not proven dead"),)
    return story.then(e.IncidentClosed("the account is gone (proposed by ada)", items), by="bob")


def closed_over_checks():
    """Of a key that is dead and replaced."""
    story = Story(entry("stripe-secret-key", checklist={"webhooks": "Look at the webhooks.", "money": "Look at it."}))
    story.captured("stripe-secret-key").dead("stripe-secret-key").live("stripe-secret-key")
    for number in range(1, 4):
        story.then(e.TaskAdded(f"t{number}", f"Finding number {number}", "ada", None, ""), by="ada")
    for step in story.incident.steps:
        story.then(e.StepSkipped(step.definition.id, "it is late"), by="bob")
    items = (
        Accepted("checks:stripe-secret-key", "stripe-secret-key: 2 of 2 persistence checks open: webhooks, money"),
        Accepted("reader:0011", "user/laptop read stripe-secret-key: not accounted for"),
        Accepted("abuse", "nobody has said whether somebody used it: yes, no, or unknown"),
        *(Accepted(f"task:t{number}", f"task t{number} is open: Finding number {number}") for number in range(1, 4)),
    )
    return story.then(e.IncidentClosed("they wait for Stripe (proposed by ada)", items), by="bob")


STATES = [just_declared, under_way, overlap, failed_for_good, by_hand, two_candidates, glass_broken, glass_reviewed,
          waits_for_one_more, held, halted, proposed,
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


def test_a_closed_card_tells_what_was_accepted_and_what_is_left():
    shown = words(drawn(closed_over_checks()))
    assert "the key is" not in shown.lower()
    assert "key dead, replaced" in shown.splitlines()[0]
    assert (
        "*Closed over what is not done*: 2 persistence checks of `stripe-secret-key` · 1 reader · nothing said of "
        "abuse · 3 tasks. they wait for Stripe (proposed by ada)"
    ) in shown
    assert "not proven" not in shown
    assert "🔎 2 of 2 persistence checks open: accepted at the close" in shown
    assert "📌 3 tasks left: *More…* lists them" in shown
    later = closed_over_checks().then(
        e.CheckEnded("stripe-secret-key", "money", CheckOutcome.CLEAR, "none moved", late=True), by="ada"
    )
    after = words(drawn(later))
    assert "2 persistence checks of `stripe-secret-key`, 1 of them done since · 1 reader" in after
    assert "🔎 1 of 2 persistence checks open: accepted at the close" in after
    later.then(e.CheckEnded("stripe-secret-key", "webhooks", CheckOutcome.CLEAR, "none", late=True), by="ada")
    after = words(drawn(later.then(e.TaskDone("t2"), by="ada")))
    assert "2 persistence checks of `stripe-secret-key`, done since · 1 reader" in after
    assert "3 tasks, 1 of them done since. they wait" in after
    assert "Finding number 3" in read(more_form(closed_over_checks().incident, ButtonValue("inc_ab12cd"), AT)["blocks"])


def test_what_is_true_now_comes_first():
    first, _known, alive, *_ = words(drawn(under_way())).split("\n", 3)
    assert first == "🔴 inc_ab12cd · production · SEV 2"
    assert alive.startswith("1 of 2 keys dead")
    assert "🔴 `sendgrid-api-key`: *ALIVE*, revoking the old value" in words(drawn(under_way()))


def test_the_card_is_the_same_a_second_later():
    story = overlap()
    assert drawn(story) == drawn(story, story.at + timedelta(seconds=1))


def test_what_is_revoked_by_hand_waits_for_no_second_person():
    story = by_hand().then(e.KillRequested("stripe-secret-key", rights=(Right.RESPOND,)), by="ada")
    shown = words(drawn(story))
    assert "`stripe-secret-key`: *ALIVE*, a person must revoke it" in shown
    assert "approval" not in shown


def test_no_button_that_could_only_be_declined():
    assert "Revoke now…" not in labels(drawn(by_hand()))
    assert "I revoked it" in labels(drawn(by_hand()))
    over = labels(drawn(everything_over()))
    assert "Revoke now…" not in over
    assert "Close…" in over
    assert not {"Close", "Close…"} & set(labels(drawn(just_declared())))
    assert labels(drawn(closed_over())) == ["Write report", "Reopen…", "More…"]


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
        lambda n: e.OldCaptured(n, "sendgrid-api-key", "f00d", {}, True, ()),
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


def test_of_many_the_three_most_urgent_have_their_buttons(snapshot):
    blocks = drawn(a_leaked_env())
    text = words(blocks)
    assert text == snapshot
    assert [text.index(f"{number}.  *Key") for number in (1, 2, 3)] == sorted(
        text.index(f"{number}.  *Key") for number in (1, 2, 3)
    )
    assert {"Retry revocation", "I revoked it", "New key…", "Show steps"} <= set(labels(blocks))


def of_secret(story, name):
    """The buttons about one secret on the card, with the style of each, and what stands above them."""
    found = needs(story.incident, available(story.incident, story.at), story.at)
    [need] = [need for need in found if need.secret == name]
    buttons = {each.text.text: each.style for each in need_buttons(story.incident, need)}
    return read(to_json(need_blocks(story.incident, need))), buttons


def test_who_is_asked_for_a_new_key_alone_has_one_button_that_leads_there():
    name = "stripe-secret-key"
    story = Story(entry(name, by_hand=True)).captured(name)
    text, buttons = of_secret(story, name)
    assert "Make a new one there" in text
    assert buttons == {"I revoked it": "primary", "New key…": None, "Show steps": None}
    text, buttons = of_secret(story.then(e.RevokedByPerson(name), by="dana").refused(name), name)
    assert "Make a new one at Stripe" in text
    assert buttons == {"New key…": "primary"}
    shown = read(by_hand_form(story.incident, ButtonValue("inc_ab12cd", name), story.at)["blocks"])
    assert "the old key, reported revoked, counts as *ALIVE* until it is proven dead" in shown
    assert "can be ended all the same" not in shown


@pytest.mark.parametrize(
    ("outage", "said"),
    [
        (Outage.DOWN, "*The product is DOWN*: Nobody can pay. Make a new one"),
        (Outage.DEGRADED, "Nobody can pay. Make a new one"),
        (Outage.NONE, "Make a new one"),
    ],
)
def test_a_dead_key_without_a_new_one_says_what_stands_still_meanwhile(outage, said):
    name = "stripe-secret-key"
    story = Story(entry(name, by_hand=True, outage=outage, if_killed="Nobody can pay")).captured(name)
    assert "DOWN" not in of_secret(story, name)[0]
    story.then(e.RevokedByPerson(name), by="dana").dead(name)
    assert of_secret(story, name)[0].splitlines()[1].startswith(said)


def test_what_reads_a_new_key_that_is_live_is_not_said_to_stop_with_the_old_one():
    name = "stripe-secret-key"
    story = Story(entry(name, by_hand=True, if_killed="Payments stop until the new key is in place")).captured(name)
    goes_on = "Its new value is live: what reads that goes on. For what still has the old one: Payments stop"
    assert goes_on not in of_secret(story, name)[0]
    assert "Payments stop" in of_secret(story, name)[0]
    story.live(name)
    assert goes_on in of_secret(story, name)[0]
    assert goes_on in read(by_hand_form(story.incident, ButtonValue("inc_ab12cd", name), story.at)["blocks"])
    story = Story(entry(name, kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)).captured(name).live(name).asked(name)
    assert "what reads that goes on" in words(drawn(story))


@pytest.mark.parametrize("path", sorted(PROVIDERS.glob("*/card.yaml")), ids=lambda path: path.parent.name)
def test_the_form_says_once_where_the_value_never_goes_and_does_not_send_people_to_itself(path):
    for card in read_cards(path):
        name = "acme-key"
        guides = {each: numbered(getattr(card, each)) for each in ("issue_by_hand", "revoke_by_hand")}
        story = Story(entry(name, by_hand=True, console=card.console, **{k: v for k, v in guides.items() if v}))
        form = by_hand_form(story.incident, ButtonValue("inc_ab12cd", name), story.at)
        assert check_view(form) == []
        shown = read(form["blocks"])
        assert shown.count("Never paste it into Slack") == 1
        assert "never in Slack" not in shown
        assert "Show steps" not in shown


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_was_revoked_and_cannot_be_proven_asks_first_for_the_new_key(by_hand):
    name = "github-token"
    revokes = RevokedBy.PERSON if by_hand else RevokedBy.MACHINE
    story = Story(entry(name, capabilities=Capabilities(Makes.PERSON, revokes))).captured(name)
    story = story.then(e.RevokedByPerson(name), by="dana") if by_hand else story.revoked(name)
    story.refused(name)
    secret = story.incident.secrets[name]
    story.incident = put(
        story.incident,
        dataclasses.replace(secret, old=dataclasses.replace(secret.old, last_control=None, overdue=True)),
    )
    text, buttons = of_secret(story, name)
    assert "Make a new one at GitHub" in text
    assert "That is proof only once another key of the account is accepted at the same time" in text
    assert "No proof is to be had" not in text
    assert next(iter(buttons)) == "New key…"
    assert "I revoked it" not in buttons
    assert [label for label, style in buttons.items() if style == "primary"] == ["New key…"]


def test_nobody_is_told_to_vouch_while_the_new_key_is_asked_beside_the_old_one():
    name = "github-token"
    story = Story(entry(name, capabilities=Capabilities(Makes.PERSON, RevokedBy.PERSON))).captured(name)
    story.then(e.RevokedByPerson(name), by="dana").refused(name)
    secret = story.incident.secrets[name]
    assert not secret.lacks_control
    overdue = dataclasses.replace(secret.old, overdue=True)
    in_place = dataclasses.replace(secret.new, promoted_at=story.at)
    story.incident = put(story.incident, dataclasses.replace(secret, old=overdue, new=in_place))
    text, _ = of_secret(story, name)
    assert "The bot asks once more, with the new key beside it" in text
    assert "No proof is to be had" not in text


def test_an_assumed_key_says_what_compares_the_leaked_value_with_it():
    name = "openai-api-key"
    story = Story(entry(name))
    compare = f"compare at a terminal: `bot identify {story.incident.id}`"
    assert "assumed: leaked value not verified" in words(drawn(story))
    assert compare not in words(drawn(story)), "nothing is known of it yet to compare with"
    story.captured(name)
    assert f"assumed: leaked value not verified; {compare}" in words(drawn(story))
    story.then(e.ValueSighted(name, "another", "", "", source="comparison"), by="dana")
    assert f"another value leaked than {name}, as compared; declare for it at a terminal" in words(drawn(story))
    assert compare not in words(drawn(story))


def test_what_nothing_ends_is_not_called_work_of_the_bot():
    """A key that its provider does not list, and one whose kill nobody has decided."""
    finds = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, identifies=True)
    every = [entry(f"key-{n}", capabilities=finds) for n in range(8)]
    story = Story(*every)
    for one in every:
        story.captured(one.name)
        story.then(e.KillRequested(one.name, slot=True, rights=(Right.RESPOND,)), by="ada", later=0)
    blocks = drawn(story)
    assert "*Needs a person: 8*" in words(blocks)
    assert "lists no key that this value can be" in words(blocks)
    assert labels(blocks).count("I revoked it") == 3
    undecided = Story(*(entry(f"key-{n}") for n in range(8)))
    for name in undecided.incident.secrets:
        undecided.captured(name)
    assert "*Needs a person: 8*" in words(drawn(undecided))
    assert labels(drawn(undecided)).count("Revoke now…") == 3
    assert "and 5 more…" in labels(drawn(undecided))


@pytest.mark.parametrize("number", [1, 8])
def test_after_a_revocation_that_failed_for_good_somebody_can_say_that_they_revoked_it(number):
    story = Story(*(entry(f"key-{n}") for n in range(number)))
    for name in story.incident.secrets:
        story.captured(name).fails(Op.REVOKE, old_lane(name), name, final=True)
    assert "Retry, or revoke it in key's console" in words(drawn(story))
    offers = available(story.incident, story.at)
    buttons = secret_buttons(story.incident, story.incident.secrets["key-0"], offers)
    assert [each.action_id for each in buttons] == ["retry", "revoked", "by_hand"]
    assert [each.style for each in buttons] == [None] * 3, "the machine's retry comes first"


def test_functions_that_hold_up_an_end_have_a_retry_each():
    names, world = ("checkout", "mailer", "search", "billing"), World()
    world.incomplete = dict.fromkeys(names, "warm containers")
    secret = made(consumers=tuple(Consumer(name) for name in names))
    story = Declared(declaration(wanted(secret, Strategy.OVERLAP), public=False), ANNA, world).run(10)
    story.approve(BEN)
    story.run(1200)
    offers = available(story.incident, story.now)
    [need] = needs(story.incident, offers, story.now)
    pages = [
        (to_json(need_blocks(story.incident, need)), 2),
        (details(story.incident, ButtonValue("inc_ab3cde", secret.name), story.now)["blocks"], 4),
    ]
    for blocks, shown in pages:
        rows = [block["elements"] for block in blocks if block["type"] == "actions"]
        retries = [each for row in rows for each in row if each["action_id"] == "retry"]
        assert [each["text"]["text"] for each in retries] == [f"Retry {name}" for name in names[:shown]]
        assert [lane_of(ButtonValue.decode(each["value"]).subject) for each in retries] == [
            function_lane(name) for name in names[:shown]
        ]
        assert all(len(row) == len({each["action_id"] for each in row}) for row in rows)


def test_what_a_second_person_is_asked_about_stands_by_itself():
    worst = {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN}
    story = Story(*(entry(f"key-{n}", **worst) for n in range(8)))
    for name in story.incident.secrets:
        story.captured(name).then(e.KillRequested(name, rights=(Right.RESPOND,)), by="ada", later=0)
    story.asked(*story.incident.secrets)
    assert "*ALIVE*, waits for approval" in words(drawn(story))
    assert "✋ *Approve: end 8 keys*" in words(drawn(story))
    assert "Needs a person" not in words(drawn(story))
    story.then(e.PlanRejected({n: plan_of(story.incident, s).digest for n, s in story.incident.secrets.items()}, "no"))
    assert "*Needs a person: 8*" in words(drawn(story))
    assert "*ALIVE*, a second person rejected their end" in words(drawn(story))
    assert "rejected ending it; the thread of the card says why. *Revoke now…* asks again. If re" in words(drawn(story))
    assert "obody has decided on the revocation" not in words(drawn(story))


def test_what_the_card_leaves_out_stands_on_pages_behind_it():
    story = Story(*(entry(f"key-{n}", by_hand=True) for n in range(60)))
    assert "and 57 more…" in labels(drawn(story))
    pages = [needed_form(story.incident, ButtonValue("inc_ab12cd", str(page)), story.at) for page in (0, 5, 99)]
    assert [check_view(page) for page in pages] == [[], [], []]
    assert "1 to 10 of 60" in read(pages[0])
    assert "51 to 60 of 60" in read(pages[1])
    assert pages[2]["blocks"] == pages[1]["blocks"]
    assert [labels(page["blocks"])[-1] for page in pages[:2]] == ["Next", "Back"]


def test_what_ends_by_hand_is_shown_step_by_step():
    story = by_hand()
    [captured] = [r.event for r in story.news if isinstance(r.event, e.OldCaptured)]
    story = Story(entry("stripe-secret-key", by_hand=True))
    story.operation(
        Op.CAPTURE, old_lane("stripe-secret-key"), "stripe-secret-key",
        lambda n: dataclasses.replace(captured, claim=n, hint="sk_live_…c668"),
    )  # fmt: skip
    view = by_hand_form(story.incident, ButtonValue("inc_ab12cd", "stripe-secret-key"), story.at)
    assert check_view(view) == []
    kinds = [part["type"] for block in view["blocks"] for part in block.get("elements", [])]
    assert {"rich_text_list", "rich_text_preformatted", "button"} <= set(kinds)
    text = read(view)
    for part in ("sk_live_…c668", "https://dashboard.example.com/keys", "bot submit inc_ab12cd stripe-secret-key",
                 "expire the key ending …4242", "Then press *I revoked it*"):  # fmt: skip
        assert part in text
    assert "sk_live_…c668" in words(drawn(story))


def test_the_card_names_the_steps_that_are_ready_and_not_only_their_numbers():
    name = "openai-api-key"
    story = Story(entry(name)).captured(name).dead(name).live(name)
    story.then(e.NoteAdded("I am here"), by="ben")
    said = "Step 1 of 7 · Rotate · ready to mark done: 4 Tell the team"
    assert f"{said}\n" in words(drawn(story))
    for step in ("assess", "notify", "investigate"):
        story.then(e.StepSkipped(step, "later"), by="ada")
    assert "ready to mark done: 6 Remediate\n" in words(drawn(story))


def test_steps_say_what_each_lacks():
    story = under_way()
    view = steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    assert "Lacks: openai-api-key: no new value yet" in read(view)
    assert {"Done", "Impact…", "Skip…", "How to"} == set(labels(view["blocks"]))


def test_the_step_that_is_next_has_the_button_of_what_it_lacks_and_done_once_that_is_there():
    story = under_way()
    for step in story.incident.steps[:-1]:
        story.then(e.StepSkipped(step.definition.id, "later"), by="ada")
    assert story.incident.steps[-1].state is StepState.OPEN
    before = labels(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "Write report" in before
    story.then(e.ReportWritten(0, "report.md", "0" * 64, "1:0", 1))
    after = labels(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "Done" in after
    assert "Start" not in after


def test_the_plan_that_waits_stands_step_by_step_behind_its_button():
    view = plan_form(overlap().incident, ButtonValue("inc_ab12cd"), overlap().at)
    assert check_view(view) == []
    shown = read(view)
    assert "1. issue a new key at OpenAI (done)" in shown
    assert "7. revoke the old key at OpenAI\n" in shown
    assert "Who can approve: anybody with approve, but not ada" in shown
    assert labels(view["blocks"]) == ["Approve", "Reject…"]


def test_a_plan_of_more_secrets_than_a_form_holds_says_how_many_it_leaves_out():
    names = [f"openai-key-{number:03}" for number in range(120)]
    story = Story(*map(entry, names), strategy=Strategy.OVERLAP, target=TargetKind.CONFIRMED)
    for name in names:
        story.captured(name).live(name)
    story.asked(*names)
    view = plan_form(story.incident, ButtonValue("inc_ab12cd"), story.at, answer="✓ Recorded.")
    assert check_view(view) == []
    told = sum(name in read(view) for name in names)
    assert f"*And {120 - told} more secrets*, which an approval is for too: `bot incident plan inc_ab12cd`." in read(
        view
    )
    assert labels(view["blocks"]) == ["Approve", "Reject…"]


def test_all_that_the_card_has_no_room_for_is_behind_more():
    for state in STATES:
        story = state()
        view = more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
        assert check_view(view) == []
        assert {"Every secret…", "Write report"} <= set(labels(view["blocks"]))
        assert not {"Checks", "Copies"} & set(labels(view["blocks"])), "they open forms, and end in an ellipsis"


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
    page = read(details(story.incident, ButtonValue("inc_ab12cd", "openai-api-key"), story.at))
    assert "Not revoked: its provider ends it only together with the service account *app*" in page
    assert words in page
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert ("I revoked it" in text) is not alone
    assert ("ends it only together with" in text) is not alone


def test_a_rejected_plan_to_delete_an_owner_can_be_asked_for_again():
    name = "openai-api-key"
    story = Story(entry(name, console="https://platform.example.com")).captured(name)
    story.then(e.KillRequested(name), by="ada")
    owner = Owner("svc-1", "the service account app", True)
    story.operation(Op.REVOKE, old_lane(name), name, lambda n: e.RevocationNeedsOwner(n, name, owner))
    assert not {"Ask again", "I revoked it"} & set(labels(drawn(story)))
    digest = plan_of(story.incident, story.incident.secrets[name]).digest
    story.then(e.PlanRejected({name: digest}, "Too much goes with it."), by="bob")
    assert {"I revoked it", "Ask again"} <= set(labels(drawn(story)))
    assert "Revoke it in OpenAI's console" in words(drawn(story))


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
    assert f"`{names[0]}`: *ALIVE*, waits" in words(drawn(story))
    digest = plan_of(story.incident, story.incident.secrets[names[0]]).digest
    story.then(e.PlanRejected({names[0]: digest}, "Too much goes with it."), by="bob")
    assert f"`{names[0]}`: *ALIVE*, a person must revoke it" in words(drawn(story))
    assert "I revoked it" in labels(drawn(story))


def of_the_old_one(story):
    """What the card says of the old key beside consumers that refuse the new one."""
    [line] = [line for line in words(drawn(story, story.now)).splitlines() if "fails with the new" in line]
    return line.rsplit("The old key ", 1)[1]


def test_beside_consumers_that_refuse_the_new_key_stands_what_becomes_of_the_old_one():
    assert of_the_old_one(failing()) == "is kept alive until people decide."
    ending = failing(if_failing=IfFailing.END)
    assert re.fullmatch(r"ends .+ all the same\.", of_the_old_one(ending))
    killed_first = failing(strategy=Strategy.KILL_FIRST)
    mend = "Look for the reason in checkout's own logs and configuration; once mended, *Ask consumers again*."
    assert of_the_old_one(killed_first) == f"is dead. {mend}"
    assert "Ask consumers again" in labels(drawn(killed_first, killed_first.now))


def test_an_old_key_that_is_killed_first_is_not_said_to_be_kept_while_consumers_refuse_the_new_one():
    name = "openai-api-key"
    story = Story(entry(name)).captured(name)
    story.refused_by_consumers(name)
    assert "The old key is to be ended." in words(drawn(story))
    assert "The old key is revoked, not yet proven dead." in words(drawn(story.revoked(name)))


@pytest.mark.parametrize(
    ("replaced", "ending"),
    [
        ((False,), "key dead, no new one is needed"),
        ((True, False), "both keys dead, replaced where needed"),
        ((True, True), "both keys dead, all replaced"),
    ],
)
def test_the_headline_says_replaced_only_of_what_a_new_key_was_wanted_for(replaced, ending):
    names = ("openai-api-key", "sendgrid-api-key")
    every = [wanted(made(name), replace=new) for name, new in zip(names, replaced, strict=False)]
    story = Declared(declaration(*every), ANNA).run(120)
    shown = words(drawn(story, story.now))
    assert shown.splitlines()[0].endswith(ending)
    assert shown.count("dead") == 1


def test_a_reopened_incident_says_by_whom_and_why_and_that_the_signed_report_is_of_before():
    story = Story(entry("openai-api-key"))
    assert "Reopened" not in words(drawn(story))
    story.then(e.IncidentClosed(), by="bob").then(e.IncidentReopened("it answers again"), by="chloe")
    assert "Reopened by chloe" in words(drawn(story))
    assert "it answers again" in words(drawn(story))
    assert "The signed report is of before" not in words(drawn(story))
    signed = Story(entry("openai-api-key")).then(e.IncidentClosed(), by="bob")
    signed.then(e.ReportSigned("ab" * 32, "", 12), by="bob").then(e.IncidentReopened("it answers again"), by="chloe")
    assert "it answers again. The signed report is of before" in words(drawn(signed))
