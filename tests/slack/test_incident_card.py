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
from bot.incident.model import Accepted, By, CheckOutcome, Right, StepState, Strategy, TargetKind
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.incident.todos import needed, todos
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import KeyRef, Owner, Snapshot
from bot.model.probes import Probe
from bot.model.secrets import Consumer, Data, Kill, Outage
from bot.phrases.marks import printable
from bot.providers.cards import numbered, read_cards
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card, secret_buttons
from bot.slack.incident_card.header import verdict
from bot.slack.incident_card.needs import need_buttons, todo_blocks
from bot.slack.modals.answers import answers_form
from bot.slack.modals.by_hand import by_hand as by_hand_form
from bot.slack.modals.by_hand import new_by_hand
from bot.slack.modals.consents import plan_form
from bot.slack.modals.details import details
from bot.slack.modals.more import more_form
from bot.slack.modals.todos import revoke_form, todos_form
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
    """Of two kills, one was declared by someone who may approve, and the other key was chosen by someone else."""
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
    items = (Accepted("old:sendgrid-api-key", "sendgrid-api-key: its old key is not dead"),)
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
        Accepted("checks:stripe-secret-key", "stripe-secret-key: 2 of 2 backdoor checks open: webhooks, money"),
        Accepted("reader:0011", "user/laptop read stripe-secret-key: not identified"),
        Accepted("abuse", "use not answered: yes, no or unknown"),
        *(Accepted(f"task:t{number}", f"task t{number}: Finding number {number}") for number in range(1, 4)),
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
    story = Story(*every, title=long, how_noticed=long)
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
    assert shown.splitlines()[0] == "🔒 CLOSED, stripe-secret-key DEAD, replaced · production · SEV 2"
    assert (
        "*Closed with open items*: 2 backdoor checks of `stripe-secret-key` · 1 reader · abuse not answered · 3 "
        "tasks. Reason: they wait for Stripe (proposed by ada)"
    ) in shown
    assert "not proven" not in shown
    assert "🔎 2 of 2 backdoor checks open: accepted at the close" in shown
    assert "📌 3 tasks left: *More…* lists them" in shown
    later = closed_over_checks().then(
        e.CheckEnded("stripe-secret-key", "money", CheckOutcome.CLEAR, "none moved", late=True), by="ada"
    )
    after = words(drawn(later))
    assert "2 backdoor checks of `stripe-secret-key`, 1 of them done since · 1 reader" in after
    assert "🔎 1 of 2 backdoor checks open: accepted at the close" in after
    later.then(e.CheckEnded("stripe-secret-key", "webhooks", CheckOutcome.CLEAR, "none", late=True), by="ada")
    after = words(drawn(later.then(e.TaskDone("t2"), by="ada")))
    assert "2 backdoor checks of `stripe-secret-key`, done since · 1 reader" in after
    assert "3 tasks, 1 of them done since. Reason: they wait" in after
    assert "Finding number 3" in read(more_form(closed_over_checks().incident, ButtonValue("inc_ab12cd"), AT)["blocks"])


def test_what_is_true_now_comes_first():
    first, works, dead, *_ = words(drawn(under_way())).split("\n", 3)
    assert first == "🔴 1 of 2 keys STILL WORKS · production · SEV 2"
    assert works == "🔴 `sendgrid-api-key`: revoking the old key"
    assert dead.startswith("Dead: `openai-api-key`.")


def test_the_card_is_the_same_a_second_later():
    story = overlap()
    assert drawn(story) == drawn(story, story.at + timedelta(seconds=1))


def test_what_is_revoked_by_hand_waits_for_no_second_person():
    story = by_hand().then(e.KillRequested("stripe-secret-key", rights=(Right.RESPOND,)), by="ada")
    shown = words(drawn(story))
    assert "`stripe-secret-key`: a person must revoke it" in shown
    assert "approval" not in shown


def test_no_button_that_could_only_be_declined():
    assert labels(drawn(by_hand())).count("Take, open steps") == 1
    over = labels(drawn(everything_over()))
    assert "Close…" in over
    assert not {"Close", "Close…"} & set(labels(drawn(just_declared())))
    assert labels(drawn(closed_over())) == ["Write report", "Reopen…", "More…"]


