"""What people read of a state: a phrase for each, the same on the card, at a terminal and in the report.

All functions give phrases (`bot.phrases.marks`): Slack shows them as rich text, `plain` makes text of them. Old values
are *alive* or *dead*, new ones *live*; the danger is in capitals and strong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from bot.incident.consumers.lacking import lacked, lacking, missing
from bot.incident.model import New, Old, Strategy, TargetKind
from bot.incident.new_value.still_used import living_on, living_words
from bot.incident.operations import Claim, Failure, doing
from bot.incident.state import Incident, SecretState
from bot.model.probes import Probe
from bot.model.secrets import Kill, Outage
from bot.phrases.marks import code, literal, moment
from bot.phrases.secrets import claim_words, failing_words, key_words, not_restored, serves_words, unconfirmed_words
from bot.phrases.times import all_of, at_most, counted, listed

NAMED = 4
"""So many secrets are named in a headline; more are counted."""
NONE_NEEDED = "no new one is needed"
"""Where only older values leaked, and the current ones stay."""
OLD_LABELS = {
    Old.ALIVE: "ALIVE",
    Old.REVOKING: "NOT PROVEN DEAD",
    Old.UNPROVEN: "UNPROVEN",
    Old.ATTESTED: "attested dead, not proven",
    Old.DEAD: "proven dead",
}
"""The leaked value's state in a word or two, where nothing else is said of it; `old_words` says why and since when."""
STRATEGIES = {Strategy.KILL_FIRST: "kill first", Strategy.OVERLAP: "overlap"}


def headline(incident: Incident) -> str:
    """What is true now, the worst first, in one sentence."""
    secrets = list(incident.secrets.values())
    if incident.handed_over:
        return f"{listed(list(incident.handed))} leaked: {incident.handed_over} deals with it."
    if not secrets:
        return "No secret has been named yet."
    said = [f"*Another value leaked* than {_named(others)}"] if (others := [s for s in secrets if s.mistaken]) else []
    said += [*_of_old(secrets, Old.ALIVE, "*ALIVE*"), *_not_proven(secrets)]
    said += _of_old(secrets, Old.ATTESTED, "attested dead by a person, not proven")
    dead = sum(secret.old_state is Old.DEAD for secret in secrets)
    if dead == len(secrets):
        every = f"{'the old value is' if dead == 1 else f'{all_of(dead, "old value")} are'} *proven dead*"
        said.append(every if said else capitalised(every))
    elif dead:
        said.append(f"{dead} of {counted(len(secrets), 'old value')} proven dead")
    said += [f"*{literal(words)}*" for secret in secrets if (words := serves_words(incident, secret))]
    said += _of_new(incident, secrets)
    return "; ".join(said) + "."


def _named(secrets: Sequence[SecretState]) -> str:
    return at_most([code(secret.name) for secret in secrets], NAMED)


def _of_old(secrets: Sequence[SecretState], state: Old, words: str) -> list[str]:
    those = [secret for secret in secrets if secret.old_state is state]
    return [f"{_named(those)} {'is' if len(those) == 1 else 'are'} {words}"] if those else []


def _not_proven(secrets: Sequence[SecretState]) -> Iterator[str]:
    """What only people say to be revoked is called refused: that much was seen."""
    left = [secret for secret in secrets if secret.old_state in {Old.REVOKING, Old.UNPROVEN}]
    for how, revoked in (("revoked", True), ("refused", False)):
        if those := [secret for secret in left if (secret.old.revoked_at is not None) is revoked]:
            yield f"{_named(those)} {'is' if len(those) == 1 else 'are'} {how}, *NOT PROVEN DEAD*"


