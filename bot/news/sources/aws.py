"""AWS's own finding, read by the worker's own role: users under quarantine since a key of theirs is public.

AWS attaches the managed policy ``AWSCompromisedKeyQuarantineV…`` to a user within about a minute of a public push. What
AWS Health says besides, of a suspicion too, is for people. Source: AWS Health user guide; IAM user guide, AWS managed
policies; botocore's model iam 2010-05-08.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.aws import Aws, call
from bot.catalog.catalog import CatalogEntry
from bot.errors import Missing
from bot.news.sources.source import Found, Listed, Ref, each_of
from bot.vault.contract import Vault

AWS = "aws"
PROVIDER = "aws-iam"
EVERY: Final = timedelta(minutes=1)
"""One call for each user: IAM publishes no limit; after throttling the worker waits."""
QUARANTINE = "AWSCompromisedKeyQuarantine"
"""How the names of these policies begin: V2 and V3 so far."""


@dataclass(frozen=True)
class QuarantinedUsers:
    """Satisfies `Source`. An alert is named by environment and user, with the number 1."""

    aws: Aws
    entries: tuple[CatalogEntry, ...]
    vault: Vault
    name: Final[str] = AWS
    every: Final[timedelta] = EVERY
    whole: Final[timedelta] = EVERY
    recurs: Final[bool] = True

    def look(self, ref: Ref) -> Found:
        entry = self._entry(ref)
        quarantined = self._quarantined(entry)
        return Found(
            ref,
            label="an access key of a user that AWS has put under quarantine",
            where="found by AWS, place unknown",
            link="",
            public=True,
            since=None,
            ended="" if quarantined else "the quarantine is gone",
            text=self.vault.read(entry.main.parameter).value if quarantined else None,
            exact=False,
        )

    def listed(self, since: datetime | None) -> Iterator[Listed | None]:  # noqa: ARG002 - AWS cannot tell
        return each_of(self.entries, lambda entry: [Listed(_ref(entry)) if self._quarantined(entry) else None])

    def _entry(self, ref: Ref) -> CatalogEntry:
        for entry in self.entries:
            if _ref(entry) == ref:
                return entry
        raise Missing(AWS, f"look at {ref}", "the catalog has no such user")

    def _quarantined(self, entry: CatalogEntry) -> bool:
        """A user that does not exist has no open alert."""
        user, iam = entry.options["user"], self.aws.client("iam")
        try:
            answer = call(AWS, f"read the policies of {user}", lambda: iam.list_attached_user_policies(UserName=user))
        except Missing:
            return False
        return any(policy.get("PolicyName", "").startswith(QUARANTINE) for policy in answer["AttachedPolicies"])


def with_users(entries: Iterable[CatalogEntry]) -> tuple[CatalogEntry, ...]:
    """The entries of the catalog that are access keys of a named user."""
    return tuple(entry for entry in entries if entry.provider == PROVIDER and entry.options.get("user"))


def _ref(entry: CatalogEntry) -> Ref:
    return Ref(f"{entry.environment}/{entry.options['user']}", 1)
