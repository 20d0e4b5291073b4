"""SNS's signing certificates, fetched by the worker where a front has left word that it wants one.

The address is made of a configured topic's region and a file's name, and nothing else: no word of a request leads
anywhere. Fetching goes by `Http`: no redirect, no proxy, TLS that is checked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.errors import OutsideError, Refused
from bot.eventlog.arrivals import Arrival
from bot.eventlog.forms import parse_time
from bot.http import Http
from bot.intake.door import Allowance
from bot.intake.sns import FILE, home_of
from bot.logs import Logger

SNS = "sns"
LARGEST = 16 * 1024
"""Bytes of a certificate: SNS's have about 2,000."""
BURST, A_SECOND = 10, 1 / 60
"""Fetched from one region at once, and how fast after that, however many are wanted."""
AGAIN = timedelta(seconds=5)
"""After a try that failed: SNS delivers again after twenty seconds."""
OVER = timedelta(hours=1)
"""So long SNS delivers again, at most: what was wanted before that nobody waits for."""

_log = Logger(__name__)


class Keeps(Protocol):
    """The table."""

    def keep(self, name: str, pem: str, until: datetime, at: datetime) -> None: ...

    def tidy(self, now: datetime) -> int:
        """Forgets those that are out of date."""
        ...


@dataclass
class SigningCertificates:
    """Those of the configured topics' regions. `base` gives the address of SNS in a region, by region and domain."""

    topics: tuple[str, ...]
    table: Keeps
    timeout: float
    base: Callable[[str, str], str] = lambda region, domain: f"https://sns.{region}.{domain}"
    monotonic: Callable[[], float] = time.monotonic
    _allowed: dict[str, Allowance] = field(default_factory=dict)
    _paused: dict[str, datetime] = field(default_factory=dict)

    @property
    def regions(self) -> Mapping[str, str]:
        """Their domains, by name."""
        return {region: domain for region, domain in map(home_of, self.topics) if domain}

    def take(self, wanted: Sequence[Arrival], now: datetime) -> list[int]:
        """Fetches those that are wanted, the newest first; gives the numbers of the rows that are done with."""
        return [one.number for one in reversed(wanted) if self._done(one, now)]

    def tidy(self, now: datetime) -> None:
        self.table.tidy(now)

    def _done(self, one: Arrival, now: datetime) -> bool:
        region = one.subject.partition("/")[0]
        if not _waited_for(one, now):
            return True
        if self._paused.get(region, now) > now:
            return False
        if not self._allowed.setdefault(region, Allowance(BURST, A_SECOND, self.monotonic)).take():
            return False
        try:
            self.fetch(one.subject, now)
        except OutsideError as error:
            _log.warning("a signing certificate is not had", error=str(error))
            if error.retryable:
                self._paused[region] = now + AGAIN
            return not error.retryable
        return True

    def fetch(self, name: str, now: datetime) -> None:
        """Fetches one and keeps it. OutsideError where it cannot be had; Refused for one by which SNS does not sign."""
        from bot.intake.sns_signature import checked  # noqa: PLC0415 - loaded only once SNS has sent something

        region, _, file = name.partition("/")
        domain, verb = self.regions.get(region), "fetch a signing certificate"
        if domain is None or not FILE.fullmatch(file):
            raise Refused(SNS, verb, "it is of no region in which a configured topic is")
        http = Http(SNS, self.base(region, domain), timeout=self.timeout)
        found = http.send("GET", f"/{file}", verb=verb).expect(200).body
        if len(found) > LARGEST:
            raise Refused(SNS, verb, "it is larger than 16 KiB")
        try:
            pem, until = checked(found, region, domain, now)
        except ValueError as error:
            raise Refused(SNS, verb, str(error)) from None
        self.table.keep(name, pem, until, now)


def _waited_for(one: Arrival, now: datetime) -> bool:
    try:
        return abs(now - parse_time(one.at)) <= OVER
    except ValueError:  # no front writes such a row
        return False