def _of_new(incident: Incident, secrets: Sequence[SecretState]) -> Iterator[str]:
    """What is to be said of the new values together: only those with which every consumer is well are live."""
    if failing := [secret for secret in secrets if secret.new_state is New.FAILING]:
        absent = missing(incident)
        unclear = [secret for secret in failing if lacked(secret, absent)]
        if blamed := [secret for secret in failing if secret not in unclear]:
            yield f"consumers *FAIL* with the new value of {_named(blamed)}"
        if unclear:
            yield f"nobody can tell yet whether consumers accept the new value of {_named(unclear)}"
    for secret in secrets:
        if secret.new_state is New.UNKNOWN:
            yield f"{code(secret.name)}: *{literal(not_restored(incident, secret))}*"
    told = {New.FAILING, New.UNKNOWN}
    if not_placed := [secret for secret in secrets if not secret.in_place and secret.new_state not in told]:
        yield f"no replacement in place for {_named(not_placed)}"
    if unconfirmed := [secret for secret in secrets if secret.new_state is New.UNCONFIRMED]:
        yield f"the new value of {_named(unconfirmed)} is in place, not confirmed by consumers"
    if all(secret.restored for secret in secrets):
        number = sum(secret.new.wanted for secret in secrets)
        yield {0: NONE_NEEDED, 1: "the new one is live"}.get(number, "every new value is live")


def not_dead(incident: Incident) -> list[SecretState]:
    """The secrets whose old value is not proven dead, the most dangerous first."""
    order = [Old.ALIVE, Old.UNPROVEN, Old.REVOKING, Old.ATTESTED]
    left = [secret for secret in incident.secrets.values() if secret.old_state is not Old.DEAD]
    return sorted(left, key=lambda secret: order.index(secret.old_state))


def old_words(secret: SecretState) -> str:
    """The leaked value's state."""
    old, claimed = secret.old, literal(claim_words(secret))
    late = "; *REVOCATION NOT CONFIRMED*: treat it as alive"
    if secret.lacks_control:
        refused = "" if claimed and old.claim_answer == "dead" else "refused, and "
        late = f"; {refused}*NOT PROVEN DEAD*: no good key to ask beside it. Treat it as alive"
    match secret.old_state:
        case Old.ALIVE:
            return f"*ALIVE*: {claimed}{late if old.overdue else ''}" if claimed else "*ALIVE*"
        case Old.REVOKING:
            said = claimed if old.revoked_at is None else "revoked"
            return f"{said}{late}" if old.overdue else f"{said}, not yet proven dead{_refusals(secret)}"
        case Old.UNPROVEN:
            return "*UNPROVEN*: refused, but never seen alive. Treat it as alive"
        case Old.ATTESTED:
            assert old.attested is not None
            return (
                f"attested dead by {literal(old.attested.name)} at {moment(old.attested.at, seconds=True)}, not proven"
            )
        case Old.DEAD:
            since = f", refused since {moment(old.contained_at, seconds=True)}" if old.contained_at else ""
            return f"proven dead{since}"
        case _:
            assert_never(secret.old_state)


def _refusals(secret: SecretState) -> str:
    run = secret.old.refusals
    return f" ({counted(run.count, 'refusal')} so far)" if run is not None else ""


def new_words(incident: Incident, secret: SecretState) -> str:
    """The replacement's state; after the close, which of its keys live on all the same."""
    lives = () if incident.open else living_words(living_on(incident, secret))
    return "; ".join([_new_state_words(incident, secret), *(f"*{literal(words)}*" for words in lives)])


