"""What a declaration will bring about is told by the rules that decide it, before it is made."""

import re

import pytest

from bot.incident import commands as c
from bot.incident.approval.basis import KILLS_BY_ONE
from bot.incident.declaration.consequences import Ending, foresee
from bot.incident.model import Strategy
from bot.incident.overlap.strategy import propose
from bot.model.capabilities import Makes, RevokedBy
from bot.model.secrets import Kill, Outage
from bot.phrases.consequences import (
    about,
    again_words,
    approval_lines,
    consequence_words,
    effect_lines,
    joined_words,
    submit_words,
    sum_words,
)
from bot.phrases.marks import plain
from tests.support.incidents import ANNA, START, STRANGER, Story, capabilities, declaration, entry, wanted

BY_HAND = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON)
SWAPS = capabilities(makes=Makes.INSTALL, swaps=True)
FATAL = {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN}
STRIPE = "Nobody can pay until a person has made a new key in Stripe's dashboard."


def foreseen(*secrets, by=ANNA, free=KILLS_BY_ONE, joined=()):
    return foresee(c.Envelope("c", START, by, declaration(*secrets)), free, dict(joined))


def one(*args, **more):
    [consequence] = foreseen(*args, **more).consequences
    return consequence


@pytest.mark.parametrize(
    ("secret", "ending"),
    [
        (wanted(entry()), Ending.NOW),
        (wanted(entry(can=SWAPS)), Ending.WITH_NEW),
        (wanted(entry(can=capabilities(revoke_needs_replacement=True))), Ending.WITH_NEW),
        (wanted(entry(**FATAL)), Ending.APPROVED),
        (wanted(entry(), Strategy.OVERLAP), Ending.OVERLAP),
        (wanted(entry(can=BY_HAND)), Ending.BY_HAND),
        (wanted(entry(can=BY_HAND), Strategy.OVERLAP), Ending.BY_HAND),
    ],
)
def test_how_each_ends(secret, ending):
    assert one(secret).ending is ending
    story = Story(declaration(secret)).run(60)
    gone = story.secret().old.revoked_at is not None
    assert gone is (ending in {Ending.NOW, Ending.WITH_NEW})  # what was foretold is what the rules then do


def test_whoever_may_not_respond_ends_nothing():
    told = foreseen(wanted(), by=STRANGER)
    assert [each.ending for each in told.consequences] == [Ending.DECIDED]
    assert (submit_words(told), sum_words(told)) == (
        "Declare",
        "1 key for a responder to decide; 1 degrades the product",
    )


def test_where_kills_by_one_are_used_up_a_second_person_is_needed():
    told = foreseen(*(wanted(entry(f"key-{n}")) for n in range(4)))
    assert (len(told.ended), len(told.approvals)) == (3, 1)
    assert sum_words(told) == ("4 keys: 3 revoked, 1 for a second person to approve; all degrade the product")
    assert foreseen(wanted(), free=0).approvals


@pytest.mark.parametrize("secret", [wanted(), wanted(entry(**FATAL)), wanted(entry(), Strategy.OVERLAP)])
def test_who_declares_reads_of_keys_that_end_and_of_no_kills(secret):
    told = foreseen(secret, free=0)
    reason = propose(told.consequences[0].entry, public=False).reason
    said = [*approval_lines(told), *(consequence_words(each, 900) for each in told.consequences), reason]
    assert told.approvals
    assert not re.search(r"\bkill(s|ing)?\b(?! it first)", " ".join(map(plain, said)))


def test_the_machines_outage_has_a_length_and_a_persons_has_none():
    machine, hand = one(wanted(entry())), one(wanted(entry(can=BY_HAND, outage=Outage.DOWN)))
    assert 5 <= machine.seconds <= 30
    assert hand.seconds is None
    assert one(wanted(entry(can=SWAPS))).seconds < machine.seconds  # the provider takes the new one at once
    overlap = one(wanted(entry(outage=Outage.DOWN), Strategy.OVERLAP))
    assert (overlap.seconds, overlap.outage) == (0, Outage.NONE)


def test_what_people_read_of_each():
    model = entry(if_killed="Model answers fail; everything else goes on.")
    stripe = entry("stripe-secret-key", can=BY_HAND, outage=Outage.DOWN, if_killed=STRIPE)
    told = foreseen(wanted(model), wanted(stripe), joined={"redis-url": "inc_ab3cde"}.items())
    lines = [plain(consequence_words(each, 900)) for each in told.consequences]
    assert lines == [
        "Openai api key: revoked now. Model answers fail (about 20 s).",
        f"Stripe secret key: you revoke it at the provider. {STRIPE}",
    ]
    assert sum_words(told) == "2 keys: 1 revoked, 1 for you to revoke; of the 2, 1 stops the product, 1 degrades it"
    assert submit_words(told) == "Declare, revoke 1 key"
    assert [plain(line) for line in joined_words(told)] == ["redis-url: inc_ab3cde already handles it"]
    lasting = plain(consequence_words(one(wanted(entry(can=BY_HAND))), 900))
    assert lasting.endswith("The product is degraded until a person makes a new one.")
    overlap = plain(consequence_words(one(wanted(entry(), Strategy.OVERLAP)), 900))
    assert "revoked 15 min after the new key is in use, once a second person approves. Nothing stops." in overlap


def test_many_are_told_by_effect_the_worst_first():
    machine = [wanted(entry(f"down-{n}", outage=Outage.DOWN, kill=Kill.REVERSIBLE)) for n in range(2)]
    stripe = wanted(entry("stripe-secret-key", can=BY_HAND, outage=Outage.DOWN, if_killed=STRIPE))
    rest = [wanted(entry(f"less-{n}")) for n in range(40)]
    told = foreseen(*machine, stripe, *rest, wanted(entry("quiet", outage=Outage.NONE)), free=100)
    lines = [plain(line) for line in effect_lines(told)]
    assert lines[0] == "Product down: 3, about 20 s each; stripe-secret-key until a person makes a new one"
    assert lines[1] == "    down-0, down-1 and stripe-secret-key"
    assert lines[2] == "Degraded: 40, about 20 s each"
    assert lines[3].endswith("and 28 more")
    assert lines[4:] == ["Nothing stops: 1", "    quiet"]
    assert plain(again_words(told)) == f"Revokes 43 keys. {STRIPE}"


@pytest.mark.parametrize(("seconds", "words"), [(0, "about 10 s"), (12, "about 20 s"), (61, "about 2 min")])
def test_a_rough_length(seconds, words):
    assert about(seconds) == words
