"""The words and signs by which people read a state, the same everywhere in Slack."""

from __future__ import annotations

from typing import assert_never

from bot.incident.model import New, Old, StepState, Strategy, TargetKind
from bot.incident.operations import OPERATIONS, Op
from bot.incident.overlap.last_use import used_since
from bot.incident.state import Incident, SecretState
from bot.model.probes import Probe
from bot.model.secrets import Kill, Outage
from bot.phrases.events import claim_words, failing_words, serves_words
from bot.phrases.marks import code, literal, moment

OLD_SIGNS = {Old.ALIVE: "🔴", Old.REVOKING: "🟠", Old.DEAD: "✅", Old.ATTESTED: "🟣", Old.UNPROVEN: "🟠"}
NEW_SIGNS = {
    New.NONE: "▫️",
    New.STAGED: "🔹",
    New.PROMOTED: "🔹",
    New.LIVE: "✅",
    New.UNCONFIRMED: "☑️",
    New.FAILING: "❌",
    New.ROLLED_BACK: "⏪",
    New.NOT_NEEDED: "▫️",
}
STEP_SIGNS = {StepState.WAITING: "▫️", StepState.OPEN: "▶️", StepState.DONE: "✅", StepState.SKIPPED: "⏭️"}
STRATEGIES = {Strategy.KILL_FIRST: "kill first", Strategy.OVERLAP: "overlap"}


def operation(op: Op) -> str:
    """The operation at the beginning of a sentence."""
    words = OPERATIONS[op].doing
    return words[0].upper() + words[1:]


def probe_words(probe: Probe) -> str:
    """What one look at a value showed. A refusal by itself is not yet a proof."""
    seen = {"live": "*accepted*", "dead": "refused"}.get(probe.liveness, "no clear answer")
    return f"{seen} ({literal(probe.detail)})" if probe.detail else seen


def headline(incident: Incident) -> str:
    """What is true now, in one line of mrkdwn."""
    failing = [code(secret.name) for secret in incident.secrets.values() if secret.new.failing]
    also = f" ❌ Consumers *FAIL* with the new value of {', '.join(failing)}." if failing else ""
    serves = [words for secret in incident.secrets.values() if (words := serves_words(incident, secret))]
    return f"{_leaked(incident)}{also}" + "".join(f" ⏪ *{literal(words)}*." for words in serves)


def _leaked(incident: Incident) -> str:
    total = len(incident.secrets)
    dead = sum(secret.old_state is Old.DEAD for secret in incident.secrets.values())
    if total == 0:
        return "No secret has been named yet."
    if dead == total:
        return "The leaked value is proven dead." if total == 1 else f"All {total} leaked values are proven dead."
    if total == 1:
        return _still(next(iter(incident.secrets.values())))
    return f"{dead} of {total} leaked values {'is' if dead == 1 else 'are'} proven dead."


def still_alive(incident: Incident, most: int = 6) -> list[str]:
    """One line for each leaked value that is not proven dead, the most dangerous first."""
    order = [Old.ALIVE, Old.UNPROVEN, Old.REVOKING, Old.ATTESTED]
    left = [secret for secret in incident.secrets.values() if secret.old_state is not Old.DEAD]
    left.sort(key=lambda secret: order.index(secret.old_state))
    lines = [_still(secret) for secret in left[:most]]
    return [*lines, f"… and {len(left) - most} more"] if len(left) > most else lines


def _still(secret: SecretState) -> str:
    name, sign = code(secret.name), OLD_SIGNS[secret.old_state]
    match secret.old_state:
        case Old.ALIVE:
            claimed = claim_words(secret)
            return f"{sign} {name} is still *ALIVE*" + (f": {literal(claimed)}" if claimed else "")
        case Old.REVOKING if secret.old.revoked_at is None:
            return f"{sign} {name} was {literal(claim_words(secret))}, *not yet proven dead*"
        case Old.REVOKING:
            return f"{sign} {name} is revoked, *not yet proven dead*"
        case Old.UNPROVEN:
            return f"{sign} {name} is *UNPROVEN*: refused, but never seen alive before"
        case Old.ATTESTED:
            return f"{sign} {name} is attested dead by a person, not proven"
        case Old.DEAD:
            return f"{sign} {name} is proven dead"
        case _:
            assert_never(secret.old_state)