def _new_state_words(incident: Incident, secret: SecretState) -> str:
    new = secret.new
    named = f" {code(new.fingerprint)}" if new.fingerprint else ""
    match secret.new_state:
        case New.NONE:
            rejected = f"; the submitted value was rejected: {literal(new.rejected)}" if new.rejected else ""
            return f"no replacement yet{rejected}"
        case New.STAGED if new.back_since is not None:
            return f"staged{named}, *ROLLED BACK* at {moment(new.back_since, seconds=True)}"
        case New.STAGED:
            return f"staged{named}" + (", verified" if new.verified_at else "")
        case New.PROMOTED:
            return f"in place{named}, not yet verified live"
        case New.LIVE:
            return f"live{named}" + (f" since {moment(new.restored_at, seconds=True)}" if new.restored_at else "")
        case New.UNCONFIRMED:
            return f"in place{named}, {literal(unconfirmed_words(secret))}"
        case New.FAILING:
            words = literal(failing_words(incident, secret))
            return f"in place{named}, {words if lacking(incident, secret) else f'*{words}*'}"
        case New.UNKNOWN:
            return f"*{literal(not_restored(incident, secret))}*"
        case New.NOT_NEEDED:
            return "not needed: an older value leaked"
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
    """What one look at a value showed. A refusal by itself is not yet a proof."""
    seen = {"live": "*accepted*", "dead": "refused"}.get(probe.liveness, "no clear answer")
    return f"{seen} ({literal(probe.detail)})" if probe.detail else seen


def consequence(secret: SecretState) -> str:
    """What a kill does, as plain text, whatever has become of the new value."""
    return f"{stops(secret)} {_undone(secret)}"


def stops(secret: SecretState) -> str:
    """What stops without the old value and without a new one, in the catalog's words: plain text."""
    said = secret.entry.if_killed.strip()
    if said:
        return f"{said.rstrip('.')}."
    return {
        Outage.NONE: "Nothing stops.",
        Outage.DEGRADED: "The product works less well until the new value is live.",
        Outage.DOWN: "The product is DOWN until the new value is live.",
    }[secret.entry.outage]


def _undone(secret: SecretState) -> str:
    return "It cannot be undone." if secret.entry.kill is Kill.IRREVERSIBLE else "It can be undone at the provider."


def effect_now(secret: SecretState) -> str:
    """What a kill does as things stand, as plain text: what reads a new value that is live goes on."""
    if secret.new_state is not New.LIVE:
        return consequence(secret)
    return f"Its new value is live: what reads that goes on. For what still has the old one: {consequence(secret)}"


def effect_of_end(incident: Incident, secret: SecretState) -> str:
    """What ending the old value does here, as plain text. In a planned rotation the new one is live first."""
    if not incident.routine or secret.entry.capabilities.swaps:
        return effect_now(secret)
    return f"Nothing stops that reads the new value by then. {_undone(secret)}"


def work_words(claim: Claim, failure: Failure | None) -> str:
    """What runs now; and which try it is, where those before have failed."""
    failed = failure.count if failure is not None and failure.op is claim.op else 0
    return f"{doing(claim.op, claim.subject)}{f', attempt {failed + 1}' if failed else ''}"


def failure_words(failure: Failure) -> str:
    """What went wrong, and what follows."""
    what, message = doing(failure.op, failure.subject), literal(failure.message)
    if failure.final:
        return f"*failed; needs action*: {what}: {message}"
    times = f" {failure.count} times" if failure.count > 1 else ""
    return f"{what} failed{times}: {message}; next try at {moment(failure.retry_at, seconds=True)}"


def capitalised(phrase: str) -> str:
    """The phrase at the beginning of a line."""
    first = phrase.find("*") + 1 if phrase.startswith("*") else 0
    return phrase[:first] + phrase[first : first + 1].upper() + phrase[first + 1 :]


def outcome(incident: Incident, secret: SecretState) -> str:
    """What became of it, in a word or two: rotated is only what is dead, with a new value that consumers confirm."""
    match secret.old_state:
        case Old.ALIVE:
            return "STILL WORKS"
        case Old.ATTESTED:
            return "revoked as a person attests, not proven dead"
        case Old.REVOKING | Old.UNPROVEN:
            return "not proven dead"
        case Old.DEAD:
            pass
    if secret.mistaken is not None:
        return "revoked, and another value leaked"
    done = "rotated" if incident.routine else "replaced"
    match secret.new_state:
        case New.LIVE:
            return done
        case New.NOT_NEEDED:
            return "revoked"
        case New.UNCONFIRMED:
            return f"{done}, not confirmed by consumers"
        case _:
            return "revoked, no new value in use"
