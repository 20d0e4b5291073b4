"""What an access key was used for, from the event history of CloudTrail in every region.

Facts: deleted keys are still found (aws-samples/aws-customer-playbook-framework). Events arrive within about 15 minutes
(CloudTrail user guide, event history), which AWS does not guarantee: for an hour, more may come. Records of
`AssumeRole`, `GetSessionToken` and `GetFederationToken` name the key of the session that they opened, beside its token,
which is never read here (DataDog/stratus-red-team, detonation logs). `ListRegions` gives the regions that are enabled
(botocore's model account 2021-02-01).

An attacker influences much of a record: one that cannot be read is counted, and the bot cuts all texts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

import msgspec

from bot.aws import Aws, call, pages
from bot.aws.lookups import SYSTEM, Record, event_pages, record_of
from bot.decoding import convert
from bot.errors import OutsideError
from bot.model.frozen import replace
from bot.model.uses import Undo, Use, UseReport
from bot.phrases.times import counted, few
from bot.providers.aws_iam.actions import PROBE, SESSIONS
from bot.providers.looks import Look

VERB = "look up how the key was used"
HISTORY = timedelta(days=90)
GLOBAL_REGION = "us-east-1"
"""Where IAM, sign-in and CloudFront are recorded (CloudTrail user guide, global service events)."""
MOST_PAGES = 20
"""Of one key in one region: its newest 1000 events."""
MOST_KEYS = 20
"""The leaked key and the sessions opened with it, in any number of steps."""
_NAMED = (
    "userName", "roleName", "roleArn", "policyArn", "policyName", "groupName", "functionName", "bucketName",
    "secretId", "accessKeyId", "instanceId", "keyId", "name", "trailName", "detectorId", "snapshotId", "imageId",
    "modelId", "dBInstanceIdentifier", "serviceName", "sAMLProviderArn",
)  # fmt: skip
"""The request's parameters that name things. Others may hold values."""
_MOST_NAMED = 5
_ROLE = re.compile(r"arn:[a-z-]+:iam::(\d+):(role/[\w+=,.@/-]+)", re.ASCII)
_DATED = re.compile(r"[0-9]{8}(v[0-9])?$")
"""Lambda's actions are recorded with the date of their version: ``lambda:AddPermission20150331v2``."""
FOREIGN = Undo("The role is another account's: ask its owner to revoke the active sessions of the role.")
_OURS = "compromise-bot"
"""In the agent of the bot's own calls (`bot.aws.clients`)."""


class _Credentials(msgspec.Struct, frozen=True):
    """Without the session's token and secret: they are not read."""

    access_key_id: str = msgspec.field(name="accessKeyId", default="")


class _Answer(msgspec.Struct, frozen=True):
    """What opened a session, or made an access key."""

    credentials: _Credentials | None = None
    access_key: _Credentials | None = msgspec.field(name="accessKey", default=None)


class _Record(Record, frozen=True):
    region: str = msgspec.field(name="awsRegion", default="")
    asked: Any = msgspec.field(name="requestParameters", default=None)
    answer: Any = msgspec.field(name="responseElements", default=None)

    @property
    def action(self) -> str:
        return f"{self.source.removesuffix('.amazonaws.com')}:{self.name}"

    @property
    def made(self) -> str:
        """The id of the key that it made: a session's or a user's; empty if it made none."""
        try:
            answer = convert(self.answer, _Answer)
        except msgspec.ValidationError:
            return ""
        found = answer.credentials or answer.access_key
        return found.access_key_id if found is not None else ""

    @property
    def session(self) -> str:
        """The id of the session's key that it opened; empty if it opened none."""
        return self.made if self.action in SESSIONS else ""

    @property
    def named(self) -> tuple[str, ...]:
        asked = self.asked if isinstance(self.asked, dict) else {}
        return tuple(asked[name] for name in _NAMED if isinstance(asked.get(name), str))[:_MOST_NAMED]

    @property
    def abroad(self) -> tuple[str, str] | None:
        """Account and name of the role of another account that it asked for; None if it asked for none."""
        own = (self.identity.arn or "").split(":")[4:5]
        roles = (_ROLE.fullmatch(each) for each in self.named)
        return next(((role[1], role[2]) for role in roles if role is not None and [role[1]] != own), None)

    def use(self, key_id: str) -> Use:
        at, agent = self.at.astimezone(UTC), self.agent or ""
        return Use(
            first=at,
            last=at,
            action=self.action,
            key=key_id,
            principal=self.identity.who,
            address=self.address or "",
            agent=agent,
            region=self.region,
            what=tuple(dict.fromkeys(filter(None, (*self.named, self.made)))),
            refused=bool(self.error),
            by_bot=self.action == PROBE and _OURS in agent,
            id=self.id,
        )


