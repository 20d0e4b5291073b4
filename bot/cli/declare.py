"""The command that opens an incident: declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from bot.asks.declaration import MORE, answered
from bot.cli import inbox, status
from bot.cli.arguments import argument, chosen_environment, flag, option
from bot.cli.asked import Typed, option_of, taking
from bot.cli.foreseen import agreed, foreseen_document, show_foreseen
from bot.cli.inbox import AtWorker, Given, NoWait, Yes, follow, give_all, new_command_id
from bot.cli.terminal import Terminal
from bot.errors import BotError, LogUnavailable, Misuse
from bot.phrases.times import listed

if TYPE_CHECKING:
    from bot.inbox import Asker, CommandReply, Declaration, SecretChoice
    from bot.incident.declaration.consequences import Foreseen
    from bot.incident.model import Actor, Strategy
    from bot.incident.state import Incident


Secrets = Annotated[list[str] | None, argument("SECRET...", "Names from the catalog.")]
Environment = Annotated[str, option("--environment -e", "NAME", "Where they leaked: an environment of the catalog.")]
HowNoticed = Annotated[str, option("--notice -n", "TEXT", "How it was noticed. Never the key itself.")]
Public = Annotated[bool | None, flag("--public/--private", "Whether it is public; assumed public by default.")]
Strategies = Annotated[
    list[str] | None, option("--strategy", "NAME=revoke-first|replace-first", "For one secret; as proposed by default.")
]


@taking(map(option_of, MORE))
def declare(
    terminal: Terminal,
    secrets: Secrets = None,
    *,
    environment: Environment = "",
    how_noticed: HowNoticed = "",
    public: Public = None,
    strategy: Strategies = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="In a few words.")] = "",
    playbook: Annotated[str, typer.Option(metavar="ID", help="Which steps to take.")] = "secret-compromise",
    every: Annotated[bool, flag("--all", "All except public keys; name one to include it.")] = False,
    held_by: Annotated[
        str,
        typer.Option(metavar="VENDOR", help="What this vendor holds there (`held-by`), except public keys."),
    ] = "",
    slack_untrusted: Annotated[
        bool, flag("--slack-untrusted", "Keep it out of Slack: no channel, no card, no invitations.")
    ] = False,
    at_worker: AtWorker = False,
    no_wait: NoWait = False,
    dry_run: Annotated[bool, flag("--dry-run", "Show what would happen; declare nothing.")] = False,
    yes: Yes = False,
    **more: str,
) -> int:
    """Declare leaked secrets: revoke-first revokes at once, or once a second person approves where that is needed.

    Shows first what it revokes and what stops, and asks; --dry-run only shows it.

    --at-worker gives no right to revoke: use `bot revoke … --break-glass --at-worker`.

    For example:
      bot declare openai-api-key --notice 'in a public gist' --public
      bot declare --all -e staging --private
    """
    from bot.inbox import Declaration, SecretChoice

    where = chosen_environment(terminal, environment)
    names = _names(terminal, secrets or [], where, held_by, every=every)
    strategies = parse_strategies(strategy or [], names)
    declaration = Declaration(
        environment=where,
        secrets=tuple(SecretChoice(name, strategies.get(name)) for name in names),
        how_noticed=how_noticed if dry_run else asked_how_noticed(terminal, how_noticed),
        public=asked_whether_public(terminal, public=public),
        title=title,
        **answered(Typed(more)),
        playbook=playbook,
        out_of_slack=slack_untrusted,
    )
    chosen = terminal.application.files.playbooks.get(playbook)
    if chosen is not None and chosen.kind.planned:
        raise Misuse(f"{playbook} is for planned work. For a leak omit --playbook; to rotate run `bot rotate`.")
    asker = inbox.at_worker(terminal) if at_worker else None
    actor = (asker or terminal.application.askers.here()).actor
    if dry_run:
        if how_noticed:
            terminal.incidents.rehearse("", declaration, actor)
        foreseen = _foreseen(terminal, declaration, actor)
        terminal.document({"environment": where, **foreseen_document(foreseen)})
        return status.FAILED if foreseen.untold else status.DONE
    terminal.application.creates = terminal.application.settings.database_url is not None
    if not agreed(terminal, _foreseen(terminal, declaration, actor), every=every or bool(held_by), yes=yes):
        terminal.hint("Nothing was declared.")
        return status.DONE
    return open_all(terminal, [Wish(declaration)], no_wait=no_wait, asker=asker)


@dataclass(frozen=True)
class Wish:
    """A declaration, and the id of the command that it is given with."""

    declaration: Declaration
    command_id: str = field(default_factory=new_command_id)


@dataclass(frozen=True)
class Opened:
    """The result: the `incident`, where `joined` secrets are in an open one already; or the `error`. `waits`: it may be
    in the inbox anyway.
    """

    wish: Wish
    incident: Incident | None
    joined: tuple[str, ...] = ()
    error: BotError | None = None
    waits: bool = False

    @property
    def words(self) -> str:
        declaration = self.wish.declaration
        return f"{declaration.environment}, {listed([choice.name for choice in declaration.secrets])}: {self.error}"


def open_all(
    terminal: Terminal,
    wishes: Sequence[Wish],
    *,
    no_wait: bool,
    asker: Asker | None = None,
    opened: Callable[[Opened], None] | None = None,
    beside: Mapping[str, object] | None = None,
) -> int:
    """Declares all before waiting for any: production's revocations do not wait for development's, and a failure does
    not stop the others. `opened` gets each result before its work is waited for.

    Returns the worst exit status. The document has their incidents, and what could not be declared, beside `beside`;
    without that it is the one incident's. The error of a single one is raised, unless the document has more to say.
    """
    came = _declared(terminal, wishes, asker)
    for each in came:
        if opened is not None:
            opened(each)
    if len(came) == 1 and came[0].error is not None and not (terminal.json and beside is not None):
        raise came[0].error  # else the document says what was found anyway
    documents: list[object] = []
    statuses = [_carried(terminal, each, documents if beside is not None else None, no_wait=no_wait) for each in came]
    failed = [each for each in came if each.error is not None]
    if failed:
        terminal.hint(f"NOT DECLARED, as far as known: {len(failed)} of {len(came)}.", style="bold red", warns=True)
        for each in failed:
            terminal.hint(f"  {each.words}", style="red", warns=True)
    if beside is not None:
        terminal.document({**beside, "incidents": documents, "not_declared": [_not_declared(each) for each in failed]})
    return max(statuses)


def _carried(terminal: Terminal, opened: Opened, documents: list[object] | None, *, no_wait: bool) -> int:
    """Its exit status. With a list of `documents` that of the incident is added there, and not printed."""
    if opened.incident is None:
        return status.of_error(opened.error) if opened.error is not None else status.FAILED
    if documents is None:
        return follow(terminal, opened.incident, no_wait=no_wait)
    try:
        with terminal.collecting(documents):
            return follow(terminal, opened.incident, no_wait=no_wait)
    except BotError as error:  # it is declared, and so are the others
        terminal.hint(f"{opened.incident.id}: {error}", style="red", warns=True)
        return status.of_error(error)


def _not_declared(opened: Opened) -> dict[str, object]:
    declaration = opened.wish.declaration
    return {
        "environment": declaration.environment,
        "secrets": [choice.name for choice in declaration.secrets],
        "why": str(opened.error),
        "may_wait_in_inbox": opened.waits,
    }


def open_incident(terminal: Terminal, declaration: Declaration, *, no_wait: bool) -> int:
    """Declares, says what an open incident deals with already, and carries it through: the exit status."""
    return open_all(terminal, [Wish(declaration)], no_wait=no_wait)


def _declared(terminal: Terminal, wishes: Sequence[Wish], asker: Asker | None) -> list[Opened]:
    """It may begin a log, but only where someone has said where."""
    from bot.incident.overlap.strategy import incident_id

    terminal.application.creates = terminal.application.settings.database_url is not None
    given = [Given(incident_id(each.command_id), each.declaration, each.command_id) for each in wishes]
    replies = give_all(terminal, given, asker)
    return [_opened(terminal, wish, reply) for wish, reply in zip(wishes, replies, strict=True)]


def _opened(terminal: Terminal, wish: Wish, reply: CommandReply | BotError) -> Opened:
    from bot.inbox import Waits

    if isinstance(reply, BotError):
        return Opened(wish, None, error=reply, waits=isinstance(reply, Waits | LogUnavailable))
    if reply.refused:
        return Opened(wish, None, error=Misuse(reply.refused))
    incident = reply.incident
    if reply.joined:
        words = f"Already handled in an open incident: {', '.join(reply.joined)}."
        terminal.hint(words, style="yellow", warns=True)
    if reply.events:
        terminal.hint(f"Declared {incident.id}.", style="bold")
    else:
        terminal.hint(f"Nothing new was declared: this is {incident.id}.", style="yellow", warns=True)
    if wish.declaration.out_of_slack and not incident.slack_untrusted:
        terminal.hint(
            f"Slack shows {incident.id}. `bot people distrust slack --note WHY` stops that for all open incidents.",
            style="bold red",
            warns=True,
        )
    return Opened(wish, incident, reply.joined)


def _foreseen(terminal: Terminal, declaration: Declaration, actor: Actor) -> Foreseen:
    """Shows how each secret is revoked and why so, then the consequences."""
    from bot.phrases.consequences import LINES

    if len(declaration.secrets) <= LINES:
        for choice in declaration.secrets:
            _explain(terminal, choice, declaration)
    foreseen = terminal.incidents.foresee(declaration, actor)
    show_foreseen(terminal, foreseen)
    return foreseen


def _explain(terminal: Terminal, choice: SecretChoice, declaration: Declaration) -> None:
    proposed = terminal.incidents.proposal(choice, declaration)
    if proposed is None:
        return
    chosen = choice.strategy or proposed.strategy
    words = proposed.reason if chosen is proposed.strategy else f"chosen here; {proposed.strategy} was proposed"
    terminal.hint(f"{choice.name}: {chosen}. {words}")


def _names(terminal: Terminal, secrets: list[str], environment: str, vendor: str, *, every: bool) -> list[str]:
    """Those named, with all of the environment, or all that a vendor holds there, where that is said."""
    catalog = terminal.application.files.loaded.catalog
    if not (every or vendor or secrets):
        raise Misuse("Name the leaked secrets, or use --all; `bot catalog check` lists them.")
    some = catalog.all(environment) if every else catalog.held_by(vendor, environment) if vendor else ()
    left = [entry for entry in some if entry.public_by_design and entry.name not in secrets]
    for entry in left:
        terminal.hint(f"{catalog.left_alone_words(entry)}.")
    names = [*(entry.name for entry in some if entry not in left), *secrets]
    if not names:
        raise Misuse(f"Nothing that {vendor} holds in {environment} is to be revoked.")
    return list(dict.fromkeys(names))


def asked_how_noticed(terminal: Terminal, how_noticed: str) -> str:
    if not how_noticed and terminal.interactive:
        return str(typer.prompt("How was it noticed? (never the key itself)", err=True))
    if not how_noticed:
        raise Misuse("Add how it was noticed: --notice TEXT.")
    return how_noticed


def asked_whether_public(terminal: Terminal, *, public: bool | None) -> bool:
    """Unknown counts as public: that proposes the safer strategy."""
    if public is not None:
        return public
    if terminal.interactive:
        return typer.confirm("Publicly exposed?", default=True, err=True)
    terminal.hint("Assumed public. Use --private if it is not.", warns=True)
    return True


def parse_strategies(given: list[str], names: list[str]) -> dict[str, Strategy]:
    """``NAME=revoke-first`` by name; a strategy alone is for all secrets."""
    chosen: dict[str, Strategy] = {}
    for text in given:
        name, equals, word = text.partition("=")
        if not equals:
            chosen |= dict.fromkeys(names, parse_strategy(text))
        elif name not in names:
            raise Misuse(f"--strategy names {name!r}, which is not one of the declared secrets: {', '.join(names)}.")
        else:
            chosen[name] = parse_strategy(word)
    return chosen


def parse_strategy(text: str) -> Strategy:
    from bot.incident.model import Strategy

    try:
        return Strategy(text)
    except ValueError:
        raise Misuse(f"There is no strategy {text!r}; expected revoke-first or replace-first.") from None
