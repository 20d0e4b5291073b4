"""The words for each state, the same on the card, at a terminal and in the report.

All functions return phrases (`bot.phrases.marks`): Slack shows them as rich text, `plain` makes text of them. Old
keys *still work* or are *dead*, new ones are *in use*; danger is in capitals and strong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from bot.incident.consumers.lacking import lacked, lacking, missing
from bot.incident.hold import under_way
from bot.incident.model import New, Old, TargetKind
from bot.incident.new_value.still_used import living_on, living_words
from bot.incident.operations import Claim, Failure, doing
from bot.incident.state import Hold, Incident, SecretState
from bot.model.probes import Probe
from bot.model.secrets import Kill, Outage
from bot.phrases.marks import code, day_and_time, literal, moment
from bot.phrases.secrets import claim_words, failing_words, key_words, not_restored, serves_words, unconfirmed_words
from bot.phrases.times import all_of, at_most, counted, few, listed

NAMED = 4
"""The most secrets named in a headline; more are counted."""
NONE_NEEDED = "no new key is needed"
"""Where only older values leaked, and the current ones stay."""


def headline(incident: Incident) -> str:
    """The current state in one sentence, the worst first."""
    secrets = list(incident.secrets.values())
    if incident.handed_over:
        return f"{listed(list(incident.handed))} leaked: {incident.handed_over} handles it."
    if not secrets:
        return "No secret named yet."
    said = [f"*Another key leaked* than {_named(others)}"] if (others := [s for s in secrets if s.mistaken]) else []
    said += [*_of_old(secrets, Old.ALIVE, "*STILL WORKS*", "*STILL WORK*"), *_not_proven(secrets)]
    vouched = "vouched dead by a person, not confirmed"
    said += _of_old(secrets, Old.ATTESTED, f"is {vouched}", f"are {vouched}")
    dead = sum(secret.old_state is Old.DEAD for secret in secrets)
    if dead == len(secrets):
        every = f"{'the old key is' if dead == 1 else f'{all_of(dead, "old key")} are'} *dead*"
        said.append(every if said else capitalised(every))
    elif dead:
        said.append(f"{dead} of {counted(len(secrets), 'old key')} dead")
    said += [f"*{literal(words)}*" for secret in secrets if (words := serves_words(incident, secret))]
    said += _of_new(incident, secrets)
    return "; ".join(said) + "."


def _named(secrets: Sequence[SecretState]) -> str:
    return at_most([code(secret.name) for secret in secrets], NAMED)


def _of_old(secrets: Sequence[SecretState], state: Old, one: str, several: str) -> list[str]:
    those = [secret for secret in secrets if secret.old_state is state]
    return [f"{_named(those)} {one if len(those) == 1 else several}"] if those else []


def _not_proven(secrets: Sequence[SecretState]) -> Iterator[str]:
    """A value that only people say is revoked is called refused, because that was seen."""
    left = [secret for secret in secrets if secret.old_state in {Old.REJECTED, Old.REVOKING, Old.UNPROVEN}]
    for how, revoked in (("revoked", True), ("rejected", False)):
        if those := [secret for secret in left if (secret.old.revoked_at is not None) is revoked]:
            yield f"{_named(those)} {'is' if len(those) == 1 else 'are'} {how}, *NOT CONFIRMED DEAD*"


def _of_new(incident: Incident, secrets: Sequence[SecretState]) -> Iterator[str]:
    """The state of the new keys together: only values that every consumer accepts are live."""
    if failing := [secret for secret in secrets if secret.new_state is New.FAILING]:
        absent = missing(incident)
        unclear = [secret for secret in failing if lacked(secret, absent)]
        if blamed := [secret for secret in failing if secret not in unclear]:
            yield f"consumers *FAIL* with the new key of {_named(blamed)}"
        if unclear:
            yield f"unknown yet whether consumers accept the new key of {_named(unclear)}"
    for secret in secrets:
        if secret.new_state is New.UNKNOWN:
            yield f"{code(secret.name)}: *{literal(not_restored(incident, secret))}*"
    told = {New.FAILING, New.UNKNOWN}
    if not_placed := [secret for secret in secrets if not secret.in_place and secret.new_state not in told]:
        yield f"no replacement in place for {_named(not_placed)}"
    if unconfirmed := [secret for secret in secrets if secret.new_state is New.UNCONFIRMED]:
        yield f"the new key of {_named(unconfirmed)} is in place, not confirmed by consumers"
    if all(secret.restored for secret in secrets):
        number = sum(secret.new.wanted for secret in secrets)
        yield {0: NONE_NEEDED, 1: "the new key is in use"}.get(number, "every new key is in use")


def not_dead(incident: Incident) -> list[SecretState]:
    """The secrets whose old key is not dead, the most dangerous first."""
    order = [Old.ALIVE, Old.REJECTED, Old.UNPROVEN, Old.REVOKING, Old.ATTESTED]
    left = [secret for secret in incident.secrets.values() if secret.old_state is not Old.DEAD]
    return sorted(left, key=lambda secret: order.index(secret.old_state))


def old_words(secret: SecretState) -> str:
    """The leaked key's state."""
    old, claimed = secret.old, literal(claim_words(secret))
    late = "; *REVOCATION NOT CONFIRMED*: treat it as working"
    if secret.lacks_control:
        said = "" if claimed and old.claim_answer == "dead" else "REJECTED, "
        late = f"; *{said}NOT CONFIRMED*: needs another working key of the account to compare"
    match secret.old_state:
        case Old.ALIVE:
            return f"*STILL WORKS*: {claimed}{late if old.overdue else ''}" if claimed else "*STILL WORKS*"
        case Old.REJECTED:
            return f"*REJECTED, NOT CONFIRMED*: {claimed or 'not revoked yet'}{_refusals(secret)}"
        case Old.REVOKING:
            said = claimed if old.revoked_at is None else "revoked"
            if old.overdue:
                return f"{said}{late}"
            seen = "" if old.revoked_at is None and old.claim_answer == "dead" else "REJECTED, "
            return f"{said}; *{seen}NOT CONFIRMED* yet{_refusals(secret)}"
        case Old.UNPROVEN:
            return "*REJECTED, NOT CONFIRMED*: it was never seen to work. Treat it as working"
        case Old.ATTESTED:
            assert old.attested is not None
            by = f"{literal(old.attested.name)} {moment(old.attested.at, seconds=True)}"
            return f"vouched dead by {by}, *NOT CONFIRMED*"
        case Old.DEAD:
            since = f", rejected since {moment(old.contained_at, seconds=True)}" if old.contained_at else ""
            return f"*DEAD*{since}"
        case _:
            assert_never(secret.old_state)