@dataclass
class Trail:
    """The records of a key and its sessions. `home` is the region where the key was used last, or empty."""

    aws: Aws
    home: str
    look: Look
    seen: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    abroad: dict[str, dict[str, str]] = field(default_factory=dict)
    """The sessions in roles of other accounts: by account, the role of each."""
    _keys: deque[str] = field(default_factory=deque)
    _known: set[str] = field(default_factory=set)

    def report(self, key_id: str) -> UseReport:
        """The uses of the key, region by region, and then of each session that was opened with it. Raises what the
        last region answered if none could be read.
        """
        look = self.look
        look.since = max(look.since, look.until - HISTORY)
        self._add(key_id)
        regions = self._regions()
        while self._keys:
            key = self._keys.popleft()
            for region in regions:
                look.read(f"{key} in {region}", self._pages(key, region), MOST_PAGES)
        look.gaps += self._counted()
        report = look.report()
        return replace(report, source=f"{report.source}, in {counted(len(regions), 'region')}")

    def _counted(self) -> Iterator[str]:
        for account, sessions in self.abroad.items():
            who = f"{few(list(sessions))}, {few(list(dict.fromkeys(sessions.values())))}"
            yield f"What {who}, did in account {account}: ask its owner for the event history of each session."
        if self.unreadable:
            yield f"{counted(len(self.unreadable), 'event')} that could not be read."
        if len(self._known) > MOST_KEYS:
            yield f"{counted(len(self._known) - MOST_KEYS, 'session')} opened with the key: more than {MOST_KEYS}."

    def _add(self, key_id: str) -> None:
        if key_id and key_id not in self._known:
            self._known.add(key_id)
            if len(self._known) <= MOST_KEYS:
                self._keys.append(key_id)

    def _regions(self) -> tuple[str, ...]:
        """All that are enabled, those to begin with first. Where AWS does not say which, those alone."""
        first = [region for region in (self.home, self.aws.region, GLOBAL_REGION) if region]
        wanted: dict[str, Any] = {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"], "MaxResults": 50}
        account = self.aws.client("account")
        try:
            listed = [
                region["RegionName"]
                for page in pages(
                    lambda more: call(SYSTEM, "list regions", lambda: account.list_regions(**wanted, **more))
                )
                for region in page["Regions"]
            ]
        except OutsideError as error:
            self.look.gaps.append(f"Regions other than {few(list(dict.fromkeys(first)))}: {error}.")
            return tuple(dict.fromkeys(first))
        return tuple(region for region in dict.fromkeys([*first, *listed]) if region in listed)

    def _pages(self, key_id: str, region: str) -> Iterator[list[Use]]:
        """A key's uses in one region, newest first."""
        window = (self.look.since, self.look.until)
        for page in event_pages(self.aws, VERB, "AccessKeyId", key_id, window, region):
            yield [use for event_id, document in page.events for use in self._taken(key_id, event_id, document)]

    def _taken(self, key_id: str, event_id: str, document: str) -> Iterator[Use]:
        """The use in a record; one that several lookups find counts once."""
        record = record_of(document, _Record)
        if record is None or record.at.tzinfo is None:
            self.unreadable.add(event_id)
            return
        self._add(record.session)
        if record.session and record.abroad:
            account, role = record.abroad
            self.abroad.setdefault(account, {})[record.session] = role
        if record.id not in self.seen:
            self.seen.add(record.id)
            yield self._judged(record, key_id)

    def _judged(self, record: _Record, key_id: str) -> Use:
        use = self.look.records.judged(record.use(key_id), _DATED.sub("", record.action))
        if use.undo is None or record.error:
            return replace(use, undo=None)
        return replace(use, undo=FOREIGN) if use.undo.of_role and record.abroad else use
