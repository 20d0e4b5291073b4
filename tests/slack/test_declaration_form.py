"""The declaration's form: short, with what will happen on it, and within Slack's limits with any number of secrets."""

import json
from dataclasses import replace

import pytest

from bot.catalog.catalog import Catalog
from bot.drill.fakes.slack.limits import check_view
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident.approval.basis import KILLS_BY_ONE
from bot.incident.declaration.consequences import Foreseen, foresee
from bot.incident.model import Actor, Right, Strategy
from bot.incident.overlap.strategy import ONE_AT_A_TIME, Proposed
from bot.model.secrets import Outage
from bot.people import People
from bot.phrases.consequences import open_words
from bot.slack.modals import declare
from bot.slack.modals.draft import NOTE, Draft, declaration, environment_of, named, read, unpacked
from bot.slack.modals.foreseen import again_form
from bot.slack.modals.inputs import Entered
from tests.slack import states
from tests.slack.conftest import catalog, entry, freeze
from tests.slack.states import AT
from tests.support.incidents import declaration as declared
from tests.support.incidents import wanted

ADA = Actor("ada", frozenset({Right.RESPOND}))
NOTHING = Entered({}, People())


def foreseen(draft, of, strategy=Strategy.KILL_FIRST):
    secrets = [wanted(freeze(each), strategy) for each in named(draft, of)]
    return foresee(c.Envelope("c", AT, ADA, declared(*secrets)), KILLS_BY_ONE, {}) if secrets else Foreseen()


def drawn(draft, of, proposed=Proposed(Strategy.KILL_FIRST, "Because.")):  # noqa: B008 - a constant
    view = declare.declaration_form(draft, of, lambda *_: proposed, foreseen(draft, of), 900)
    assert check_view(view) == []
    return view


def text_of(view):
    return json.dumps(view, ensure_ascii=False)


def fields(view):
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


def many(count):
    made = [entry(f"key-{n}", "x" * 90, "production", "p", if_killed="It stops. " * 200) for n in range(count)]
    return Catalog(("production",), tuple(made))


def test_two_questions_what_will_happen_and_the_rest_folded():
    view = drawn(Draft(environment="production", secrets=("openai-api-key", "stripe-secret-key")), catalog())
    assert fields(view) == ["environment", "secrets", "everything", "how_noticed", "public"]
    assert "If you declare" in text_of(view)
    assert "1 stops the product" not in text_of(view), "each key has its line"
    for line in (
        ": revoked now. Answers stop (about 10 s).",
        ": you revoke it at the provider. The product is down until a person makes a new one.",
    ):
        assert line in text_of(view)
    assert "Change strategy, times…" in text_of(view)
    assert view["submit"]["text"] == "Declare, revoke 1 key"
    order = text_of(view)
    assert order.index("If you declare") < order.index("How was it noticed?")


def test_the_form_says_what_is_open_there_already():
    open_one = replace(states.Story(states.entry("openai-api-key")).incident, channel="C1")
    draft, beside = Draft(environment="production"), open_words([open_one], "production")
    view = declare.declaration_form(draft, catalog(), lambda *_: None, Foreseen(), 900, beside)
    assert check_view(view) == []
    assert "1 incident is open in production" in text_of(view)
    assert "C1" in text_of(view)
    assert open_words([], "production") == ""


def test_what_is_behind_the_button():
    view = drawn(Draft(environment="production", secrets=("openai-api-key",), unfolded=True), catalog())
    assert fields(view)[5:] == ["strategy|openai-api-key|revoke-first|production", "detected_at", "exposed_at"]
    assert "Change strategy" not in text_of(view)
    only = drawn(Draft(environment="production", secrets=("openai-api-key",), unfolded=True), catalog(),
                 Proposed(Strategy.KILL_FIRST, ONE_AT_A_TIME, only=True))  # fmt: skip
    [choice] = [block["element"] for block in only["blocks"] if block.get("block_id", "").startswith("strategy|")]
    assert [each["value"] for each in choice["options"]] == ["revoke-first"]


def test_nothing_is_foretold_where_nothing_is_chosen():
    view = drawn(Draft(environment="production"), catalog())
    assert "What happens" not in text_of(view)
    assert view["submit"]["text"] == "Declare"


def test_everything_shows_its_effect_above_the_questions():
    view = drawn(Draft(environment="production", everything=True), catalog())
    assert "Everything here (3 keys)" in text_of(view)
    order = text_of(view)
    assert order.index("Product down: 2") < order.index("How was it noticed?")


