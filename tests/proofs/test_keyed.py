"""Proofs by a key that only one place holds."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest

from bot.errors import ConfigurationError
from bot.proofs.keyed import KeyedProofs
from bot.proofs.statement import ProofKind, ProofRefused
from bot.secrets.secret import Secret
from tests.support.statements import CHANGED, NOW, STATEMENT, given

NEW, OLD, OLDEST = (Secret(digit * 64) for digit in "abc")
FORGED = ["", "v1:", "v1:" + "0" * 64, "v2:" + "0" * 64, "0" * 64, "v1:" + "ä" * 64, "v1:" + "٣" * 64]


@pytest.mark.parametrize("make", [KeyedProofs.slack, KeyedProofs.at_worker])
def test_a_proof_vouches_for_its_statement(make):
    make(NEW).check(STATEMENT, make(NEW).make(STATEMENT), NOW)


@pytest.mark.parametrize("changed", CHANGED)
@pytest.mark.parametrize("make", [KeyedProofs.slack, KeyedProofs.at_worker])
def test_and_for_none_in_which_anything_was_changed(make, changed):
    with pytest.raises(ProofRefused, match="does not fit"):
        make(NEW).check(changed, make(NEW).make(STATEMENT), NOW)


def test_a_proof_of_one_kind_is_none_of_another_even_under_the_same_key():
    slack, at_worker = (KeyedProofs(kind, NEW) for kind in (ProofKind.SLACK, ProofKind.AT_WORKER))
    for ours, theirs in ((slack, at_worker), (at_worker, slack), (slack, KeyedProofs.at_worker(NEW))):
        with pytest.raises(ProofRefused, match="does not fit"):
            ours.check(STATEMENT, theirs.make(STATEMENT), NOW)


def test_the_workers_own_key_is_not_used_itself():
    with pytest.raises(ProofRefused, match="does not fit"):
        KeyedProofs(ProofKind.AT_WORKER, NEW).check(STATEMENT, KeyedProofs.at_worker(NEW).make(STATEMENT), NOW)


@pytest.mark.parametrize("make", [KeyedProofs.slack, KeyedProofs.at_worker])
def test_a_key_can_be_changed_while_commands_wait(make):
    proofs = make(NEW, (OLD,))
    proofs.check(STATEMENT, make(OLD).make(STATEMENT), NOW)
    assert proofs.make(STATEMENT) == make(NEW).make(STATEMENT)
    with pytest.raises(ProofRefused, match="another key"):
        proofs.check(STATEMENT, make(OLDEST).make(STATEMENT), NOW)
    with pytest.raises(ProofRefused, match="another key"):
        make(OLD).check(STATEMENT, make(NEW).make(STATEMENT), NOW)


@pytest.mark.parametrize("forged", [*FORGED, "V1:" + "a" * 64, STATEMENT.digest, "v1:" + STATEMENT.digest])
def test_what_is_made_without_the_key_is_refused(forged):
    with pytest.raises(ProofRefused):
        KeyedProofs.slack(NEW).check(STATEMENT, forged, NOW)


@pytest.mark.parametrize("change", [lambda p: p + "\n", lambda p: p + " ", lambda p: p.upper(), lambda p: p[:-1]])
def test_a_proof_has_one_form(change):
    proofs = KeyedProofs.slack(NEW)
    with pytest.raises(ProofRefused, match="no proof of the kind that it says"):
        proofs.check(STATEMENT, change(proofs.make(STATEMENT)), NOW)


def test_the_bare_key_over_the_bare_digest_proves_nothing():
    bare = "v1:" + hmac.new(NEW.reveal().encode(), STATEMENT.digest.encode(), hashlib.sha256).hexdigest()
    with pytest.raises(ProofRefused, match="does not fit"):
        KeyedProofs.slack(NEW).check(STATEMENT, bare, NOW)


def test_a_command_may_wait_a_quarter_of_an_hour_for_a_worker_or_as_long_as_is_said():
    proofs = KeyedProofs.slack(NEW)
    waited = given(timedelta(minutes=14))
    proofs.check(waited, proofs.make(waited), NOW)
    with pytest.raises(ProofRefused, match="given 14 min ago by the worker's clock and expired after 5 min"):
        proofs.check(waited, proofs.make(waited), NOW, timedelta(minutes=5))
    for age, said in ((timedelta(minutes=16), "16 min ago"), (-timedelta(minutes=2), "2 min ahead")):
        with pytest.raises(ProofRefused, match=said):
            proofs.check(given(age), proofs.make(given(age)), NOW)


@pytest.mark.parametrize("weak", ["", "a" * 31])
@pytest.mark.parametrize("make", [KeyedProofs.slack, KeyedProofs.at_worker])
def test_a_key_that_could_be_guessed_is_refused(make, weak):
    for keys in ((Secret(weak), ()), (NEW, (Secret(weak),))):
        with pytest.raises(ConfigurationError, match="too short"):
            make(*keys)


def test_no_key_is_printed():
    for proofs in (KeyedProofs.slack(NEW, (OLD,)), KeyedProofs.at_worker(NEW, (OLD,))):
        assert not [key for key in (NEW, OLD) if key.reveal()[:16] in repr(proofs)]