def _refusals(secret: SecretState) -> str:
    run = secret.old.refusals
    return f" ({counted(run.count, 'rejection')} so far)" if run is not None else ""


def new_words(incident: Incident, secret: SecretState) -> str:
    """The replacement's state; after the close, also which of its keys still work."""
    lives = () if incident.open else living_words(living_on(incident, secret))
    return "; ".join([_new_state_words(incident, secret), *(f"*{literal(words)}*" for words in lives)])


def _new_state_words(incident: Incident, secret: SecretState) -> str:
    new = secret.new
    named = f" {code(new.fingerprint)}" if new.fingerprint else ""
    match secret.new_state:
        case New.NONE:
            rejected = f"; the submitted key was rejected: {literal(new.rejected)}" if new.rejected else ""
            return f"no replacement yet{rejected}"
        case New.STAGED if new.back_since is not None:
            return f"staged{named}, *ROLLED BACK* at {moment(new.back_since, seconds=True)}"
        case New.STAGED:
            return f"staged{named}" + (", verified" if new.verified_at else "")
        case New.PROMOTED:
            return f"in place{named}, not yet verified in use"
        case New.LIVE:
            return f"in use{named}" + (f" since {moment(new.restored_at, seconds=True)}" if new.restored_at else "")
        case New.UNCONFIRMED:
            return f"in place{named}, {literal(unconfirmed_words(secret))}"
        case New.FAILING:
            words = literal(failing_words(incident, secret))
            return f"in place{named}, {words if lacking(incident, secret) else f'*{words}*'}"
        case New.UNKNOWN:
            return f"*{literal(not_restored(incident, secret))}*"
        case New.NOT_NEEDED:
            return "not needed: an older key leaked"
        case _:
            assert_never(secret.new_state)


def target_words(secret: SecretState) -> str:
    """Which value is meant, and how sure that is."""
    kind = "assumed: not verified"
    if secret.target.kind is TargetKind.CONFIRMED:
        kind = "confirmed"
    elif (found := secret.mistaken) is not None:
        kind = f"assumed, and *NOT* what leaked: compared by {literal(found.name)}"
    fingerprint = secret.old.fingerprint or secret.target.fingerprint
    key = f", key: {literal(key_words(secret.old))}" if secret.old.key_id else ""
    return f"{code(fingerprint)} ({kind}{key})" if fingerprint else f"not captured yet ({kind})"


