"""Questions about one secret."""

from __future__ import annotations

from collections.abc import Iterator

from bot.asks.ask import NEVER, Ask, Asking, Choice, Field, Takes, carried, why
from bot.incident import commands as c
from bot.incident.model import Right, Strategy
from bot.incident.new_value.promotion import promotion_words
from bot.incident.refusals import secret_named
from bot.incident.state import SecretState
from bot.model.keys import NONE_OF_THESE
from bot.phrases.marks import code, literal
from bot.phrases.states import effect_now, old_words, stops


def the_secret(at: Asking) -> SecretState:
    """The secret that it is about. NotInIncident if the incident has none of this name."""
    return secret_named(at.incident, at.about.subject)


# --- how the old key is revoked -----------------------------------------------------------------------------------


def _strategy(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    other = Strategy(at.about.seen)
    yield f"{code(secret.name)}: from *{secret.strategy.words}* to *{other.words}*."
    if other is Strategy.OVERLAP:
        yield "The old key works longer, so a second person must approve."
    yield f"If revoked: {literal(effect_now(secret))}"


def _roll_back(at: Asking) -> Iterator[str]:
    yield f"⏪ *{code(the_secret(at).name)}: the OLD key is in use again*."
    yield "Anyone with the old key can use it meanwhile. The new key is kept: *Retry* puts it back in place."
    yield "On-call is paged if the old key is still in use after an hour."


def _abuse(at: Asking) -> Iterator[str]:
    yield f"{code(the_secret(at).name)}: *the leaked key is being used*."
    yield "This ends an overlap: the old key is revoked first."


def _attest(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    yield f"{code(secret.name)}: old key {old_words(secret)}."
    yield "Vouch only for what you saw yourself. The report shows your name in place of a confirmation."


# --- which key, and what the new one may do ------------------------------------------------------------------------


def _which_key(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    if not secret.old.candidates:
        yield "The provider lists no matching key."
        return
    yield f"Which key is the old {code(secret.name)}? The wrong one is an outage, and the right one still works then."
    yield "Compare the name and the ending."


def _candidates(at: Asking) -> Iterator[Choice]:
    for key in the_secret(at).old.candidates:
        if key.id == NONE_OF_THESE.id:
            yield Choice(key.id, key.name, key.hint)
            continue
        made = f"made {key.created_at:%Y-%m-%d %H:%M} UTC" if key.created_at else "age unknown"
        used = f", last used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else ""
        looks = "looks like " if key.by_looks else ""
        yield Choice(key.id, f"{looks}{key.name or key.id} {key.hint}".strip(), made + used)


def _scopes(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    missing = literal(secret.old.snapshot_missing)
    yield f"The old rights of {code(secret.name)} could not be read ({missing})."
    yield "Name the new key's rights; an empty list would mean all rights. A second person must approve."


def _replace(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    yield f"A new {code(secret.name)} is made and replaces the current one."
    yield stops(secret)


def _use(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    yield f"New {code(secret.name)}{f', fingerprint {code(secret.new.fingerprint)}' if secret.new.staged else ''}"
    yield from (literal(f"{words[:1].upper()}{words[1:]}.") for words in promotion_words(at.incident, secret))


def _refuse(at: Asking) -> Iterator[str]:
    secret = the_secret(at)
    yield f"New {code(secret.name)}, fingerprint {code(secret.new.fingerprint)}"
    yield f"{literal(secret.new.submitted_by)} brought it. The bot then waits for another one."


SECRET_ASKS = (
    Ask(
        "strategy", c.ChooseStrategy, "Change the strategy", "Change",
        (
            Field("strategy", "Strategy", Takes.CARRIED, option="", metavar="|".join(Strategy), reads=Strategy,
                  choices=lambda _at: [Choice(each, each.words) for each in Strategy]),
            why(),
        ),
        help="Change when a secret's old key is revoked. Replacing first needs a second approver.",
        examples=("inc_ab12cd openai-api-key revoke-first --note 'it is being used'",),
        told=_strategy, works=True,
    ),
    Ask(
        "roll_back", c.RollBack, "Roll back", "Roll back", (why("Why is that better than revoking it?"),),
        button="Roll back…",
        help="Put the old key back in place while it still works and consumers fail with the new one.",
        examples=("inc_ab12cd openai-api-key --note 'checkout answers 500 with the new key'",),
        told=_roll_back, works=True, sure=True,
    ),
    Ask(
        "abuse", c.RecordAbuse, "Abuse seen", "Record",
        (Field("text", "What was seen: who, when, what for?", hint=NEVER, option="", metavar="WHAT_WAS_SEEN"),),
        button="Abuse seen…",
        help="Record that the leaked key is being used. Ends an overlap.",
        examples=("inc_ab12cd sendgrid-api-key '40,000 mails since 02:10'",), told=_abuse, works=True,
    ),
    Ask(
        "attest", c.AttestDeath, "Vouch it dead", "Attest", (why("What did you see, and where?"),), button="Attest…",
        told=_attest, takes=Right.COMMAND, sure=True,
    ),
    Ask(
        "choose_key", c.ChooseCandidate, "Choose the key", "This one",
        (Field("key_id", "Key", Takes.ONE, option="", metavar="KEY",
               choices=_candidates),), button="Choose the key…",
        help="Choose which of several keys at the provider leaked. `bot incident plan` lists them.",
        examples=("inc_ab12cd sendgrid-api-key SG.x1",), told=_which_key, works=True,
    ),
    Ask(
        "choose_scopes", c.ChooseScopes, "Choose rights", "Use these",
        (Field("scopes", "Rights, one a line", hint=NEVER, option="", metavar="SCOPE..."),), button="Choose rights…",
        help="Propose the new key's rights where the old key's cannot be read. A second person must approve.",
        examples=("inc_ab12cd sendgrid-api-key 'mail.send templates.read'",), told=_scopes, works=True,
        make=lambda about, said: c.ChooseScopes(
            about.subject, tuple(dict.fromkeys(said.text("scopes").replace(",", " ").split()))
        ),
    ),
    Ask(
        "replace", c.AskReplacement, "Replace", "Replace", (), button="Replace it anyway",
        help="Ask for a new key where the declaration asked for none.", examples=("inc_ab12cd openai-api-key",),
        told=_replace, titled=lambda _incident, about: f"Replace {about.subject}", rehearsed=True, works=True,
        sure=True,
    ),
    Ask(
        "use_value", c.UseValue, "Use the new key", "Use it", (why("Why may it be used anyway?"), carried("seen")),
        button="Use the new key…", told=_use, sure=True,
    ),
    Ask(
        "refuse_value", c.RefuseValue, "Refuse the new key", "Refuse it", (why(), carried("seen")),
        button="Refuse it…", told=_refuse, sure=True,
    ),
    Ask(
        "revoked", c.ConfirmRevoked, "I revoked it", "I revoked it", (), button="I revoked it",
        help="Report that you revoked the old key in the provider's console. The bot then checks it.",
        examples=("inc_ab12cd stripe-secret-key",), works=True,
    ),
)  # fmt: skip
