"""A leaked key at the terminal: asked for, looked up, told, and declared for exactly this value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, flag
from bot.cli.declare import (
    Environment,
    HowNoticed,
    Opened,
    Public,
    Strategies,
    Wish,
    asked_how_noticed,
    asked_whether_public,
    open_all,
    parse_strategies,
)
from bot.cli.inbox import NoWait, ask, new_command_id
from bot.cli.submission import Stdin, asked_for
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse
from bot.eventlog import Damaged
from bot.inbox import Declaration, SecretChoice
from bot.incident.commands import CompareValue
from bot.incident.model import Target, TargetKind
from bot.incident.overlap.strategy import incident_id
from bot.incident.state import Incident, SecretState
from bot.phrases.secrets import PROBE_LABELS
from bot.phrases.times import counted, listed
from bot.rotation.identification import Holding, Identification, Sight, Stranger
from bot.rotation.identify import identify as look_up
from bot.rotation.identify import stage_unknown
from bot.secrets.secret import Secret


def _status(found: Identification) -> int:
    """AT_RISK unless every probe found it dead; FAILED if it may be in unreadable places."""
    if any(sight.liveness != "dead" for sight in found.sights):
        return status.AT_RISK
    return status.FAILED if found.not_searched else status.DONE


def _ending(terminal: Terminal, found: Identification) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """The open incident that revokes this value, by secret and environment; and unclear ones, each with the reason.
    A planned rotation does not answer a leak: declaring takes it over.
    """
    ending: dict[tuple[str, str], str] = {}
    unread: dict[str, str] = {}
    for summary in terminal.incidents.summaries("open"):
        try:
            incident = terminal.incidents.load(summary.incident)
        except Damaged as damaged:
            unread[summary.incident] = damaged.headline
            continue
        if incident.routine:
            continue
        ending |= {
            (secret.name, incident.environment): summary.incident
            for secret in incident.secrets.values()
            if found.fingerprints & {secret.old.fingerprint, secret.target.fingerprint}
        }
    return ending, unread


def _tell_ending(terminal: Terminal, ending: Mapping[tuple[str, str], str], unread: Mapping[str, str]) -> None:
    for (secret, environment), incident in ending.items():
        terminal.say(f"{incident} already handles it: {secret} in {environment}.", style="bold")
    for incident, why in unread.items():
        terminal.say(f"Unknown whether {incident} handles it. {why}.", style="yellow")


def _secrets_of(incident: Incident, name: str) -> list[SecretState]:
    """The secret of that name, all of the incident for an empty one."""
    from bot.incident.refusals import secret_named

    return [secret_named(incident, name)] if name else list(incident.secrets.values())


def _compare(terminal: Terminal, found: Identification, incident: str, secret: str | None) -> None:
    state = terminal.incidents.load(incident)
    meant = _secrets_of(state, secret or "")
    olds = {s.name: s.old.fingerprint or s.target.fingerprint for s in meant}
    same = [name for name, fingerprint in olds.items() if fingerprint in found.fingerprints]
    unknown = [name for name, fingerprint in olds.items() if not fingerprint]
    if same:
        terminal.say(f"It is the key that {incident} revokes for {listed(same)}.", style="green")
    elif unknown:
        missing = f"{incident} has not read the old key of {listed(unknown)} yet"
        terminal.say(f"Unknown whether {incident} handles it: {missing}. Ask again.", style="bold")
    else:
        terminal.say(f"It is NOT a key that {incident} revokes: another key leaked.", style="bold red")
    # With several that it is not, the intended one is unknown.
    told = same or ([*olds] if len(olds) == 1 and not unknown else [])
    for one in meant:
        if one.name in told and one.target.kind is TargetKind.ASSUMED and one.old.fingerprint and not state.routine:
            _record(terminal, incident, CompareValue(one.name, one.name in same, one.old.fingerprint))


def _record(terminal: Terminal, incident: str, compared: CompareValue) -> None:
    """The findings help the person even if they cannot be recorded."""
    try:
        ask(terminal, incident, compared)
    except BotError as error:
        terminal.say(f"The comparison is NOT recorded in {incident}: {error}", style="yellow")
    else:
        terminal.say(f"The comparison is recorded in {incident}.")


# --- in words -------------------------------------------------------------------------------------------------------


def tell(terminal: Terminal, found: Identification) -> None:
    """The most important first: is it alive, and where does it stand."""
    terminal.say(_verdict(found), style="bold red" if found.alive else "bold")
    looks = listed(found.shapes) if found.shapes else "nothing known"
    terminal.say(f"Fingerprint {found.fingerprint}; it looks like: {looks}.")
    for holding in found.holdings:
        terminal.say(_holding(holding), indent=2)
        _keys(terminal, holding.sight)
    for stranger in found.strangers:
        terminal.say(_stranger(stranger), indent=2)
        _keys(terminal, stranger.sight)
    if found.unsupported:
        terminal.say(f"No code for {listed(found.unsupported)} here: look there by hand.", style="yellow")
    for trouble in found.not_searched:
        terminal.say(f"Could not be searched: {trouble}", style="yellow", indent=2)


def _verdict(found: Identification) -> str:
    if found.alive:
        return "It STILL WORKS."
    if found.half_of:
        return _half(found)
    count = len(found.not_searched)
    missing = f"{counted(count, 'parameter')} could not be searched: it may be there" if count else ""
    if found.sights and all(sight.liveness == "dead" for sight in found.sights):
        return f"It is rejected: dead.{f' {missing}.' if missing else ''}"
    if found.sights:
        return "Unknown whether it works: assume it does."
    if missing:
        return f"It was not found, but {missing}. No provider here could check it."
    return "It is in no parameter of the catalog, and no provider here could check it."


def _half(found: Identification) -> str:
    name, environment = found.half_of[0]
    names = listed(list(dict.fromkeys(name for name, _ in found.half_of)))
    command = f"`bot declare {name} -e {environment}`"
    return f"It is the id of {names}, which alone gives no access: {command} if its other half leaked."


def _holding(holding: Holding) -> str:
    versions = listed([str(number) for number in holding.versions])
    which = "the current key" if holding.current else "an older key"
    sight = f": {PROBE_LABELS[holding.sight.liveness]}, {holding.sight.detail}" if holding.sight else ""
    return f"{holding.secret} in {holding.environment}: {which} of {holding.parameter} (version {versions}){sight}"


def _stranger(stranger: Stranger) -> str:
    whose = "a key of our own account" if stranger.ours else "not known to be of our account"
    seen = f"{PROBE_LABELS[stranger.sight.liveness]}, {stranger.sight.detail}"
    return f"In no parameter. Checked as {stranger.secret} in {stranger.environment}: {seen}; {whose}"


def _keys(terminal: Terminal, sight: Sight | None) -> None:
    if sight is None:
        return
    for key in sight.candidates:
        known = ", ".join(word for word in (key.name, key.hint) if word not in {"", key.id})
        what = "looks like key" if sight.by_looks else "key"
        terminal.say(f"{what} {key.id}{f' ({known})' if known else ''}", indent=4)
    if sight.trouble:
        terminal.say(f"its keys could not be listed: {sight.trouble}", indent=4, style="yellow")


# --- declaring ------------------------------------------------------------------------------------------------------


def _declaring(
    terminal: Terminal, found: Identification, ending: Collection[tuple[str, str]], *, declare: bool
) -> bool:
    """Whether it is declared: asked where that is not said, and someone can be."""
    known = bool(found.targets()) or any(stranger.ours for stranger in found.strangers)
    if declare and found.half_of:
        raise Misuse(_half(found))
    if declare and not known:
        raise Misuse("It belongs to no secret in the catalog, so there is nothing to declare. Revoke it by hand.")
    handled = bool(ending) and found.targets().keys() <= set(ending)
    if declare or not known or handled or not terminal.interactive:
        return declare
    return typer.confirm("Declare exactly this key?", default=found.alive, err=True)


def _declare(
    terminal: Terminal, found: Identification, value: Secret, environment: str, strategy: list[str],
    how_noticed: str, *, public: bool | None,
) -> tuple[list[Wish], Callable[[Opened], None]]:  # fmt: skip
    """One declaration an environment, or of the one named, for all secrets there that hold the value; and what takes
    a staged value away again where nothing came of its declaration.
    """
    places = list(found.targets()) or [(s.secret, s.environment) for s in found.strangers if s.ours][:1]
    environments = [where for where in dict.fromkeys(where for _, where in places) if environment in {"", where}]
    if not environments:
        raise Misuse(f"It is not in {environment}. It is in {listed([e for _, e in places])}.")
    noticed, known = asked_how_noticed(terminal, how_noticed), asked_whether_public(terminal, public=public)
    strategies = parse_strategies(strategy, [name for name, _ in places])
    declared, staged = list[Wish](), dict[str, str]()
    for where in environments:
        command_id = new_command_id()
        names = [name for name, place in places if place == where]
        staged[command_id], targets = _targets(terminal, found, value, names, where, command_id)
        choices = [
            SecretChoice(name, strategies.get(name), target=one, replace=one.current) for name, one in targets.items()
        ]
        made = Declaration(environment=where, secrets=tuple(choices), how_noticed=noticed, public=known)
        declared.append(Wish(made, command_id))

    def unstage(opened: Opened) -> None:
        """What may wait in the inbox, a worker must find."""
        there = staged[opened.wish.command_id]
        if there and (opened.joined or (opened.error is not None and not opened.waits)):
            with suppress(BotError):
                terminal.application.outside.vault.unstage(there)

    return declared, unstage


def _targets(
    terminal: Terminal, found: Identification, value: Secret, names: list[str], environment: str, command_id: str
) -> tuple[str, dict[str, Target]]:
    """Each secret's target. A value of no history is staged first, under the id that the declaration will give."""
    targets = found.targets()
    if targets:
        return "", {name: targets[name, environment] for name in names}
    staged = stage_unknown(terminal.application.outside.vault, incident_id(command_id), names[0], value)
    return staged, {names[0]: found.staged_target}