def test_glass_is_broken_behind_revoke_now_while_a_key_works():
    for story, offered in ((overlap(), True), (everything_over(), False)):
        view = revoke_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
        assert check_view(view) == []
        assert ("🔨 Break glass…" in labels(view["blocks"])) is offered


def test_an_expired_request_has_no_buttons():
    story = overlap()
    assert "Revoke Openai Api Key…" in labels(drawn(story))
    assert "Revoke Openai Api Key…" not in labels(drawn(story, story.at + timedelta(hours=1)))


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


def test_of_many_the_two_most_urgent_have_their_buttons(snapshot):
    blocks = drawn(a_leaked_env())
    text = words(blocks)
    assert text == snapshot
    assert text.index("*DO NOW* `key-0`") < text.index("*THEN* `key-1`")
    assert {"Retry revocation", "Take, open steps"} <= set(labels(blocks))


def of_secret(story, name):
    """The buttons about one secret on the card, with the style of each, and what stands above them."""
    need = needed(story.incident, todos(story.incident, story.at), story.at)[name]
    buttons = {each.text.text: each.style for each in need_buttons(story.incident, story.incident.secrets[name], need)}
    first = next(one for one in todos(story.incident, story.at) if one.secret == name)
    return read(to_json(todo_blocks(story.incident, first, need))), buttons


def test_who_is_asked_for_a_new_key_alone_has_one_button_that_leads_there():
    name = "stripe-secret-key"
    story = Story(entry(name, by_hand=True)).captured(name)
    text, buttons = of_secret(story, name)
    assert "Make a new key" not in text, "it is behind the same button"
    assert buttons == {"Take, open steps": "primary"}
    text, buttons = of_secret(story.then(e.RevokedByPerson(name), by="dana").refused(name), name)
    assert "Make a new key at Stripe" in text
    assert buttons == {"Take, open steps": "primary"}
    shown = read(by_hand_form(story.incident, ButtonValue("inc_ab12cd", name), story.at)["blocks"])
    assert "Until then the old key is reported revoked and *may still work*" in shown
    assert "you can revoke the old key anyway" not in shown