def old_words(secret: SecretState) -> str:
    """The leaked value's state, in mrkdwn."""
    old = secret.old
    match secret.old_state:
        case Old.ALIVE:
            claimed = claim_words(secret)
            late = "; *STILL NOT PROVEN DEAD*" if old.overdue else ""
            return f"*ALIVE*: {literal(claimed)}{late}" if claimed else "*ALIVE*"
        case Old.REVOKING if old.revoked_at is None:
            late = "*STILL NOT PROVEN DEAD*: treat it as alive" if old.overdue else "not yet proven dead"
            return f"{literal(claim_words(secret))}, {late}"
        case Old.REVOKING:
            late = "and *STILL NOT PROVEN DEAD*: treat it as alive" if old.overdue else "not yet proven dead"
            return f"revoked, {late}"
        case Old.UNPROVEN:
            return "*UNPROVEN*: refused, but never seen alive before. Treat it as alive"
        case Old.ATTESTED:
            assert old.attested is not None
            return f"attested dead by {literal(old.attested.name)} {moment(old.attested.at)}, not proven"
        case Old.DEAD:
            return "proven dead" + (f", first refused {moment(old.contained_at)}" if old.contained_at else "")
        case _:
            assert_never(secret.old_state)


def new_words(secret: SecretState) -> str:
    """The replacement's state, in mrkdwn."""
    new = secret.new
    named = f" {code(new.fingerprint)}" if new.fingerprint else ""
    match secret.new_state:
        case New.NONE:
            return "none yet"
        case New.STAGED:
            return f"staged{named}" + (", verified" if new.verified_at else "")
        case New.PROMOTED:
            return f"in place{named}, not yet verified live"
        case New.LIVE:
            return f"live{named}" + (f" {moment(new.restored_at)}" if new.restored_at else "")
        case New.UNCONFIRMED:
            return f"in place{named}, unconfirmed: not every consumer can say whether it is well with it"
        case New.ROLLED_BACK:
            return f"staged{named}, *rolled back* {moment(new.rolled_back_at) if new.rolled_back_at else ''}"
        case New.FAILING:
            return f"in place{named}, *{literal(failing_words(secret))}*"
        case New.NOT_NEEDED:
            return "not needed: an older value leaked"
        case _:
            assert_never(secret.new_state)


def target_words(secret: SecretState) -> str:
    """Which value is meant, and how sure that is."""
    kind = "confirmed" if secret.target.kind is TargetKind.CONFIRMED else "assumed current"
    fingerprint = secret.old.fingerprint or secret.target.fingerprint
    return f"{kind} {code(fingerprint)}" if fingerprint else f"{kind}, being captured"


def consequence(secret: SecretState) -> str:
    """What a kill does, in plain words for plain text."""
    entry = secret.entry
    stops = {
        Outage.NONE: "Nothing stops.",
        Outage.DEGRADED: "The product works less well until the new value is live.",
        Outage.DOWN: "The product is DOWN until the new value is live.",
    }[entry.outage]
    undone = "It cannot be undone." if entry.kill is Kill.IRREVERSIBLE else "It can be undone at the provider."
    said = entry.if_killed.strip()
    return " ".join(part for part in (f"{said.rstrip('.')}." if said else stops, undone) if part)


def used_words(secret: SecretState) -> str:
    """That something used the old key after the new value was in place; empty where nothing did, as far as is known."""
    used = used_since(secret)
    if used is None or secret.new.promoted_at is None:
        return ""
    return (
        f"The old key was *used* {moment(used)}, after the new value was put in place {moment(secret.new.promoted_at)}"
    )