def identify(
    terminal: Terminal,
    incident: Annotated[
        str | None, argument("[INCIDENT]", "Also record there whether this incident revokes the key.")
    ] = None,
    secret: Annotated[str | None, typer.Argument(metavar="[SECRET]", hidden=True)] = None,
    *,
    declare: Annotated[bool, flag("--declare", "Declare exactly this key, without asking.")] = False,
    stdin: Stdin = False,
    environment: Environment = "",
    how_noticed: HowNoticed = "",
    public: Public = None,
    strategy: Strategies = None,
    no_wait: NoWait = False,
) -> int:
    """Find out which key a leaked key is, where it is stored and whether it still works; then declare for exactly
    that value.

    For example:
      bot identify
      bot identify --declare --notice 'in a public gist' --public
    """
    if incident is not None:
        _secrets_of(terminal.incidents.load(incident), secret or "")  # before the value is asked for
    (value,) = asked_for(terminal, ["The leaked key"], stdin=stdin)
    if not value.reveal().strip():
        raise Misuse("Nothing was entered. Nothing was looked up.")
    found = _looked_up(terminal, value)
    tell(terminal, found)
    ending, unread = _ending(terminal, found)
    _tell_ending(terminal, ending, unread)
    if incident is not None:
        _compare(terminal, found, incident, secret)
    report = {
        **asdict(found),
        "alive": found.alive,
        "verdict": _verdict(found),
        "ended_in": [f"{handles} {name}" for (name, _), handles in ending.items()],
        "unread": list(unread),
    }
    if not _declaring(terminal, found, ending.keys(), declare=declare):
        terminal.document(report)
        return _status(found)
    wishes, unstage = _declare(terminal, found, value, environment, strategy or [], how_noticed, public=public)
    return open_all(terminal, wishes, no_wait=no_wait, opened=unstage, beside=report)


def _looked_up(terminal: Terminal, value: Secret) -> Identification:
    application = terminal.application
    application.outside.use_fingerprints()
    catalog = application.files.loaded.catalog
    entries = {name: [application.files.freeze(entry) for entry in catalog.all(name)] for name in catalog.environments}
    return look_up(value, entries, application.outside.vault, application.outside.provider, terminal.hint)
