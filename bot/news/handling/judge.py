"""Whose value an alert holds: compared in memory with everything that the catalog's parameters keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.catalog.catalog import Catalog, CatalogEntry
from bot.errors import BotError, Unreachable
from bot.eventlog.sql import EventLog
from bot.inbox.fingerprints import KnownValues, of_incidents, readable, which_value
from bot.incident import commands as c
from bot.incident.model import Old
from bot.incident.state import Incident
from bot.model.probes import Liveness
from bot.model.secrets import SecretEntry
from bot.news.cases.state import Ours, Outcome, Report, Settled, Stranger, Value, Verdict
from bot.news.sources.catalogued import Place
from bot.news.sources.gitguardian import Matching
from bot.news.sources.source import HIDDEN, Found, shown
from bot.rotation.identify import identify
from bot.rotation.job import ProviderFor
from bot.secrets.secret import Secret
from bot.vault.contract import Vault

TRIAGE, CREDENTIAL = timedelta(hours=24), timedelta(hours=1)
"""Within which a person looks into an alert without a known key, and into a leaked admin credential."""
CLOSED_LOOKED_AT = 200
"""Closed incidents, newest first, among which the one is looked for that has ended an earlier key."""


@dataclass(frozen=True)
class Judged:
    """`sighting` goes into `incident`, before anything is recorded here."""

    report: Report
    verdict: Verdict
    incident: str = ""
    sighting: c.RecordSighting | None = None


@dataclass(frozen=True)
class Known:
    """What alerts are compared with besides the catalog: values of open incidents, and the owners of values that
    GitGuardian names by a digest.
    """

    of_incidents: Mapping[str, Place]
    hashed: Matching


@dataclass(frozen=True)
class Judge:
    """`values` must stay secret, `public` are public by design. `hashed` gives the values for GitGuardian's digests.
    `auto` says whether news of a source about a secret is declared at once; `owner` looks at unknown values.
    """

    event_log: EventLog
    catalog: Catalog
    freeze: Callable[[CatalogEntry], SecretEntry]
    values: KnownValues
    public: KnownValues
    vault: Vault
    provider: ProviderFor
    hashed: Callable[[Sequence[Secret]], Matching]
    auto: Callable[[str, str], bool]
    owner: Callable[[], str]

    def prepare(self, found: Sequence[Found]) -> Known:
        """The values to compare these alerts with. Unreachable while the catalog's values have not been read yet: an
        empty result would then mean nothing.
        """
        self.values.refresh()
        if self.public.places:
            self.public.refresh()
        if not self.values.ready:
            raise Unreachable("vault", "compare news with the catalog's values", "they have not been read yet")
        return Known(
            of_incidents(self.event_log),
            self.hashed([one.digest for one in found if one.digest is not None and one.text is None]),
        )

    def judge(self, source: str, one: Found, known: Known, now: datetime) -> Iterator[Judged]:
        """The verdict; for an alert with several values one for each."""
        held = self._held(one, known)
        if not held and self.values.look_again():  # one that was put in its place a moment ago
            held = self._held(one, known)
        report = self._report(source, one, [piece for piece, _ in held])
        if not held:
            yield Judged(report, self._unknown(one, known, now))
        for piece, place in sorted(held, key=lambda one: not one[1].secret):  # admin credentials last
            yield self._of_place(report, piece, place, now, exact=one.exact)

    def _unknown(self, one: Found, known: Known, now: datetime) -> Verdict:
        """The source's closing of an alert counts only after a comparison with everything."""
        unread = known.hashed.unread if one.text is None and one.digest is not None else self.values.unread
        if one.ended and not unread:
            return Settled(Outcome.ENDED, words=one.ended)
        return Stranger(self.owner(), now + TRIAGE, unread=unread, ended=one.ended)

    def _held(self, one: Found, known: Known) -> list[tuple[Secret, Place]]:
        """The values in the text, and whether only its first part was compared because it is too long."""
        if one.text is not None:
            return self._in_text(one.text, known.of_incidents)
        if one.digest is not None and (match := known.hashed.found.get(one.digest.reveal())) is not None:
            value, place = match
            return [(value, self._holder(value) or replace(place, fingerprint=value.fingerprint))]
        return []

    def _in_text(self, text: Secret, more: Mapping[str, Place]) -> list[tuple[Secret, Place]]:
        whole = Secret(text.reveal().strip())
        if (place := self._holder(whole) or more.get(whole.fingerprint)) is not None:
            return [(whole, place)]
        found = self.values.every([text.reveal()], more).found
        if not found and self.public.places:
            found = self.public.every([text.reveal()], {}).found
        return [(Secret(piece), place) for piece, place in found]

    def _holder(self, value: Secret) -> Place | None:
        return self.values.holder(value.fingerprint) or self.public.holder(value.fingerprint)

    def _report(self, source: str, one: Found, held: Sequence[Secret]) -> Report:
        """A path may hold the very value, or another one; one that is too long to tell is not shown."""

        def fit(text: str) -> str:
            compared = self.values.every([text], {})
            stands = any(value.reveal() in text for value in held) or compared.found or not compared.whole
            return HIDDEN if stands else shown(text)

        return Report(source, str(one.ref), fit(one.label), fit(one.where), one.link, one.public, one.since)

    def _of_place(self, report: Report, piece: Secret, place: Place, now: datetime, *, exact: bool) -> Judged:
        if not place.secret:
            # An admin credential, or one of the bot's own: no declaration can name it.
            label = f"{place.name}: replace it by hand (docs/when-things-are-down.md)"
            return Judged(
                replace(report, label=label),
                Stranger(
                    self.owner(),
                    now + CREDENTIAL,
                    credential=True,
                    fingerprint=place.fingerprint or piece.fingerprint,
                ),
            )
        value = Value(place.secret, place.environment, place.fingerprint, place.version, place.current)
        if self.public.holder(place.fingerprint) is not None and self.values.holder(place.fingerprint) is None:
            return Judged(report, Settled(Outcome.BY_DESIGN, value))
        holder = compromise_of(self.event_log, place.environment, place.secret)
        if holder:
            return self._in_incident(report, piece, place, value, holder, exact=exact)
        ended, replaced = self._ended_by(value), not place.current or place.version is None
        # The vault's values may be minutes old, and one of them may have been revoked since.
        if ended and (replaced or self._refused(piece, place)):
            sighting = _sighting(place.secret, "leaked", report)
            return Judged(report, Settled(Outcome.DEAD, value, ended), ended, sighting)
        if replaced and self._refused(piece, place):
            return Judged(report, Settled(Outcome.DEAD, value))
        return Judged(report, Ours(value, self.auto(report.source, place.secret)))

    def _in_incident(
        self, report: Report, piece: Secret, place: Place, value: Value, holder: str, *, exact: bool
    ) -> Judged:
        """A value of the incident's secret other than the incident's own is noted there, and waits for its own
        decision.
        """
        which = which_value(readable(self.event_log, holder), place)
        if which == "new" and not exact and not self.event_log.alerts.current().over(report.key):
            which = "leaked"  # it came for the value before; what was over and came again came for the new one
        sighting = _sighting(place.secret, which, report)
        if which != "earlier" or self._ended_by(value) or self._refused(piece, place):
            return Judged(report, Settled(Outcome.IN_INCIDENT, value, holder), holder, sighting)
        return Judged(report, Ours(value), holder, sighting)

    def _refused(self, piece: Secret, place: Place) -> bool:
        """Whether its provider refuses it now: one look, which is no proof."""
        with suppress(BotError):
            entry = self.freeze(self.catalog.entry(place.secret, place.environment))
            found = identify(piece, {place.environment: [entry]}, self.vault, self.provider)
            seen = [one.sight.liveness for one in found.holdings if one.sight is not None]
            return bool(seen) and all(one is Liveness.DEAD for one in seen)
        return False

    def _ended_by(self, value: Value) -> str:
        """The closed incident that proved this value dead; empty if there is none."""
        for summary in self.event_log.incidents("closed", CLOSED_LOOKED_AT):
            if summary.environment == value.environment and value.secret in summary.secrets:
                state = readable(self.event_log, summary.incident)
                if state is not None and proven_dead(state, value):
                    return summary.incident
        return ""


