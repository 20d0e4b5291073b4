"""From the names that people give to what goes into the log: entries of the catalog, playbook, timings, who leaves.

All of it is this installation's own, as it is at the moment of asking: an incident carries it from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.catalog.catalog import Catalog, CatalogEntry
from bot.catalog.departures import for_leaver
from bot.errors import Misuse
from bot.eventlog import Register
from bot.inbox.declaration import Declaration, SecretChoice
from bot.incident import commands as c
from bot.incident.bounds import demand_overlap
from bot.incident.model import LeftAlone, Strategy, Target, TargetKind
from bot.incident.overlap.strategy import ONE_AT_A_TIME, Proposed, no_overlap, propose
from bot.incident.told import Told
from bot.model.departures import Leaver
from bot.model.frozen import fields_of
from bot.model.obligations import Obligation
from bot.model.playbooks import Playbook, RunKind
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings

ROTATION = "rotation"
"""The id of the shipped playbook for planned rotations."""
DAY = 24 * 3600.0


@dataclass
class Resolver:
    """`freeze` turns a catalog entry into what an incident carries, with the provider's capabilities. `overlap` is that
    of planned rotations, in seconds.
    """

    register: Register
    catalog: Catalog
    playbooks: Mapping[str, Playbook]
    timings: Timings
    freeze: Callable[[CatalogEntry], SecretEntry]
    obligations: tuple[Obligation, ...] = ()
    overlap: float = DAY

    def proposal(self, name: str, environment: str, *, public: bool, comes: bool = True) -> Proposed:
        """The strategy to propose for a catalogued secret, with its reason. `comes`: a new key takes its place."""
        return propose(self.freeze(self.catalog.entry(name, environment)), public=public, replace=comes)

    def rotation_playbook(self) -> str:
        """The id of the playbook for planned rotations: the only one of its kind, or the bot's own among several.
        Misuse if there is none, or the choice is unclear.
        """
        found = [name for name, playbook in self.playbooks.items() if playbook.kind is RunKind.ROTATION]
        if len(found) == 1 or ROTATION in found:
            return ROTATION if ROTATION in found else found[0]
        if not found:
            raise Misuse("There is no playbook of the kind rotation: BOT_PLAYBOOKS has to hold one.")
        raise Misuse(f"Several playbooks are of the kind rotation: {', '.join(found)}. Call the one to use {ROTATION}.")

    def rotation(self, name: str, environment: str, *, overlap: float | None = None, because: str = "") -> Declaration:
        """The declaration of a planned rotation of one secret, and of the secrets that its revocation takes along.
        Misuse for an unknown name or environment.
        """
        tied = self.catalog.tied(self.catalog.entry(name, environment))
        return Declaration(
            environment=environment,
            secrets=tuple(SecretChoice(entry.name) for entry in tied),
            how_noticed=because or "It is rotated as planned.",
            playbook=self.rotation_playbook(),
            overlap=overlap,
        )

    def wanted(self, choice: SecretChoice, told: Told, *, planned: bool, comes: bool) -> c.Wanted:
        """One secret of a declaration, or of an incident. `comes`: a new key replaces it, which this declaration wants
        or a run has made. Misuse for a name that is not in the catalog, or an impossible strategy.
        """
        entry = self.freeze(self.catalog.entry(choice.name, told.environment))
        if planned:
            return rotated(entry, choice)
        proposed = propose(entry, public=told.public, replace=comes)
        strategy = choice.strategy or proposed.strategy
        never = no_overlap(entry, replace=comes)
        if strategy is Strategy.OVERLAP and never:
            raise Misuse(f"{choice.name} cannot be replaced first: {never}. Declare it as {Strategy.KILL_FIRST}.")
        reason = choice.reason or (proposed.reason if strategy is proposed.strategy else "Chosen by the responder.")
        target = choice.target or Target(TargetKind.ASSUMED)
        return c.Wanted(entry, target, strategy, reason, choice.replace)

    def declared(
        self, incident: str, declaration: Declaration, wanted: tuple[c.Wanted, ...], at: datetime
    ) -> c.Declare:
        """The command that begins the incident. Misuse for an unknown playbook, or an overlap that cannot be."""
        playbook = self.playbook(declaration.playbook)
        routine, leaver = playbook.kind.planned, self._leaver(declaration, playbook)
        if leaver is not None:
            playbook = for_leaver(playbook, leaver, [one.secret for one in wanted])
        given = {
            **fields_of(declaration, Told),
            "detected_at": declaration.detected_at or at,
            "left_alone": self._left_alone(declaration),
        }
        return c.Declare(
            **given,
            incident=incident,
            playbook=playbook,
            timings=self._timings(declaration, wanted, planned=routine),
            secrets=wanted,
            obligations=() if routine else self.obligations,
            leaver=leaver,
        )

    def _leaver(self, declaration: Declaration, playbook: Playbook) -> Leaver | None:
        """The leaver, with their accounts at the time of their departure. Misuse if no departure was recorded: their
        rights and consents are then still valid.
        """
        if playbook.kind is not RunKind.DEPARTURE:
            return None
        name = declaration.leaver
        lost = self.register.trust.current().lost.get(name)
        if lost is None or not lost.left:
            raise Misuse(f"No departure of {name or 'anyone'} was begun: start with `bot people departure NAME`.")
        return Leaver(name, next((account for account in lost.accounts if account.startswith("arn:")), ""))

    def playbook(self, name: str) -> Playbook:
        """Misuse for an unknown one."""
        playbook = self.playbooks.get(name)
        if playbook is None:
            raise Misuse(f"There is no playbook {name!r}; known: {', '.join(self.playbooks)}.")
        return playbook

    def _timings(self, declaration: Declaration, wanted: tuple[c.Wanted, ...], *, planned: bool) -> Timings:
        """The timings of a planned rotation: the longest overlap of catalog or settings, unless the author names one.
        People have a day to answer, or the overlap if that is longer. Misuse for an impossible length, and for any
        length after a leak.
        """
        overlap = declaration.overlap
        if not planned:
            if overlap is not None:
                minutes = self.timings.overlap / 60
                raise Misuse(f"After a leak an overlap takes {minutes:.0f} minutes. Only a planned rotation names one.")
            return self.timings
        if overlap is None:
            entries = [self.catalog.entry(one.secret.name, declaration.environment) for one in wanted]
            overlap = longest_overlap(entries, self.overlap)
        else:
            demand_overlap(overlap)
        return replace(self.timings, overlap=overlap, approval_expires=max(overlap, DAY))

    def _left_alone(self, declaration: Declaration) -> tuple[LeftAlone, ...]:
        """Each once, without declared ones. Misuse for a name that is not in the catalog."""
        declared = {choice.name for choice in declaration.secrets}
        left = {one.name: one for one in declaration.left_alone if one.name not in declared}
        for name in left:
            self.catalog.entry(name, declaration.environment)
        return tuple(left.values())


def longest_overlap(entries: Iterable[CatalogEntry], otherwise: float) -> float:
    """Seconds for which old and new keys of one planned rotation both work: `otherwise` if an entry names none."""
    return max((each.policy.overlap or otherwise for each in entries), default=otherwise)


def rotated(entry: SecretEntry, choice: SecretChoice) -> c.Wanted:
    """How a secret is replaced in a planned rotation: with an overlap if its provider can hold both values. Misuse for
    any value except the one in use: another value would have leaked.
    """
    if choice.target is not None:
        raise Misuse(f"{choice.name}: a planned rotation replaces the value in use. Declare a leak for another one.")
    strategy = Strategy.KILL_FIRST if entry.capabilities.swaps else Strategy.OVERLAP
    reason = choice.reason.rstrip(".") or "It is rotated as planned"
    reason += (
        f"; {ONE_AT_A_TIME}." if entry.capabilities.swaps else ": the new key is in use before the old one is revoked."
    )
    return c.Wanted(entry, Target(TargetKind.ASSUMED), strategy, reason)