@pytest.mark.parametrize(
    ("outage", "said"),
    [
        (Outage.DOWN, "*The product is DOWN*: Nobody can pay. Make a new key"),
        (Outage.DEGRADED, "Nobody can pay. Make a new key"),
        (Outage.NONE, "Make a new key"),
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
    goes_on = "Services with the new key keep working. Others: Payments stop"
    assert goes_on not in of_secret(story, name)[0]
    assert "Payments stop" in of_secret(story, name)[0]
    story.live(name)
    assert goes_on in of_secret(story, name)[0]
    form = read(by_hand_form(story.incident, ButtonValue("inc_ab12cd", name), story.at)["blocks"])
    assert "It cannot be undone." in form, "what stops is beside the button that opens it"
    story = Story(entry(name, kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)).captured(name).live(name).asked(name)
    assert "Services with the new key keep working. Others: Answers stop." in words(drawn(story))


@pytest.mark.parametrize("path", sorted(PROVIDERS.glob("*/card.yaml")), ids=lambda path: path.parent.name)
def test_the_form_says_once_where_the_value_never_goes_and_does_not_send_people_to_itself(path):
    for card in read_cards(path):
        name = "acme-key"
        guides = {each: numbered(getattr(card, each)) for each in ("issue_by_hand", "revoke_by_hand")}
        story = Story(entry(name, by_hand=True, console=card.console, **{k: v for k, v in guides.items() if v}))
        form = new_by_hand(story.incident, ButtonValue("inc_ab12cd", name), story.at)
        assert check_view(form) == []
        shown = read(form["blocks"])
        assert shown.count("never in Slack") == 1
        assert "Take, open steps" not in shown


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
    assert "Make a new key at GitHub" in text
    assert "Rejected, not confirmed. Hand over the new key to compare" in text
    assert "It can't be confirmed: vouch by name that it is dead" not in text
    assert [label for label, style in buttons.items() if style == "primary"] == ["Take, open steps"]
    assert next(iter(buttons)) == "Take, open steps"
    assert "hidden prompt" in read(by_hand_form(story.incident, ButtonValue("inc_ab12cd", name), story.at)["blocks"])


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
    assert "The bot checks again with the new key to compare" in text
    assert "It can't be confirmed: vouch by name that it is dead" not in text


def test_an_assumed_key_says_what_compares_the_leaked_value_with_it():
    name = "openai-api-key"
    story = Story(entry(name))
    compare = f"At a terminal: `bot identify {story.incident.id}`"
    assert "Not verified: these are the leaked keys" in words(drawn(story))
    assert compare not in words(drawn(story)), "nothing is known of it yet to compare with"
    story.captured(name)
    assert f"Not verified: these are the leaked keys. {compare}" in words(drawn(story))
    story.then(e.ValueSighted(name, "another", "", "", source="comparison"), by="dana")
    assert f"*Another key leaked* than `{name}` (compared). Declare it at a terminal" in words(drawn(story))
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
    assert "And 6 more, behind All to-dos: key-2, key-3 and 4 more" in words(blocks)
    assert "lists no matching key" in words(blocks)
    assert labels(blocks).count("Take, open steps") == 2
    undecided = Story(*(entry(f"key-{n}") for n in range(8)))
    for name in undecided.incident.secrets:
        undecided.captured(name)
    assert "And 6 more, behind All to-dos: key-2, key-3 and 4 more" in words(drawn(undecided))
    assert labels(drawn(undecided)).count("Revoke now…") == 3, "of the first two, and of all"


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
    [need] = needed(story.incident, todos(story.incident, story.now), story.now).values()
    pages = [
        (to_json(todo_blocks(story.incident, todos(story.incident, story.now)[0], need)), 2),
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
    assert "🔴 8 keys: wait for approval" in words(drawn(story))
    assert "✋ *Approve: revoke 8 keys*" in words(drawn(story))
    assert "DO NOW" not in words(drawn(story))
    story.then(e.PlanRejected({n: plan_of(story.incident, s).digest for n, s in story.incident.secrets.items()}, "no"))
    assert "And 6 more, behind All to-dos" in words(drawn(story))
    assert "8 keys: the second person refused the revocation" in words(drawn(story))
    assert "second person refused the revocation; see the card's thread. *Revoke now…* asks again. If re" in words(
        drawn(story)
    )
    assert "Not decided yet" not in words(drawn(story))


def test_what_the_card_leaves_out_stands_behind_it_and_what_that_leaves_out_is_counted():
    story = Story(*(entry(f"key-{n}", by_hand=True) for n in range(60)))
    assert "And 58 more, behind All to-dos: key-2, key-3 and 56 more" in words(drawn(story))
    view = todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    shown = read(view)
    listed = [name for name in story.incident.secrets if f"`{name}`" in shown]
    assert len(listed) >= 10
    assert re.search(r"\*\d+ more\* of 120: .*`bot todo inc_ab12cd` lists them", shown), "never cut in silence"


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
    new = new_by_hand(story.incident, ButtonValue("inc_ab12cd", "stripe-secret-key"), story.at)
    assert check_view(new) == []
    kinds = [part["type"] for form in (view, new) for block in form["blocks"] for part in block.get("elements", [])]
    assert {"rich_text_list", "rich_text_preformatted", "button"} <= set(kinds)
    for part in ("sk_live_…c668", "https://dashboard.example.com/keys", "expire the key ending …4242",
                 "Press *I revoked it*"):  # fmt: skip
        assert part in read(view)
    assert "bot submit inc_ab12cd stripe-secret-key" in read(new)
    assert {"I revoked it", "New key…"} <= set(labels(view["blocks"]))
    assert "Revoke the old key…" in labels(new["blocks"])
    assert "sk_live_…c668" in words(drawn(story))


def test_the_card_counts_the_steps_that_people_can_mark_done():
    name = "openai-api-key"
    story = Story(entry(name)).captured(name).dead(name).live(name)
    assert "Step Tell" not in words(drawn(story)), "page not acknowledged"
    story.then(e.NoteAdded("I am here"), by="ben")
    assert "ANSWER\nStep Tell the team\n" in words(drawn(story))
    story.then(e.StepSkipped("assess", "later"), by="ada").then(e.StepSkipped("investigate", "later"), by="ada")
    assert "ANSWER\nSteps Tell the team and Remediate\n" in words(drawn(story)), "and the one whose turn comes with it"


def test_all_to_dos_say_what_each_step_lacks_and_have_its_guide():
    story = under_way()
    view = todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    assert "Still open: openai-api-key and sendgrid-api-key: no new key yet" in read(view)
    assert labels(view["blocks"]).count("How to") == len(story.incident.steps)
    assert {"Skip…", "Findings…"} <= set(labels(view["blocks"]))


def test_the_last_step_has_the_button_of_what_it_lacks_and_is_answered_once_that_is_there():
    story = under_way()
    for step in story.incident.steps[:-1]:
        story.then(e.StepSkipped(step.definition.id, "later"), by="ada")
    assert story.incident.steps[-1].state is StepState.OPEN
    before = labels(todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "Write report" in before
    story.then(e.ReportWritten(0, "report.md", "0" * 64, "1:0", 1))
    after = answers_form(story.incident, ButtonValue("inc_ab12cd", "step"), story.at)
    assert "Not written: summary and lessons" in read(after["blocks"])


def test_the_plan_that_waits_stands_step_by_step_behind_its_button():
    view = plan_form(overlap().incident, ButtonValue("inc_ab12cd"), overlap().at)
    assert check_view(view) == []
    shown = read(view)
    assert "issue a new key" not in shown, "it is done"
    assert "7. revoke the old key at OpenAI\n" in shown
    assert "Done: 5 of 8 steps\nEffect: " in shown
    assert "Needs a second approver: it comes at the end of an overlap\n" in shown
    assert "Who can approve: anyone with approve except ada" in shown
    assert labels(view["blocks"]) == ["Revoke Openai Api Key…", "Refuse…"]


def test_a_plan_of_more_secrets_than_a_form_holds_says_how_many_it_leaves_out():
    names = [f"openai-key-{number:03}" for number in range(120)]
    story = Story(*map(entry, names), strategy=Strategy.OVERLAP, target=TargetKind.CONFIRMED)
    for name in names:
        story.captured(name).live(name)
    story.asked(*names)
    view = plan_form(story.incident, ButtonValue("inc_ab12cd"), story.at, answer="✓ Recorded.")
    assert check_view(view) == []
    told = sum(name in read(view) for name in names)
    assert f"*And {120 - told} more secrets* that this approval covers: `bot incident plan inc_ab12cd`." in read(view)
    assert labels(view["blocks"]) == ["Revoke 120 keys…", "Refuse…"]


def test_all_that_the_card_has_no_room_for_is_behind_more():
    for state in STATES:
        story = state()
        view = more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
        assert check_view(view) == []
        assert {"Every secret…", "Write report"} <= set(labels(view["blocks"]))
        assert not {"Checks", "Copies"} & set(labels(view["blocks"])), "they open forms, and end in an ellipsis"


@pytest.mark.parametrize(
    ("alone", "words"), [(True, "two people must approve that"), (False, "other working keys would")]
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
    assert "Not revoked: its provider revokes it only together with the service account *app*" in page
    assert words in page
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert ("Take, open steps" in text) is not alone
    assert ("revokes it only together with" in text) is not alone


def test_a_rejected_plan_to_delete_an_owner_can_be_asked_for_again():
    name = "openai-api-key"
    story = Story(entry(name, console="https://platform.example.com")).captured(name)
    story.then(e.KillRequested(name), by="ada")
    owner = Owner("svc-1", "the service account app", True)
    story.operation(Op.REVOKE, old_lane(name), name, lambda n: e.RevocationNeedsOwner(n, name, owner))
    assert not {"Ask again", "Take, open steps"} & set(labels(drawn(story)))
    digest = plan_of(story.incident, story.incident.secrets[name]).digest
    story.then(e.PlanRejected({name: digest}, "Too much goes with it."), by="bob")
    assert {"Take, open steps", "Ask again"} <= set(labels(drawn(story)))
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
    assert f"🔴 `{names[0]}`: needs a second approver" in words(drawn(story))
    digest = plan_of(story.incident, story.incident.secrets[names[0]]).digest
    story.then(e.PlanRejected({names[0]: digest}, "Too much goes with it."), by="bob")
    assert f"`{names[0]}`: a person must revoke it" in words(drawn(story))
    assert "Take, open steps" in labels(drawn(story))


def of_the_old_one(story):
    """What the card says of the old key beside consumers that refuse the new one."""
    [line] = [line for line in words(drawn(story, story.now)).splitlines() if "fails with the new" in line]
    return re.split("(?:The old|Old) key:? ", line)[-1]


def test_beside_consumers_that_refuse_the_new_key_stands_what_becomes_of_the_old_one():
    assert of_the_old_one(failing()) == "is kept until people decide."
    killed_first = failing(strategy=Strategy.KILL_FIRST)
    mend = "Look for the reason in checkout's own logs and configuration, then press *Check consumers again*."
    assert of_the_old_one(killed_first) == f"dead. {mend}"
    assert "Check consumers again" in labels(drawn(killed_first, killed_first.now))


def test_an_old_key_that_is_killed_first_is_not_said_to_be_kept_while_consumers_refuse_the_new_one():
    name = "openai-api-key"
    story = Story(entry(name)).captured(name)
    story.refused_by_consumers(name)
    assert "The old key will be revoked." in words(drawn(story))
    assert "Old key: revoked, *REJECTED, NOT CONFIRMED* yet." in words(drawn(story.revoked(name)))


@pytest.mark.parametrize(
    ("replaced", "ending"),
    [
        ((False,), "openai-api-key DEAD, no new key is needed"),
        ((True, False), "both keys DEAD, replaced where needed"),
        ((True, True), "both keys DEAD, all replaced"),
    ],
)
def test_the_headline_says_replaced_only_of_what_a_new_key_was_wanted_for(replaced, ending):
    names = ("openai-api-key", "sendgrid-api-key")
    every = [wanted(made(name), replace=new) for name, new in zip(names, replaced, strict=False)]
    story = Declared(declaration(*every), ANNA).run(120)
    shown = words(drawn(story, story.now))
    assert shown.splitlines()[0].startswith(f"🟡 {ending} · ")
    assert "dead" not in shown


@pytest.mark.parametrize(
    ("vouched", "every", "head"),
    [
        (1, 1, "openai-api-key vouched dead"),
        (2, 2, "both keys vouched dead"),
        (1, 2, "1 of 2 keys DEAD, 1 vouched dead"),
    ],
)
def test_the_headline_tells_a_key_that_a_person_vouched_for_from_a_dead_one(vouched, every, head):
    names = ("openai-api-key", "sendgrid-api-key")[:every]
    incident = Declared(declaration(*(wanted(made(name)) for name in names)), ANNA).run(120).incident
    for name in names[:vouched]:
        secret = incident.secrets[name]
        old = dataclasses.replace(secret.old, contained_at=None, attested=By("chloe", incident.last_at))
        incident = put(incident, dataclasses.replace(secret, old=old))
    assert verdict(incident).startswith(head)


def test_a_reopened_incident_says_by_whom_and_why_and_that_the_signed_report_is_of_before():
    story = Story(entry("openai-api-key"))
    assert "Reopened" not in words(drawn(story))
    story.then(e.IncidentClosed(), by="bob").then(e.IncidentReopened("it answers again"), by="chloe")
    assert "Reopened by chloe" in words(drawn(story))
    assert "it answers again" in words(drawn(story))
    assert "The signed report is from before" not in words(drawn(story))
    signed = Story(entry("openai-api-key")).then(e.IncidentClosed(), by="bob")
    signed.then(e.ReportSigned("ab" * 32, "", 12), by="bob").then(e.IncidentReopened("it answers again"), by="chloe")
    assert "it answers again. The signed report is from before" in words(drawn(signed))