@pytest.mark.parametrize("unfolded", [False, True])
@pytest.mark.parametrize("count", [1, 15, 100, 150])
def test_any_number_of_secrets_fits(count, unfolded):
    every = many(count)
    names = tuple(each.name for each in every.entries)
    for draft in (
        Draft(environment="production", secrets=names, unfolded=unfolded),
        Draft(environment="production", everything=True),
    ):
        view = drawn(draft, every)
        assert len(declaration(draft, every).secrets) == count
        if count == 150 and draft.unfolded:
            assert "70 more get the proposed" in text_of(view)
        assert unfolded or len(view["blocks"]) < 12


@pytest.mark.parametrize("count", [1, 150])
def test_everything_is_asked_once_more(count):
    draft = Draft(environment="production", everything=True, how_noticed="A gist.", detected_at=AT, exposed_at=AT,
                  strategies=tuple((f"key-{n}", Strategy.OVERLAP) for n in range(80)))  # fmt: skip
    view = again_form(draft, foreseen(draft, many(count)))
    assert check_view(view) == []
    assert view["submit"]["text"] == f"Yes, revoke {min(count, 3)} key{'s' if count > 1 else ''}"
    assert len(view["private_metadata"]) <= NOTE
    typed = Entered(
        {"how_noticed": {"how_noticed": {"type": "plain_text_input", "value": "A gist, mended."}}}, People()
    )
    carried = unpacked(view["private_metadata"], typed)
    assert carried == replace(draft, how_noticed="A gist, mended.")


def test_a_draft_that_one_form_cannot_carry_is_said():
    import random

    names = tuple(f"{random.Random(n).getrandbits(400):x}" for n in range(60))
    with pytest.raises(Misuse, match="declare in two parts"):
        Draft(environment="production", secrets=names, everything=True).packed()


@pytest.mark.parametrize("note", ["", "{", "null", "AAAA", "eJyrVkrOSMzLS1VSsFJKzs8rSc0rUQIAKR0F3Q==", "é", "[" * 900])
def test_a_form_that_we_never_drew_is_said(note):
    with pytest.raises(Misuse, match="Declare again"):
        unpacked(note, NOTHING)
    assert environment_of(note) == ""
    assert read(NOTHING, note).environment == ""


def test_a_secret_of_another_environment_is_said():
    draft = Draft(environment="production", secrets=("no-such",))
    found = declare.mistakes(draft, NOTHING, catalog(), AT)
    assert found == {"secrets": "production has no no-such. Choose again."}


def test_everything_leaves_alone_what_is_public_by_design_and_says_so():
    two = Catalog(
        ("production",),
        (
            entry("service-key", "Service key", "production", "supabase", dies_with=("anon-key",)),
            entry("anon-key", "Anon key", "production", "supabase", public_by_design=True, outage=Outage.DOWN),
        ),
    )
    draft = Draft(environment="production", everything=True)
    said = "anon-key is public by design, skipped unless it is named; revoking also affects service-key."
    assert said in text_of(drawn(draft, two))
    assert [choice.name for choice in declaration(draft, two).secrets] == ["service-key"]
    assert "Everything here (1 of 2 keys)" in text_of(drawn(draft, two))
    assert "Without 1 public by design" in text_of(drawn(draft, two))
    both = Draft(environment="production", secrets=("anon-key",), everything=True)
    assert "skipped unless" not in text_of(drawn(both, two))
    assert [choice.name for choice in declaration(both, two).secrets] == ["service-key", "anon-key"]
    assert "anon-key, public by design" in str(declare.offered(two, "production", "anon")[0].to_dict())


HELD = Catalog(
    ("production", "staging"),
    (
        entry("openai-api-key", "OpenAI", "production", "openai", held_by=("vercel",), outage=Outage.DOWN),
        entry("anon-key", "Anon key", "production", "supabase", held_by=("vercel",), public_by_design=True),
        entry("redis-url", "Redis", "production", "redis"),
        entry("redis-url", "Redis", "staging", "redis", held_by=("vercel",)),
    ),
)


def test_a_vendors_name_offers_what_it_holds():
    assert {each.value for each in declare.offered(HELD, "production", "ver")} == {"openai-api-key", "anon-key"}
    assert [each.value for each in declare.offered(HELD, "production", "redis")] == ["redis-url"]


def test_a_secret_that_is_not_there_any_more_is_a_mistake():
    draft = Draft(environment="staging", secrets=("anon-key",), how_noticed="told by mail")
    assert "staging has no anon-key" in declare.mistakes(draft, NOTHING, HELD, AT)["secrets"]