def probe_words(probe: Probe) -> str:
    """The result of one probe. A single refusal is no proof."""
    seen = {"live": "*accepted*", "dead": "rejected"}.get(probe.liveness, "no clear answer")
    return f"{seen} ({literal(probe.detail)})" if probe.detail else seen


def consequence(secret: SecretState) -> str:
    """The effect of a revocation, as plain text, regardless of the new key."""
    return f"{stops(secret)} {undone_words(secret)}"


def stops(secret: SecretState) -> str:
    """What stops without the old key and without a new one, in the catalog's words: plain text."""
    said = secret.entry.if_killed.strip()
    if said:
        return f"{said.rstrip('.')}."
    return {
        Outage.NONE: "Nothing stops.",
        Outage.DEGRADED: "The product is degraded until the new key is in use.",
        Outage.DOWN: "The product is DOWN until the new key is in use.",
    }[secret.entry.outage]


def undone_words(secret: SecretState) -> str:
    return "It cannot be undone." if secret.entry.kill is Kill.IRREVERSIBLE else "It can be undone at the provider."


def effect_now(secret: SecretState) -> str:
    """The effect of a revocation now, as plain text: readers of a live new key continue."""
    if secret.new_state is not New.LIVE:
        return consequence(secret)
    return f"Services with the new key keep working. Others: {consequence(secret)}"


def effect_of_end(incident: Incident, secret: SecretState) -> str:
    """The effect of revoking the old key here, as plain text. In a planned rotation the new one is live first."""
    if not incident.routine or secret.entry.capabilities.swaps:
        return effect_now(secret)
    return f"Services with the new key keep working. {undone_words(secret)}"


def work_words(claim: Claim, failure: Failure | None) -> str:
    """The running work, and the number of the try after failures."""
    failed = failure.count if failure is not None and failure.op is claim.op else 0
    return f"{doing(claim.op)}{f', attempt {failed + 1}' if failed else ''}"


def failure_words(failure: Failure) -> str:
    """What went wrong, and what follows."""
    what, message = doing(failure.op), literal(failure.message)
    if failure.final:
        return f"*failed; needs action*: {what}: {message}"
    times = f" {failure.count} times" if failure.count > 1 else ""
    return f"{what} failed{times}: {message}; next try at {moment(failure.retry_at, seconds=True)}"


def capitalised(phrase: str) -> str:
    """The phrase at the beginning of a line. Someone's text and a name to copy stay as they are."""
    first = phrase.find("*") + 1 if phrase.startswith("*") else 0
    return phrase[:first] + phrase[first : first + 1].upper() + phrase[first + 1 :]


def outcome(incident: Incident, secret: SecretState) -> str:
    """The result in a word or two: rotated means dead, with a new key that consumers confirm."""
    match secret.old_state:
        case Old.ALIVE:
            return "STILL WORKS"
        case Old.ATTESTED:
            return "vouched dead by a person, not confirmed"
        case Old.REJECTED | Old.REVOKING | Old.UNPROVEN:
            return "not confirmed dead"
        case Old.DEAD:
            pass
    if secret.mistaken is not None:
        return "revoked; another key leaked"
    done = "rotated" if incident.routine else "replaced"
    match secret.new_state:
        case New.LIVE:
            return done
        case New.NOT_NEEDED:
            return "revoked"
        case New.UNCONFIRMED:
            return f"{done}, not confirmed by consumers"
        case _:
            return "revoked, no new key in use"


# Who holds all revocations, since when and why, and what had begun before.


def legal_hold_words(incident: Incident) -> str:
    """``LEGAL HOLD: evidence is not deleted (lena, 25 Nov 17:20 UTC: a claim)`` as a phrase; empty without one."""
    return f"LEGAL HOLD: evidence is not deleted {_held(incident.legal_hold)}" if incident.legal_hold else ""


def hold_words(incident: Incident) -> str:
    """``HOLD: no revocations until resumed (mika, 25 Nov 17:20 UTC: law enforcement)`` as a phrase; empty without."""
    if incident.hold is None:
        return ""
    begun = under_way(incident)
    still = f". Already under way: {literal(few(begun))}" if begun else ""
    return f"HOLD: no revocations until resumed {_held(incident.hold)}{still}"


def _held(held: Hold) -> str:
    return f"({literal(held.by.name)}, {day_and_time(held.by.at)}: {literal(held.reason)})"