def compromise_of(event_log: EventLog, environment: str, secret: str) -> str:
    """The open incident that deals with the secret's leak; empty if there is none. A planned rotation does not count: a
    declaration takes it over.
    """
    holder = event_log.incident_of(environment, secret)
    if holder is None:
        return ""
    try:
        return "" if event_log.look(holder).incident.routine else holder
    except BotError:
        return holder  # one that cannot be read: unknown


def deals_with(incident: Incident, value: Value) -> bool:
    """Whether the incident ends exactly this value, or has put it in place."""
    place = Place("", value.secret, incident.environment, current=value.current, fingerprint=value.fingerprint)
    return which_value(incident, place) != "earlier"


def proven_dead(incident: Incident, value: Value) -> bool:
    """Whether the incident has the proof that exactly this value is dead."""
    secret = incident.secrets.get(value.secret)
    return secret is not None and secret.old.fingerprint == value.fingerprint and secret.old_state is Old.DEAD


def _sighting(secret: str, which: str, report: Report) -> c.RecordSighting:
    """An entry for each value, and another one once everyone can read it there."""
    known_as, place = report.key if which == "leaked" else f"{report.key} {which}", report.ref
    if report.public:
        known_as, place = f"{known_as} public", f"{place}, public"
    return c.RecordSighting(secret, which, "", known_as, source=report.source, place=place)
