"""The standard questions about a provider's class that need no server.

The questions that need one are in tests/providers/test_standard_questions.py. Both apply to built-in providers and to
other packages; the latter are also checked by these at each load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.aws import Aws
from bot.errors import ConfigurationError
from bot.net.http import Http
from bot.providers.contract import (
    CONSOLE,
    Card,
    Controls,
    ControlsAlong,
    Deletes,
    Identifies,
    Inspects,
    Installs,
    Issues,
    Provider,
    ReportsUse,
    Revokes,
    RevokesWithOwner,
    Setup,
    Snapshots,
)

MOST_ITEMS, LONGEST_SENTENCE = 4, 400
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ROLE = re.compile(r"[a-z0-9]+")
_HOST = re.compile(r"https://[a-z0-9{}_-]+(?:\.[a-z0-9{}_-]+)+(?:/\S*)?")
_ON_A_COMMAND_LINE = re.compile(r"\b(?:curl|psql|redis-cli|aws)\b[^|\n#]*\$\{?(?:VALUE|KEY)\b")
_WHOLE = (Issues, Installs, RevokesWithOwner)
"""Protocols with several methods: a class defines all of them or none."""
_TOGETHER = (
    (Issues, Snapshots),
    (Deletes, Revokes),
    (RevokesWithOwner, Identifies),
    (ControlsAlong, Controls),
)
"""Pairs of protocols where the first is useless without the second."""


def flaws(key: str, provider: type[Provider]) -> list[str]:
    """The faults of a class under `key` in the registry, a sentence each; empty if it may be used."""
    card = getattr(provider, "card", None)
    if not isinstance(card, Card):
        return ["it has no card; expected `card: ClassVar[Card] = load_card(__file__)`"]
    return [
        *_naming(key, card),
        *_guide(card),
        *_hosts(card),
        *_checklist(card),
        *_use(card),
        *_reach(card),
        *_protocols(provider, card),
    ]


def _naming(key: str, card: Card) -> Iterator[str]:
    if card.key != key:
        yield f"its card says {card.key}; expected {key}, as the registry does"
    for word in (card.name, card.kind or card.name):
        if not _NAME.fullmatch(word):
            yield f"{word!r} is no name; expected small letters, digits and single dashes"
    if not card.title:
        yield "its card has no title"


def _guide(card: Card) -> Iterator[str]:
    for name, words in (("new_value", card.new_value), ("old_value", card.old_value)):
        if not words:
            yield f"{name}: expected a few words: how it is made, or ended"
    for name, steps in (("issue_by_hand", card.issue_by_hand), ("revoke_by_hand", card.revoke_by_hand)):
        if not steps or not all(steps):
            yield f"{name}: nothing says what a person clicks; expected a list of steps"
    if not card.prove_by_hand or "# " not in card.prove_by_hand:
        yield "prove_by_hand: expected shell commands, and a comment that says which answer means what"
    if _ON_A_COMMAND_LINE.search(card.prove_by_hand.replace('printf %s "$VALUE"', "")):
        yield "prove_by_hand: a value on a command line, which every user of the machine can read"


def _hosts(card: Card) -> Iterator[str]:
    for role, url in card.hosts.items():
        if not _ROLE.fullmatch(role):
            yield f"hosts: {role!r} is no role; expected small letters and digits, which name a setting"
        if not _HOST.fullmatch(url):
            yield f"hosts.{role}: expected https:// and a host's name"
    for console in (card.console, *card.consoles.values()):
        if console and not console.startswith("https://"):
            yield "console: expected an address that begins with https://"
    if card.consoles and card.console not in card.consoles.values():
        yield "consoles: expected `console`, which links lead to where the key's own is not known, to be one of them"
    if any(CONSOLE in text for text in (*card.issue_by_hand, *card.revoke_by_hand, *card.checklist.values())):
        yield f"{CONSOLE} in a step or in the checklist: expected `consoles` to say which there are"


def _checklist(card: Card) -> Iterator[str]:
    if not 1 <= len(card.checklist) <= MOST_ITEMS:
        yield f"checklist: {len(card.checklist)} items; expected one to {MOST_ITEMS} backdoor checks"
    for name, sentence in card.checklist.items():
        if not sentence.endswith((".", "…")) or len(sentence) >= LONGEST_SENTENCE:
            yield f"checklist.{name}: expected a sentence with its full stop, below {LONGEST_SENTENCE} characters"
    if unknown := set(card.inspects) - set(card.checklist):
        yield f"inspects: {', '.join(sorted(unknown))} are on no checklist"


def _use(card: Card) -> Iterator[str]:
    if not card.use_by_hand.endswith(".") or len(card.use_by_hand) >= LONGEST_SENTENCE:
        yield f"use_by_hand: expected where to look for a key's use, in sentences below {LONGEST_SENTENCE} characters"


def _reach(card: Card) -> Iterator[str]:
    if not card.reaches or not all(card.reaches.values()):
        yield "reaches: expected what a key can do with data and money, in a few words"


def _protocols(provider: type[Provider], card: Card) -> Iterator[str]:
    for name in ("configured", "probe"):
        if not callable(getattr(provider, name, None)):
            yield f"it defines no {name}"
            return
    for protocol in _WHOLE:
        methods = [name for name, value in vars(protocol).items() if callable(value) and not name.startswith("_")]
        has = [name for name in methods if callable(getattr(provider, name, None))]
        if 0 < len(has) < len(methods):
            yield f"it defines {', '.join(has)}, but not {', '.join(sorted({*methods} - {*has}))}"
    for one, other in _TOGETHER:
        if _is(provider, one) and not _is(provider, other):
            yield f"it {one.__name__}, but not {other.__name__}"
    makers = [each.__name__ for each in (Issues, Installs) if _is(provider, each)]
    if len(makers) > 1:
        yield f"it {' and '.join(makers)}; expected one way of making a value"
    if card.swaps and not issubclass(provider, Installs):
        yield "swaps: only what installs a value can swap it"
    if bool(card.records.source) is not issubclass(provider, ReportsUse):
        yield "records: expected what `use` reads, and none without it"
    if bool(card.inspects) is not issubclass(provider, Inspects):
        yield "inspects: expected the items that `leftovers` reads, and none without it"
    yield from _options(provider, card)


def _is(provider: type, protocol: type) -> bool:
    return issubclass(provider, protocol)


def _options(provider: type[Provider], card: Card) -> Iterator[str]:
    """Whether an unknown option is refused by name: in a catalog it is a typing error."""
    setup = Setup({"projekt": "x"}, lambda role: Http(card.name, card.hosts[role], timeout=1.0), aws=Aws)
    try:
        provider.configured(setup)
    except ConfigurationError as error:
        if "unknown option 'projekt'" in str(error):
            return
    except Exception as error:  # noqa: BLE001 - another package's code may raise any error
        yield f"configured: raises {type(error).__name__} for an unknown option; expected a ConfigurationError"
        return
    yield "configured: an unknown option is not refused; expected `setup.check_options`"
